import { addDaysExact } from '#calendar';
import { newId } from '#database';
import { balanceSpent } from '#ledger';
import type { CurrencyCode, Money } from '#money';
import { done, invariant, type Outcome, refuse, unreachable } from '#outcome';
import { Operations, type PaymentProvider, type PaymentRequest } from '#payments';
import { Inject, Injectable } from '@nestjs/common';
import { methodToCharge, type SavedMethod } from './billing-profile.js';
import { saveBuyerRequest } from './billing-profile.store.js';
import { emailOfBuyer, nameOfBuyer } from './buyer.store.js';
import { balanceOfBuyer, book, type BuyerScope } from './buyer-scope.store.js';
import { type Collection, type CollectionMethod, isLive, type Part } from './collection.js';
import {
  changeCollection,
  countTopUps,
  insertCollection,
  liveOfInvoice,
  liveTopUp,
  requestCancel,
} from './collection.store.js';
import { refreshCredit } from './credit-check.store.js';
import { freePartsOf, type Invoice, type InvoiceLine, sumOf } from './invoice.js';
import { markCollecting, markFailed, settleInvoice } from './invoice-progress.store.js';
import { changeInvoice, linesOf } from './invoice.store.js';
import { journalsOf } from './journals.js';
import { type NextCollection, nextCollection, type NothingCode } from './next-collection.js';
import { byAgency, firstOf } from './parts.js';
import { topUpAmount } from './top-up-amount.js';

/** How soon a collection is looked at when no news of it come. */
const firstLookMs = 60_000;

/** What came of trying to collect an invoice. */
export type Collected =
  { readonly collectionId: string } | { readonly waitsFor: 'BUYER_FIRST' | NothingCode };

type OfProvider = Extract<NextCollection, { by: 'METHOD' | 'PAGE' }>;

/** Starts collections and stops them: the only code that asks the provider for a buyer's money. All are steps of a transaction. */
@Injectable()
export class Collector {
  constructor(
    private readonly operations: Operations,
    @Inject('PaymentProvider') private readonly provider: PaymentProvider | null,
  ) {}

  /** False: no payment provider is set up, so nothing is collected. */
  get isOn(): boolean {
    return this.provider !== null;
  }

  /**
   * Collects what is open of an invoice that nothing is under way for: the balance at once, then one collection of what
   * is left. Afterwards no try is planned, but by what comes of it. Null: nothing is open.
   */
  async collect(
    scope: BuyerScope,
    invoice: Invoice,
    wanted: { readonly byPerson: boolean; readonly onPage?: boolean },
  ): Promise<Collected | null> {
    const { tx, now, profile } = scope;
    const lines = await linesOf(tx, invoice.id);
    invariant(!(await liveOfInvoice(tx, invoice.id)), 'an invoice is collected twice at once');
    const openMinor = sumOf(freePartsOf(lines));
    if (openMinor === 0n) return null;
    const { creditMinor: balanceMinor } = await balanceOfBuyer(scope, invoice.currency);
    const payOnPage = invoice.payOnPage || wanted.onPage === true;
    const { currency, dueAt } = invoice;
    const next = nextCollection({
      ...{ profile, currency, openMinor, balanceMinor, payOnPage, dueAt, now },
      hasEmail: (await emailOfBuyer(tx, profile)) !== null,
      byPerson: wanted.byPerson,
    });
    switch (next.by) {
      case 'BALANCE': {
        const paid = await this.payFromBalance(scope, invoice, { lines, amountMinor: next.amountMinor });
        const rest = paid.invoice.state === 'OPEN' ? await this.collect(scope, paid.invoice, wanted) : null;
        return rest ?? { collectionId: paid.collectionId };
      }
      case 'METHOD':
      case 'PAGE':
        return { collectionId: await this.ask(scope, invoice, { lines, next }) };
      case 'BUYER_FIRST':
        await this.makeBuyer(scope);
        await changeInvoice(tx, invoice, { nextTryAt: null });
        return { waitsFor: 'BUYER_FIRST' };
      case 'NOTHING':
        await changeInvoice(tx, invoice, { nextTryAt: null, lastFailureCode: next.code });
        await markFailed(scope, lines, next.code);
        return { waitsFor: next.code };
      default:
        return unreachable(next);
    }
  }

