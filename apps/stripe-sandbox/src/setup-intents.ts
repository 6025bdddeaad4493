import type { Stripe } from 'stripe';
import { declineOf } from './behaviours.js';
import { customerOf } from './customers.js';
import { emit } from './events.js';
import { Failure, invalid } from './failure.js';
import { listOf } from './lists.js';
import { attach, behaviourOfMethod, markSetUp, methodFromData, methodOf } from './payment-methods.js';
import { schemas } from './schemas.js';
import { find, idOf, mergeMetadata, route, type Call, type Route, type World } from './world.js';

interface SetupHow {
  readonly returnUrl: string | null;
  readonly isAuthenticated?: boolean;
}

function create(call: Call<Stripe.SetupIntentCreateParams>): Stripe.SetupIntent {
  const { world, params, account } = call;
  if (params.customer !== undefined) customerOf(world, params.customer);
  const id = world.store.newId('seti');
  const row = {
    id,
    object: 'setup_intent',
    allowed_payment_method_types: params.allowed_payment_method_types ?? null,
    application: null,
    automatic_payment_methods: null,
    cancellation_reason: null,
    client_secret: `${id}_secret_${world.store.newId('s').slice(2)}`,
    created: world.clock.seconds(),
    customer: params.customer ?? null,
    customer_account: null,
    description: params.description ?? null,
    excluded_payment_method_types: null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: false,
    managed_payments: null,
    mandate: null,
    metadata: mergeMetadata(null, params.metadata),
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: params.allowed_payment_method_types ?? ['card', 'us_bank_account'],
    single_use_mandate: null,
    status: 'requires_payment_method',
    usage: params.usage ?? 'off_session',
  } satisfies Stripe.SetupIntent;
  world.store.add('setup_intents', row, account);
  emit(world, 'setup_intent.created', row);
  if (params.confirm !== true) return row;
  return confirmSetup(world, row, chosenMethod(call, row), { returnUrl: params.return_url ?? null });
}

function chosenMethod(
  { world, params, account }: Call<Stripe.SetupIntentConfirmParams>,
  intent: Stripe.SetupIntent,
): Stripe.PaymentMethod {
  if (params.payment_method_data) return methodFromData(world, params.payment_method_data, account);
  const id = params.payment_method ?? idOf(intent.payment_method);
  if (id === null) {
    throw invalid("You cannot confirm this SetupIntent because it's missing a payment method.", {
      param: 'payment_method',
      code: 'setup_intent_unexpected_state',
    });
  }
  return methodOf(world, id, account);
}

/** Saves a method for payments without its owner, asks for authentication first, or throws the decline. */
export function confirmSetup(
  world: World,
  intent: Stripe.SetupIntent,
  method: Stripe.PaymentMethod,
  how: SetupHow,
): Stripe.SetupIntent {
  const behaviour = behaviourOfMethod(world, method.id);
  if (behaviour.setupFails && behaviour.decline) fail(world, intent, method, behaviour.decline);
  if (behaviour.authenticate && !how.isAuthenticated) {
    const row = world.store.change('setup_intents', intent.id, {
      status: 'requires_action',
      payment_method: method.id,
      next_action: {
        type: 'redirect_to_url',
        redirect_to_url: { return_url: how.returnUrl, url: `${world.url}/authenticate/${intent.id}` },
      },
    });
    emit(world, 'setup_intent.requires_action', row);
    return row;
  }
  const customer = idOf(intent.customer);
  if (customer !== null) attach(world, method.id, customer);
  markSetUp(world, method.id);
  const mandate = method.type === 'us_bank_account' ? addMandate(world, method.id) : null;
  const row = world.store.change('setup_intents', intent.id, {
    status: 'succeeded',
    payment_method: method.id,
    mandate: mandate?.id ?? null,
    next_action: null,
    last_setup_error: null,
    latest_attempt: world.store.newId('setatt'),
  });
  emit(world, 'setup_intent.succeeded', row);
  return row;
}

