import { asCurrency, type Money, money } from '#money';
import { invariant } from '#outcome';
import type { FinanceRequestPayload } from '#payments';

/** Money in the payload of a request: minor units as text, and the currency. */
export function moneyPayload({ amountMinor, currency }: Money): FinanceRequestPayload {
  return { amountMinor: amountMinor.toString(), currency };
}

/** The same back. Throws for a payload that holds none. */
export function moneyOfPayload({ amountMinor, currency }: FinanceRequestPayload): Money {
  invariant(typeof amountMinor === 'string' && /^[1-9]\d*$/.test(amountMinor), 'a payload holds no amount');
  invariant(typeof currency === 'string', 'a payload holds no currency');
  return money(BigInt(amountMinor), asCurrency(currency));
}
