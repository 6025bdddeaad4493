import type Stripe from 'stripe';
import type {
  AccountSnapshot,
  BankPayoutSnapshot,
  DisputeSnapshot,
  FetchableKind,
  InvoiceSnapshot,
  MethodSnapshot,
  PaymentSnapshot,
  RefundSnapshot,
  SetupSnapshot,
  SnapshotOf,
  TransferSnapshot,
} from '#payments';
import { accountV1Snapshot, accountV2Snapshot } from './account-snapshot.js';
import { type AccountsVersion, isStripeError } from './connection.js';
import { fundsIn } from './funds.js';
import { allOf, pageSize } from './lists.js';
import { methodSnapshot, setupSnapshot } from './method-snapshot.js';
import {
  bankPayoutSnapshot,
  disputeSnapshot,
  invoiceSnapshot,
  refundSnapshot,
  transferSnapshot,
} from './money-snapshots.js';
import { methodKindOf, paymentSnapshot } from './payment-snapshot.js';
import { idOf, rowOf } from './references.js';

/** Objects as they are at Stripe now. Throws what the SDK throws. */
export class StripeReads {
  constructor(
    private readonly stripe: Stripe,
    private readonly accountsVersion: AccountsVersion,
  ) {}

  async payment(id: string): Promise<PaymentSnapshot> {
    const intent = await this.stripe.paymentIntents.retrieve(id, {
      expand: [
        'payment_method',
        'latest_charge.balance_transaction',
        'latest_charge.failure_balance_transaction',
      ],
    });
    return paymentSnapshot(intent, await this.returnedBy(rowOf(intent.latest_charge)));
  }

  /** A charge that turned back after it was booked may tell of that by a refund of Stripe's own only. */
  private async returnedBy(charge: Stripe.Charge | null) {
    if (charge?.status !== 'failed' || charge.balance_transaction === null) return null;
    if (charge.failure_balance_transaction !== null) return null;
    const list = this.stripe.refunds.list({
      charge: charge.id,
      limit: pageSize,
      expand: ['data.balance_transaction'],
    });
    const refunds = await allOf(list);
    return refunds.reduce<ReturnType<typeof fundsIn>>((found, refund) => {
      const funds = fundsIn(refund.balance_transaction);
      return funds?.type === 'payment_failure_refund' ? funds : found;
    }, null);
  }

  async invoice(id: string): Promise<InvoiceSnapshot> {
    const row = await this.stripe.invoices.retrieve(id);
    return invoiceSnapshot(row, row.status === 'paid' ? await this.paymentOfInvoice(id) : null);
  }

  private async paymentOfInvoice(invoice: string): Promise<PaymentSnapshot | null> {
    const paid = await this.stripe.invoicePayments.list({ invoice, status: 'paid', limit: pageSize });
    const intents = paid.data.map(({ payment }) => idOf(payment.payment_intent));
    const intent = intents.find((found) => found !== null);
    return intent === undefined || intent === null ? null : this.payment(intent);
  }

  async transfer(id: string): Promise<TransferSnapshot> {
    const row = await this.stripe.transfers.retrieve(id, {
      expand: ['balance_transaction', 'reversals.data.balance_transaction'],
    });
    return transferSnapshot(row, row.reversals.has_more ? await this.reversals(id) : row.reversals.data);
  }

  /** Newest first, with their balance transactions. */
  reversals(transferId: string): Promise<readonly Stripe.TransferReversal[]> {
    const params = { limit: pageSize, expand: ['data.balance_transaction'] };
    return allOf(this.stripe.transfers.listReversals(transferId, params));
  }

  /** By the movement that took it back; null when it is no reversal's. */
  async transferOfMovement(movementId: string): Promise<string | null> {
    const { source } = await this.stripe.balanceTransactions.retrieve(movementId, { expand: ['source'] });
    const row = rowOf(source);
    return row?.object === 'transfer_reversal' ? idOf(row.transfer) : null;
  }

  async refund(id: string): Promise<RefundSnapshot> {
    const expand = ['balance_transaction', 'failure_balance_transaction'];
    return refundSnapshot(await this.stripe.refunds.retrieve(id, { expand }));
  }

  async dispute(id: string): Promise<DisputeSnapshot> {
    return disputeSnapshot(await this.stripe.disputes.retrieve(id, { expand: ['charge'] }));
  }

