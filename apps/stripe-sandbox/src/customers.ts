import type { Stripe } from 'stripe';
import { emit } from './events.js';
import { missing, missingParam } from './failure.js';
import { listOf } from './lists.js';
import { schemas } from './schemas.js';
import { find, mergeMetadata, route, type Call, type Route, type World } from './world.js';

/** The buyer that a parameter names. */
export function customerOf(world: World, id: string): Stripe.Customer {
  const row = world.store.get('customers', id);
  if (!row) throw missingParam('customer', id, 'customer');
  return row;
}

function create({ world, params, account }: Call<Stripe.CustomerCreateParams>): Stripe.Customer {
  const { store, clock } = world;
  const row = {
    id: store.newId('cus', 14),
    object: 'customer',
    address: null,
    balance: params.balance ?? 0,
    created: clock.seconds(),
    currency: null,
    default_source: null,
    delinquent: false,
    description: params.description ?? null,
    email: params.email ?? null,
    invoice_prefix: `S${String(store.next('customers')).padStart(7, '0')}`,
    invoice_settings: {
      custom_fields: null,
      default_payment_method: params.invoice_settings?.default_payment_method ?? null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata: mergeMetadata(null, params.metadata),
    name: params.name ?? null,
    phone: params.phone ?? null,
    preferred_locales: params.preferred_locales ?? [],
    shipping: null,
  } satisfies Stripe.Customer;
  store.add('customers', row, account);
  emit(world, 'customer.created', row);
  return row;
}

function update(call: Call<Stripe.CustomerUpdateParams>): Stripe.Customer {
  const { world, params } = call;
  const before = find(call, 'customers', call.path['id'] ?? '', 'customer');
  const defaultMethod = params.invoice_settings?.default_payment_method;
  if (defaultMethod && world.store.get('payment_methods', defaultMethod)?.customer !== before.id) {
    throw missingParam('PaymentMethod', defaultMethod, 'invoice_settings[default_payment_method]');
  }
  const row = world.store.change('customers', before.id, {
    ...(params.name !== undefined && { name: params.name }),
    ...(params.email !== undefined && { email: params.email }),
    ...(params.phone !== undefined && { phone: params.phone }),
    ...(params.description !== undefined && { description: params.description }),
    ...(params.metadata !== undefined && { metadata: mergeMetadata(before.metadata, params.metadata) }),
    ...(defaultMethod !== undefined && {
      invoice_settings: { ...before.invoice_settings, default_payment_method: defaultMethod || null },
    }),
  });
  emit(world, 'customer.updated', row);
  return row;
}

function remove(call: Call<object>): Stripe.DeletedCustomer {
  const row = find(call, 'customers', call.path['id'] ?? '', 'customer');
  for (const method of call.world.store.all('payment_methods')) {
    if (method.customer === row.id) call.world.store.change('payment_methods', method.id, { customer: null });
  }
  emit(call.world, 'customer.deleted', row);
  call.world.store.remove('customers', row.id);
  return { id: row.id, object: 'customer', deleted: true } satisfies Stripe.DeletedCustomer;
}

function list(call: Call<Stripe.CustomerListParams>) {
  const { email } = call.params;
  return listOf(call, 'customers', '/v1/customers', (row) => email === undefined || row.email === email);
}

function listMethods(call: Call<Stripe.CustomerListPaymentMethodsParams>) {
  const row = find(call, 'customers', call.path['id'] ?? '', 'customer');
  const { type } = call.params;
  return listOf(
    call,
    'payment_methods',
    `/v1/customers/${row.id}/payment_methods`,
    (method) => method.customer === row.id && (type === undefined || method.type === type),
  );
}

function retrieveMethod(call: Call<object>): Stripe.PaymentMethod {
  const method = find(call, 'payment_methods', call.path['method'] ?? '', 'PaymentMethod');
  if (method.customer !== call.path['id']) throw missing('PaymentMethod', method.id);
  return method;
}

export const customerRoutes: readonly Route[] = [
  route('POST', '/v1/customers', schemas.customers['create'], create),
  route('GET', '/v1/customers', schemas.customers['list'], list),
  route('GET', '/v1/customers/:id', null, (call) =>
    find(call, 'customers', call.path['id'] ?? '', 'customer'),
  ),
  route('POST', '/v1/customers/:id', schemas.customers['update'], update),
  route('DELETE', '/v1/customers/:id', null, remove),
  route('GET', '/v1/customers/:id/payment_methods', schemas.customers['methods'], listMethods),
  route('GET', '/v1/customers/:id/payment_methods/:method', null, retrieveMethod),
];