  private async payFromBalance(
    scope: BuyerScope,
    invoice: Invoice,
    { lines, amountMinor }: { readonly lines: readonly InvoiceLine[]; readonly amountMinor: bigint },
  ): Promise<{ readonly invoice: Invoice; readonly collectionId: string }> {
    const { tx, now, actor, operatorId, profile } = scope;
    const { buyerId } = profile;
    const { currency } = invoice;
    const { taken } = firstOf(freePartsOf(lines), amountMinor);
    const fresh = {
      id: newId(),
      buyerId,
      invoiceId: invoice.id,
      attempt: invoice.tries + 1,
      amountMinor,
      currency,
    };
    const collection = await insertCollection(
      tx,
      { ...fresh, method: 'BALANCE', requestedAt: now, requestedBy: actor.id },
      taken,
    );
    const source = `collection:${collection.id}`;
    const common = { kind: 'balance_spent', source, key: source, currency, at: now };
    const agencies = [...byAgency(taken)].map(([bookId, minor]) => ({
      ...common,
      ...{ bookId, postings: balanceSpent(buyerId, minor).agency },
    }));
    const { operator } = balanceSpent(buyerId, amountMinor);
    await book(scope, journalsOf([...agencies, { ...common, bookId: operatorId, postings: operator }]));
    await changeCollection(tx, collection, {
      ...{ state: 'SUCCEEDED', receivedMinor: amountMinor },
      ...{ succeededAt: now, availableAt: now, finishedAt: now },
    });
    const settled = await settleInvoice(scope, invoice.id, { tried: true });
    await refreshCredit(scope);
    return { invoice: settled.invoice, collectionId: collection.id };
  }

  private async ask(
    scope: BuyerScope,
    invoice: Invoice,
    { lines, next }: { readonly lines: readonly InvoiceLine[]; readonly next: OfProvider },
  ): Promise<string> {
    const { tx, profile } = scope;
    const { taken } = firstOf(freePartsOf(lines), next.amountMinor);
    const attempt = invoice.tries + 1;
    const { amountMinor } = next;
    const { currency } = invoice;
    const id = await this.start(
      scope,
      { invoiceId: invoice.id, attempt, amountMinor, currency, next },
      taken,
      (collectionId) =>
        next.by === 'METHOD'
          ? this.paymentOf(scope, {
              collectionId,
              amountMinor,
              currency,
              method: next.method,
              description: `Invoice ${invoice.number}`,
            })
          : {
              kind: 'INVOICE',
              collectionId,
              providerBuyerId: profile.providerBuyerId ?? '',
              lines: linesToPrint(lines, taken),
              currency,
              daysUntilDue: next.daysUntilDue,
              transferGroup: `collection:${collectionId}`,
            },
    );
    // What failed before is not what is going on now; and a page has its own time, from when it was asked for.
    const begun = { nextTryAt: null, lastFailureCode: null, tried: true };
    const dueAt =
      next.by === 'PAGE' ? later(invoice.dueAt, addDaysExact(scope.now, next.daysUntilDue)) : invoice.dueAt;
    await changeInvoice(tx, invoice, { ...begun, dueAt });
    await markCollecting(scope, lines, attempt);
    return id;
  }

  /**
   * The method that a top-up would charge. Refuses PAYMENT_METHOD_MISSING, as {@link topUpAmount}, and
   * COLLECTION_UNDER_WAY.
   */
  async mayTopUp(
    { tx, profile }: BuyerScope,
    { amountMinor, currency }: Money,
    { byPerson }: { readonly byPerson: boolean },
  ): Promise<Outcome<SavedMethod>> {
    const method = methodToCharge(profile, byPerson);
    if (method === null) return refuse('PAYMENT_METHOD_MISSING');
    const amount = topUpAmount({ amountMinor, currency }, ['input', 'amount']);
    if (!amount.ok) return amount;
    if (await liveTopUp(tx, profile.buyerId, currency)) {
      const message = 'A top-up in this currency is under way. Wait for its end.';
      return refuse('COLLECTION_UNDER_WAY', { message });
    }
    return done(method);
  }

  /** Fills up the buyer's balance. Refuses as {@link mayTopUp}. */
  async topUp(
    scope: BuyerScope,
    wanted: { readonly amountMinor: bigint; readonly currency: CurrencyCode; readonly byPerson: boolean },
  ): Promise<Outcome<{ readonly collectionId: string }>> {
    const { tx, profile } = scope;
    const { amountMinor, currency, byPerson } = wanted;
    const allowed = await this.mayTopUp(scope, { amountMinor, currency }, { byPerson });
    if (!allowed.ok) return allowed;
    const method = allowed.value;
    const attempt = (await countTopUps(tx, profile.buyerId, currency)) + 1;
    const next = { by: 'METHOD', amountMinor, method } as const;
    const collectionId = await this.start(
      scope,
      { invoiceId: null, attempt, amountMinor, currency, next },
      [],
      (id) =>
        this.paymentOf(scope, {
          collectionId: id,
          amountMinor,
          currency,
          method,
          description: 'Prepaid balance',
        }),
    );
    return done({ collectionId });
  }

