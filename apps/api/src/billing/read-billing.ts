import { type Money, money, parseAmount, parseCurrency } from '#money';
import { type Actor } from '#organizations';
import { done, type Outcome, refuse } from '#outcome';
import { decodeId } from '../graphql/ids.js';

/** A well-formed id of nobody: a filter by what is no id finds nothing, like one by a missing organization. */
const nobody = '00000000-0000-0000-0000-000000000000';

/** The organization to filter by; undefined: all. */
export function filterBy(id: string | null | undefined): string | undefined {
  return id === null || id === undefined ? undefined : (decodeId('org', id) ?? nobody);
}

/** Whose billing is meant: a buyer may leave itself out. Refuses REQUIRED for who is none, and NOT_FOUND for what is no id. */
export function readBuyer(
  actor: Actor,
  id: string | null | undefined,
  field: readonly string[],
): Outcome<string> {
  if (id === null || id === undefined) {
    if (actor.kind === 'BUYER') return done(actor.organizationId);
    return refuse('REQUIRED', { field, message: 'Say which buyer is meant.' });
  }
  const buyerId = decodeId('org', id);
  return buyerId === undefined ? refuse('NOT_FOUND', { field }) : done(buyerId);
}

/** Money above zero, or not below when `mayBeZero`. Refuses INVALID_CURRENCY and INVALID_AMOUNT below `path`. */
export function readMoney(
  input: { readonly amount: string; readonly currency: string },
  path: readonly string[],
  { mayBeZero = false }: { readonly mayBeZero?: boolean } = {},
): Outcome<Money> {
  const currency = parseCurrency(input.currency);
  if (currency === undefined) return refuse('INVALID_CURRENCY', { field: [...path, 'currency'] });
  const amountMinor = parseAmount(input.amount, currency);
  if (amountMinor === undefined || amountMinor < (mayBeZero ? 0n : 1n)) {
    return refuse('INVALID_AMOUNT', { field: [...path, 'amount'] });
  }
  return done(money(amountMinor, currency));
}

const longestReference = 200;

/** How a payment is found at the bank: one line that can be shown. Refuses REQUIRED and INVALID_VALUE. */
export function readReference(text: string, field: readonly string[]): Outcome<string> {
  const trimmed = text.trim();
  if (trimmed === '') {
    return refuse('REQUIRED', { field, message: "Say how the payment is found in the bank's statement." });
  }
  if (/[\p{Cc}\p{Cs}]/u.test(trimmed) || [...trimmed].length > longestReference) {
    const message = `A reference has at most ${longestReference} characters and no control characters.`;
    return refuse('INVALID_VALUE', { field, message });
  }
  return done(trimmed);
}
