import type { Stripe } from 'stripe';
import {
  behaviourKeyOf,
  behaviourKeyOfToken,
  behaviourOf,
  behaviours,
  declineOf,
  type Behaviour,
} from './behaviours.js';
import { customerOf } from './customers.js';
import { emit } from './events.js';
import { Failure, invalid, missingParam } from './failure.js';
import { listOf } from './lists.js';
import { schemas } from './schemas.js';
import { platformId } from './tables.js';
import { find, mergeMetadata, route, type Call, type Route, type World } from './world.js';

interface MethodData {
  readonly type?: string;
  readonly card?: unknown;
  readonly us_bank_account?: unknown;
  readonly billing_details?: unknown;
  readonly metadata?: unknown;
}

/** The saved method that a parameter names; a test token like `pm_card_visa` becomes a fresh one. */
export function methodOf(world: World, id: string, account: string = platformId): Stripe.PaymentMethod {
  if (id in behaviours) return addMethod(world, id, {}, account);
  const row = world.store.get('payment_methods', id);
  if (!row) throw missingParam('PaymentMethod', id, 'payment_method');
  return row;
}

export function behaviourOfMethod(world: World, methodId: string): Behaviour & { readonly isSetUp: boolean } {
  const row = world.store.get('behaviours', methodId);
  return { ...behaviourOf(row?.key ?? 'pm_card_visa'), isSetUp: row?.isSetUp ?? false };
}

export function markSetUp(world: World, methodId: string): void {
  world.store.change('behaviours', methodId, { isSetUp: true });
}

/** Has a saved method behave otherwise from now on, like a card that expires. */
export function setBehaviour(world: World, methodId: string, key: string): void {
  if (!(key in behaviours)) throw invalid(`no behaviour ${key}`);
  world.store.change('behaviours', methodId, { key });
}

/** A method from what a form says of it. */
export function methodFromData(world: World, data: MethodData, account: string): Stripe.PaymentMethod {
  const key = data.type === 'us_bank_account' ? bankKey(data.us_bank_account) : cardKey(data);
  return addMethod(world, key, data, account);
}

function cardKey(data: MethodData): string {
  if (data.type !== 'card') {
    throw invalid(`The sandbox has no payment methods of type ${data.type}`, { param: 'type' });
  }
  const { token, number } = (data.card ?? {}) as { token?: string; number?: string };
  if (token !== undefined) {
    const key = behaviourKeyOfToken(token);
    if (!key) throw missingParam('token', token, 'card[token]');
    return key;
  }
  if (number === undefined) {
    throw invalid('Missing required param: card[number].', {
      param: 'card[number]',
      code: 'parameter_missing',
    });
  }
  return behaviourKeyOf('card', number);
}

function bankKey(data: unknown): string {
  const { account_number: number = '' } = (data ?? {}) as { account_number?: string };
  return behaviourKeyOf('us_bank_account', number);
}

function addMethod(world: World, key: string, data: MethodData, account: string): Stripe.PaymentMethod {
  const { store, clock } = world;
  const behaviour = behaviourOf(key);
  const billing = (data.billing_details ?? {}) as Partial<Stripe.PaymentMethod.BillingDetails>;
  const base = {
    id: store.newId('pm'),
    object: 'payment_method' as const,
    allow_redisplay: 'unspecified' as const,
    billing_details: {
      address: null,
      email: billing.email ?? null,
      name: billing.name ?? null,
      phone: billing.phone ?? null,
      tax_id: null,
    },
    created: clock.seconds(),
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: mergeMetadata(null, data.metadata),
  };
  const row: Stripe.PaymentMethod =
    behaviour.type === 'card'
      ? { ...base, type: 'card', card: cardOf(world, behaviour) }
      : { ...base, type: 'us_bank_account', us_bank_account: bankAccountOf(behaviour) };
  store.add('payment_methods', row satisfies Stripe.PaymentMethod, account);
  store.add('behaviours', { id: row.id, key, isSetUp: false });
  return row;
}

