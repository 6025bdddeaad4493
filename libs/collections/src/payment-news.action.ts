import { Database, type Transaction } from '#database';
import { invariant } from '#outcome';
import type {
  InvoiceSnapshot,
  ObjectHandler,
  Operation,
  OperationHandler,
  OperationRefusal,
  PaymentSnapshot,
  ProviderObject,
} from '#payments';
import { Injectable } from '@nestjs/common';
import { type BuyerScope, openBuyer, providerNews } from './buyer-scope.store.js';
import { type Collection, isLive } from './collection.js';
import {
  changeCollection,
  type CollectionKey,
  findCollection,
  forgetCancel,
  isCancelRequested,
} from './collection.store.js';
import { endWithoutMoney } from './collection-end.store.js';
import { Collector } from './collector.action.js';
import { lookAtDisputesOf } from './dispute.store.js';
import { failureCodeOf } from './failure.js';
import { nextLook } from './looks.js';
import { bookArrival, bookDeparture } from './money-in.store.js';
import { afterInvoice, afterPayment, type PaymentEffect } from './payment-outcome.js';

/** Before anything is sent: somebody wants it stopped. */
const stoppedBefore = 'canceled';

/** What the provider tells of payments and invoices, applied to the collections that they are of. */
@Injectable()
export class PaymentNews {
  constructor(
    private readonly database: Database,
    private readonly collector: Collector,
  ) {}

  get operations(): readonly OperationHandler[] {
    return [
      {
        kinds: ['PAYMENT', 'INVOICE'],
        mayBeSent: async ({ id }) => ((await isCancelRequested(this.database, id)) ? stoppedBefore : null),
        succeeded: async (tx, operation, object, now) => await this.applyObject(tx, operation, object, now),
        refused: async (tx, operation, refusal, now) => await this.refused(tx, operation, refusal, now),
      },
      {
        kinds: ['PAYMENT_CANCEL', 'INVOICE_VOID'],
        succeeded: async (tx, operation, object, now) => await this.applyObject(tx, operation, object, now),
        refused: async (tx, { subject }, { object }, now) => {
          // It is too late, or cannot be stopped at present: it goes on, and is looked at soon.
          const id = subjectId(subject);
          await forgetCancel(tx, id);
          await this.withCollection(tx, { id }, now, async (scope, collection) => {
            if (isLive(collection)) await changeCollection(tx, collection, { nextLookAt: now });
            await this.applySnapshot(scope, collection, object);
          });
        },
      },
    ];
  }

  get objects(): readonly ObjectHandler[] {
    return [
      {
        kind: 'payment',
        apply: async (tx, payment, now) => {
          const key = { paymentId: payment.id, operationId: payment.operationId };
          await this.withCollection(tx, key, now, async (scope, collection) => {
            await this.applySnapshot(scope, collection, payment);
          });
        },
      },
      {
        kind: 'invoice',
        apply: async (tx, invoice, now) => {
          const key = { providerInvoiceId: invoice.id, operationId: invoice.operationId };
          await this.withCollection(tx, key, now, async (scope, collection) => {
            await this.applySnapshot(scope, collection, invoice);
          });
        },
      },
    ];
  }

  /** Finds the collection, locks its buyer and reads it again; does nothing when it is none of ours. */
  private async withCollection(
    tx: Transaction,
    key: CollectionKey,
    now: Date,
    work: (scope: BuyerScope, collection: Collection) => Promise<void>,
  ): Promise<void> {
    const found = await findCollection(tx, key);
    if (!found) return;
    const scope = await openBuyer(tx, { buyerId: found.buyerId, actor: providerNews, now });
    const collection = await findCollection(tx, { id: found.id });
    invariant(collection, 'a collection has vanished');
    await work(scope, collection);
  }

  private async applyObject(
    tx: Transaction,
    operation: Operation,
    object: ProviderObject,
    now: Date,
  ): Promise<void> {
    await this.withCollection(tx, { id: subjectId(operation.subject) }, now, async (scope, collection) => {
      await this.applySnapshot(scope, collection, object);
    });
  }

  private async refused(
    tx: Transaction,
    { subject }: Operation,
    { code, declineCode, object }: OperationRefusal,
    now: Date,
  ): Promise<void> {
    await this.withCollection(tx, { id: subjectId(subject) }, now, async (scope, collection) => {
      await this.applySnapshot(scope, collection, object);
      const after = await findCollection(tx, { id: collection.id });
      if (!after || !isLive(after)) return;
      const failure = failureCodeOf({ code, declineCode });
      const state = code === stoppedBefore ? 'CANCELED' : 'FAILED';
      await endWithoutMoney(scope, after, { state, code: failure, declineCode });
    });
  }

