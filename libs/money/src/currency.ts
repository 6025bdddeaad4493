import { invariant } from '#outcome';
import { type Currency, currencyTable } from './currency-table.js';

/** An ISO 4217 code that is in the currency table, in capitals. */
export type CurrencyCode = string & { readonly brand: 'CurrencyCode' };

const currencies: ReadonlyMap<string, Currency> = new Map(currencyTable.map((row) => [row.code, row]));

function isCurrencyCode(text: string): text is CurrencyCode {
  return currencies.has(text);
}

/** Every code of the table, in alphabetical order. */
export const currencyCodes: readonly CurrencyCode[] = currencyTable
  .map((row) => row.code)
  .filter(isCurrencyCode);

/**
 * Reads a caller's currency code. Undefined when it is not exactly an ISO 4217 code in capitals: "usd" and "
 * USD" are refused.
 */
export function parseCurrency(text: string): CurrencyCode | undefined {
  return isCurrencyCode(text) ? text : undefined;
}

/**
 * The same for text that was checked before (a row, a constant). Throws InvariantViolation when it is no
 * currency.
 */
export function asCurrency(text: string): CurrencyCode {
  invariant(isCurrencyCode(text), 'a stored currency is not in the currency table');
  return text;
}

/**
 * The currency's row: name, decimal digits, how Stripe wants it. Throws InvariantViolation for a code that
 * was never parsed.
 */
export function currencyOf(code: CurrencyCode): Currency {
  const row = currencies.get(code);
  invariant(row, 'a currency code is not in the currency table');
  return row;
}
