import type { Stripe } from 'stripe';
import { confirmPayment } from './confirm-payment.js';
import { customerOf } from './customers.js';
import { emit } from './events.js';
import { Failure, invalid } from './failure.js';
import { listOf } from './lists.js';
import { attach, markSetUp, methodFromData, methodOf } from './payment-methods.js';
import { schemas } from './schemas.js';
import { searchIntents } from './search.js';
import { platformId } from './tables.js';
import { find, mergeMetadata, route, type Call, type Route, type World } from './world.js';

const smallest: Readonly<Record<string, number>> = { usd: 50, eur: 50, gbp: 30, cad: 50, aud: 50, jpy: 50 };
const largest = 99_999_999;

/** What an amount of a payment has to be; Stripe's smallest and largest. */
export function checkAmount(amount: number, currency: string): void {
  if (!/^[a-z]{3}$/.test(currency)) {
    throw invalid(`Invalid currency: ${currency}.`, { param: 'currency' });
  }
  if (amount < (smallest[currency] ?? 1)) {
    throw invalid('Amount must be at least the smallest that can be charged in this currency.', {
      param: 'amount',
      code: 'amount_too_small',
    });
  }
  if (amount > largest) {
    throw invalid('Amount must be no more than 99999999.', { param: 'amount', code: 'amount_too_large' });
  }
}

/** An intent as it begins; callers confirm it. */
export function addIntent(
  world: World,
  params: Stripe.PaymentIntentCreateParams,
  account: string = platformId,
): Stripe.PaymentIntent {
  const currency = params.currency.toLowerCase();
  checkAmount(params.amount, currency);
  if (params.capture_method === 'manual') {
    throw invalid('The sandbox knows no manual capture.', { param: 'capture_method' });
  }
  refuseUnknownModels(params, account);
  if (params.customer !== undefined) customerOf(world, params.customer);
  const id = world.store.newId('pi');
  const row = {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: params.allowed_payment_method_types ?? null,
    amount: params.amount,
    amount_capturable: 0,
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: params.capture_method ?? 'automatic_async',
    client_secret: `${id}_secret_${world.store.newId('s').slice(2)}`,
    confirmation_method: params.confirmation_method ?? 'automatic',
    created: world.clock.seconds(),
    currency,
    customer: params.customer ?? null,
    customer_account: null,
    description: params.description ?? null,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: mergeMetadata(null, params.metadata),
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: params.allowed_payment_method_types ?? ['card', 'us_bank_account'],
    payment_record: null,
    processing: null,
    receipt_email: params.receipt_email ?? null,
    review: null,
    setup_future_usage: params.setup_future_usage ?? null,
    shipping: null,
    source: null,
    statement_descriptor: params.statement_descriptor ?? null,
    statement_descriptor_suffix: params.statement_descriptor_suffix ?? null,
    status: 'requires_payment_method',
    transfer_group: params.transfer_group ?? null,
  } satisfies Stripe.PaymentIntent;
  world.store.add('payment_intents', row, account);
  emit(world, 'payment_intent.created', row);
  return row;
}

/** What would be taken for understood if it were ignored: these ways to charge move money elsewhere. */
function refuseUnknownModels(params: Stripe.PaymentIntentCreateParams, account: string): void {
  const param = (['transfer_data', 'application_fee_amount', 'on_behalf_of'] as const).find(
    (name) => params[name] !== undefined,
  );
  if (param !== undefined) {
    throw invalid('The sandbox knows separate charges and transfers only.', { param });
  }
  if (account !== platformId) throw invalid('The sandbox takes payments for the operator only.');
}

function create({ world, params, account }: Call<Stripe.PaymentIntentCreateParams>): Stripe.PaymentIntent {
  if (params.off_session && params.confirm !== true) {
    throw invalid('You cannot set off_session without confirm.', { param: 'off_session' });
  }
  const intent = addIntent(world, params, account);
  const method = chosenMethod(world, intent, params, account);
  if (method === undefined) {
    if (params.confirm === true) throw missingMethod();
    return intent;
  }
  const withMethod = world.store.change('payment_intents', intent.id, {
    payment_method: method.id,
    status: 'requires_confirmation',
  });
  return params.confirm === true ? confirmWith(world, withMethod, method, params) : withMethod;
}

type MethodChoice = Pick<Stripe.PaymentIntentCreateParams, 'payment_method' | 'payment_method_data'>;

function chosenMethod(
  world: World,
  intent: Stripe.PaymentIntent,
  params: MethodChoice,
  account: string,
): Stripe.PaymentMethod | undefined {
  if (params.payment_method_data) return methodFromData(world, params.payment_method_data, account);
  if (params.payment_method === undefined) return undefined;
  const method = methodOf(world, params.payment_method, account);
  if (method.customer !== null && method.customer !== intent.customer) {
    throw invalid(
      'The payment method supplied belongs to a buyer. Please include that buyer in the `customer` parameter.',
      { param: 'payment_method' },
    );
  }
  return method;
}

interface ConfirmParams {
  readonly off_session?: unknown;
  readonly return_url?: string;
  readonly mandate_data?: unknown;
  readonly error_on_requires_action?: boolean;
  readonly setup_future_usage?: unknown;
}

