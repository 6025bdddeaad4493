import { newId, type Transaction, UnitOfWork } from '#database';
import { type NewJournal, postJournals, sentToBank } from '#ledger';
import { systemActor } from '#organizations';
import { done, invariant } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { operatorBook, recordAllFunds } from './funds.store.js';
import { lockControl, readControl } from './payment-control.store.js';
import type { PaymentLog } from './payment-log.js';
import { type FundsMovement, type PaymentProvider, ProviderUnavailable } from './provider.js';

const mostTries = 5;

/** What the provider's balance was made of at one instant. */
interface Opening {
  readonly openedAt: Date;
  /** Movements of that very second. */
  readonly ids: readonly string[];
  readonly movements: readonly FundsMovement[];
}

/**
 * Takes what an account at the provider held before us as its opening balance, once, before anything is sent: an
 * account may have a past, and its old movements are not ours to book one by one.
 */
@Injectable()
export class OpenFunds {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    @Inject('PaymentProvider') private readonly provider: PaymentProvider | null,
    @Inject('Log') private readonly log: PaymentLog,
  ) {}

  /** Does nothing the second time. Throws ProviderUnavailable. */
  async execute(now: Date): Promise<void> {
    const { provider } = this;
    if (provider === null || (await this.isOpen())) return;
    const opening = await readOpening(provider);
    await this.unitOfWork.run(async (tx) => {
      if ((await lockControl(tx)).fundsOpenedAt !== null) return done(null);
      await bookOpening(tx, opening, now);
      await tx.query(
        'update payment_control set funds_opened_at = $1, funds_seen_until = $1, funds_opened_ids = $2',
        [opening.openedAt, opening.ids],
      );
      return done(null);
    });
    this.log.info('the balance at the payment provider is opened', { count: opening.movements.length });
  }

  private async isOpen(): Promise<boolean> {
    const control = await this.unitOfWork.run(async (tx) => done(await readControl(tx)));
    return control.ok && control.value.fundsOpenedAt !== null;
  }
}

/** The balance, and up to when it was made: nothing may move while it is read. */
async function readOpening(provider: PaymentProvider): Promise<Opening> {
  for (let attempt = 0; attempt < mostTries; attempt += 1) {
    const { movements: newest } = await provider.funds(new Date(0), null);
    const balances = await provider.balances();
    const [later] = (await provider.funds(new Date(0), null)).movements;
    if (newest[0]?.id !== later?.id) continue;
    const openedAt = newest[0]?.createdAt ?? new Date(0);
    const ids = newest.filter(({ createdAt }) => createdAt >= openedAt).map(({ id }) => id);
    const movements = balances.map(({ currency, availableMinor, pendingMinor }) => {
      const amountMinor = availableMinor + pendingMinor;
      return {
        id: `opening:${currency}`,
        type: 'opening',
        amountMinor,
        feeMinor: 0n,
        netMinor: amountMinor,
        currency,
        sourceId: null,
        createdAt: openedAt,
        availableAt: openedAt,
      };
    });
    return { openedAt, ids, movements: movements.filter(({ netMinor }) => netMinor !== 0n) };
  }
  throw new ProviderUnavailable('BALANCE_MOVES');
}

async function bookOpening(tx: Transaction, { movements }: Opening, now: Date): Promise<void> {
  if (movements.length === 0) return;
  const bookId = await operatorBook(tx);
  const journals = movements.map(({ id, netMinor, currency, createdAt }): NewJournal => ({
    bookId,
    id: newId(),
    kind: 'FUNDS_OPENED',
    source: `stripe:${id}`,
    idempotencyKey: `funds:${id}`,
    currency,
    effectiveAt: createdAt,
    reverses: null,
    postings: sentToBank(-netMinor),
  }));
  await recordAllFunds(tx, movements, now);
  const posted = await postJournals(tx, systemActor('open-funds'), now, journals);
  invariant(posted.ok, 'the opening balance was booked before with another amount');
}
