import { type CurrencyCode, currencyOf } from './currency.js';
import { parseScaled, printScaled } from './decimal.js';
import type { Money } from './money.js';

/**
 * The largest single amount that is taken from outside, in minor units: just below 10^15 (ten trillion
 * dollars). Postgres' bigint holds 9,000 such amounts in one sum, so no total of real charges can overflow
 * it.
 */
export const maxAmountMinor = 10n ** 15n - 1n;

/**
 * Reads an exact decimal amount as minor units: ("10.5", USD) is 1050n. Undefined when it is not plain ASCII
 * `-?digits(.digits)?`, has more fraction digits than the currency, is "-0", or is beyond {@link
 * maxAmountMinor}. Negative amounts and zero are read; whether they are allowed is the caller's rule.
 */
export function parseAmount(text: string, currency: CurrencyCode): bigint | undefined {
  const amountMinor = parseScaled(text, currencyOf(currency).isoExponent);
  if (amountMinor === undefined || amountMinor > maxAmountMinor || amountMinor < -maxAmountMinor)
    return undefined;
  return amountMinor;
}

/**
 * Prints minor units as an exact decimal with all the digits of the currency: "10.00", "1000" (JPY), "10.000"
 * (KWD).
 */
export function formatAmount(amountMinor: bigint, currency: CurrencyCode): string {
  return printScaled(amountMinor, currencyOf(currency).isoExponent);
}

/**
 * Only signs that mean one currency to nearly every reader; "¥" is the yen, the yuan is written with its
 * code.
 */
const symbols: ReadonlyMap<string, string> = new Map([
  ['EUR', '€'],
  ['GBP', '£'],
  ['ILS', '₪'],
  ['INR', '₹'],
  ['JPY', '¥'],
  ['KRW', '₩'],
  ['NGN', '₦'],
  ['PHP', '₱'],
  ['USD', '$'],
  ['VND', '₫'],
]);

/**
 * Prints money for people, exactly: "$2,000.00", "-$5.00", "¥1,000", "KWD 10.000". Never parse this; see
 * {@link formatAmount}.
 */
export function formatMoney({ amountMinor, currency }: Money): string {
  const sign = amountMinor < 0n ? '-' : '';
  const plain = formatAmount(amountMinor < 0n ? -amountMinor : amountMinor, currency);
  const [whole = '', fraction] = plain.split('.');
  const grouped = whole.replace(/\B(?=(?:[0-9]{3})+$)/g, ',');
  const symbol = symbols.get(currency) ?? `${currency} `;
  return `${sign}${symbol}${grouped}${fraction === undefined ? '' : `.${fraction}`}`;
}
