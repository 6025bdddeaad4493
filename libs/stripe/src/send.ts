import type Stripe from 'stripe';
import type { Answer, ProviderObject, Sendable } from '#payments';
import { accountV1Snapshot, accountV2Snapshot } from './account-snapshot.js';
import { answerTo, codeOf, isMissing } from './answers.js';
import { frozenCall, type FrozenCall } from './frozen-call.js';
import { isUnread } from './funds.js';
import { completeInvoice } from './invoice-steps.js';
import { refundSnapshot, reversalSnapshot, transferSnapshot } from './money-snapshots.js';
import { paymentSnapshot } from './payment-snapshot.js';
import type { StripeReads } from './reads.js';
import { idOf, operationOf, rowOf } from './references.js';

interface Options {
  readonly idempotencyKey: string;
}
/** Acts, and gives a way to see what it made. */
type Act = (stripe: Stripe, call: FrozenCall, options: Options) => Promise<See>;
type See = (reads: StripeReads) => ProviderObject | Promise<ProviderObject>;

/** Sends operations as they are frozen, and says what may be concluded from the answer. */
export class StripeSender {
  constructor(
    private readonly stripe: Stripe,
    private readonly reads: StripeReads,
  ) {}

  async send(operation: Sendable): Promise<Answer> {
    const call = frozenCall(operation.body);
    switch (call.call) {
      case 'invoices.create':
        return this.sendInvoice(operation, call);
      case 'paymentIntents.cancel':
      case 'invoices.voidInvoice':
        return this.end(operation, call);
      default:
        return this.sendOnce(operation, call, acts[call.call]);
    }
  }

  private async sendOnce(operation: Sendable, call: FrozenCall, act: Act): Promise<Answer> {
    let see: See;
    try {
      see = await act(this.stripe, call, { idempotencyKey: operation.idempotencyKey });
    } catch (error) {
      return answerTo(error, concernOf(call));
    }
    return this.seen(see);
  }

  /** It has acted: whatever goes wrong from here on, it is not refused. */
  private async seen(see: See): Promise<Answer> {
    try {
      return { class: 'SUCCEEDED', object: await see(this.reads) };
    } catch (error) {
      return { class: 'UNKNOWN', code: codeOf(error) };
    }
  }

  /** Several calls that count as one: made, filled, finalized, sent. */
  private async sendInvoice(operation: Sendable, call: FrozenCall): Promise<Answer> {
    let invoiceId: string;
    try {
      const params = call.params as unknown as Stripe.InvoiceCreateParams;
      const { idempotencyKey } = operation;
      invoiceId = (await this.stripe.invoices.create(params, { idempotencyKey })).id;
    } catch (error) {
      return answerTo(error);
    }
    try {
      await completeInvoice(this.stripe, invoiceId, operation, call);
    } catch (error) {
      return this.halfMade(invoiceId, error);
    }
    return this.seen((reads) => reads.invoice(invoiceId));
  }

  /** The draft is there, so only a definite no, after which it is thrown away, is anything but unknown. */
  private async halfMade(invoiceId: string, error: unknown): Promise<Answer> {
    // Thrown away at an earlier try.
    if (isMissing(error)) return { class: 'REFUSED', code: codeOf(error), declineCode: null, object: null };
    const answer = answerTo(error);
    if (answer.class === 'MISMATCH') return answer;
    if (answer.class !== 'REFUSED') return { class: 'UNKNOWN', code: codeOf(error) };
    try {
      const { state } = await this.reads.invoice(invoiceId);
      // Somebody was faster, at the dashboard or in another process: another try sees it as it is.
      if (state !== 'DRAFT') return { class: 'UNKNOWN', code: answer.code };
      await this.stripe.invoices.del(invoiceId);
      return answer;
    } catch (failure) {
      return { class: 'UNKNOWN', code: codeOf(failure) };
    }
  }

