import { recordAudit } from '#audit';
import { newId, type Transaction } from '#database';
import { paidOutOfBand } from '#ledger';
import type { Money } from '#money';
import type { Actor } from '#organizations';
import { done, invariant, type Outcome, refuse } from '#outcome';
import {
  type FinanceRequestHandler,
  type FinanceRequestMeasure,
  type FinanceRequestPayload,
  operatorBook,
} from '#payments';
import { Injectable } from '@nestjs/common';
import { book, type BuyerScope, openBuyer } from './buyer-scope.store.js';
import { changeCollection, insertCollection, liveOfInvoice } from './collection.store.js';
import { refreshCredit } from './credit-check.store.js';
import { freePartsOf, type Invoice, sumOf } from './invoice.js';
import { settleInvoice } from './invoice-progress.store.js';
import { buyerOfInvoice, linesOf, lockInvoice } from './invoice.store.js';
import { journalsOf } from './journals.js';
import { byAgency, firstOf } from './parts.js';
import { moneyOfPayload, moneyPayload } from './payload.js';
import { watcherActor } from './request-actor.js';

/** A payment that came to the operator's bank. */
export interface OutOfBandPayment {
  readonly invoiceId: string;
  readonly amount: Money;
  /** How it is found in the bank's statement. */
  readonly reference: string;
}

/** A buyer has paid another way: two people say so. */
@Injectable()
export class OutOfBand {
  get handler(): FinanceRequestHandler {
    return {
      kind: 'OUT_OF_BAND_PAYMENT',
      measure: async (tx, payload, now) => await measure(tx, paymentOf(payload), now),
      execute: async (tx, { id, payload, requestedBy }, approver, now) => {
        const payment = paymentOf(payload);
        const found = await find(tx, payment, { actor: approver, now });
        if (!found.ok) return found;
        await record(found.value, payment, { requestId: id, requestedBy });
        return done(null);
      },
    };
  }
}

/** The payload of a request to record such a payment. */
export function outOfBandPayload({ invoiceId, amount, reference }: OutOfBandPayment): FinanceRequestPayload {
  return { invoiceId, reference, ...moneyPayload(amount) };
}

function paymentOf(payload: FinanceRequestPayload): OutOfBandPayment {
  const { invoiceId, reference } = payload;
  invariant(typeof invoiceId === 'string' && typeof reference === 'string', 'a payment names no invoice');
  return { invoiceId, reference, amount: moneyOfPayload(payload) };
}

async function measure(
  tx: Transaction,
  payment: OutOfBandPayment,
  now: Date,
): Promise<Outcome<FinanceRequestMeasure>> {
  const found = await find(tx, payment, { actor: watcherActor, now });
  if (!found.ok) return found;
  return done({ bookId: await operatorBook(tx), ...payment.amount });
}

/** Refuses NOT_FOUND, CURRENCY_MISMATCH, REFERENCE_USED, NOTHING_TO_COLLECT, COLLECTION_UNDER_WAY and AMOUNT_TOO_HIGH. */
async function find(
  tx: Transaction,
  { invoiceId, amount, reference }: OutOfBandPayment,
  { actor, now }: { readonly actor: Actor; readonly now: Date },
): Promise<Outcome<{ readonly scope: BuyerScope; readonly invoice: Invoice }>> {
  const field = ['input', 'invoiceId'];
  const buyerId = await buyerOfInvoice(tx, invoiceId);
  if (buyerId === undefined) return refuse('NOT_FOUND', { field });
  const scope = await openBuyer(tx, { buyerId, actor, now });
  const invoice = await lockInvoice(tx, invoiceId);
  if (amount.currency !== invoice.currency) {
    const message = `The invoice is in ${invoice.currency}.`;
    return refuse('CURRENCY_MISMATCH', { field: ['input', 'amount', 'currency'], message });
  }
  // One transfer of the bank is one payment: the same reference again would pay the invoice twice with it.
  if (await isRecorded(tx, invoiceId, reference)) {
    return refuse('REFERENCE_USED', { field: ['input', 'reference'] });
  }
  if (invoice.state !== 'OPEN') return refuse('NOTHING_TO_COLLECT', { field });
  if (await liveOfInvoice(tx, invoiceId)) return refuse('COLLECTION_UNDER_WAY', { field });
  const openMinor = sumOf(freePartsOf(await linesOf(tx, invoiceId)));
  if (amount.amountMinor > openMinor) return refuse('AMOUNT_TOO_HIGH', { field: ['input', 'amount'] });
  return done({ scope, invoice });
}

async function isRecorded(tx: Transaction, invoiceId: string, reference: string): Promise<boolean> {
  const rows = await tx.query(
    `select 1 from collections
     where invoice_id = $1 and method = 'OUT_OF_BAND' and reference = $2 and state = 'SUCCEEDED'`,
    [invoiceId, reference],
  );
  return rows.length > 0;
}

async function record(
  { scope, invoice }: { readonly scope: BuyerScope; readonly invoice: Invoice },
  { amount, reference }: OutOfBandPayment,
  { requestId, requestedBy }: { readonly requestId: string; readonly requestedBy: string },
): Promise<void> {
  const { tx, now, actor, profile } = scope;
  const { buyerId } = profile;
  const { amountMinor, currency } = amount;
  const { taken } = firstOf(freePartsOf(await linesOf(tx, invoice.id)), amountMinor);
  const collection = await insertCollection(
    tx,
    {
      ...{ id: newId(), buyerId, invoiceId: invoice.id, method: 'OUT_OF_BAND', attempt: invoice.tries + 1 },
      ...{ amountMinor, currency, requestedAt: now, requestedBy, approvedBy: actor.id, reference },
    },
    taken,
  );
  const source = `collection:${collection.id}`;
  const common = { kind: 'paid_out_of_band', source, key: source, currency, at: now };
  await book(
    scope,
    journalsOf(
      [...byAgency(taken)].map(([bookId, minor]) => ({
        ...common,
        bookId,
        postings: paidOutOfBand(buyerId, minor),
      })),
    ),
  );
  await changeCollection(tx, collection, {
    ...{ state: 'SUCCEEDED', receivedMinor: amountMinor },
    ...{ succeededAt: now, availableAt: now, finishedAt: now },
  });
  await settleInvoice(scope, invoice.id, { tried: true });
  await refreshCredit(scope);
  await recordAudit(tx, actor, {
    ...{ action: 'invoice.paid-out-of-band', subject: `invoice:${invoice.id}`, at: now },
    ...{ before: invoice, after: { ...amount, reference, requestId, collectionId: collection.id } },
  });
}