  async disputesOf(charge: string): Promise<readonly DisputeSnapshot[]> {
    const rows = await allOf(this.stripe.disputes.list({ charge, limit: pageSize, expand: ['data.charge'] }));
    return rows.toSorted((a, b) => a.created - b.created).map(disputeSnapshot);
  }

  async paymentOfCharge(chargeId: string): Promise<PaymentSnapshot | null> {
    const intent = idOf((await this.stripe.charges.retrieve(chargeId)).payment_intent);
    return intent === null ? null : this.payment(intent);
  }

  async account(id: string): Promise<AccountSnapshot> {
    if (this.accountsVersion === 'v1') return this.accountV1(id);
    try {
      return accountV2Snapshot(
        await this.stripe.v2.core.accounts.retrieve(id, {
          include: ['configuration.recipient', 'requirements'],
        }),
      );
    } catch (error) {
      // An account from before the operator went over to v2.
      if (
        isStripeError(error) &&
        error.statusCode === 400 &&
        /v1|not_yet_compatible/.test(error.code ?? '')
      ) {
        return this.accountV1(id);
      }
      throw error;
    }
  }

  private async accountV1(id: string): Promise<AccountSnapshot> {
    return accountV1Snapshot(await this.stripe.accounts.retrieve(id));
  }

  async method(id: string): Promise<MethodSnapshot> {
    const row = await this.stripe.paymentMethods.retrieve(id);
    const isDebit = methodKindOf(row.type) === 'BANK_DEBIT';
    return methodSnapshot(row, isDebit ? await this.mandateOf(id) : null);
  }

  /** The newest agreement to debit an account; what was set up without one cannot be debited. */
  private async mandateOf(method: string): Promise<Stripe.Mandate | null> {
    const setups = await this.stripe.setupIntents.list({
      payment_method: method,
      limit: pageSize,
      expand: ['data.mandate'],
    });
    const mandates = setups.data.map(({ mandate }) => rowOf(mandate));
    return mandates.find((mandate) => mandate !== null) ?? null;
  }

  async setup(id: string): Promise<SetupSnapshot> {
    const row = await this.stripe.setupIntents.retrieve(id, { expand: ['payment_method', 'mandate'] });
    const method = row.status === 'succeeded' ? rowOf(row.payment_method) : null;
    return setupSnapshot(row, method === null ? null : methodSnapshot(method, rowOf(row.mandate)));
  }

  async bankPayout(id: string, accountId: string | null): Promise<BankPayoutSnapshot> {
    const row = await this.stripe.payouts.retrieve(id, {}, onAccount(accountId));
    return this.withContents(row, accountId);
  }

  async bankPayouts(accountId: string | null, since: Date): Promise<readonly BankPayoutSnapshot[]> {
    const gte = Math.floor(since.getTime() / 1000);
    const page = await this.stripe.payouts.list({ created: { gte }, limit: pageSize }, onAccount(accountId));
    const snapshots: BankPayoutSnapshot[] = [];
    for (const row of page.data) snapshots.push(await this.withContents(row, accountId));
    return snapshots;
  }

  /** Only of a payout that Stripe made by itself does it tell what it carries. */
  private async withContents(row: Stripe.Payout, accountId: string | null): Promise<BankPayoutSnapshot> {
    if (accountId === null || !row.automatic) return bankPayoutSnapshot(row, accountId, []);
    const payments = await allOf(
      this.stripe.balanceTransactions.list(
        { payout: row.id, type: 'payment', limit: pageSize },
        onAccount(accountId),
      ),
    );
    const sources = payments.map(({ source }) => idOf(source)).filter((id) => id !== null);
    return bankPayoutSnapshot(row, accountId, sources);
  }

  retrieve<Kind extends FetchableKind>(kind: Kind, id: string, accountId: string | null) {
    const byKind: { readonly [K in FetchableKind]: () => Promise<SnapshotOf<K>> } = {
      payment: () => this.payment(id),
      invoice: () => this.invoice(id),
      transfer: () => this.transfer(id),
      refund: () => this.refund(id),
      dispute: () => this.dispute(id),
      account: () => this.account(id),
      method: () => this.method(id),
      setup: () => this.setup(id),
      bank_payout: () => this.bankPayout(id, accountId),
    };
    return byKind[kind]();
  }
}

/** In whose account a request is made; none is the operator's own. */
export function onAccount(accountId: string | null): Stripe.RequestOptions {
  return accountId === null ? {} : { stripeAccount: accountId };
}