function addMandate(world: World, methodId: string): Stripe.Mandate {
  const row = {
    id: world.store.newId('mandate'),
    object: 'mandate',
    customer_acceptance: {
      accepted_at: world.clock.seconds(),
      online: { ip_address: '127.0.0.1', user_agent: 'sandbox' },
      type: 'online',
    },
    livemode: false,
    multi_use: {},
    payment_method: methodId,
    payment_method_details: { type: 'us_bank_account', us_bank_account: { collection_method: 'paper' } },
    status: 'active',
    type: 'multi_use',
  } satisfies Stripe.Mandate;
  return world.store.add('mandates', row);
}

function fail(world: World, intent: Stripe.SetupIntent, method: Stripe.PaymentMethod, reason: string): never {
  const { code, declineCode, message } = declineOf(reason);
  const error = { type: 'card_error' as const, code, decline_code: declineCode, message };
  const row = world.store.change('setup_intents', intent.id, {
    status: 'requires_payment_method',
    payment_method: null,
    last_setup_error: { ...error, payment_method: method } as Stripe.SetupIntent.LastSetupError,
  });
  emit(world, 'setup_intent.setup_failed', row);
  throw new Failure(402, { ...error, setup_intent: row, payment_method: method }, true);
}

function confirm(call: Call<Stripe.SetupIntentConfirmParams>): Stripe.SetupIntent {
  const { world, params } = call;
  const intent = find(call, 'setup_intents', call.path['id'] ?? '', 'setup_intent');
  if (['succeeded', 'canceled'].includes(intent.status)) {
    throw invalid(`You cannot confirm this SetupIntent because it has already ${intent.status}.`, {
      code: 'setup_intent_unexpected_state',
    });
  }
  return confirmSetup(world, intent, chosenMethod(call, intent), { returnUrl: params.return_url ?? null });
}

function cancel(call: Call<Stripe.SetupIntentCancelParams>): Stripe.SetupIntent {
  const intent = find(call, 'setup_intents', call.path['id'] ?? '', 'setup_intent');
  if (intent.status === 'succeeded') {
    throw invalid('You cannot cancel a SetupIntent that has succeeded.', {
      code: 'setup_intent_unexpected_state',
    });
  }
  const row = call.world.store.change('setup_intents', intent.id, {
    status: 'canceled',
    cancellation_reason: call.params.cancellation_reason ?? null,
  });
  emit(call.world, 'setup_intent.canceled', row);
  return row;
}

/** The buyer has authenticated on the hosted page, or has not. */
export function finishSetupAuthentication(world: World, intentId: string, isAuthenticated: boolean): void {
  const intent = world.store.get('setup_intents', intentId);
  const methodId = idOf(intent?.payment_method);
  if (intent?.status !== 'requires_action' || methodId === null) return;
  if (isAuthenticated) {
    confirmSetup(world, intent, methodOf(world, methodId), { returnUrl: null, isAuthenticated });
    return;
  }
  const row = world.store.change('setup_intents', intent.id, {
    status: 'requires_payment_method',
    payment_method: null,
    next_action: null,
    last_setup_error: {
      type: 'invalid_request_error',
      code: 'setup_intent_authentication_failure',
      message: 'The latest attempt to set up the payment method has failed because authentication failed.',
    },
  });
  emit(world, 'setup_intent.setup_failed', row);
}

function list(call: Call<Stripe.SetupIntentListParams>) {
  const { customer, payment_method: method } = call.params;
  return listOf(
    call,
    'setup_intents',
    '/v1/setup_intents',
    (row) =>
      (customer === undefined || row.customer === customer) &&
      (method === undefined || row.payment_method === method),
  );
}

export const setupIntentRoutes: readonly Route[] = [
  route('POST', '/v1/setup_intents', schemas.setupIntents['create'], create),
  route('GET', '/v1/setup_intents', schemas.setupIntents['list'], list),
  route('GET', '/v1/setup_intents/:id', null, (call) =>
    find(call, 'setup_intents', call.path['id'] ?? '', 'setup_intent'),
  ),
  route('POST', '/v1/setup_intents/:id/confirm', schemas.setupIntents['confirm'], confirm),
  route('POST', '/v1/setup_intents/:id/cancel', schemas.setupIntents['cancel'], cancel),
];
