import { type CurrencyCode, fromStripeAmount, money, parseCurrency, toStripeAmount } from '#money';
import { invariant } from '#outcome';
import { ProviderUnavailable } from '#payments';

/** Money as Stripe takes it. Throws for what Stripe cannot take: whoever asks has split and checked it before. */
export function toStripe(
  amountMinor: bigint,
  currency: CurrencyCode,
): { readonly amount: number; readonly currency: string } {
  const converted = toStripeAmount(money(amountMinor, currency));
  invariant(
    converted.ok && converted.amount > 0,
    `an amount cannot be sent to Stripe: ${converted.ok ? 'NOT_POSITIVE' : converted.reason}`,
  );
  return { amount: converted.amount, currency: currency.toLowerCase() };
}

/** A currency that Stripe names in small letters. */
export function currencyFrom(text: string): CurrencyCode {
  const currency = parseCurrency(text.toUpperCase());
  if (currency === undefined) throw new ProviderUnavailable('unknown_currency');
  return currency;
}

/** An amount that Stripe reports, in ISO's minor units; never rounded. */
export function minorFrom(amount: number, currency: CurrencyCode): bigint {
  const read = fromStripeAmount(amount, currency);
  if (read === undefined) throw new ProviderUnavailable('unreadable_amount');
  return read.amountMinor;
}

/** Seconds since 1970, as Stripe tells time. */
export function timeFrom(seconds: number): Date {
  return new Date(seconds * 1000);
}