function cardOf(world: World, behaviour: Behaviour): Stripe.PaymentMethod.Card {
  const thisYear = new Date(world.clock.nowMs()).getUTCFullYear();
  return {
    brand: behaviour.brand ?? 'visa',
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
    country: 'US',
    display_brand: behaviour.brand ?? 'visa',
    exp_month: 12,
    exp_year: behaviour.decline === 'expired_card' ? thisYear - 1 : thisYear + 4,
    fingerprint: `fp${behaviour.number.slice(-8)}`,
    funding: 'credit',
    generated_from: null,
    last4: behaviour.number.slice(-4),
    networks: { available: [behaviour.brand ?? 'visa'], preferred: null },
    regulated_status: 'unregulated',
    three_d_secure_usage: { supported: true },
    wallet: null,
  };
}

function bankAccountOf(behaviour: Behaviour): Stripe.PaymentMethod.UsBankAccount {
  return {
    account_holder_type: 'company',
    account_type: 'checking',
    bank_name: 'STRIPE TEST BANK',
    financial_connections_account: null,
    fingerprint: `fp${behaviour.number.slice(-8)}`,
    last4: behaviour.number.slice(-4),
    networks: { preferred: 'ach', supported: ['ach'] },
    routing_number: '110000000',
    status_details: null,
  };
}

/** Saves a method for a buyer; some cards are declined already here. */
export function attach(world: World, methodId: string, customerId: string): Stripe.PaymentMethod {
  const method = methodOf(world, methodId);
  customerOf(world, customerId);
  if (method.customer === customerId) return method;
  if (method.customer !== null) {
    throw invalid('This payment method has already been attached to another buyer.', {
      param: 'payment_method',
      code: 'payment_method_unexpected_state',
    });
  }
  const behaviour = behaviourOfMethod(world, method.id);
  if (behaviour.setupFails && behaviour.decline) {
    const { code, declineCode, message } = declineOf(behaviour.decline);
    throw new Failure(402, { type: 'card_error', code, decline_code: declineCode, message });
  }
  const row = world.store.change('payment_methods', method.id, { customer: customerId });
  emit(world, 'payment_method.attached', row);
  return row;
}

function detach(call: Call<object>): Stripe.PaymentMethod {
  const method = find(call, 'payment_methods', call.path['id'] ?? '', 'PaymentMethod');
  if (method.customer === null) {
    throw invalid('The payment method you provided is not attached to a buyer so detachment is impossible.');
  }
  return detachMethod(call.world, method);
}

/** A buyer, or their bank, takes a method away: the mandate that it rested on ends with it. */
export function detachMethod(world: World, method: Stripe.PaymentMethod): Stripe.PaymentMethod {
  const row = world.store.change('payment_methods', method.id, { customer: null });
  for (const mandate of world.store.all('mandates')) {
    if (mandate.payment_method !== row.id || mandate.status === 'inactive') continue;
    emit(world, 'mandate.updated', world.store.change('mandates', mandate.id, { status: 'inactive' }));
  }
  emit(world, 'payment_method.detached', row, { previous: { customer: method.customer } });
  return row;
}

function list(call: Call<Stripe.PaymentMethodListParams>) {
  const { customer, type } = call.params;
  return listOf(
    call,
    'payment_methods',
    '/v1/payment_methods',
    (row) => row.customer === (customer ?? null) && (type === undefined || row.type === type),
  );
}

export const paymentMethodRoutes: readonly Route[] = [
  route<Stripe.PaymentMethodCreateParams>(
    'POST',
    '/v1/payment_methods',
    schemas.paymentMethods['create'],
    ({ world, params, account }) => methodFromData(world, params, account),
  ),
  route('GET', '/v1/payment_methods', schemas.paymentMethods['list'], list),
  route('GET', '/v1/payment_methods/:id', null, (call) =>
    find(call, 'payment_methods', call.path['id'] ?? '', 'PaymentMethod'),
  ),
  route<Stripe.PaymentMethodAttachParams>(
    'POST',
    '/v1/payment_methods/:id/attach',
    schemas.paymentMethods['attach'],
    ({ world, params, path }) => attach(world, path['id'] ?? '', params.customer ?? ''),
  ),
  route('POST', '/v1/payment_methods/:id/detach', schemas.paymentMethods['detach'], detach),
  route('GET', '/v1/mandates/:id', null, (call) => find(call, 'mandates', call.path['id'] ?? '', 'mandate')),
];
