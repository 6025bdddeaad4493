import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { once, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse, unreachable } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { mayActFor } from './billing-acts.js';
import { openBuyer } from './buyer-scope.store.js';
import { liveOfInvoice } from './collection.store.js';
import { Collector } from './collector.action.js';
import { buyerOfInvoice, lockInvoice } from './invoice.store.js';
import type { NothingCode } from './next-collection.js';

export interface CollectInvoiceInput {
  readonly invoiceId: string;
  /** The buyer wants to pay on a page instead of with the saved method. */
  readonly onPage?: boolean;
  readonly idempotencyKey: string;
}

const field = ['input', 'invoiceId'];

/** Tries to collect an invoice now, whatever is planned; a method that was refused before is tried again. */
@Injectable()
export class CollectInvoice {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly collector: Collector,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /**
   * Refuses PAYMENTS_OFF, NOT_FOUND, NOT_PERMITTED, NOTHING_TO_COLLECT, COLLECTION_UNDER_WAY, PAYMENT_METHOD_MISSING,
   * REQUIRED for the e-mail address of a buyer that is to pay on a page, PROVIDER_REFUSED for a buyer that the provider
   * will not have, and INVALID_AMOUNT for what it cannot collect in the currency.
   */
  async execute(
    actor: Actor,
    { idempotencyKey: key, ...input }: CollectInvoiceInput,
  ): Promise<Outcome<{ readonly invoiceId: string; readonly replayed: boolean }>> {
    if (!this.collector.isOn) return refuse('PAYMENTS_OFF');
    const now = this.clock.now();
    const { invoiceId } = input;
    const request = { organizationId: actor.organizationId, key, operation: 'collectInvoice', input, now };
    return await this.unitOfWork.run((tx) =>
      once(tx, request, async () => {
        const buyerId = await buyerOfInvoice(tx, invoiceId);
        if (buyerId === undefined) return refuse('NOT_FOUND', { field });
        const allowed = mayActFor(actor, buyerId, field);
        if (!allowed.ok) return allowed;
        const scope = await openBuyer(tx, { buyerId, actor, now });
        const invoice = await lockInvoice(tx, invoiceId);
        if (invoice.state !== 'OPEN') return refuse('NOTHING_TO_COLLECT', { field });
        if (await liveOfInvoice(tx, invoiceId)) return refuse('COLLECTION_UNDER_WAY', { field });
        const { onPage = false } = input;
        const begun = await this.collector.collect(scope, invoice, { byPerson: true, onPage });
        if (begun === null) return refuse('NOTHING_TO_COLLECT', { field });
        const refusedBy = 'waitsFor' in begun ? whyNot(begun.waitsFor) : done(null);
        if (!refusedBy.ok) return refusedBy;
        const subject = `invoice:${invoiceId}`;
        await recordAudit(tx, actor, {
          action: 'invoice.collect',
          subject,
          before: invoice,
          after: begun,
          at: now,
        });
        return done({ invoiceId });
      }),
    );
  }
}

function whyNot(reason: 'BUYER_FIRST' | NothingCode): Outcome<null> {
  switch (reason) {
    case 'BUYER_FIRST':
      return done(null);
    case 'method_missing':
      return refuse('PAYMENT_METHOD_MISSING', { field });
    case 'email_missing':
      return refuse('REQUIRED', {
        field,
        message: 'Enter a billing e-mail address first: invoices are sent to it.',
      });
    case 'amount_not_collectible':
      return refuse('INVALID_AMOUNT', {
        field,
        message: 'The provider cannot collect this amount in this currency.',
      });
    case 'buyer_refused':
      return refuse('PROVIDER_REFUSED', { field });
    default:
      return unreachable(reason);
  }
}
