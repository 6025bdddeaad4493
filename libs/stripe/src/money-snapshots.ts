import type Stripe from 'stripe';
import type {
  BankPayoutSnapshot,
  DisputeSnapshot,
  FundsMovement,
  InvoiceSnapshot,
  PaymentSnapshot,
  RefundSnapshot,
  ReversalSnapshot,
  TransferSnapshot,
} from '#payments';
import { currencyFrom, minorFrom, timeFrom } from './amounts.js';
import { certainFunds, fundsIn, fundsOf } from './funds.js';
import { methodKindOf } from './payment-snapshot.js';
import { idOf, operationOf, rowOf } from './references.js';

/** `reversals`: all of them, with their movements, in any order. */
export function transferSnapshot(
  row: Stripe.Transfer,
  reversals: readonly Stripe.TransferReversal[],
): TransferSnapshot {
  const currency = currencyFrom(row.currency);
  return {
    object: 'transfer',
    id: row.id,
    operationId: operationOf(row),
    accountId: idOf(row.destination) ?? '',
    amountMinor: minorFrom(row.amount, currency),
    currency,
    funds: certainFunds(row.balance_transaction),
    reversals: reversals.toSorted(byCreation).map(reversalSnapshot),
    destinationPaymentId: idOf(row.destination_payment),
  };
}

function byCreation(a: { readonly created: number }, b: { readonly created: number }): number {
  return a.created - b.created;
}

export function reversalSnapshot(row: Stripe.TransferReversal): ReversalSnapshot {
  const currency = currencyFrom(row.currency);
  return {
    object: 'reversal',
    id: row.id,
    operationId: operationOf(row),
    transferId: idOf(row.transfer) ?? '',
    amountMinor: minorFrom(row.amount, currency),
    currency,
    funds: certainFunds(row.balance_transaction),
  };
}

const refundStates: Readonly<Record<string, RefundSnapshot['state']>> = {
  succeeded: 'SUCCEEDED',
  failed: 'FAILED',
  canceled: 'CANCELED',
};

export function refundSnapshot(row: Stripe.Refund): RefundSnapshot {
  const currency = currencyFrom(row.currency);
  return {
    object: 'refund',
    id: row.id,
    operationId: operationOf(row),
    chargeId: idOf(row.charge) ?? '',
    // Pending, requires_action, and what is not known yet.
    state: refundStates[row.status ?? ''] ?? 'PENDING',
    amountMinor: minorFrom(row.amount, currency),
    currency,
    funds: fundsIn(row.balance_transaction),
    failedFunds: fundsIn(row.failure_balance_transaction),
    failureCode: row.failure_reason ?? null,
  };
}

const invoiceStates: Readonly<Record<string, InvoiceSnapshot['state']>> = {
  draft: 'DRAFT',
  paid: 'PAID',
  void: 'VOID',
  uncollectible: 'UNCOLLECTIBLE',
};

export function invoiceSnapshot(row: Stripe.Invoice, payment: PaymentSnapshot | null): InvoiceSnapshot {
  const currency = currencyFrom(row.currency);
  return {
    object: 'invoice',
    id: row.id,
    operationId: operationOf(row),
    state: invoiceStates[row.status ?? 'draft'] ?? 'OPEN',
    amountMinor: minorFrom(row.amount_due, currency),
    currency,
    hostedUrl: row.hosted_invoice_url ?? null,
    dueAt: row.due_date === null ? null : timeFrom(row.due_date),
    payment,
  };
}

export function disputeSnapshot(row: Stripe.Dispute): DisputeSnapshot {
  const currency = currencyFrom(row.currency);
  const movements = row.balance_transactions.toSorted(byCreation).map(fundsOf);
  const due = row.evidence_details.due_by;
  const state = disputeStateOf(row.status, movements);
  return {
    object: 'dispute',
    id: row.id,
    chargeId: idOf(row.charge) ?? '',
    state,
    isOver: state === 'INQUIRY' ? ['warning_closed', 'prevented'].includes(row.status) : state !== 'OPEN',
    reason: row.reason,
    method: methodKindOf(rowOf(row.charge)?.payment_method_details?.type ?? row.payment_method_details?.type),
    amountMinor: minorFrom(row.amount, currency),
    currency,
    evidenceDueAt: due === null ? null : timeFrom(due),
    openedAt: timeFrom(row.created),
    movements,
  };
}

function disputeStateOf(status: string, movements: readonly FundsMovement[]): DisputeSnapshot['state'] {
  if (status === 'won') return 'WON';
  if (status === 'lost') return 'LOST';
  if (['needs_response', 'under_review', 'appeal_needs_response', 'appeal_under_review'].includes(status)) {
    return 'OPEN';
  }
  // An inquiry, and what is not known yet: open as long as money is withdrawn.
  return movements.reduce((sum, { amountMinor }) => sum + amountMinor, 0n) < 0n ? 'OPEN' : 'INQUIRY';
}

const payoutStates: Readonly<Record<string, BankPayoutSnapshot['state']>> = {
  in_transit: 'IN_TRANSIT',
  paid: 'PAID',
  failed: 'FAILED',
  canceled: 'CANCELED',
};

export function bankPayoutSnapshot(
  row: Stripe.Payout,
  accountId: string | null,
  destinationPaymentIds: readonly string[],
): BankPayoutSnapshot {
  const currency = currencyFrom(row.currency);
  return {
    object: 'bank_payout',
    id: row.id,
    accountId,
    state: payoutStates[row.status] ?? 'PENDING',
    amountMinor: minorFrom(row.amount, currency),
    currency,
    arrivesAt: timeFrom(row.arrival_date),
    failureCode: row.failure_code,
    destinationPaymentIds,
  };
}
