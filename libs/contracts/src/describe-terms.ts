import type { Schedule } from '#calendar';
import { asRatePpm, formatRate } from '#money';
import { unreachable } from '#outcome';
import { show, showDays } from './show.js';
import type { ClawbackMethod, ContractTerms } from './terms.js';

/** A contract in plain words; both sides see the same. */
export interface DescribedTerms {
  /** Two sentences: the price, then the conditions. */
  readonly summary: string;
  /** One line per clause, "Name: what it says", always in the same order. */
  readonly clauses: readonly string[];
}

const scheduleWords: Readonly<Record<Schedule, string>> = {
  DAILY: 'daily',
  WEEKLY: 'weekly',
  SEMI_MONTHLY: 'twice a month',
  MONTHLY: 'monthly',
};

const schedulePeriods: Readonly<Record<Schedule, string>> = {
  DAILY: 'each day',
  WEEKLY: 'each week from Monday',
  SEMI_MONTHLY: 'from the 1st and from the 16th',
  MONTHLY: 'each calendar month',
};

const clawbackWords: Readonly<Record<ClawbackMethod, string>> = {
  NETTING: 'is netted from its next payout',
  TRANSFER_REVERSAL: 'is taken back at once, by reversing the transfer',
};

/** Says in plain words what the terms mean. Pure; amounts and rates are printed exactly. */
export function describeTerms(terms: ContractTerms): DescribedTerms {
  const base = `${baseRate(terms)} for every delivered lead`;
  const share = commission(terms);
  const fee =
    terms.platformFeeRatePpm === 0 ? '' : `, and a platform fee of ${rate(terms.platformFeeRatePpm)}`;
  const conditions = [
    terms.returnWindowDays === 0 ? 'No returns' : `Returns within ${showDays(terms.returnWindowDays)}`,
    terms.holdDays === 0 ? 'no hold' : `hold ${showDays(terms.holdDays)}`,
    `settled ${scheduleWords[terms.settlementSchedule]} in ${terms.timeZone}`,
  ];
  return {
    summary: `${base}${share === null ? '' : `, plus ${share}`}${fee}. ${conditions.join(', ')}.`,
    clauses: [
      baseClause(terms),
      commissionClause(terms),
      platformFeeClause(terms),
      returnClause(terms),
      `Outcome: the buyer reports what became of a lead within ${showDays(terms.outcomeSlaDays)} of delivery`,
      ...(terms.contactSlaSeconds === null ? [] : [contactClause(terms)]),
      settlementClause(terms),
      terms.holdDays === 0
        ? 'Hold: none'
        : `Hold: what the agency earned is held for ${showDays(terms.holdDays)} before it is paid out`,
      clawbackClause(terms),
      // Also without a clawback window: returns and disputes take money back as well.
      `Already paid: what the agency was paid and loses by a refund, a return or a dispute ${clawbackWords[terms.clawbackMethod]}`,
      ...(terms.dedupeWindowDays === null ? [] : [dedupeClause(terms.dedupeWindowDays)]),
      ...(terms.consentRequired ? ['Consent: only leads that say what the person agreed to, and when'] : []),
    ],
  };
}

/** The clause that a base charge rests on: "Base rate: $10.00 for every delivered lead". */
export function baseClause(terms: ContractTerms): string {
  return `Base rate: ${baseRate(terms)} for every delivered lead`;
}

/** The clause that a commission rests on: "Commission: 20 % of the price of each deal that …". */
export function commissionClause(terms: ContractTerms): string {
  return `Commission: ${commission(terms) ?? 'none'}`;
}

/** The clause that a platform fee rests on. */
export function platformFeeClause(terms: ContractTerms): string {
  if (terms.platformFeeRatePpm === 0) return 'Platform fee: none';
  return `Platform fee: ${rate(terms.platformFeeRatePpm)} of every charge, on top of it, to the operator`;
}

/** The clause that a credit for a returned lead rests on. */
export function returnClause(terms: ContractTerms): string {
  if (terms.returnWindowDays === 0) return 'Returns: none';
  const window = showDays(terms.returnWindowDays);
  return `Returns: a defective lead may be returned within ${window} of delivery; then nothing is owed for it`;
}

/** The clause by which a commission is taken back. */
export function clawbackClause(terms: ContractTerms): string {
  if (terms.clawbackWindowDays === 0) return 'Clawback: none';
  const window = showDays(terms.clawbackWindowDays);
  return `Clawback: a commission is taken back when what it rests on is withdrawn within ${window}, such as a deal that is refunded or canceled`;
}

/** The clause by which a lead is taken from a buyer that did not reach the person. */
export function contactClause({
  contactSlaSeconds,
  contactSlaReroute,
}: Pick<ContractTerms, 'contactSlaSeconds' | 'contactSlaReroute'>): string {
  if (contactSlaSeconds === null) return 'Contact: no time is set';
  const until = `Contact: the buyer reaches the person within ${showSeconds(contactSlaSeconds)} of taking the lead`;
  return contactSlaReroute ? `${until}; else it goes to another buyer, and nothing is owed for it` : until;
}

function showSeconds(seconds: number): string {
  const [size, word] = [
    [86_400, 'day'],
    [3_600, 'hour'],
    [60, 'minute'],
    [1, 'second'],
  ].find(([each]) => seconds % Number(each) === 0) ?? [1, 'second'];
  const count = seconds / Number(size);
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

function dedupeClause(days: number): string {
  if (days === 0) return 'Duplicates: a person may be delivered any number of times';
  return `Duplicates: nobody whom the buyer had within ${showDays(days)}`;
}

function settlementClause(terms: ContractTerms): string {
  const { settlementSchedule: schedule, timeZone } = terms;
  return `Settlement: ${scheduleWords[schedule]}, ${schedulePeriods[schedule]} in ${timeZone}`;
}

/** What is owed beside the base rate; null when nothing is. */
function commission(terms: ContractTerms): string | null {
  const percent = rate(terms.commissionRatePpm);
  const window = `within ${showDays(terms.attributionWindowDays)} of delivery`;
  switch (terms.commissionBasis) {
    case 'NONE':
      return null;
    case 'PER_LEAD':
      return terms.commissionTrigger === 'QUALIFIED'
        ? `${percent} of the base rate, once per lead, when it is qualified or gets further`
        : `${percent} of the base rate, once per lead, when a deal closes ${window}`;
    case 'PER_DEAL':
      return `${percent} of the price of each deal that closes ${window}`;
    default:
      return unreachable(terms.commissionBasis);
  }
}

function baseRate(terms: ContractTerms): string {
  return show(terms.baseRate.amountMinor, terms.baseRate.currency);
}

function rate(ratePpm: number): string {
  return formatRate(asRatePpm(ratePpm));
}
