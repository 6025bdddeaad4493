import type { Actor } from '#organizations';
import { done, type Outcome, refuse } from '#outcome';

/** Whether the actor may act on how this buyer pays. Refuses NOT_FOUND for somebody else's buyer, and NOT_PERMITTED for a test key. */
export function mayActFor(actor: Actor, buyerId: string, field: readonly string[]): Outcome<null> {
  if (actor.kind === 'AGENCY') return refuse('NOT_FOUND', { field });
  if (actor.kind === 'BUYER' && actor.organizationId !== buyerId) return refuse('NOT_FOUND', { field });
  if (actor.mode === 'test') return refuse('NOT_PERMITTED', { message: 'A test key never touches money.' });
  return done(null);
}

/** Terms and credit are given by the operator's finance team, not taken. */
export function isFinance(actor: Actor): boolean {
  if (actor.kind === 'SYSTEM') return true;
  return (
    actor.kind === 'OPERATOR' &&
    actor.mode === 'live' &&
    actor.roles.some((role) => role === 'FINANCE_PREPARER' || role === 'FINANCE_APPROVER')
  );
}
