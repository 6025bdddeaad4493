import { type CurrencyCode, currencyOf, maxStripeAmount } from '#money';
import type { SettlementRef } from '#settlements';

/**
 * REQUESTED: a transfer is asked for, and what became of it is not known for certain yet. SUCCEEDED, FAILED: it is.
 * NETTED: there was nothing to send, since all of it was taken by what the agency owed.
 */
export const payoutStates = ['REQUESTED', 'SUCCEEDED', 'FAILED', 'NETTED'] as const;
export type PayoutState = (typeof payoutStates)[number];

/** What one agency is sent at once, in one currency. Minor units. */
export interface Payout {
  readonly agencyId: string;
  readonly id: string;
  readonly number: string;
  readonly currency: CurrencyCode;
  /** What is sent: released − netted + carried. */
  readonly amountMinor: bigint;
  /** Of the settlements in it. */
  readonly releasedMinor: bigint;
  readonly nettedMinor: bigint;
  /** What else was payable; negative when more had been taken from it by corrections. */
  readonly carriedMinor: bigint;
  /** How many times in a row it was tried, from 1; each is a payout of its own. */
  readonly attempt: number;
  readonly state: PayoutState;
  readonly providerAccountId: string | null;
  readonly operationId: string | null;
  readonly providerTransferId: string | null;
  readonly destinationPaymentId: string | null;
  readonly reversedMinor: bigint;
  readonly failureCode: string | null;
  readonly bankPayoutId: string | null;
  readonly requestedAt: Date;
  readonly finishedAt: Date | null;
}

/** What people call a payout: the day and the end of its id, unique within an agency. */
export function payoutNumber(requestedAt: Date, id: string): string {
  return `P${requestedAt.toISOString().slice(0, 10).replaceAll('-', '')}-${id.slice(-8).toUpperCase()}`;
}

/** A released round that is not (all) sent. */
export interface Unpaid extends SettlementRef {
  readonly round: number;
  /** Less what earlier payouts carried of it. Minor units. */
  readonly leftMinor: bigint;
  readonly releasedAt: Date;
}

export interface Portion extends SettlementRef {
  readonly round: number;
  readonly releasedMinor: bigint;
}

export interface PayoutSize {
  readonly amountMinor: bigint;
  readonly nettedMinor: bigint;
  readonly releasedMinor: bigint;
  readonly carriedMinor: bigint;
  /** What it carries of each settlement, the longest released first. */
  readonly portions: readonly Portion[];
}

export interface PayoutFunds {
  readonly currency: CurrencyCode;
  readonly payableMinor: bigint;
  readonly clawbackDueMinor: bigint;
  /** Of what is owed back, the part that is being taken out of the agency's account at the provider. */
  readonly reversingMinor: bigint;
  readonly minimumMinor: bigint;
  readonly unpaid: readonly Unpaid[];
}

/**
 * How big the next payout is: what is payable less what the agency owes, at most what one transfer takes. NOTHING:
 * nothing is payable, and no settlement waits to be closed. BELOW_MINIMUM: it waits for more. UNSENDABLE: less than the
 * smallest amount of the currency that the provider takes.
 */
export type PayoutDecision =
  | { readonly is: 'SEND'; readonly size: PayoutSize }
  | { readonly is: 'NET'; readonly size: PayoutSize }
  | { readonly is: 'NOTHING' }
  | { readonly is: 'BELOW_MINIMUM'; readonly restMinor: bigint }
  | { readonly is: 'UNSENDABLE'; readonly restMinor: bigint };

