import { currencyOf, formatMoney, type Money } from '#money';
import { done, type Outcome, refuse } from '#outcome';
import { collectible, smallestMinor } from './next-collection.js';

/**
 * What one charge takes. Refuses AMOUNT_TOO_LOW for less than a unit of the currency, AMOUNT_TOO_HIGH for more than one
 * charge takes, and INVALID_AMOUNT for what the provider cannot charge exactly or not in this currency.
 */
export function topUpAmount({ amountMinor, currency }: Money, field: readonly string[]): Outcome<null> {
  const show = (minor: bigint): string => formatMoney({ amountMinor: minor, currency });
  if (currencyOf(currency).stripeExponent === null) {
    return refuse('INVALID_AMOUNT', { field, message: `Nothing can be charged in ${currency}.` });
  }
  const smallest = smallestMinor(currency);
  if (amountMinor < smallest) {
    return refuse('AMOUNT_TOO_LOW', {
      field,
      message: `The least that can be charged is ${show(smallest)}.`,
    });
  }
  const possible = collectible(amountMinor, currency);
  if (possible === amountMinor) return done(null);
  const most = collectible(amountMinor * 1_000_000n, currency);
  if (amountMinor > most) {
    return refuse('AMOUNT_TOO_HIGH', { field, message: `One charge takes at most ${show(most)}.` });
  }
  const message = `In ${currency} the nearest amount that can be charged is ${show(possible)}.`;
  return refuse('INVALID_AMOUNT', { field, message });
}
