import type { Stripe } from 'stripe';
import { dayMs } from './clock.js';
import { customerOf } from './customers.js';
import { schedule } from './due.js';
import { emit } from './events.js';
import { invalid } from './failure.js';
import { listOf } from './lists.js';
import { payInvoice } from './pay-invoice.js';
import { schemas } from './schemas.js';
import { type InvoiceItemRow } from './tables.js';
import { find, idOf, mergeMetadata, route, type Call, type Route, type World } from './world.js';

function create({ world, params, account }: Call<Stripe.InvoiceCreateParams>): Stripe.Invoice {
  if (params.customer === undefined) {
    throw invalid('Missing required param: customer.', { param: 'customer', code: 'parameter_missing' });
  }
  const customer = customerOf(world, params.customer);
  const collection = params.collection_method ?? 'charge_automatically';
  const hasTerms = params.days_until_due !== undefined || params.due_date !== undefined;
  if (collection === 'send_invoice' && !hasTerms) {
    throw invalid(
      'If invoice collection method is `send_invoice`, then `days_until_due` or `due_date` must be specified.',
      { param: 'days_until_due' },
    );
  }
  if (collection !== 'send_invoice' && hasTerms) {
    throw invalid('You can only specify a due date if `collection_method` is `send_invoice`.', {
      param: 'days_until_due',
    });
  }
  if (collection === 'send_invoice' && !customer.email) {
    throw invalid(
      'Missing email. In order to create invoices that are sent to the customer, the customer must have a valid email.',
    );
  }
  const row = emptyInvoice(world, params, customer, collection);
  world.store.add('invoices', row, account);
  if (params.pending_invoice_items_behavior === 'include') {
    for (const item of world.store.all('invoice_items')) {
      if (item.customer !== customer.id || item.invoice !== null) continue;
      world.store.change('invoice_items', item.id, { invoice: row.id });
    }
  }
  const totalled = total(world, row.id);
  emit(world, 'invoice.created', totalled);
  return totalled;
}

function emptyInvoice(
  world: World,
  params: Stripe.InvoiceCreateParams,
  customer: Stripe.Customer,
  collection: Stripe.Invoice.CollectionMethod,
): Stripe.Invoice {
  const now = world.clock.seconds();
  const days = params.days_until_due;
  const due = days === undefined ? (params.due_date ?? null) : now + (days * dayMs) / 1000;
  return {
    id: world.store.newId('in'),
    object: 'invoice',
    ...noAmounts,
    ...unusedFields,
    account_country: 'US',
    account_name: 'Sandbox operator',
    attempt_count: 0,
    attempted: false,
    auto_advance: params.auto_advance ?? false,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
    billing_reason: 'manual',
    collection_method: collection,
    created: now,
    currency: (params.currency ?? customer.currency ?? 'usd').toLowerCase(),
    customer: customer.id,
    customer_email: customer.email,
    customer_name: customer.name ?? null,
    customer_phone: customer.phone ?? null,
    default_payment_method: params.default_payment_method ?? null,
    default_tax_rates: [],
    description: params.description ?? null,
    discounts: [],
    due_date: due,
    effective_at: null,
    footer: params.footer ?? null,
    hosted_invoice_url: null,
    invoice_pdf: null,
    issuer: { type: 'self' },
    lines: { object: 'list', data: [], has_more: false, url: '' },
    livemode: false,
    metadata: mergeMetadata(null, params.metadata),
    number: params.number ?? null,
    payment_settings: {
      default_mandate: null,
      payment_method_options: null,
      payment_method_types: null,
    },
    period_end: now,
    period_start: now,
    status: 'draft',
    status_transitions: {
      finalized_at: null,
      marked_uncollectible_at: null,
      paid_at: null,
      voided_at: null,
    },
  } satisfies Stripe.Invoice;
}

const noAmounts = {
  amount_due: 0,
  amount_overpaid: 0,
  amount_paid: 0,
  amount_remaining: 0,
  amount_shipping: 0,
  ending_balance: null,
  post_payment_credit_notes_amount: 0,
  pre_payment_credit_notes_amount: 0,
  starting_balance: 0,
  subtotal: 0,
  subtotal_excluding_tax: 0,
  total: 0,
  total_discount_amounts: [],
  total_excluding_tax: 0,
  total_pretax_credit_amounts: [],
  total_taxes: [],
};

const unusedFields = {
  account_tax_ids: null,
  application: null,
  automatically_finalizes_at: null,
  custom_fields: null,
  customer_account: null,
  customer_address: null,
  customer_shipping: null,
  customer_tax_exempt: 'none' as const,
  default_source: null,
  from_invoice: null,
  last_finalization_error: null,
  latest_revision: null,
  next_payment_attempt: null,
  on_behalf_of: null,
  parent: null,
  receipt_number: null,
  rendering: null,
  shipping_cost: null,
  shipping_details: null,
  statement_descriptor: null,
  test_clock: null,
  webhooks_delivered_at: null,
};