export function sizePayout(funds: PayoutFunds): PayoutDecision {
  const { currency, clawbackDueMinor, reversingMinor, minimumMinor, unpaid } = funds;
  const payableMinor = notBelowZero(funds.payableMinor);
  if (payableMinor === 0n && unpaid.length === 0) return { is: 'NOTHING' };
  const nettedMinor = smaller(payableMinor, notBelowZero(clawbackDueMinor - reversingMinor));
  const restMinor = payableMinor - nettedMinor;
  if (restMinor === 0n)
    return { is: 'NET', size: sizeOf(unpaid, { nettedMinor, amountMinor: 0n, restMinor }) };
  if (restMinor < minimumMinor) return { is: 'BELOW_MINIMUM', restMinor };
  const amountMinor = largestSendable(restMinor, currency);
  if (amountMinor === 0n) return { is: 'UNSENDABLE', restMinor };
  return { is: 'SEND', size: sizeOf(unpaid, { nettedMinor, amountMinor, restMinor }) };
}

function sizeOf(
  unpaid: readonly Unpaid[],
  { nettedMinor, amountMinor, restMinor }: { nettedMinor: bigint; amountMinor: bigint; restMinor: bigint },
): PayoutSize {
  const totalMinor = nettedMinor + amountMinor;
  // When all goes out, every settlement does, whatever corrections have taken from payable meanwhile.
  let spaceMinor = amountMinor === restMinor ? null : totalMinor;
  const portions: Portion[] = [];
  for (const { agencyId, id, round, leftMinor } of byRelease(unpaid)) {
    const releasedMinor = spaceMinor === null ? leftMinor : smaller(leftMinor, spaceMinor);
    if (releasedMinor === 0n && leftMinor > 0n) break;
    portions.push({ agencyId, id, round, releasedMinor });
    if (releasedMinor < leftMinor) break;
    if (spaceMinor !== null) spaceMinor -= releasedMinor;
  }
  const releasedMinor = portions.reduce((sum, portion) => sum + portion.releasedMinor, 0n);
  return { amountMinor, nettedMinor, releasedMinor, carriedMinor: totalMinor - releasedMinor, portions };
}

/** The longest released first; of the same instant the smaller id. */
export function byRelease<T extends Pick<Unpaid, 'releasedAt' | 'id'>>(unpaid: readonly T[]): T[] {
  return [...unpaid].sort(
    (a, b) => a.releasedAt.getTime() - b.releasedAt.getTime() || (a.id < b.id ? -1 : 1),
  );
}

/** The largest amount up to this one that one transfer can have: eight digits, and exact in the provider's unit. */
export function largestSendable(amountMinor: bigint, currency: CurrencyCode): bigint {
  const { isoExponent, stripeExponent, stripeStep } = currencyOf(currency);
  if (stripeExponent === null) return 0n;
  // Stripe's amount = minor × times ÷ by.
  const times = 10n ** BigInt(Math.max(0, stripeExponent - isoExponent));
  const by = 10n ** BigInt(Math.max(0, isoExponent - stripeExponent));
  const largest = smaller((amountMinor * times) / by, BigInt(maxStripeAmount));
  // Both exact in the provider's unit and a whole number of minor units.
  const step = leastCommonMultiple(BigInt(stripeStep), times);
  return ((largest - (largest % step)) * by) / times;
}

function leastCommonMultiple(a: bigint, b: bigint): bigint {
  const divisor = (x: bigint, y: bigint): bigint => (y === 0n ? x : divisor(y, x % y));
  return (a / divisor(a, b)) * b;
}

/** The minimum of the settings, a decimal in major units of whatever currency, in minor units of this one, rounded up. */
export function minimumOf(minimum: string, currency: CurrencyCode): bigint {
  const { isoExponent } = currencyOf(currency);
  const [whole = '0', fraction = ''] = minimum.split('.');
  const kept = fraction.slice(0, isoExponent).padEnd(isoExponent, '0');
  const roundsUp = /[1-9]/.test(fraction.slice(isoExponent));
  return BigInt(whole + kept) + (roundsUp ? 1n : 0n);
}

const hourMs = 3_600_000;
const longestRetryMs = 24 * hourMs;

