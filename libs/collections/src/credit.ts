import type { CurrencyCode } from '#money';
import type { BillingProfile } from './billing-profile.js';

/** What a buyer owes and has, in minor units of one currency. */
export interface CreditUse {
  readonly currency: CurrencyCode;
  /** For leads on their way to the buyer, which it has not taken yet. */
  readonly offeredMinor: bigint;
  /** Charged, and in no approved statement yet. */
  readonly unbilledMinor: bigint;
  /** Billed and not paid. */
  readonly receivableMinor: bigint;
  /** Credit for corrections, and what it has prepaid. */
  readonly creditMinor: bigint;
}

/** What the buyer would owe if everything were settled now; negative: it has money with us. */
export function exposureOf({ offeredMinor, unbilledMinor, receivableMinor, creditMinor }: CreditUse): bigint {
  return offeredMinor + unbilledMinor + receivableMinor - creditMinor;
}

/** The most that a buyer may owe in a currency; null: there is no limit. */
export function creditLimitIn(
  { terms, currency, creditLimitMinor }: Pick<BillingProfile, 'terms' | 'currency' | 'creditLimitMinor'>,
  wanted: CurrencyCode,
): bigint | null {
  if (creditLimitMinor === null) return terms === 'PREPAID' ? 0n : null;
  // A limit in one currency is no licence in the others.
  return currency === wanted ? creditLimitMinor : 0n;
}

/**
 * Whether the buyer has used up its credit, so that it gets no more leads: where it owes more than it may, and where
 * nothing is left in any of its currencies. `uses`: one for each currency of its contracts.
 */
export function isCreditUsedUp(
  profile: Pick<BillingProfile, 'terms' | 'currency' | 'creditLimitMinor'>,
  uses: readonly CreditUse[],
): boolean {
  const limited = (uses.length > 0 ? uses : [nothing(profile.currency)]).map((use) => {
    const limit = creditLimitIn(profile, use.currency);
    return limit === null ? null : limit - exposureOf(use);
  });
  const rooms = limited.filter((room) => room !== null);
  if (rooms.some((room) => room < 0n)) return true;
  return rooms.length > 0 && rooms.length === limited.length && rooms.every((room) => room <= 0n);
}

function nothing(currency: CurrencyCode): CreditUse {
  return { currency, offeredMinor: 0n, unbilledMinor: 0n, receivableMinor: 0n, creditMinor: 0n };
}