/** The invoice with the sum of its lines. */
function total(world: World, invoiceId: string): Stripe.Invoice {
  let sum = 0;
  for (const item of world.store.values('invoice_items')) if (item.invoice === invoiceId) sum += item.amount;
  return world.store.change('invoices', invoiceId, {
    amount_due: Math.max(0, sum),
    amount_remaining: Math.max(0, sum),
    subtotal: sum,
    subtotal_excluding_tax: sum,
    total: sum,
    total_excluding_tax: sum,
  });
}

function createItem({ world, params, account }: Call<Stripe.InvoiceItemCreateParams>): InvoiceItemRow {
  const invoice = params.invoice === undefined ? undefined : world.store.get('invoices', params.invoice);
  if (params.invoice !== undefined && invoice?.status !== 'draft') {
    throw invalid('You can only add items to an invoice that is a draft.', { param: 'invoice' });
  }
  const customer = params.customer ?? idOf(invoice?.customer);
  if (customer === null) {
    throw invalid('Missing required param: customer.', { param: 'customer', code: 'parameter_missing' });
  }
  customerOf(world, customer);
  if (params.amount === undefined) throw invalid('The sandbox needs an amount.', { param: 'amount' });
  const currency = (params.currency ?? invoice?.currency ?? 'usd').toLowerCase();
  if (invoice && currency !== invoice.currency) {
    throw invalid('The currency of an item must be that of its invoice.', { param: 'currency' });
  }
  const now = world.clock.seconds();
  const row = {
    id: world.store.newId('ii'),
    object: 'invoiceitem',
    amount: params.amount,
    currency,
    customer,
    customer_account: null,
    date: now,
    description: params.description ?? null,
    discountable: true,
    discounts: [],
    invoice: params.invoice ?? null,
    livemode: false,
    metadata: mergeMetadata(null, params.metadata),
    net_amount: params.amount,
    parent: null,
    period: params.period ?? { start: now, end: now },
    pricing: null,
    proration: false,
    quantity: params.quantity ?? 1,
    quantity_decimal: String(params.quantity ?? 1),
    tax_rates: [],
    test_clock: null,
  } satisfies InvoiceItemRow;
  world.store.add('invoice_items', row, account);
  emit(world, 'invoiceitem.created', row);
  if (params.invoice !== undefined) total(world, params.invoice);
  return row;
}

function draft(call: Call<object>): Stripe.Invoice {
  const row = find(call, 'invoices', call.path['id'] ?? '', 'invoice');
  if (row.status !== 'draft') {
    throw invalid('This invoice is already finalized, you can no longer change it.', {
      code: 'invoice_not_editable',
    });
  }
  return row;
}

function open(call: Call<object>): Stripe.Invoice {
  const row = find(call, 'invoices', call.path['id'] ?? '', 'invoice');
  if (row.status !== 'open' && row.status !== 'uncollectible') {
    throw invalid(`This invoice is ${row.status} and cannot be changed so.`);
  }
  return row;
}

function finalize(call: Call<Stripe.InvoiceFinalizeInvoiceParams>): Stripe.Invoice {
  const { world } = call;
  const before = total(world, draft(call).id);
  const now = world.clock.seconds();
  const number = before.number ?? `SBX-${String(world.store.next('invoice_numbers')).padStart(4, '0')}`;
  const row = world.store.change('invoices', before.id, {
    status: 'open',
    number,
    effective_at: now,
    hosted_invoice_url: `${world.url}/invoices/${before.id}`,
    invoice_pdf: `${world.url}/invoices/${before.id}`,
    status_transitions: { ...before.status_transitions, finalized_at: now },
  });
  emit(world, 'invoice.finalized', row);
  if (row.due_date !== null) schedule(world, row.due_date * 1000, 'invoice_due', row.id);
  if (row.amount_due === 0) return payInvoice(call, row, { paid_out_of_band: true });
  if (call.params.auto_advance === true && row.collection_method === 'charge_automatically') {
    return payInvoice(call, row, { off_session: true });
  }
  return row;
}

/** The day has come: Stripe says so once when an invoice is still open. */
export function invoiceDue(world: World, invoiceId: string): void {
  const row = world.store.get('invoices', invoiceId);
  if (row?.status === 'open') emit(world, 'invoice.overdue', row);
}

