import { type CurrencyCode, asRatePpm, formatAmount, formatRate, shareExplained } from '#money';
import { invariant, unreachable } from '#outcome';
import {
  baseClause,
  clawbackClause,
  commissionClause,
  contactClause,
  platformFeeClause,
  returnClause,
} from './describe-terms.js';
import type { ChargePayee } from './priced-charge.js';
import { show } from './show.js';
import type { ContractTerms } from './terms.js';

/** Every kind of charge that can be stored: what pricing makes, and the corrections of it. */
export const chargeComponents = [
  'BASE',
  'COMMISSION_PER_LEAD',
  'COMMISSION_PER_DEAL',
  'PLATFORM_FEE',
  'RETURN_CREDIT',
  'RESTATEMENT',
  'CLAWBACK',
  'ADJUSTMENT',
] as const;
/** How a stored charge is named on a statement. */
export type ChargeComponent = (typeof chargeComponents)[number];

/** The stored columns of a charge that its explanation is made from. Amounts in minor units of `currency`. */
export interface StoredCharge {
  readonly component: ChargeComponent;
  readonly payee: ChargePayee;
  /** Signed: a reversal is the exact negative of what it reverses, a restatement the difference. */
  readonly amountMinor: bigint;
  /** The base rate itself, or the amount that the rate was applied to (of a restatement: the new one). */
  readonly inputMinor: bigint;
  readonly ratePpm: number | null;
  readonly currency: CurrencyCode;
  /** The component of the charge that this one reverses. */
  readonly reverses: ChargeComponent | null;
  /** Its lead was taken from the buyer for another one, so a credit is for that and not for a return. */
  readonly rerouted?: boolean;
  /** First day (YYYY-MM-DD) of the period in which the fact happened, when the line is in a later one. */
  readonly latePeriodStart: string | null;
}

/** Why an amount is owed, for people. */
export interface PriceExplanation {
  readonly text: string;
  /** The clause of the contract that it rests on; in the words of `describeTerms` when the terms were given. */
  readonly clause: string;
  readonly inputs: readonly { readonly name: string; readonly value: string }[];
  /** "0.014 rounded half-even to 0.01"; null where nothing had to be rounded. */
  readonly rounding: string | null;
}

/**
 * Explains a stored charge in plain words, from its own columns and, for the full wording of the clause, the terms of
 * its contract version. Pure. Throws InvariantViolation when the columns contradict each other.
 */
export function explainCharge(charge: StoredCharge, terms?: ContractTerms): PriceExplanation {
  const explained = explain(charge, terms);
  if (charge.latePeriodStart === null) return explained;
  return {
    ...explained,
    text: `${explained.text} (belongs to the period that began on ${charge.latePeriodStart})`,
    inputs: [...explained.inputs, { name: 'Period began on', value: charge.latePeriodStart }],
  };
}

function explain(charge: StoredCharge, terms: ContractTerms | undefined): PriceExplanation {
  switch (charge.component) {
    case 'BASE':
      return explainBase(charge, terms);
    case 'COMMISSION_PER_LEAD':
      return explainShare(charge, { of: 'the base rate ', input: 'Base rate' }, clauseOf(charge, terms));
    case 'COMMISSION_PER_DEAL':
      return explainShare(charge, { of: '', input: 'Deal amount' }, clauseOf(charge, terms));
    case 'PLATFORM_FEE':
      return explainShare(
        charge,
        { lead: 'Platform fee: ', of: '', input: 'Charge' },
        clauseOf(charge, terms),
      );
    case 'RESTATEMENT':
      return explainRestatement(charge, terms);
    case 'RETURN_CREDIT':
      if (charge.rerouted === true) {
        const clause = terms ? contactClause(terms) : 'Contact';
        return explainReversal(charge, 'Person not reached in time, lead given to another buyer', clause);
      }
      return explainReversal(charge, 'Lead returned', terms ? returnClause(terms) : 'Returns');
    case 'CLAWBACK':
      return explainReversal(charge, whyTakenBack(charge), terms ? clawbackClause(terms) : 'Clawback');
    case 'ADJUSTMENT':
      return { text: `Adjustment of ${amountOf(charge)}`, clause: 'Adjustment', inputs: [], rounding: null };
    default:
      return unreachable(charge.component);
  }
}

