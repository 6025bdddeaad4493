import { type Schedule, isTimeZone, schedules } from '#calendar';
import { type Money, money, parseAmount, parseCurrency, parseRatePpm } from '#money';
import { type Outcome, type Refusal, type RefusalCode, done, refusal, refused } from '#outcome';
import {
  type ClawbackMethod,
  type CommissionBasis,
  type CommissionTrigger,
  type ContractTerms,
  termDefaults,
} from './terms.js';

/** Every {@link CommissionBasis}, in the order in which they are shown. */
export const commissionBases = ['NONE', 'PER_LEAD', 'PER_DEAL'] as const satisfies readonly CommissionBasis[];
/** Every {@link CommissionTrigger}. */
export const commissionTriggers = ['QUALIFIED', 'CONVERTED'] as const satisfies readonly CommissionTrigger[];
/** Every {@link ClawbackMethod}. */
export const clawbackMethods = ['NETTING', 'TRANSFER_REVERSAL'] as const satisfies readonly ClawbackMethod[];

/** Terms as they come from outside: amounts as decimal text, names unchecked, what is left out takes the default. */
export interface RawTerms {
  readonly baseRate: { readonly amount: string; readonly currency: string };
  readonly commissionBasis: string;
  readonly commissionRatePpm: number;
  readonly commissionTrigger: string;
  readonly timeZone: string;
  readonly settlementSchedule?: string | null | undefined;
  readonly returnWindowDays?: number | null | undefined;
  readonly attributionWindowDays?: number | null | undefined;
  readonly holdDays?: number | null | undefined;
  readonly clawbackWindowDays?: number | null | undefined;
  readonly clawbackMethod?: string | null | undefined;
  readonly outcomeSlaDays?: number | null | undefined;
  readonly contactSlaSeconds?: number | null | undefined;
  readonly contactSlaReroute?: boolean | null | undefined;
  readonly platformFeeRatePpm?: number | null | undefined;
  readonly consentRequired?: boolean | null | undefined;
  readonly dedupeWindowDays?: number | null | undefined;
}

/** The longest windows that are taken, in days; the table's CHECKs hold the same. */
export const windowLimits = {
  returnWindowDays: 365,
  attributionWindowDays: 3650,
  holdDays: 365,
  clawbackWindowDays: 3650,
  outcomeSlaDays: 365,
  dedupeWindowDays: 365,
} as const;
type WindowName = keyof typeof windowLimits;
type DefaultedWindow = Exclude<WindowName, 'dedupeWindowDays'>;

/** The shortest and the longest time to the first contact, in seconds; the table's CHECK holds the same. */
export const contactSlaLimits = { least: 30, most: 2_592_000 } as const;

/**
 * Reads proposed terms as a whole: either valid terms, or every refusal at once, each with the path of its field below
 * `at`. Values are never repeated. Codes: INVALID_AMOUNT, INVALID_CURRENCY, INVALID_TIME_ZONE, INVALID_VALUE for single
 * fields, INVALID_TERMS for fields that do not fit together.
 */
export function validateTerms(
  raw: RawTerms,
  at: readonly string[] = ['input', 'terms'],
): Outcome<ContractTerms> {
  const report = new Report(at);
  const baseRate = readBaseRate(raw, report);
  const commissionBasis = readOneOf(commissionBases, raw.commissionBasis, 'commissionBasis', report);
  const commissionTrigger = readOneOf(commissionTriggers, raw.commissionTrigger, 'commissionTrigger', report);
  const commissionRatePpm = readRate(raw.commissionRatePpm, 'commissionRatePpm', report);
  const platformFeeRatePpm = readRate(
    raw.platformFeeRatePpm ?? termDefaults.platformFeeRatePpm,
    'platformFeeRatePpm',
    report,
  );
  const settlementSchedule = readOneOf<Schedule>(
    schedules,
    raw.settlementSchedule ?? termDefaults.settlementSchedule,
    'settlementSchedule',
    report,
  );
  const clawbackMethod = readOneOf<ClawbackMethod>(
    clawbackMethods,
    raw.clawbackMethod ?? termDefaults.clawbackMethod,
    'clawbackMethod',
    report,
  );
  const window = (name: DefaultedWindow): number => readWindow(raw[name] ?? termDefaults[name], name, report);
  const windows = {
    returnWindowDays: window('returnWindowDays'),
    attributionWindowDays: window('attributionWindowDays'),
    holdDays: window('holdDays'),
    clawbackWindowDays: window('clawbackWindowDays'),
    outcomeSlaDays: window('outcomeSlaDays'),
  };
  const contactSlaSeconds = readContactSla(raw.contactSlaSeconds ?? termDefaults.contactSlaSeconds, report);
  const { consentRequired = null, dedupeWindowDays: dedupe = null } = raw;
  const dedupeWindowDays = dedupe === null ? null : readWindow(dedupe, 'dedupeWindowDays', report);
  if (!isTimeZone(raw.timeZone)) report.add('INVALID_TIME_ZONE', ['timeZone']);
  checkFit(raw, report);
  if (
    report.refusals.length > 0 ||
    !baseRate ||
    !commissionBasis ||
    !commissionTrigger ||
    !settlementSchedule ||
    !clawbackMethod
  ) {
    return refused(...report.refusals);
  }
  return done({
    baseRate,
    commissionBasis,
    commissionRatePpm,
    commissionTrigger,
    timeZone: raw.timeZone,
    settlementSchedule,
    ...windows,
    contactSlaSeconds,
    contactSlaReroute: raw.contactSlaReroute ?? termDefaults.contactSlaReroute,
    clawbackMethod,
    platformFeeRatePpm,
    consentRequired: consentRequired ?? termDefaults.consentRequired,
    dedupeWindowDays,
  });
}