  private async applySnapshot(
    scope: BuyerScope,
    collection: Collection,
    object: ProviderObject | null,
  ): Promise<void> {
    if (object?.object === 'payment') {
      const known = await noteIds(scope, collection, { payment: object });
      await this.applyEffects(scope, known, { effects: afterPayment(known, object), payment: object });
    } else if (object?.object === 'invoice') {
      const known = await noteIds(scope, collection, { payment: object.payment, invoice: object });
      await this.applyEffects(scope, known, {
        effects: afterInvoice(known, object),
        payment: object.payment,
      });
    }
  }

  private async applyEffects(
    scope: BuyerScope,
    before: Collection,
    {
      effects,
      payment,
    }: { readonly effects: readonly PaymentEffect[]; readonly payment: PaymentSnapshot | null },
  ): Promise<void> {
    let collection = before;
    for (const effect of effects) collection = await this.apply(scope, collection, { effect, payment });
    const { cancelRequestedAt, cancelTries } = collection;
    // It was sent before anybody could stop it, and now there is something to be stopped.
    if (isLive(collection) && cancelRequestedAt !== null && cancelTries === 0) {
      await this.collector.cancel(scope, collection, null);
    }
  }

  private async apply(
    scope: BuyerScope,
    collection: Collection,
    { effect, payment }: { readonly effect: PaymentEffect; readonly payment: PaymentSnapshot | null },
  ): Promise<Collection> {
    const { tx, now } = scope;
    switch (effect.kind) {
      case 'ARRIVED': {
        const chargeId = chargeOf(collection, payment);
        const arrived = await bookArrival(scope, collection, { funds: effect.funds, chargeId });
        await lookAtDisputesOf(tx, chargeId, now);
        return arrived;
      }
      case 'WENT_BACK':
        return await bookDeparture(scope, collection, {
          funds: effect.funds,
          chargeId: chargeOf(collection, payment),
          amountMinor: -effect.funds.amountMinor,
          code: payment?.failure ? failureCodeOf(payment.failure) : 'debit_returned',
        });
      case 'WAITS': {
        const nextLookAt = nextLook(collection.requestedAt, now, payment?.state === 'SUCCEEDED');
        return await changeCollection(tx, collection, { state: effect.state, nextLookAt });
      }
      case 'FAILED':
      case 'CANCELED': {
        const declineCode = effect.kind === 'FAILED' ? effect.declineCode : null;
        return await endWithoutMoney(scope, collection, {
          state: effect.kind,
          code: effect.code,
          declineCode,
        });
      }
      case 'CANCEL_IT':
        return await this.collector.cancel(scope, collection, effect.code);
    }
  }
}

function subjectId(subject: string): string {
  const [kind, id] = subject.split(':');
  invariant(kind === 'collection' && id, 'an operation is about no collection');
  return id;
}

function chargeOf(collection: Collection, payment: PaymentSnapshot | null): string {
  const id = collection.providerChargeId ?? payment?.chargeId ?? payment?.id;
  invariant(id !== undefined, 'money came in by no payment');
  return id;
}

/** Keeps by what the provider knows it, and where it is paid. */
async function noteIds(
  { tx }: BuyerScope,
  collection: Collection,
  { payment, invoice }: { readonly payment: PaymentSnapshot | null; readonly invoice?: InvoiceSnapshot },
): Promise<Collection> {
  const { providerInvoiceId, hostedUrl, providerPaymentId, providerChargeId } = collection;
  // Of several payments of an invoice the one that paid it counts.
  const isPaying = invoice === undefined || payment?.funds !== null;
  const change = {
    providerInvoiceId: providerInvoiceId ?? invoice?.id ?? null,
    hostedUrl: invoice?.hostedUrl ?? hostedUrl,
    providerPaymentId: providerPaymentId ?? (isPaying ? (payment?.id ?? null) : null),
    providerChargeId: providerChargeId ?? (isPaying ? (payment?.chargeId ?? null) : null),
  };
  const isSame =
    change.providerInvoiceId === providerInvoiceId &&
    change.hostedUrl === hostedUrl &&
    change.providerPaymentId === providerPaymentId &&
    change.providerChargeId === providerChargeId;
  return isSame ? collection : await changeCollection(tx, collection, change);
}