function explainBase(charge: StoredCharge, terms: ContractTerms | undefined): PriceExplanation {
  const value = show(charge.inputMinor, charge.currency);
  if (terms && charge.inputMinor !== terms.baseRate.amountMinor) {
    const instead = `instead of the base rate of ${show(terms.baseRate.amountMinor, charge.currency)}`;
    return {
      text: `Bid ${value}`,
      clause: `Bid: ${value} for this lead, ${instead}`,
      inputs: [{ name: 'Bid', value }],
      rounding: null,
    };
  }
  return {
    text: `Base rate ${value}`,
    clause: terms ? baseClause(terms) : `Base rate: ${value} for every delivered lead`,
    inputs: [{ name: 'Base rate', value }],
    rounding: null,
  };
}

interface ShareWords {
  readonly lead?: string;
  readonly of: string;
  readonly input: string;
}

function explainShare(charge: StoredCharge, words: ShareWords, clause: string): PriceExplanation {
  const { equation, inputs, rounding } = workOut(charge, words);
  return { text: `${words.lead ?? ''}${equation}`, clause, inputs, rounding };
}

function explainRestatement(charge: StoredCharge, terms: ContractTerms | undefined): PriceExplanation {
  const isFee = charge.payee === 'OPERATOR';
  const { equation, inputs, rounding } = workOut(charge, {
    of: '',
    input: isFee ? 'Restated commission' : 'Restated deal amount',
  });
  return {
    text: `${isFee ? 'Platform fee of a restated deal' : 'Deal restated'}: ${equation}, so ${amountOf(charge)}`,
    clause: clauseOf(charge, terms),
    inputs,
    rounding,
  };
}

function explainReversal(charge: StoredCharge, why: string, clause: string): PriceExplanation {
  invariant(charge.reverses !== null, 'a reversal does not say what it reverses');
  const reversed = show(-charge.amountMinor, charge.currency);
  const what = reversedWords[charge.reverses];
  return {
    text: `${why}: reverses ${what} of ${reversed}`,
    clause,
    inputs: [{ name: 'Reversed amount', value: reversed }],
    rounding: null,
  };
}

const reversedWords: Readonly<Record<ChargeComponent, string>> = {
  BASE: 'the base rate',
  COMMISSION_PER_LEAD: 'the commission',
  COMMISSION_PER_DEAL: 'the commission',
  PLATFORM_FEE: 'the platform fee',
  RESTATEMENT: 'the restatement',
  RETURN_CREDIT: 'the credit',
  CLAWBACK: 'the clawback',
  ADJUSTMENT: 'the adjustment',
};

function whyTakenBack(charge: StoredCharge): string {
  return charge.reverses === 'COMMISSION_PER_DEAL' || charge.reverses === 'RESTATEMENT'
    ? 'Deal refunded or canceled'
    : 'No longer owed';
}

/** "20 % of $2,000.00 = $400.00", with its inputs and where it was rounded. */
function workOut(
  charge: StoredCharge,
  words: ShareWords,
): { equation: string; inputs: PriceExplanation['inputs']; rounding: string | null } {
  invariant(charge.ratePpm !== null, 'a share of an amount has no rate');
  const ratePpm = asRatePpm(charge.ratePpm);
  const input = show(charge.inputMinor, charge.currency);
  const { amountMinor, exact, exactText } = shareExplained(charge.inputMinor, ratePpm, charge.currency);
  return {
    equation: `${formatRate(ratePpm)} of ${words.of}${input} = ${show(amountMinor, charge.currency)}`,
    inputs: [
      { name: words.input, value: input },
      { name: 'Rate', value: formatRate(ratePpm) },
    ],
    rounding: exact
      ? null
      : `${exactText} rounded half-even to ${formatAmount(amountMinor, charge.currency)}`,
  };
}

function clauseOf(charge: StoredCharge, terms: ContractTerms | undefined): string {
  if (charge.payee === 'OPERATOR')
    return terms ? platformFeeClause(terms) : `Platform fee: ${rateOf(charge)} of every charge`;
  if (terms) return commissionClause(terms);
  const of =
    charge.component === 'COMMISSION_PER_LEAD' ? 'the base rate, once per lead' : "each deal's price";
  return `Commission: ${rateOf(charge)} of ${of}`;
}

function rateOf(charge: StoredCharge): string {
  return formatRate(asRatePpm(charge.ratePpm ?? 0));
}

function amountOf(charge: StoredCharge): string {
  return show(charge.amountMinor, charge.currency);
}
