import type Stripe from 'stripe';
import { type FundsMovement, ProviderUnavailable } from '#payments';
import { currencyFrom, minorFrom, timeFrom } from './amounts.js';
import { idOf, rowOf } from './references.js';

type Reference = string | Stripe.BalanceTransaction | null | undefined;

/** A balance transaction as a movement of funds. */
export function fundsOf(row: Stripe.BalanceTransaction): FundsMovement {
  const currency = currencyFrom(row.currency);
  return {
    id: row.id,
    type: row.type,
    amountMinor: minorFrom(row.amount, currency),
    feeMinor: minorFrom(row.fee, currency),
    netMinor: minorFrom(row.net, currency),
    currency,
    sourceId: idOf(row.source),
    createdAt: timeFrom(row.created),
    availableAt: timeFrom(row.available_on),
  };
}

/** The movement, when there is one and it was expanded. */
export function fundsIn(reference: Reference): FundsMovement | null {
  const row = rowOf(reference);
  return row === null ? null : fundsOf(row);
}

/** The movement of what cannot exist without one. */
export function certainFunds(reference: Reference): FundsMovement {
  const funds = fundsIn(reference);
  if (funds === null) throw new ProviderUnavailable('no_balance_transaction');
  return funds;
}

/** Whether it names a movement without telling of it: then it has to be read. */
export function isUnread(reference: Reference): boolean {
  return typeof reference === 'string';
}
