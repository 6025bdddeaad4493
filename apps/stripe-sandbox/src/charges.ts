import type { Stripe } from 'stripe';
import { availableAfter, move } from './balance.js';
import { type Behaviour } from './behaviours.js';
import { schedule } from './due.js';
import { emit } from './events.js';
import { feeOf } from './fees.js';
import { listOf } from './lists.js';
import { behaviourOfMethod } from './payment-methods.js';
import { schemas } from './schemas.js';
import { find, idOf, mergeMetadata, route, type Call, type Route, type World } from './world.js';

interface ChargeOutcome {
  readonly status: 'succeeded' | 'pending' | 'failed';
  readonly failure?: { readonly code: string; readonly message: string; readonly declineCode?: string };
}

/** One attempt to take the money of an intent. */
export function addCharge(
  world: World,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  { status, failure }: ChargeOutcome,
): Stripe.Charge {
  const isCard = method.type === 'card';
  const row = {
    id: world.store.newId(isCard ? 'ch' : 'py'),
    object: 'charge',
    amount: intent.amount,
    amount_captured: status === 'succeeded' ? intent.amount : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: method.billing_details,
    calculated_statement_descriptor: 'SANDBOX',
    captured: status !== 'failed',
    created: world.clock.seconds(),
    currency: intent.currency,
    customer: idOf(intent.customer),
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: failure?.code ?? null,
    failure_message: failure?.message ?? null,
    fraud_details: {},
    livemode: false,
    metadata: intent.metadata,
    on_behalf_of: null,
    outcome: outcomeOf(status, failure?.declineCode),
    paid: status === 'succeeded',
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: detailsOf(method),
    receipt_email: intent.receipt_email,
    receipt_number: null,
    receipt_url: status === 'succeeded' ? `${world.url}/receipts/${intent.id}` : null,
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: intent.statement_descriptor,
    statement_descriptor_suffix: intent.statement_descriptor_suffix,
    status,
    transfer_data: null,
    transfer_group: intent.transfer_group,
  } satisfies Stripe.Charge;
  return world.store.add('charges', row);
}

function outcomeOf(status: string, declineCode: string | undefined): Stripe.Charge.Outcome {
  const isDeclined = status === 'failed';
  return {
    advice_code: null,
    network_advice_code: null,
    network_decline_code: null,
    network_status: isDeclined ? 'declined_by_network' : 'approved_by_network',
    reason: declineCode ?? null,
    seller_message: isDeclined ? 'The bank did not accept this payment.' : 'Payment complete.',
    type: isDeclined ? 'issuer_declined' : 'authorized',
  };
}

function detailsOf(method: Stripe.PaymentMethod): Stripe.Charge.PaymentMethodDetails {
  if (method.us_bank_account) {
    const account = method.us_bank_account;
    return {
      type: 'us_bank_account',
      us_bank_account: {
        account_holder_type: account.account_holder_type,
        account_type: account.account_type,
        bank_name: account.bank_name,
        fingerprint: account.fingerprint ?? null,
        last4: account.last4,
        payment_reference: null,
        routing_number: account.routing_number,
      },
    } as Stripe.Charge.PaymentMethodDetails;
  }
  const card = method.card;
  // Only what a reader of charges looks at; the SDK's type asks for every detail of the networks.
  const details = { brand: card?.brand, last4: card?.last4, exp_month: card?.exp_month };
  return {
    type: 'card',
    card: { ...details, exp_year: card?.exp_year, country: 'US', funding: 'credit', network: card?.brand },
  } as Stripe.Charge.PaymentMethodDetails;
}

/** The money arrives in the balance, less the fee: at once, or some seconds later where that is set. */
export function bookOrSchedule(world: World, chargeId: string): void {
  const { bookingDelaySeconds } = world.settings;
  if (bookingDelaySeconds === 0) book(world, chargeId);
  else schedule(world, world.clock.nowMs() + bookingDelaySeconds * 1000, 'book_charge', chargeId);
}

/** As a task: tells of it, since the charge was seen without its balance transaction. */
export function bookLate(world: World, chargeId: string): void {
  const row = book(world, chargeId);
  if (row) emit(world, 'charge.updated', row, { previous: { balance_transaction: null } });
}

function book(world: World, chargeId: string): Stripe.Charge | undefined {
  const charge = world.store.get('charges', chargeId);
  if (!charge || charge.balance_transaction !== null) return undefined;
  const behaviour = behaviourOfMethod(world, charge.payment_method ?? '');
  const transaction = move(world, {
    owner: world.store.ownerOf(chargeId),
    type: behaviour.type === 'card' ? 'charge' : 'payment',
    reportingCategory: 'charge',
    amount: charge.amount,
    fee: feeOf(behaviour.type, charge.amount, charge.currency),
    currency: charge.currency,
    source: chargeId,
    availableOn: availableAfter(world, availableDays(world, behaviour)),
    description: charge.description,
  });
  return world.store.change('charges', chargeId, { balance_transaction: transaction.id });
}

function availableDays(world: World, behaviour: Behaviour): number {
  if (behaviour.isAvailableAtOnce) return 0;
  return behaviour.type === 'card' ? world.settings.cardAvailableDays : world.settings.debitAvailableDays;
}

function list(call: Call<Stripe.ChargeListParams>) {
  const { customer, payment_intent: intent, transfer_group: group } = call.params;
  return listOf(
    call,
    'charges',
    '/v1/charges',
    (row) =>
      (customer === undefined || row.customer === customer) &&
      (intent === undefined || row.payment_intent === intent) &&
      (group === undefined || row.transfer_group === group),
  );
}

function update(call: Call<Stripe.ChargeUpdateParams>): Stripe.Charge {
  const before = find(call, 'charges', call.path['id'] ?? '', 'charge');
  const { description, metadata, transfer_group: group } = call.params;
  const row = call.world.store.change('charges', before.id, {
    ...(description !== undefined && { description }),
    ...(metadata !== undefined && { metadata: mergeMetadata(before.metadata, metadata) }),
    ...(group !== undefined && { transfer_group: group }),
  });
  emit(call.world, 'charge.updated', row);
  return row;
}

export const chargeRoutes: readonly Route[] = [
  route('GET', '/v1/charges', schemas.charges['list'], list),
  route('GET', '/v1/charges/:id', null, (call) => find(call, 'charges', call.path['id'] ?? '', 'charge')),
  route('POST', '/v1/charges/:id', schemas.charges['update'], update),
];
