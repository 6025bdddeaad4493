import type { Transaction } from '#database';
import { bookAccount, type NewPosting, providerFee, sentToBank } from '#ledger';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse } from '#outcome';
import { bookMovement, lockUnbooked, operatorBook } from './funds.store.js';
import type { FinanceRequestHandler, FinanceRequestMeasure, FinanceRequestPayload } from './handlers.js';
import type { FundsMovement } from './provider.js';

/**
 * What a movement that is of nothing here is booked as. BANK: the operator's own money went to or came from its bank.
 * FEE: a cost of the provider. LOSS: it is gone, or found. AGENCY: an agency was sent it by hand and owes it, or gave
 * back what it owes.
 */
export const movementMeanings = ['BANK', 'FEE', 'LOSS', 'AGENCY'] as const;
export type MovementMeaning = (typeof movementMeanings)[number];

interface Wanted extends FinanceRequestMeasure {
  readonly movement: FundsMovement;
  readonly postings: readonly NewPosting[];
}

/**
 * Two people say what a movement was that was made by hand at the provider, so that the books match again. Payload:
 * `movementId`, `meaning` and, for AGENCY, `agencyId`. Refuses INVALID_VALUE, and NOT_FOUND for what is not
 * there or booked already.
 */
export const bookMovementRequests: FinanceRequestHandler = {
  kind: 'BOOK_MOVEMENT',
  measure: async (tx, payload) => await wantedOf(tx, payload),
  execute: async (tx, { payload }, approver: Actor, now) => {
    const wanted = await wantedOf(tx, payload);
    if (!wanted.ok) return wanted;
    const { movement, postings, bookId } = wanted.value;
    const kind = `FUNDS_EXPLAINED_${payload['meaning'] ?? ''}`;
    await bookMovement(tx, { movement, kind, postings, bookId, by: approver, now });
    return done(null);
  },
};

async function wantedOf(tx: Transaction, payload: FinanceRequestPayload): Promise<Outcome<Wanted>> {
  const field = ['input', 'movementId'];
  const movementId = payload['movementId'] ?? '';
  if (!/^[\w:-]{1,255}$/.test(movementId)) return refuse('INVALID_VALUE', { field });
  const movement = await lockUnbooked(tx, movementId);
  if (!movement) {
    const message = 'No movement of this id waits to be booked. Give the movementId of the difference.';
    return refuse('NOT_FOUND', { field, message });
  }
  const meaning = movementMeanings.find((each) => each === payload['meaning']);
  if (!meaning) return refuse('INVALID_VALUE', { field: ['input', 'meaning'] });
  const { agencyId } = payload;
  const agency = typeof agencyId === 'string' ? await agencyOf(tx, agencyId) : undefined;
  // Also where it is not asked for: who names an agency that is not there means something else.
  if (agency === undefined && (meaning === 'AGENCY' || typeof agencyId === 'string'))
    return refuse('NOT_FOUND', { field: ['input', 'agencyId'] });
  const bookId = meaning === 'AGENCY' && agency !== undefined ? agency : await operatorBook(tx);
  const { netMinor, currency } = movement;
  const amountMinor = netMinor < 0n ? -netMinor : netMinor;
  return done({ bookId, amountMinor, currency, movement, postings: postingsOf(meaning, netMinor) });
}

async function agencyOf(tx: Transaction, id: string): Promise<string | undefined> {
  const [row] = await tx.query<{ id: string }>(
    `select id from organizations where kind = 'AGENCY' and id::text = $1`,
    [id],
  );
  return row?.id;
}

function postingsOf(meaning: MovementMeaning, netMinor: bigint): readonly NewPosting[] {
  if (meaning === 'BANK') return sentToBank(-netMinor);
  if (meaning === 'FEE') return providerFee(-netMinor);
  const other = bookAccount(meaning === 'LOSS' ? 'bad_debt' : 'clawback_due');
  const stripe = bookAccount('stripe');
  return netMinor < 0n
    ? [{ debit: other, credit: stripe, amountMinor: -netMinor }]
    : [{ debit: stripe, credit: other, amountMinor: netMinor }];
}
