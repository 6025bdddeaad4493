import { Database, UnitOfWork } from '#database';
import { type NewPosting, providerFee, sentToBank } from '#ledger';
import { systemActor } from '#organizations';
import { done, invariant } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { originOf } from './funds-origin.js';
import { bookMovement, type MirroredMovement, operatorBook, unbookedMovements } from './funds.store.js';
import { unfinishedAmong } from './operation.store.js';
import type { PaymentLog } from './payment-log.js';
import { type FundsMovement, type PaymentProvider, ProviderUnavailable } from './provider.js';
import { operationOf, RefreshObjects } from './refresh-objects.action.js';

const actor = systemActor('mirror-funds');

/** Finds out what movements are of that nobody has booked. */
@Injectable()
export class AttributeFunds {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly database: Database,
    private readonly refresh: RefreshObjects,
    @Inject('PaymentProvider') private readonly provider: PaymentProvider | null,
    @Inject('Log') private readonly log: PaymentLog,
  ) {}

  /**
   * Looks at the newest `limit` movements without a journal: books the operator's own, and fetches what the others
   * belong to, whose handlers book them. Gives the ids of those that belong to an operation which has not come to its
   * end: they are booked with it. Throws ProviderUnavailable.
   */
  async execute(now: Date, limit: number): Promise<ReadonlySet<string>> {
    const operationIds = new Map<string, string>();
    for (const movement of await unbookedMovements(this.database, limit)) {
      try {
        const operationId = await this.attribute(movement, now);
        if (operationId !== null) operationIds.set(movement.id, operationId);
      } catch (error) {
        if (error instanceof ProviderUnavailable) throw error;
        this.log.error('a movement of the balance could not be booked', { objectId: movement.id, error });
      }
    }
    const unfinished = await unfinishedAmong(this.database, [...operationIds.values()]);
    return new Set([...operationIds].filter(([, id]) => unfinished.has(id)).map(([id]) => id));
  }

  /** The operation that it belongs to, where the provider says so. */
  private async attribute(movement: MirroredMovement, now: Date): Promise<string | null> {
    const origin = originOf(movement);
    const { amountMinor, feeMinor, netMinor } = movement;
    switch (origin.from) {
      case 'BANK': {
        const kind = amountMinor < 0n ? 'FUNDS_TO_BANK' : 'FUNDS_FROM_BANK';
        await this.bookOwn(movement, kind, [...sentToBank(-amountMinor), ...providerFee(feeMinor)], now);
        return null;
      }
      case 'FEE':
        await this.bookOwn(movement, 'PROVIDER_FEE', providerFee(-netMinor), now);
        return null;
      case 'CHARGE':
        return await this.refreshCharge(origin.chargeId, movement, now);
      case 'OBJECT':
        return await this.refreshObject(origin.kind, origin.id, movement, now);
      case 'REVERSAL': {
        const transferId = await this.theProvider().transferOfMovement(movement.id);
        return transferId === null ? null : await this.refreshObject('transfer', transferId, movement, now);
      }
      case 'UNKNOWN':
        return null;
    }
  }

  private async refreshObject(
    kind: 'refund' | 'dispute' | 'transfer',
    id: string,
    movement: FundsMovement,
    now: Date,
  ): Promise<string | null> {
    const snapshot = await this.theProvider().retrieve(kind, id);
    if (snapshot === null) return null;
    await this.refresh.apply(kind, snapshot, now);
    // What the provider itself gave back belongs to the payment.
    if ('chargeId' in snapshot && !(await this.isBooked(movement)))
      return (await this.refreshCharge(snapshot.chargeId, movement, now)) ?? operationOf(snapshot);
    if (snapshot.object !== 'transfer') return operationOf(snapshot);
    const reversal = snapshot.reversals.find(({ funds }) => funds.id === movement.id);
    return operationOf(reversal ?? snapshot);
  }

  private async refreshCharge(chargeId: string, movement: FundsMovement, now: Date): Promise<string | null> {
    const provider = this.theProvider();
    const payment = await provider.paymentOfCharge(chargeId);
    if (payment) await this.refresh.apply('payment', payment, now);
    if (!(await this.isBooked(movement))) {
      for (const dispute of await provider.disputesOf(chargeId))
        await this.refresh.apply('dispute', dispute, now);
    }
    return payment && operationOf(payment);
  }

  private async isBooked({ id }: FundsMovement): Promise<boolean> {
    return (await unbookedMovements(this.database, 1, [id])).length === 0;
  }

  private async bookOwn(
    movement: FundsMovement,
    kind: string,
    postings: readonly NewPosting[],
    now: Date,
  ): Promise<void> {
    if (postings.length === 0) return;
    await this.unitOfWork.run(async (tx) => {
      await bookMovement(tx, { movement, kind, postings, bookId: await operatorBook(tx), by: actor, now });
      return done(null);
    });
  }

  private theProvider(): PaymentProvider {
    invariant(this.provider, 'a movement is looked up without a payment provider');
    return this.provider;
  }
}