/** An hour after a shortage of money; after anything else an hour, then twice as long each time, up to a day. */
export function retryAt(
  failed: Pick<Payout, 'attempt' | 'failureCode'> & { readonly finishedAt: Date },
): Date {
  const waits = isShortage(failed.failureCode) ? hourMs : hourMs * 2 ** Math.min(failed.attempt - 1, 5);
  return new Date(failed.finishedAt.getTime() + Math.min(waits, longestRetryMs));
}

/** The provider's balance did not cover it. */
export function isShortage(code: string | null): boolean {
  return code === 'balance_insufficient' || code === 'insufficient_funds';
}

/** Refused before anything was sent, or by the provider: the agency's account cannot receive. */
export const capabilityMissing = 'capability_missing';

export function isAccountProblem(code: string | null): boolean {
  return (
    code === capabilityMissing ||
    code === 'insufficient_capabilities_for_transfer' ||
    code === 'account_invalid' ||
    code === 'transfers_not_allowed'
  );
}

/** A payout that could go, but for the money at the provider. */
export interface Claimant {
  readonly agencyId: string;
  readonly amountMinor: bigint;
  /** When the oldest of its money was released. */
  readonly releasedAt: Date;
  /** It is taken from a charge whose money need not be available. */
  readonly isFunded: boolean;
}

const passedOverForMs = 24 * hourMs;

/**
 * Who is paid when the balance may not be enough, in one currency: the longest released first. Who does not fit is
 * passed over by smaller ones behind, so that one large payout does not keep everybody waiting; but only for a day, after
 * which what comes in is kept for it. `availableMinor` null: not known, so everyone is tried; `leftMinor` is what is
 * there for those who come after.
 */
export function whoIsPaid<T extends Claimant>(
  claimants: readonly T[],
  availableMinor: bigint | null,
  now: Date,
): { readonly paid: readonly T[]; readonly short: readonly T[]; readonly leftMinor: bigint | null } {
  const sorted = [...claimants].sort(
    (a, b) => a.releasedAt.getTime() - b.releasedAt.getTime() || (a.agencyId < b.agencyId ? -1 : 1),
  );
  const paid: T[] = [];
  const short: T[] = [];
  let leftMinor = availableMinor;
  for (const claimant of sorted) {
    const fits = leftMinor === null || claimant.isFunded || claimant.amountMinor <= leftMinor;
    if (fits) {
      paid.push(claimant);
      if (leftMinor !== null && !claimant.isFunded) leftMinor -= claimant.amountMinor;
      continue;
    }
    short.push(claimant);
    const hasWaited = now.getTime() - claimant.releasedAt.getTime() >= passedOverForMs;
    if (hasWaited && leftMinor !== null) leftMinor = 0n;
  }
  return { paid, short, leftMinor };
}

/** A payout of which money can be taken back. */
export interface Reversible {
  readonly id: string;
  /** Not reversed yet. Minor units. */
  readonly leftMinor: bigint;
}

/** Out of which payouts an amount is taken back, in the order given; what they do not cover is left out. */
export function allocateReversals<T extends Reversible>(
  amountMinor: bigint,
  payouts: readonly T[],
): readonly { readonly payout: T; readonly amountMinor: bigint }[] {
  let left = amountMinor;
  return payouts.flatMap((payout) => {
    const part = smaller(payout.leftMinor, left);
    if (part <= 0n) return [];
    left -= part;
    return [{ payout, amountMinor: part }];
  });
}

/** The amount of one reversal, split: first what the agency owes, the rest is payable to it again. */
export function splitReversal(
  amountMinor: bigint,
  clawbackDueMinor: bigint,
): { readonly owedMinor: bigint; readonly payableMinor: bigint } {
  const owedMinor = smaller(amountMinor, notBelowZero(clawbackDueMinor));
  return { owedMinor, payableMinor: amountMinor - owedMinor };
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function notBelowZero(amount: bigint): bigint {
  return amount > 0n ? amount : 0n;
}
