import { showDays } from '#contracts';
import { type CurrencyCode, formatAmount, parseAmount, parseCurrency } from '#money';
import { done, type Outcome, refusal, type Refusal, refuse } from '#outcome';

/** Whether a deal counts: only a WON one is owed for. */
export type DealState = 'WON' | 'REFUNDED' | 'CANCELED';
/** How a deal is taken back: the buyer gave the money back, or the deal never came to be. */
export type DealEnd = Exclude<DealState, 'WON'>;

/** A won deal of a delivered lead, in minor units of the contract's currency. */
export interface Deal {
  readonly agencyId: string;
  readonly id: string;
  readonly deliveryId: string;
  readonly leadId: string;
  readonly buyerId: string;
  readonly contractId: string;
  /** The buyer's own name for it, unique in the contract; one deal of a lead may go without. */
  readonly reference: string | null;
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
  readonly state: DealState;
  /** Counts every change of the deal. */
  readonly version: number;
  readonly closedAt: Date;
  readonly reportedAt: Date;
}

/** An amount as a caller wrote it. */
export interface StatedMoney {
  readonly amount: string;
  readonly currency: string;
}

const dayMs = 86_400_000;

/** Reads a deal's amount in minor units: positive and in the contract's currency. */
export function readDealAmount(
  stated: StatedMoney,
  currency: CurrencyCode,
  path: readonly string[],
): Outcome<bigint> {
  const statedCurrency = parseCurrency(stated.currency);
  if (!statedCurrency) return refuse('INVALID_CURRENCY', { field: [...path, 'currency'] });
  if (statedCurrency !== currency) {
    return refuse('CURRENCY_MISMATCH', {
      field: [...path, 'currency'],
      message: `The currency must be the one of the contract, ${currency}.`,
    });
  }
  const amountMinor = parseAmount(stated.amount, currency);
  if (amountMinor === undefined || amountMinor <= 0n) {
    return refuse('INVALID_AMOUNT', { field: [...path, 'amount'] });
  }
  return done(amountMinor);
}

/**
 * The amount as it would be printed, so that two ways to write the same one ("100", "100.00") are equal; one that cannot be read
 * stays as it was written.
 */
export function comparableMoney(stated: StatedMoney): StatedMoney {
  const currency = parseCurrency(stated.currency);
  if (currency === undefined) return stated;
  const amountMinor = parseAmount(stated.amount, currency);
  return amountMinor === undefined ? stated : { amount: formatAmount(amountMinor, currency), currency };
}

/** A WON report as far as it names a deal; `closedAt` is null where the caller left it out. */
export interface WonReport {
  readonly deliveryId: string;
  readonly amountMinor: bigint;
  readonly closedAt: Date | null;
}

/**
 * What a WON report means when its reference (or the lead's one unnamed deal) is taken: nothing when it says the same again,
 * so that a caller who lost the answer can report it with a new key; else a refusal. A deal that was taken back does not come
 * back to life under its old name, because the correction would then be hard to tell from the sale.
 */
export function refusalOfRepeat(
  earlier: Deal,
  report: WonReport,
  field: readonly string[],
): Refusal | undefined {
  const data = { existingId: earlier.id };
  if (earlier.deliveryId !== report.deliveryId) {
    return refusal('DEAL_REFERENCE_REUSED', {
      field,
      data,
      message:
        'This reference names a deal of another lead of the contract. Give this deal a reference of its own.',
    });
  }
  if (earlier.state !== 'WON') {
    return refusal('DEAL_REFERENCE_REUSED', {
      field,
      data,
      message: 'This deal was refunded or canceled. Report a new sale under a reference of its own.',
    });
  }
  const same =
    earlier.amountMinor === report.amountMinor &&
    (report.closedAt === null || report.closedAt.getTime() === earlier.closedAt.getTime());
  if (same) return undefined;
  if (earlier.reference !== null) return refusal('DEAL_REFERENCE_REUSED', { field, data });
  return refusal('DEAL_REFERENCE_REUSED', {
    field,
    data,
    message:
      'This lead has a deal without a reference already. Restate it, or give the other deal a dealReference.',
  });
}

/**
 * Whether a fact can still be taken back at the agency's expense: until `clawbackWindowDays` days of 24 hours after it, that
 * instant included.
 */
export function insideClawbackWindow(factAt: Date, clawbackWindowDays: number, now: Date): boolean {
  return now.getTime() <= factAt.getTime() + clawbackWindowDays * dayMs;
}

/** Refuses a restatement that changes nothing, or one that lowers the amount after the clawback window. */
export function refusalOfRestatement(
  deal: Deal,
  amountMinor: bigint,
  clawbackWindowDays: number,
  now: Date,
): Refusal | undefined {
  if (amountMinor === deal.amountMinor) {
    return refusal('INVALID_AMOUNT', {
      field: ['input', 'amount', 'amount'],
      message: 'The deal has this amount already. Give the amount that it should have.',
    });
  }
  if (amountMinor > deal.amountMinor || insideClawbackWindow(deal.closedAt, clawbackWindowDays, now)) {
    return undefined;
  }
  return windowClosed(clawbackWindowDays);
}

/** Refuses to take a deal back after the clawback window. */
export function refusalOfCancellation(
  deal: Deal,
  clawbackWindowDays: number,
  now: Date,
): Refusal | undefined {
  return insideClawbackWindow(deal.closedAt, clawbackWindowDays, now)
    ? undefined
    : windowClosed(clawbackWindowDays);
}

function windowClosed(clawbackWindowDays: number): Refusal {
  return refusal('CLAWBACK_WINDOW_CLOSED', {
    field: ['input', 'dealId'],
    message:
      `The clawback window of the contract, ${showDays(clawbackWindowDays)} after the deal closed, is over: ` +
      'the deal can no longer be lowered, refunded or canceled.',
  });
}
