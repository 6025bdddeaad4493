import type { Clock } from '#calendar';
import { Database, type Transaction, UnitOfWork } from '#database';
import { providerFee, transferFailed, transferSucceeded } from '#ledger';
import {
  type Operation,
  type OperationHandler,
  type OperationRefusal,
  operatorBook,
  type PaymentProvider,
  type ProviderObject,
  recordFunds,
  type TransferSnapshot,
} from '#payments';
import { advanceSettlements, lockSettlements } from '#settlements';
import { done, invariant } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { book, payoutActor } from './booking.store.js';
import { showFailure } from './failure-words.js';
import { lookForBankPayouts } from './bank-payout.store.js';
import { closePaid } from './pay-agencies.action.js';
import { accountsOf, takeOver } from './payment-account.store.js';
import { lookAtPayouts } from './payout-dues.store.js';
import { capabilityMissing, type Payout, retryAt } from './payout.js';
import { lockPayout, markFailed, markSucceeded, settlementsOfPayout } from './payout.store.js';

const dayMs = 86_400_000;

/** What the end of a transfer means. */
@Injectable()
export class TransferOperations implements OperationHandler {
  readonly kinds = ['TRANSFER'] as const;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly database: Database,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  // Fields, since handlers are called without the object that they belong to.
  readonly mayBeSent = async (operation: Operation, provider: PaymentProvider): Promise<string | null> => {
    const [account] = await accountsOf(this.database, [operation.bookId]);
    if (!account?.providerAccountId) return capabilityMissing;
    const snapshot = await provider.retrieve('account', account.providerAccountId);
    if (snapshot === null) return 'account_invalid';
    await this.unitOfWork.run(async (tx) => done(await takeOver(tx, snapshot, this.clock.now())));
    return snapshot.transfersActive && !snapshot.rejected ? null : capabilityMissing;
  };

  readonly succeeded = async (
    tx: Transaction,
    operation: Operation,
    object: ProviderObject,
    now: Date,
  ): Promise<void> => {
    invariant(object.object === 'transfer', 'a transfer has come to something else');
    const payout = await lockForEnd(tx, operation);
    if (payout === null) return;
    checkSent(payout, object);
    await recordFunds(tx, object.funds, now);
    await bookSent(tx, payout, object, now);
    await markSucceeded(tx, payout, {
      transferId: object.id,
      destinationPaymentId: object.destinationPaymentId,
      fundsId: object.funds.id,
      nextLookAt: new Date(now.getTime() + dayMs),
      now,
    });
    await closePaid(tx, await settlementsOfPayout(tx, payout), now);
    await lookForBankPayouts(tx, payout.agencyId, new Date(now.getTime() + dayMs / 2));
    // What became payable meanwhile, and the rest of a large sum.
    const books = [{ bookId: payout.agencyId, currency: payout.currency }];
    await lookAtPayouts(tx, books, { since: now, at: now });
  };

  readonly refused = async (
    tx: Transaction,
    operation: Operation,
    refusal: OperationRefusal,
    now: Date,
  ): Promise<void> => {
    const payout = await lockForEnd(tx, operation);
    if (payout === null) return;
    const { agencyId, id, currency, amountMinor, attempt, requestedAt } = payout;
    const { code } = refusal;
    await book(
      tx,
      [
        {
          ...{ bookId: agencyId, currency, kind: 'transfer_failed', source: `payout:${id}` },
          key: `payout:${id}:failed`,
          at: now,
          postings: transferFailed(amountMinor),
        },
      ],
      now,
    );
    const next = retryAt({ attempt, failureCode: code, finishedAt: now });
    await markFailed(tx, payout, { code, retryAt: next, now });
    const moves = (await settlementsOfPayout(tx, payout)).map((ref) => ({
      ...{ ...ref, from: ['TRANSFERRING'] as const, to: 'TRANSFER_FAILED' as const },
      note: showFailure(code),
    }));
    await advanceSettlements(tx, { actor: payoutActor, at: now, moves });
    await lookAtPayouts(tx, [{ bookId: agencyId, currency }], { since: requestedAt, at: now });
  };
}

/** The payout of an operation, locked after its settlements; null when its end is known already. */
async function lockForEnd(tx: Transaction, operation: Operation): Promise<Payout | null> {
  const key = { agencyId: operation.bookId, id: operation.subject.slice('payout:'.length) };
  await lockSettlements(tx, await settlementsOfPayout(tx, key));
  const payout = await lockPayout(tx, key);
  invariant(payout?.operationId === operation.id, 'a transfer belongs to no payout');
  return payout.state === 'REQUESTED' ? payout : null;
}

function checkSent(payout: Payout, { amountMinor, currency, accountId, funds }: TransferSnapshot): void {
  const isAsAsked =
    amountMinor === payout.amountMinor &&
    currency === payout.currency &&
    accountId === payout.providerAccountId &&
    funds.currency === currency;
  invariant(isAsAsked, 'a transfer is not what was asked for');
}

async function bookSent(
  tx: Transaction,
  { agencyId, id, currency, amountMinor }: Payout,
  { funds }: TransferSnapshot,
  now: Date,
): Promise<void> {
  const common = { currency, source: `stripe:${funds.id}`, at: funds.createdAt };
  const sent = {
    ...{ ...common, bookId: agencyId, kind: 'transfer', key: `transfer:${id}` },
    postings: transferSucceeded(amountMinor),
  };
  if (funds.feeMinor === 0n) return await book(tx, [sent], now);
  const fee = {
    ...{ ...common, bookId: await operatorBook(tx), kind: 'transfer_fee', key: `transfer:${id}:fee` },
    postings: providerFee(funds.feeMinor),
  };
  await book(tx, [sent, fee], now);
}