function confirmWith(
  world: World,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  params: ConfirmParams,
): Stripe.PaymentIntent {
  const offSession = params.off_session === true || params.off_session === 'recurring';
  if (offSession && method.customer === null && intent.customer !== null) {
    throw invalid('A payment method must be attached to the buyer to be used off session.', {
      param: 'payment_method',
      code: 'payment_method_unactivated',
    });
  }
  const confirmed = confirmPayment(world, intent, method, {
    offSession,
    returnUrl: params.return_url ?? null,
    hasMandateData: Boolean(params.mandate_data),
    errorOnRequiresAction: params.error_on_requires_action === true,
  });
  const wantsToSave = params.setup_future_usage ?? intent.setup_future_usage;
  if (wantsToSave === 'off_session' && intent.customer && confirmed.status !== 'requires_action') {
    attach(world, method.id, String(intent.customer));
    markSetUp(world, method.id);
  }
  return confirmed;
}

function confirm(call: Call<Stripe.PaymentIntentConfirmParams>): Stripe.PaymentIntent {
  const { world, params, account } = call;
  const intent = find(call, 'payment_intents', call.path['id'] ?? '', 'payment_intent');
  if (!['requires_payment_method', 'requires_confirmation', 'requires_action'].includes(intent.status)) {
    throw unexpectedState(intent, 'confirmed');
  }
  const saved =
    typeof intent.payment_method === 'string' ? methodOf(world, intent.payment_method) : undefined;
  const method = chosenMethod(world, intent, params, account) ?? saved;
  if (!method) throw missingMethod();
  return confirmWith(world, intent, method, params);
}

function missingMethod() {
  return invalid(
    "You cannot confirm this PaymentIntent because it's missing a payment method. Update the PaymentIntent with a payment method and then confirm it again.",
    { param: 'payment_method', code: 'payment_intent_unexpected_state' },
  );
}

function unexpectedState(intent: Stripe.PaymentIntent, verb: string) {
  return new Failure(400, {
    type: 'invalid_request_error',
    code: 'payment_intent_unexpected_state',
    message: `This PaymentIntent could not be ${verb} because it has a status of ${intent.status}.`,
    payment_intent: intent,
  });
}

function cancel(call: Call<Stripe.PaymentIntentCancelParams>): Stripe.PaymentIntent {
  const { world, params } = call;
  const intent = find(call, 'payment_intents', call.path['id'] ?? '', 'payment_intent');
  if (['succeeded', 'canceled', 'processing'].includes(intent.status)) {
    throw unexpectedState(intent, 'canceled');
  }
  const row = world.store.change('payment_intents', intent.id, {
    status: 'canceled',
    canceled_at: world.clock.seconds(),
    cancellation_reason: params.cancellation_reason ?? null,
    next_action: null,
  });
  emit(world, 'payment_intent.canceled', row);
  return row;
}

function update(call: Call<Stripe.PaymentIntentUpdateParams>): Stripe.PaymentIntent {
  const { world, params } = call;
  const before = find(call, 'payment_intents', call.path['id'] ?? '', 'payment_intent');
  const isSettled = ['succeeded', 'canceled', 'processing'].includes(before.status);
  if (isSettled && params.amount !== undefined) throw unexpectedState(before, 'updated');
  if (params.amount !== undefined) checkAmount(params.amount, before.currency);
  return world.store.change('payment_intents', before.id, {
    ...(params.amount !== undefined && { amount: params.amount }),
    ...(params.description !== undefined && { description: params.description }),
    ...(params.transfer_group !== undefined && { transfer_group: params.transfer_group || null }),
    ...(params.metadata !== undefined && { metadata: mergeMetadata(before.metadata, params.metadata) }),
    ...(typeof params.payment_method === 'string' && {
      payment_method: methodOf(world, params.payment_method).id,
    }),
  });
}

/** The buyer has authenticated on the hosted page, or has not. */
export function finishAuthentication(world: World, intentId: string, isAuthenticated: boolean): void {
  const intent = world.store.get('payment_intents', intentId);
  if (intent?.status !== 'requires_action' || typeof intent.payment_method !== 'string') return;
  const method = methodOf(world, intent.payment_method);
  if (isAuthenticated) {
    confirmPayment(world, intent, method, {
      offSession: false,
      returnUrl: null,
      hasMandateData: false,
      isAuthenticated,
    });
    return;
  }
  const row = world.store.change('payment_intents', intent.id, {
    status: 'requires_payment_method',
    next_action: null,
    payment_method: null,
    last_payment_error: {
      type: 'invalid_request_error',
      code: 'payment_intent_authentication_failure',
      message: 'The provided PaymentMethod has failed authentication.',
      payment_method: method,
    },
  });
  emit(world, 'payment_intent.payment_failed', row);
}

export const paymentIntentRoutes: readonly Route[] = [
  route('POST', '/v1/payment_intents', schemas.paymentIntents['create'], create),
  route<Stripe.PaymentIntentListParams>(
    'GET',
    '/v1/payment_intents',
    schemas.paymentIntents['list'],
    (call) => {
      const { customer } = call.params;
      if (customer !== undefined) customerOf(call.world, customer);
      const isWanted = (row: Stripe.PaymentIntent) => customer === undefined || row.customer === customer;
      return listOf(call, 'payment_intents', '/v1/payment_intents', isWanted);
    },
  ),
  route('GET', '/v1/payment_intents/search', schemas.paymentIntents['search'], searchIntents),
  route('GET', '/v1/payment_intents/:id', null, (call) =>
    find(call, 'payment_intents', call.path['id'] ?? '', 'payment_intent'),
  ),
  route('POST', '/v1/payment_intents/:id', schemas.paymentIntents['update'], update),
  route('POST', '/v1/payment_intents/:id/confirm', schemas.paymentIntents['confirm'], confirm),
  route('POST', '/v1/payment_intents/:id/cancel', schemas.paymentIntents['cancel'], cancel),
];
