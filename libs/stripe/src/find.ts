import type Stripe from 'stripe';
import { type ProviderObject, ProviderUnavailable, type Sendable } from '#payments';
import { frozenCall, type FrozenCall, type Params } from './frozen-call.js';
import { completeInvoice } from './invoice-steps.js';
import { firstOf, pageSize } from './lists.js';
import { reversalSnapshot } from './money-snapshots.js';
import type { StripeReads } from './reads.js';
import { operationOf } from './references.js';
import { hasEnded, targetOf } from './send.js';

/** Stripe's v2 lists are shorter. */
const accountPageSize = 20;

/**
 * Looks for what an operation made by our mark in its metadata. Lists, not search: a search lags behind, and what is
 * missing from it may still be there. Null only when the whole list was read.
 */
export class StripeFinder {
  constructor(
    private readonly stripe: Stripe,
    private readonly reads: StripeReads,
  ) {}

  async find(operation: Sendable): Promise<ProviderObject | null> {
    const call = frozenCall(operation.body);
    const { params } = call;
    const isOurs = (row: { readonly metadata?: Stripe.Metadata | null }) => operationOf(row) === operation.id;
    const { stripe, reads } = this;
    const recent = since(operation);
    switch (call.call) {
      case 'customers.create':
        return this.buyer(params, isOurs, recent);
      case 'v2.core.accounts.create':
        return this.accountV2(isOurs, operation);
      case 'accounts.create': {
        const account = await firstOf(stripe.accounts.list({ ...recent, limit: pageSize }), isOurs);
        return account && reads.account(account.id);
      }
      case 'paymentIntents.create': {
        const customer = text(params, 'customer');
        const list = stripe.paymentIntents.list({ ...recent, customer, limit: pageSize });
        const intent = await firstOf(list, isOurs);
        return intent && reads.payment(intent.id);
      }
      case 'transfers.create': {
        const transfer = await firstOf(stripe.transfers.list({ ...recent, ...transferList(params) }), isOurs);
        return transfer && reads.transfer(transfer.id);
      }
      case 'transfers.createReversal':
        return this.reversal(call, isOurs);
      case 'refunds.create': {
        const list = stripe.refunds.list({ ...recent, charge: text(params, 'charge'), limit: pageSize });
        const refund = await firstOf(list, isOurs);
        return refund && reads.refund(refund.id);
      }
      case 'invoices.create':
        return this.invoice(operation, call, isOurs);
      case 'paymentIntents.cancel':
        return ended(await reads.payment(targetOf(call)));
      case 'invoices.voidInvoice':
        return ended(await reads.invoice(targetOf(call)));
    }
  }

  private async buyer(params: Params, isOurs: IsOurs, recent: Recent): Promise<ProviderObject | null> {
    const { email } = params;
    const filter = typeof email === 'string' ? { email } : {};
    const row = await firstOf(this.stripe.customers.list({ ...recent, ...filter, limit: pageSize }), isOurs);
    return row && { object: 'buyer', id: row.id, operationId: operationOf(row) };
  }

  private async accountV2(isOurs: IsOurs, operation: Sendable): Promise<ProviderObject | null> {
    const list = this.stripe.v2.core.accounts.list({
      applied_configurations: ['recipient'],
      limit: accountPageSize,
    });
    const oldest = oldestOf(operation);
    // This list takes no dates, and has the newest first.
    const isOver = (row: { readonly created: string }) =>
      oldest !== null && new Date(row.created).getTime() < oldest;
    const account = await firstOf(list, isOurs, isOver);
    return account && this.reads.account(account.id);
  }

  private async reversal(call: FrozenCall, isOurs: IsOurs): Promise<ProviderObject | null> {
    const row = (await this.reads.reversals(targetOf(call))).find(isOurs);
    return row === undefined ? null : reversalSnapshot(row);
  }

  /**
   * An invoice that was left half made is completed: a second one would be worse than a late one, and there is no
   * way to make it again without its key.
   */
  private async invoice(
    operation: Sendable,
    call: FrozenCall,
    isOurs: IsOurs,
  ): Promise<ProviderObject | null> {
    const customer = text(call.params, 'customer');
    const row = await firstOf(
      this.stripe.invoices.list({ ...since(operation), customer, limit: pageSize }),
      isOurs,
    );
    if (row === null) return null;
    await completeInvoice(this.stripe, row.id, operation, call);
    return this.reads.invoice(row.id);
  }
}

interface Recent {
  readonly created?: { readonly gte: number };
}

/** Clocks of two firms are not a day apart. */
const clockSkewMs = 86_400_000;

/** Before it, in milliseconds, the operation made nothing; null: that is not known. */
function oldestOf({ createdAt }: Sendable): number | null {
  return createdAt === null ? null : createdAt.getTime() - clockSkewMs;
}

/** What keeps a list to what the operation may have made: all that there ever was would be too long to be read. */
function since(operation: Sendable): Recent {
  const oldest = oldestOf(operation);
  return oldest === null ? {} : { created: { gte: Math.floor(oldest / 1000) } };
}

type IsOurs = (row: { readonly metadata?: Stripe.Metadata | null }) => boolean;

function ended(object: ProviderObject): ProviderObject | null {
  return hasEnded(object) ? object : null;
}

/** What is taken from a charge has that charge's group: it is looked for where it goes to. */
function transferList(params: Params): Stripe.TransferListParams {
  const { transfer_group: group } = params;
  return {
    destination: text(params, 'destination'),
    ...(typeof group === 'string' && { transfer_group: group }),
    limit: pageSize,
  };
}

function text(params: Params, name: string): string {
  const value = params[name];
  if (typeof value !== 'string') throw new ProviderUnavailable('nothing_to_look_by');
  return value;
}