  /** Ends an object: that it had ended so before is as good. */
  private async end(operation: Sendable, call: FrozenCall): Promise<Answer> {
    const id = targetOf(call);
    const isInvoice = call.call === 'invoices.voidInvoice';
    const see: See = (reads) => (isInvoice ? reads.invoice(id) : reads.payment(id));
    const { idempotencyKey } = operation;
    try {
      if (isInvoice) await this.stripe.invoices.voidInvoice(id, {}, { idempotencyKey });
      else await this.stripe.paymentIntents.cancel(id, {}, { idempotencyKey });
    } catch (error) {
      const answer = answerTo(error);
      if (answer.class !== 'REFUSED' || isMissing(error)) return answer;
      const now = await this.seen(see);
      if (now.class !== 'SUCCEEDED') return now;
      return hasEnded(now.object) ? now : { ...answer, object: now.object };
    }
    return this.seen(see);
  }
}

/** Whether it is canceled or void, which is what was asked for. */
export function hasEnded(object: ProviderObject): boolean {
  return 'state' in object && (object.state === 'CANCELED' || object.state === 'VOID');
}

export function targetOf({ target }: FrozenCall): string {
  return target ?? '';
}

/** The agency's account that a call is about. */
function concernOf({ params }: FrozenCall): string | null {
  return typeof params['destination'] === 'string' ? params['destination'] : null;
}

type ActName = Exclude<
  FrozenCall['call'],
  'invoices.create' | 'invoices.voidInvoice' | 'paymentIntents.cancel'
>;

const acts: Readonly<Record<ActName, Act>> = {
  'customers.create': async (stripe, { params }, options) => {
    const row = await stripe.customers.create(params as Stripe.CustomerCreateParams, options);
    return () => ({ object: 'buyer', id: row.id, operationId: operationOf(row) });
  },
  'v2.core.accounts.create': async (stripe, { params }, options) => {
    const row = await stripe.v2.core.accounts.create(params as Stripe.V2.Core.AccountCreateParams, options);
    return () => accountV2Snapshot(row);
  },
  'accounts.create': async (stripe, { params }, options) => {
    const row = await stripe.accounts.create(params as Stripe.AccountCreateParams, options);
    return () => accountV1Snapshot(row);
  },
  'paymentIntents.create': async (stripe, { params }, options) => {
    const row = await stripe.paymentIntents.create(
      params as unknown as Stripe.PaymentIntentCreateParams,
      options,
    );
    const charge = rowOf(row.latest_charge);
    const isWhole = row.latest_charge === null || (charge && !isUnread(charge.balance_transaction));
    return (reads) => (isWhole ? paymentSnapshot(row) : reads.payment(row.id));
  },
  'transfers.create': async (stripe, { params }, options) => {
    const row = await stripe.transfers.create(params as unknown as Stripe.TransferCreateParams, options);
    const isWhole = rowOf(row.balance_transaction) !== null && row.amount_reversed === 0;
    return (reads) => (isWhole ? transferSnapshot(row, []) : reads.transfer(row.id));
  },
  'transfers.createReversal': async (stripe, call, options) => {
    const params = call.params as Stripe.TransferCreateReversalParams;
    const transferId = targetOf(call);
    const row = await stripe.transfers.createReversal(transferId, params, options);
    if (rowOf(row.balance_transaction) !== null) return () => reversalSnapshot(row);
    return async () =>
      reversalSnapshot(
        await stripe.transfers.retrieveReversal(idOf(row.transfer) ?? transferId, row.id, {
          expand: ['balance_transaction'],
        }),
      );
  },
  'refunds.create': async (stripe, { params }, options) => {
    const row = await stripe.refunds.create(params as Stripe.RefundCreateParams, options);
    const isWhole = !isUnread(row.balance_transaction) && !isUnread(row.failure_balance_transaction);
    return (reads) => (isWhole ? refundSnapshot(row) : reads.refund(row.id));
  },
};
