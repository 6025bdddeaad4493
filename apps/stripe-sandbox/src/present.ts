import type { Stripe } from 'stripe';
import { type World } from './world.js';

type Shown = { readonly object?: unknown; readonly id?: unknown };

/** A row as it is answered: with what follows from other rows or from the time. */
export function present<T>(world: World, value: T): T {
  if (Array.isArray(value)) return value.map((item: unknown) => present(world, item)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const shown = value as Shown;
  if (shown.object === 'list') {
    const list = value as unknown as { readonly data: readonly unknown[] };
    return { ...list, data: list.data.map((item) => present(world, item)) } as T;
  }
  if (shown.object === 'balance_transaction') return transaction(world, value as never) as T;
  if (shown.object === 'transfer') return transfer(world, value as never) as T;
  if (shown.object === 'invoice') return invoice(world, value as never) as T;
  if (shown.object === 'dispute') return dispute(world, value as never) as T;
  return value;
}

function transaction(world: World, row: Stripe.BalanceTransaction): Stripe.BalanceTransaction {
  return { ...row, status: row.available_on <= world.clock.seconds() ? 'available' : 'pending' };
}

function transfer(world: World, row: Stripe.Transfer): Stripe.Transfer {
  const data = row.amount_reversed === 0 ? [] : reversalsOf(world, row.id).toReversed();
  const url = `/v1/transfers/${row.id}/reversals`;
  return { ...row, reversals: { object: 'list', data: data.slice(0, 10), has_more: data.length > 10, url } };
}

/** Oldest first. */
export function reversalsOf(world: World, transferId: string): Stripe.TransferReversal[] {
  return world.store.all('reversals').filter((reversal) => reversal.transfer === transferId);
}

function invoice(world: World, row: Stripe.Invoice): Stripe.Invoice {
  const items = world.store.all('invoice_items').filter((item) => item.invoice === row.id);
  const data = items.map((item) => ({
    id: item.id.replace(/^ii_/, 'il_'),
    object: 'line_item',
    amount: item.amount,
    currency: item.currency,
    description: item.description,
    discount_amounts: [],
    discountable: true,
    discounts: [],
    invoice: row.id,
    livemode: false,
    metadata: item.metadata ?? {},
    parent: null,
    period: item.period,
    pretax_credit_amounts: [],
    pricing: null,
    quantity: item.quantity,
    // A decimal is a text on the wire; the SDK makes an object of it.
    quantity_decimal: null,
    subscription: null,
    subtotal: item.amount,
    taxes: [],
  })) satisfies Stripe.InvoiceLineItem[];
  const payments = world.store.all('invoice_payments').filter((payment) => payment.invoice === row.id);
  const list = <T>(rows: T[], url: string) => ({ object: 'list' as const, data: rows, has_more: false, url });
  return {
    ...row,
    lines: list(data, `/v1/invoices/${row.id}/lines`),
    payments: list(payments, `/v1/invoice_payments?invoice=${row.id}`),
  };
}

function dispute(world: World, row: Stripe.Dispute): Stripe.Dispute {
  return {
    ...row,
    balance_transactions: row.balance_transactions.map((item) => transaction(world, item)),
  };
}
