import { newId, type Transaction } from '#database';
import { lockAndBalance, providerFee, transferReversed } from '#ledger';
import {
  type Operation,
  type OperationHandler,
  type OperationRefusal,
  operatorBook,
  type ProviderObject,
  recordFunds,
  type ReversalSnapshot,
  type TransferSnapshot,
} from '#payments';
import { invariant } from '#outcome';
import { book } from './booking.store.js';
import { type Payout, splitReversal } from './payout.js';
import { lockPayout, payoutOfTransfer } from './payout.store.js';
import { lockedKinds } from './release-holds.action.js';
import {
  markReversalFailed,
  markReversed,
  type Reversal,
  reversalById,
  reversalsOfPayout,
} from './reversal.store.js';

/** What the end of a reversal means. */
export const reversalOperations: OperationHandler = {
  kinds: ['TRANSFER_REVERSAL'],
  succeeded: async (tx: Transaction, operation: Operation, object: ProviderObject, now: Date) => {
    invariant(object.object === 'reversal', 'a reversal has come to something else');
    const key = keyOf(operation);
    const asked = await reversalById(tx, key);
    invariant(asked, 'a reversal was asked for by nobody');
    const payout = await lockPayout(tx, { agencyId: key.agencyId, id: asked.payoutId });
    invariant(payout, 'a reversal belongs to no payout');
    await bookReversals(tx, payout, [object], now);
  },
  refused: async (tx: Transaction, operation: Operation, { code }: OperationRefusal, now: Date) =>
    await markReversalFailed(tx, keyOf(operation), code, now),
};

/** What the provider says of a transfer: reversals that we asked for, and those that somebody made elsewhere. */
export async function takeOverTransfer(
  tx: Transaction,
  snapshot: TransferSnapshot,
  now: Date,
): Promise<void> {
  if (snapshot.reversals.length === 0) return;
  const key = await payoutOfTransfer(tx, snapshot.id);
  // None of ours, or one whose success is not known yet: it is looked at again.
  const payout = key && (await lockPayout(tx, key));
  if (payout?.state === 'SUCCEEDED') await bookReversals(tx, payout, snapshot.reversals, now);
}

/** Books those that are not booked yet. The payout is locked. */
async function bookReversals(
  tx: Transaction,
  payout: Payout,
  reversals: readonly ReversalSnapshot[],
  now: Date,
): Promise<void> {
  const known = await reversalsOfPayout(tx, payout);
  for (const reversal of reversals) {
    const isBooked = known.some(({ providerReversalId }) => providerReversalId === reversal.id);
    if (isBooked) continue;
    const asked = known.find(
      ({ operationId }) => operationId !== null && operationId === reversal.operationId,
    );
    await bookOne(tx, { payout, reversal, asked, now });
  }
}

async function bookOne(
  tx: Transaction,
  {
    payout,
    reversal,
    asked,
    now,
  }: {
    readonly payout: Payout;
    readonly reversal: ReversalSnapshot;
    readonly asked: Reversal | undefined;
    readonly now: Date;
  },
): Promise<void> {
  const { agencyId, currency } = payout;
  const { amountMinor, funds } = reversal;
  invariant(!asked || asked.amountMinor === amountMinor, 'a reversal is not what was asked for');
  invariant(funds.currency === currency, 'a reversal is in another currency than its transfer');
  const balances = await lockAndBalance(tx, agencyId, lockedKinds, currency);
  const owes = balances.find(({ kind }) => kind === 'clawback_due')?.balanceMinor ?? 0n;
  const { owedMinor, payableMinor } = splitReversal(amountMinor, owes);
  const id = asked?.id ?? newId();
  await recordFunds(tx, funds, now);
  const common = { currency, source: `stripe:${funds.id}`, at: funds.createdAt };
  const back = {
    ...{ ...common, bookId: agencyId, kind: 'transfer_reversed', key: `reversal:${reversal.id}` },
    postings: transferReversed(owedMinor, payableMinor),
  };
  const fee =
    funds.feeMinor === 0n
      ? []
      : [
          {
            ...{ ...common, bookId: await operatorBook(tx), kind: 'transfer_reversed_fee' },
            key: `reversal:${reversal.id}:fee`,
            postings: providerFee(funds.feeMinor),
          },
        ];
  await book(tx, [back, ...fee], now);
  await markReversed(tx, {
    ...{ agencyId, id, payoutId: payout.id, amountMinor, owedMinor, currency },
    providerReversalId: reversal.id,
    fundsId: funds.id,
    at: now,
  });
}

function keyOf({ bookId, subject }: Operation): { readonly agencyId: string; readonly id: string } {
  return { agencyId: bookId, id: subject.slice('reversal:'.length) };
}
