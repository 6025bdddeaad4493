import { invariant } from '#outcome';
import type { CurrencyCode } from './currency.js';

/**
 * An exact amount in a currency's minor units (cents, fils, whole yen). Never a float, never without its
 * currency.
 */
export interface Money {
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
}

/** Makes money from minor units: money(1000n, USD) is ten dollars. */
export function money(amountMinor: bigint, currency: CurrencyCode): Money {
  return { amountMinor, currency };
}

/**
 * a + b. Throws InvariantViolation when the currencies differ, as every operation on two amounts here does.
 */
export function add(a: Money, b: Money): Money {
  requireSameCurrency(a.currency, b.currency);
  return money(a.amountMinor + b.amountMinor, a.currency);
}

/** a − b. Throws InvariantViolation when the currencies differ. */
export function subtract(a: Money, b: Money): Money {
  requireSameCurrency(a.currency, b.currency);
  return money(a.amountMinor - b.amountMinor, a.currency);
}

/** The exact opposite, which is what a reversal books. */
export function negate(a: Money): Money {
  return money(-a.amountMinor, a.currency);
}

/**
 * Adds up any number of amounts; the currency is named because nothing at all adds up to zero of it. Throws
 * InvariantViolation when one differs.
 */
export function sum(amounts: Iterable<Money>, currency: CurrencyCode): Money {
  let totalMinor = 0n;
  for (const amount of amounts) {
    requireSameCurrency(amount.currency, currency);
    totalMinor += amount.amountMinor;
  }
  return money(totalMinor, currency);
}

/** True for nothing at all, in whatever currency. */
export function isZero(a: Money): boolean {
  return a.amountMinor === 0n;
}

/**
 * -1, 0 or 1 as a is less than, equal to or more than b; fit for sorting. Throws InvariantViolation when the
 * currencies differ.
 */
export function compare(a: Money, b: Money): -1 | 0 | 1 {
  requireSameCurrency(a.currency, b.currency);
  if (a.amountMinor === b.amountMinor) return 0;
  return a.amountMinor < b.amountMinor ? -1 : 1;
}

function requireSameCurrency(left: CurrencyCode, right: CurrencyCode): void {
  invariant(left === right, `amounts in ${left} and ${right} were mixed`);
}