class Report {
  readonly refusals: Refusal[] = [];

  constructor(private readonly at: readonly string[]) {}

  add(code: RefusalCode, path: readonly string[], message?: string): void {
    const field = [...this.at, ...path];
    this.refusals.push(refusal(code, message === undefined ? { field } : { field, message }));
  }
}

function readBaseRate(raw: RawTerms, report: Report): Money | undefined {
  const currency = parseCurrency(raw.baseRate.currency);
  if (currency === undefined) {
    report.add('INVALID_CURRENCY', ['baseRate', 'currency']);
    return undefined;
  }
  const amountMinor = parseAmount(raw.baseRate.amount, currency);
  if (amountMinor === undefined || amountMinor <= 0n) {
    report.add('INVALID_AMOUNT', ['baseRate', 'amount']);
    return undefined;
  }
  return money(amountMinor, currency);
}

function readOneOf<T extends string>(
  values: readonly T[],
  text: string,
  field: string,
  report: Report,
): T | undefined {
  const known = values.find((value) => value === text);
  if (known === undefined)
    report.add('INVALID_VALUE', [field], `The value must be one of ${values.join(', ')}.`);
  return known;
}

function readRate(value: number, field: string, report: Report): number {
  const rate = parseRatePpm(value);
  if (rate === undefined) {
    const message = 'The rate must be a whole number of parts per million from 0 (0 %) to 1000000 (100 %).';
    report.add('INVALID_VALUE', [field], message);
  }
  return rate ?? 0;
}

function readWindow(days: number, field: WindowName, report: Report): number {
  const most = windowLimits[field];
  if (Number.isInteger(days) && days >= 0 && days <= most) return days + 0;
  report.add('INVALID_VALUE', [field], `The value must be a whole number of days from 0 to ${most}.`);
  return 0;
}

function readContactSla(seconds: number | null, report: Report): number | null {
  const { least, most } = contactSlaLimits;
  if (seconds === null || (Number.isInteger(seconds) && seconds >= least && seconds <= most)) return seconds;
  report.add(
    'INVALID_VALUE',
    ['contactSlaSeconds'],
    `The value must be a whole number of seconds from ${least} to ${most} (30 days).`,
  );
  return null;
}

/** What single fields cannot show. Runs on raw values, so that it is reported together with their own faults. */
function checkFit(raw: RawTerms, report: Report): void {
  if (raw.commissionBasis === 'PER_DEAL' && raw.commissionTrigger === 'QUALIFIED') {
    const message = 'A commission per deal is owed when the deal is won: the trigger must be CONVERTED.';
    report.add('INVALID_TERMS', ['commissionTrigger'], message);
  }
  if (raw.contactSlaReroute === true && (raw.contactSlaSeconds ?? null) === null) {
    const message = 'A lead can go to another buyer only after a time: set contactSlaSeconds as well.';
    report.add('INVALID_TERMS', ['contactSlaReroute'], message);
  }
}

/**
 * Reads a vertical: trimmed text of 1 to 64 characters without control characters. Undefined otherwise; lone
 * surrogates are refused too, since PostgreSQL cannot store them.
 */
export function parseVertical(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed.length === 0 || trimmed.length > 128) return undefined;
  // Code points, as the database counts them. Cc: control characters, Cs: lone surrogates.
  if ([...trimmed].length > 64 || /[\p{Cc}\p{Cs}]/u.test(trimmed)) return undefined;
  return trimmed;
}