function send(call: Call<object>): Stripe.Invoice {
  const before = find(call, 'invoices', call.path['id'] ?? '', 'invoice');
  const row = before.status === 'draft' ? finalize(call) : open(call);
  emit(call.world, 'invoice.sent', row);
  return row;
}

function end(
  call: Call<object>,
  status: 'void' | 'uncollectible',
  event: string,
  stamp: 'voided_at' | 'marked_uncollectible_at',
): Stripe.Invoice {
  const before = open(call);
  const row = call.world.store.change('invoices', before.id, {
    status,
    status_transitions: { ...before.status_transitions, [stamp]: call.world.clock.seconds() },
  });
  emit(call.world, event, row);
  return row;
}

function update(call: Call<Stripe.InvoiceUpdateParams>): Stripe.Invoice {
  const before = find(call, 'invoices', call.path['id'] ?? '', 'invoice');
  const { metadata, description, days_until_due: days } = call.params;
  if (description !== undefined || days !== undefined) draft(call);
  const due = before.created + ((days ?? 0) * dayMs) / 1000;
  const row = call.world.store.change('invoices', before.id, {
    ...(description !== undefined && { description }),
    ...(days !== undefined && { due_date: due }),
    ...(metadata !== undefined && { metadata: mergeMetadata(before.metadata, metadata) }),
  });
  emit(call.world, 'invoice.updated', row);
  return row;
}

function remove(call: Call<object>): Stripe.DeletedInvoice {
  const { id } = draft(call);
  emit(call.world, 'invoice.deleted', call.world.store.get('invoices', id) ?? { id });
  for (const item of call.world.store.all('invoice_items')) {
    if (item.invoice === id) call.world.store.remove('invoice_items', item.id);
  }
  call.world.store.remove('invoices', id);
  return { id, object: 'invoice', deleted: true };
}

function list(call: Call<Stripe.InvoiceListParams>) {
  const { customer, status } = call.params;
  if (customer !== undefined) customerOf(call.world, customer);
  return listOf(
    call,
    'invoices',
    '/v1/invoices',
    (row) =>
      (customer === undefined || row.customer === customer) &&
      (status === undefined || row.status === status),
  );
}

function listItems(call: Call<Stripe.InvoiceItemListParams>) {
  const { customer, invoice, pending } = call.params;
  return listOf(
    call,
    'invoice_items',
    '/v1/invoiceitems',
    (row) =>
      (customer === undefined || row.customer === customer) &&
      (invoice === undefined || row.invoice === invoice) &&
      (pending === undefined || (row.invoice === null) === pending),
  );
}

function listPayments(call: Call<Stripe.InvoicePaymentListParams>) {
  const { invoice, payment, status } = call.params;
  return listOf(
    call,
    'invoice_payments',
    '/v1/invoice_payments',
    (row) =>
      (invoice === undefined || row.invoice === invoice) &&
      (status === undefined || row.status === status) &&
      (payment?.payment_intent === undefined || row.payment.payment_intent === payment.payment_intent),
  );
}

export const invoiceRoutes: readonly Route[] = [
  route('POST', '/v1/invoices', schemas.invoices['create'], create),
  route('GET', '/v1/invoices', schemas.invoices['list'], list),
  route('GET', '/v1/invoices/:id', null, (call) => find(call, 'invoices', call.path['id'] ?? '', 'invoice')),
  route('POST', '/v1/invoices/:id', schemas.invoices['update'], update),
  route('DELETE', '/v1/invoices/:id', null, remove),
  route('POST', '/v1/invoices/:id/finalize', schemas.invoices['finalize'], finalize),
  route('POST', '/v1/invoices/:id/send', schemas.invoices['send'], send),
  route('POST', '/v1/invoices/:id/void', schemas.invoices['void'], (call) =>
    end(call, 'void', 'invoice.voided', 'voided_at'),
  ),
  route('POST', '/v1/invoices/:id/mark_uncollectible', schemas.invoices['uncollectible'], (call) =>
    end(call, 'uncollectible', 'invoice.marked_uncollectible', 'marked_uncollectible_at'),
  ),
  route<Stripe.InvoicePayParams>('POST', '/v1/invoices/:id/pay', schemas.invoices['pay'], (call) =>
    payInvoice(call, open(call), call.params),
  ),
  route('POST', '/v1/invoiceitems', schemas.invoices['item'], createItem),
  route('GET', '/v1/invoiceitems', schemas.invoices['items'], listItems),
  route('GET', '/v1/invoiceitems/:id', null, (call) =>
    find(call, 'invoice_items', call.path['id'] ?? '', 'invoiceitem'),
  ),
  route('GET', '/v1/invoice_payments', schemas.invoices['payments'], listPayments),
];
