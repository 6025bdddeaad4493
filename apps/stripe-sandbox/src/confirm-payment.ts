import type { Stripe } from 'stripe';
import { behaviourOfMethod } from './payment-methods.js';
import { debitFailureMessage, declineOf, type Behaviour } from './behaviours.js';
import { addCharge, bookOrSchedule } from './charges.js';
import { dayMs } from './clock.js';
import { openDispute } from './disputes.js';
import { schedule } from './due.js';
import { emit } from './events.js';
import { Failure, invalid } from './failure.js';
import { idOf, type World } from './world.js';

export interface Confirmation {
  readonly offSession: boolean;
  readonly returnUrl: string | null;
  /** The buyer's agreement to debits comes with this request. */
  readonly hasMandateData: boolean;
  /** The buyer has just authenticated on the hosted page. */
  readonly isAuthenticated?: boolean;
  readonly errorOnRequiresAction?: boolean;
}

/** Takes the money, begins to, asks for authentication, or throws the decline; the intent tells which. */
export function confirmPayment(
  world: World,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  how: Confirmation,
): Stripe.PaymentIntent {
  const behaviour = behaviourOfMethod(world, method.id);
  const prepared = world.store.change('payment_intents', intent.id, {
    payment_method: method.id,
    payment_method_types: [method.type],
    next_action: null,
    last_payment_error: null,
  });
  if (behaviour.type === 'us_bank_account') return beginDebit(world, prepared, method, how);
  const asks =
    behaviour.authenticate === 'always' ||
    (behaviour.authenticate === 'unless_set_up' && !(behaviour.isSetUp && how.offSession));
  if (asks && !how.isAuthenticated) {
    if (how.offSession || how.errorOnRequiresAction) {
      return decline(world, prepared, method, 'authentication_required');
    }
    return askForAuthentication(world, prepared, how.returnUrl);
  }
  if (behaviour.decline) return decline(world, prepared, method, behaviour.decline);
  return succeed(world, prepared, method, behaviour);
}

function askForAuthentication(
  world: World,
  intent: Stripe.PaymentIntent,
  returnUrl: string | null,
): Stripe.PaymentIntent {
  const row = world.store.change('payment_intents', intent.id, {
    status: 'requires_action',
    next_action: {
      type: 'redirect_to_url',
      redirect_to_url: { return_url: returnUrl, url: `${world.url}/authenticate/${intent.id}` },
    },
  });
  emit(world, 'payment_intent.requires_action', row);
  return row;
}

function succeed(
  world: World,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  behaviour: Behaviour,
): Stripe.PaymentIntent {
  const charge = addCharge(world, intent, method, { status: 'succeeded' });
  bookOrSchedule(world, charge.id);
  emit(world, 'charge.succeeded', world.store.get('charges', charge.id) ?? charge);
  const row = markSucceeded(world, intent.id, charge.id);
  if (behaviour.dispute) openDispute(world, { charge: charge.id, reason: behaviour.dispute });
  return row;
}

function markSucceeded(world: World, intentId: string, chargeId: string): Stripe.PaymentIntent {
  const intent = world.store.get('payment_intents', intentId);
  const row = world.store.change('payment_intents', intentId, {
    status: 'succeeded',
    amount_received: intent?.amount ?? 0,
    latest_charge: chargeId,
    processing: null,
    next_action: null,
  });
  emit(world, 'payment_intent.succeeded', row);
  world.intentSettled(world, intentId);
  return row;
}

function decline(
  world: World,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  reason: string,
): never {
  const { code, declineCode, message } = declineOf(reason);
  const charge = addCharge(world, intent, method, {
    status: 'failed',
    failure: { code, message, declineCode },
  });
  emit(world, 'charge.failed', charge);
  const details = { code, decline_code: declineCode, message, charge: charge.id };
  const row = markFailed(world, intent, method, charge.id, details);
  throw new Failure(
    402,
    { type: 'card_error', ...details, payment_intent: row, payment_method: method },
    true,
  );
}

function markFailed(
  world: World,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod | undefined,
  chargeId: string,
  error: { readonly code: string; readonly message: string; readonly decline_code?: string },
): Stripe.PaymentIntent {
  const row = world.store.change('payment_intents', intent.id, {
    status: 'requires_payment_method',
    amount_received: 0,
    latest_charge: chargeId,
    payment_method: null,
    processing: null,
    next_action: null,
    last_payment_error: {
      type: 'card_error',
      ...error,
      charge: chargeId,
      ...(method && { payment_method: method, payment_method_type: method.type }),
    } as Stripe.PaymentIntent.LastPaymentError,
  });
  emit(world, 'payment_intent.payment_failed', row);
  world.intentSettled(world, intent.id);
  return row;
}

function beginDebit(
  world: World,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  { hasMandateData }: Confirmation,
): Stripe.PaymentIntent {
  if (intent.currency !== 'usd') {
    throw invalid('The currency provided is not supported by us_bank_account.', { param: 'currency' });
  }
  const mandates = world.store.all('mandates');
  const isAllowed = mandates.some((row) => row.payment_method === method.id && row.status === 'active');
  if (!isAllowed && !hasMandateData) {
    throw invalid('This PaymentIntent requires a mandate, but no active mandate was found.', {
      code: 'payment_intent_mandate_invalid',
      param: 'mandate',
    });
  }
  const charge = addCharge(world, intent, method, { status: 'pending' });
  emit(world, 'charge.pending', charge);
  const row = world.store.change('payment_intents', intent.id, {
    status: 'processing',
    latest_charge: charge.id,
  });
  emit(world, 'payment_intent.processing', row);
  if (behaviourOfMethod(world, method.id).debit !== 'never_decided') {
    const days = world.settings.debitProcessingDays;
    schedule(world, world.clock.nowMs() + days * dayMs, 'decide_debit', charge.id);
  }
  return row;
}

/** The bank has decided on a debit that was processing. */
export function decideDebit(world: World, chargeId: string, failure?: string): void {
  const charge = world.store.get('charges', chargeId);
  const intent = world.store.get('payment_intents', idOf(charge?.payment_intent) ?? '');
  if (!charge || !intent || charge.status !== 'pending') return;
  const behaviour = behaviourOfMethod(world, charge.payment_method ?? '');
  const code = failure ?? behaviour.decline;
  if (code !== undefined) {
    const message = debitFailureMessage(code);
    const failed = world.store.change('charges', chargeId, {
      status: 'failed',
      captured: false,
      failure_code: code,
      failure_message: message,
      outcome: null,
    });
    emit(world, 'charge.failed', failed);
    const method = world.store.get('payment_methods', charge.payment_method ?? '');
    markFailed(world, intent, method, chargeId, { code, message });
    return;
  }
  world.store.change('charges', chargeId, {
    status: 'succeeded',
    paid: true,
    amount_captured: charge.amount,
  });
  bookOrSchedule(world, chargeId);
  emit(world, 'charge.succeeded', world.store.get('charges', chargeId) ?? charge);
  markSucceeded(world, intent.id, chargeId);
  if (behaviour.debit === 'returned_late') {
    const days = world.settings.debitReturnDays;
    schedule(world, world.clock.nowMs() + days * dayMs, 'return_debit', chargeId);
  }
}

/** What a charge that turns back after its success does to its intent. */
export function failAfterSuccess(world: World, charge: Stripe.Charge, code: string): void {
  const intent = world.store.get('payment_intents', idOf(charge.payment_intent) ?? '');
  const method = world.store.get('payment_methods', charge.payment_method ?? '');
  if (!intent) return;
  markFailed(world, intent, method, charge.id, { code, message: debitFailureMessage(code) });
}
