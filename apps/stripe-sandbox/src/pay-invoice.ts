import type { Stripe } from 'stripe';
import { confirmPayment } from './confirm-payment.js';
import { emit } from './events.js';
import { Failure, invalid } from './failure.js';
import { addIntent } from './payment-intents.js';
import { methodOf } from './payment-methods.js';
import { idOf, type World } from './world.js';

export interface InvoicePayer {
  readonly world: World;
  readonly account: string;
  /** The buyer agrees to a debit as part of this. */
  readonly hasMandateData?: boolean;
}

/** Pays an open invoice: with a method, or by saying that it was paid elsewhere. */
export function payInvoice(
  { world, account, hasMandateData = false }: InvoicePayer,
  invoice: Stripe.Invoice,
  params: Stripe.InvoicePayParams,
): Stripe.Invoice {
  if (params.paid_out_of_band === true) return markPaid(world, invoice, null);
  const customer = world.store.get('customers', idOf(invoice.customer) ?? '');
  const methodId =
    params.payment_method ??
    idOf(invoice.default_payment_method) ??
    idOf(customer?.invoice_settings.default_payment_method);
  if (methodId === null) {
    throw invalid(
      'There is no default_payment_method set on this buyer or invoice. Please set a default payment method, or specify one.',
      { code: 'invoice_payment_intent_requires_action' },
    );
  }
  const method = methodOf(world, methodId, account);
  const intent = addIntent(
    world,
    {
      amount: invoice.amount_remaining,
      currency: invoice.currency,
      ...(customer && { customer: customer.id }),
      description: `Payment for Invoice ${invoice.number ?? ''}`.trim(),
    },
    account,
  );
  world.store.change('invoices', invoice.id, { attempted: true, attempt_count: invoice.attempt_count + 1 });
  addPayment(world, invoice, intent);
  const offSession = params.off_session ?? true;
  confirm(world, invoice.id, { intent, method, offSession, hasMandateData });
  return world.store.get('invoices', invoice.id) ?? invoice;
}

interface Attempt {
  readonly intent: Stripe.PaymentIntent;
  readonly method: Stripe.PaymentMethod;
  readonly offSession: boolean;
  readonly hasMandateData: boolean;
}

function confirm(world: World, invoiceId: string, { intent, method, ...agreed }: Attempt): void {
  try {
    const how = { ...agreed, returnUrl: null };
    const { status } = confirmPayment(world, intent, method, how);
    const row = world.store.get('invoices', invoiceId);
    if (status === 'requires_action' && row) emit(world, 'invoice.payment_action_required', row);
  } catch (error) {
    const row = world.store.get('invoices', invoiceId);
    if (error instanceof Failure && error.keepsEffects && row) emit(world, 'invoice.payment_failed', row);
    throw error;
  }
}

function addPayment(world: World, invoice: Stripe.Invoice, intent: Stripe.PaymentIntent): void {
  // The intents that failed before are given up.
  for (const earlier of world.store.all('invoice_payments')) {
    if (earlier.invoice !== invoice.id || earlier.status !== 'open') continue;
    world.store.change('invoice_payments', earlier.id, {
      status: 'canceled',
      status_transitions: { canceled_at: world.clock.seconds(), paid_at: null },
    });
  }
  const row = {
    id: world.store.newId('inpay'),
    object: 'invoice_payment',
    amount_paid: null,
    amount_requested: invoice.amount_remaining,
    created: world.clock.seconds(),
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: true,
    livemode: false,
    payment: { type: 'payment_intent', payment_intent: intent.id },
    status: 'open',
    status_transitions: { canceled_at: null, paid_at: null },
  } satisfies Stripe.InvoicePayment;
  world.store.add('invoice_payments', row, world.store.ownerOf(invoice.id));
}

/** An intent has succeeded or failed: what it means for the invoice that waits for it. */
export function settleInvoice(world: World, intentId: string): void {
  const intent = world.store.get('payment_intents', intentId);
  const payment = world.store.all('invoice_payments').find((row) => row.payment.payment_intent === intentId);
  const invoice = world.store.get('invoices', idOf(payment?.invoice) ?? '');
  if (!intent || !payment || !invoice) return;
  if (intent.status === 'succeeded' && invoice.status !== 'paid') {
    const paid = world.store.change('invoice_payments', payment.id, {
      status: 'paid',
      amount_paid: payment.amount_requested,
      status_transitions: { canceled_at: null, paid_at: world.clock.seconds() },
    });
    markPaid(world, invoice, intent);
    emit(world, 'invoice_payment.paid', paid);
    return;
  }
  // A debit that fails days later; what fails at once is told by the request itself.
  const charge = world.store.get('charges', idOf(intent.latest_charge) ?? '');
  const isDebit = charge !== undefined && charge.id.startsWith('py_');
  if (intent.status === 'requires_payment_method' && isDebit) emit(world, 'invoice.payment_failed', invoice);
}

function markPaid(
  world: World,
  invoice: Stripe.Invoice,
  intent: Stripe.PaymentIntent | null,
): Stripe.Invoice {
  const row = world.store.change('invoices', invoice.id, {
    status: 'paid',
    attempted: true,
    amount_paid: invoice.amount_due,
    amount_remaining: 0,
    status_transitions: { ...invoice.status_transitions, paid_at: world.clock.seconds() },
  });
  emit(world, 'invoice.paid', row);
  if (intent !== null) emit(world, 'invoice.payment_succeeded', row);
  return row;
}
