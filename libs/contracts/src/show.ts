import { type CurrencyCode, formatMoney, money } from '#money';

/** Money in a sentence: a true minus sign, which neither breaks from its amount nor reads as a dash. */
export function show(amountMinor: bigint, currency: CurrencyCode): string {
  return formatMoney(money(amountMinor, currency)).replace(/^-/, '−');
}

/** A number of days in a sentence: "1 day", "7 days". Pure. */
export function showDays(days: number): string {
  return days === 1 ? '1 day' : `${days} days`;
}
