import { type CurrencyCode, currencyOf } from './currency.js';
import { type Money, money } from './money.js';

/**
 * The largest amount of one Stripe call, in Stripe's unit: eight digits. A larger sum is collected in parts.
 */
export const maxStripeAmount = 99_999_999;

/**
 * What Stripe would be sent, or why nothing may be: CURRENCY_NOT_TAKEN (Stripe documents no unit for it),
 * NOT_EXACT (it has no such fraction there), TOO_LARGE (more than {@link maxStripeAmount} either way).
 */
export type StripeAmount =
  | { readonly ok: true; readonly amount: number }
  | { readonly ok: false; readonly reason: 'CURRENCY_NOT_TAKEN' | 'NOT_EXACT' | 'TOO_LARGE' };

/**
 * Converts money to the integer that Stripe takes, in Stripe's unit for the currency: 10.00 USD is 1000, 5
 * ISK is 500, 10.000 KWD is 10000. Exact or refused, never rounded: 0.005 KWD is NOT_EXACT, because Stripe
 * wants the last digit 0.
 */
export function toStripeAmount({ amountMinor, currency }: Money): StripeAmount {
  const { isoExponent, stripeExponent, stripeStep } = currencyOf(currency);
  if (stripeExponent === null) return { ok: false, reason: 'CURRENCY_NOT_TAKEN' };
  const amount = rescale(amountMinor, isoExponent, stripeExponent);
  if (amount === undefined || amount % BigInt(stripeStep) !== 0n) return { ok: false, reason: 'NOT_EXACT' };
  if (amount > BigInt(maxStripeAmount) || amount < -BigInt(maxStripeAmount))
    return { ok: false, reason: 'TOO_LARGE' };
  return { ok: true, amount: Number(amount) };
}

/**
 * Reads an amount that Stripe reports (a charge, a fee, a balance transaction) as money, exactly. Undefined
 * when it is no whole number or has no exact counterpart in ISO's unit: such a difference is shown and never
 * rounded away. The step is not required here, since what Stripe books itself (fees) need not keep it.
 */
export function fromStripeAmount(amount: number, currency: CurrencyCode): Money | undefined {
  const { isoExponent, stripeExponent } = currencyOf(currency);
  if (stripeExponent === null || !Number.isSafeInteger(amount)) return undefined;
  const amountMinor = rescale(BigInt(amount), stripeExponent, isoExponent);
  return amountMinor === undefined ? undefined : money(amountMinor, currency);
}

/**
 * The same value with another number of decimal digits; undefined when digits other than zero would be lost.
 */
function rescale(value: bigint, fromDigits: number, toDigits: number): bigint | undefined {
  if (toDigits >= fromDigits) return value * 10n ** BigInt(toDigits - fromDigits);
  const divisor = 10n ** BigInt(fromDigits - toDigits);
  return value % divisor === 0n ? value / divisor : undefined;
}
