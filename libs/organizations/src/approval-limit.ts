import { type Money, money, parseAmount, parseCurrency } from '#money';
import { done, type Outcome, refuse } from '#outcome';
import type { Actor } from './actor.js';
import type { User } from './organization.js';

/** Reads a limit as it was written; refuses INVALID_CURRENCY and INVALID_AMOUNT below `path`. */
export function readLimit(
  written: { readonly amount: string; readonly currency: string },
  path: readonly string[],
): Outcome<Money> {
  const currency = parseCurrency(written.currency);
  if (!currency) return refuse('INVALID_CURRENCY', { field: [...path, 'currency'] });
  const amountMinor = parseAmount(written.amount, currency);
  if (amountMinor === undefined || amountMinor <= 0n)
    return refuse('INVALID_AMOUNT', { field: [...path, 'amount'] });
  return done(money(amountMinor, currency));
}

/**
 * Whether the actor may set what a person may approve. Refuses NOT_PERMITTED for who is not a person and for one's own
 * limit: it is there so that two people stand behind what goes beyond it. INVALID_VALUE for who approves nothing.
 */
export function decideLimit(actor: Actor, person: Pick<User, 'id' | 'roles'>): Outcome<null> {
  if (actor.kind !== 'SYSTEM' && actor.userId === null)
    return refuse('NOT_PERMITTED', { message: 'Only a person may set what people may approve.' });
  if (actor.userId === person.id) {
    const message = 'Another administrator must set what you may approve.';
    return refuse('NOT_PERMITTED', { field: ['input', 'userId'], message });
  }
  if (person.roles.includes('FINANCE_APPROVER')) return done(null);
  const message = 'Only finance approvers have an approval limit: this person approves nothing.';
  return refuse('INVALID_VALUE', { field: ['input', 'userId'], message });
}