  private async start(
    { tx, now, actor, profile, operatorId }: BuyerScope,
    wanted: {
      readonly invoiceId: string | null;
      readonly attempt: number;
      readonly amountMinor: bigint;
      readonly currency: CurrencyCode;
      readonly next: OfProvider;
    },
    parts: readonly Part[],
    requestOf: (collectionId: string) => PaymentRequest,
  ): Promise<string> {
    const { next, ...rest } = wanted;
    const method: CollectionMethod = next.by === 'METHOD' ? next.method.kind : 'HOSTED_INVOICE';
    const fresh = { id: newId(), buyerId: profile.buyerId, method, requestedAt: now, requestedBy: actor.id };
    const collection = await insertCollection(tx, { ...rest, ...fresh }, parts);
    const operation = await this.operations.request(tx, {
      request: requestOf(collection.id),
      subject: `collection:${collection.id}`,
      bookId: operatorId,
      idempotencyKey: `${next.by === 'METHOD' ? 'pi' : 'inv'}:${collection.id}`,
      now,
    });
    const nextLookAt = new Date(now.getTime() + firstLookMs);
    await changeCollection(tx, collection, { operationId: operation.id, nextLookAt });
    return collection.id;
  }

  private paymentOf(
    { profile }: BuyerScope,
    wanted: {
      readonly collectionId: string;
      readonly amountMinor: bigint;
      readonly currency: CurrencyCode;
      readonly method: SavedMethod;
      readonly description: string;
    },
  ): PaymentRequest {
    const { method, ...rest } = wanted;
    invariant(
      profile.providerBuyerId !== null,
      'a method is charged of a buyer whom the provider does not know',
    );
    return {
      kind: 'PAYMENT',
      ...rest,
      providerBuyerId: profile.providerBuyerId,
      methodId: method.id,
      methodKind: method.kind,
      transferGroup: `collection:${wanted.collectionId}`,
    };
  }

  /**
   * Has the provider make the buyer, unless it has or does; the operation that does, else null. One that was made
   * without an address is made again when there is one: a buyer cannot be changed there.
   */
  async makeBuyer(scope: BuyerScope): Promise<string | null> {
    const { tx, now, profile } = scope;
    const { buyerId, providerBuyerId, providerHasEmail, providerOperationId, providerTries } = profile;
    if (providerOperationId !== null) return providerOperationId;
    const email = await emailOfBuyer(tx, profile);
    if (providerBuyerId !== null && (providerHasEmail || email === null)) return null;
    const operation = await this.operations.request(tx, {
      request: { kind: 'BUYER_CREATE', buyerId, name: await nameOfBuyer(tx, buyerId), email },
      subject: `buyer:${buyerId}`,
      bookId: buyerId,
      // What was refused is asked for anew, with whatever was changed since.
      idempotencyKey: providerTries === 0 ? `cus:${buyerId}` : `cus:${buyerId}:a${providerTries + 1}`,
      now,
    });
    await saveBuyerRequest(tx, buyerId, { operationId: operation.id, hasEmail: email !== null });
    return operation.id;
  }

  /**
   * Has a collection under way stopped. What is not sent yet is not sent; of the rest the provider is asked, and a
   * payment that succeeds meanwhile wins. `code`: why we want it ourselves; null: a person does.
   */
  async cancel(scope: BuyerScope, collection: Collection, code: string | null): Promise<Collection> {
    const { tx, now, actor, operatorId } = scope;
    if (!isLive(collection)) return collection;
    const request = cancelRequestOf(collection);
    if (request !== null) {
      const { id } = collection;
      await this.operations.request(tx, {
        request,
        subject: `collection:${id}`,
        bookId: operatorId,
        idempotencyKey: `cancel:${id}:a${collection.cancelTries + 1}`,
        now,
      });
    }
    return await requestCancel(tx, collection, { by: actor.id, at: now, code, sent: request !== null });
  }
}

function later(a: Date, b: Date): Date {
  return a > b ? a : b;
}

function cancelRequestOf({ id, providerPaymentId, providerInvoiceId }: Collection): PaymentRequest | null {
  // The invoice first: its payment ends with it.
  if (providerInvoiceId !== null)
    return { kind: 'INVOICE_VOID', collectionId: id, invoiceId: providerInvoiceId };
  if (providerPaymentId !== null)
    return { kind: 'PAYMENT_CANCEL', collectionId: id, paymentId: providerPaymentId };
  return null;
}

function linesToPrint(
  lines: readonly InvoiceLine[],
  parts: readonly Part[],
): readonly { readonly description: string; readonly amountMinor: bigint }[] {
  return lines.flatMap((line) => {
    const amountMinor = sumOf(
      parts.filter(({ agencyId, id }) => agencyId === line.agencyId && id === line.id),
    );
    if (amountMinor === 0n) return [];
    const part = amountMinor === line.dueMinor ? '' : ', in part';
    return [{ description: `Statement ${line.number}${part}`, amountMinor }];
  });
}
