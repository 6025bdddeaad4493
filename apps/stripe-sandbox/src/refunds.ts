import type { Stripe } from 'stripe';
import { move } from './balance.js';
import { dayMs } from './clock.js';
import { failAfterSuccess } from './confirm-payment.js';
import { openLostDispute } from './disputes.js';
import { schedule } from './due.js';
import { emit } from './events.js';
import { invalid, missing, missingParam } from './failure.js';
import { listOf } from './lists.js';
import { behaviourOfMethod } from './payment-methods.js';
import { schemas } from './schemas.js';
import { find, idOf, mergeMetadata, route, type Call, type Route, type World } from './world.js';

const pendingDays = 1;
const debitRefundDays = 3;

function chargeOf({ world, params }: Call<Stripe.RefundCreateParams>): Stripe.Charge {
  const intent = params.payment_intent;
  if (params.charge === undefined && intent === undefined) {
    throw invalid(
      'One of the following params should be provided for this request: payment_intent or charge.',
    );
  }
  if (intent !== undefined && !world.store.get('payment_intents', intent)) {
    throw missingParam('payment_intent', intent, 'payment_intent');
  }
  const id = params.charge ?? idOf(world.store.get('payment_intents', intent ?? '')?.latest_charge);
  const charge = world.store.get('charges', id ?? '');
  if (!charge) {
    if (params.charge !== undefined) throw missingParam('charge', params.charge, 'charge');
    throw invalid(`This PaymentIntent (${intent}) does not have a successful charge to refund.`);
  }
  return charge;
}

function create(call: Call<Stripe.RefundCreateParams>): Stripe.Refund {
  const { world, params } = call;
  if (params.reverse_transfer === true || params.refund_application_fee === true) {
    throw invalid('Cannot do this on a charge that was not made with transfer_data.', {
      param: 'reverse_transfer',
    });
  }
  const charge = chargeOf(call);
  const left = charge.amount - charge.amount_refunded;
  if (charge.status !== 'succeeded') {
    throw invalid(`This charge (${charge.id}) has not succeeded and cannot be refunded.`);
  }
  if (left === 0) {
    throw invalid(`Charge ${charge.id} has already been refunded.`, { code: 'charge_already_refunded' });
  }
  if (charge.disputed) {
    throw invalid(`Charge ${charge.id} has been charged back; cannot issue a refund.`, {
      code: 'charge_disputed',
    });
  }
  const amount = params.amount ?? left;
  if (amount < 1) throw invalid('Invalid positive integer', { param: 'amount' });
  if (amount > left) {
    throw invalid(`Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`, {
      param: 'amount',
    });
  }
  return addRefund(world, charge, amount, params);
}

function addRefund(
  world: World,
  charge: Stripe.Charge,
  amount: number,
  params: Stripe.RefundCreateParams,
): Stripe.Refund {
  const behaviour = behaviourOfMethod(world, charge.payment_method ?? '');
  const isCard = behaviour.type === 'card';
  const id = world.store.newId(isCard ? 're' : 'pyr');
  const isPending = behaviour.refund === 'pends' || !isCard;
  const transaction = move(world, {
    owner: world.store.ownerOf(charge.id),
    type: isCard ? 'refund' : 'payment_refund',
    reportingCategory: 'refund',
    amount: -amount,
    currency: charge.currency,
    source: id,
    description: 'REFUND FOR CHARGE',
  });
  const row = {
    id,
    object: 'refund',
    amount,
    balance_transaction: transaction.id,
    charge: charge.id,
    created: world.clock.seconds(),
    currency: charge.currency,
    customer: idOf(charge.customer),
    customer_account: null,
    metadata: mergeMetadata(null, params.metadata),
    payment_intent: idOf(charge.payment_intent),
    payment_method: charge.payment_method,
    reason: params.reason ?? null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: isPending ? 'pending' : 'succeeded',
    transfer_reversal: null,
  } satisfies Stripe.Refund;
  world.store.add('refunds', row, world.store.ownerOf(charge.id));
  countRefunded(world, charge.id, amount);
  emit(world, 'refund.created', row);
  const days = isCard ? pendingDays : debitRefundDays;
  if (isPending) schedule(world, world.clock.nowMs() + days * dayMs, 'refund_done', id);
  if (behaviour.refund === 'fails') schedule(world, world.clock.nowMs() + dayMs, 'refund_fails', id);
  return row;
}

function countRefunded(world: World, chargeId: string, amount: number): void {
  const charge = world.store.get('charges', chargeId);
  if (!charge) return;
  const refunded = charge.amount_refunded + amount;
  const row = world.store.change('charges', chargeId, {
    amount_refunded: refunded,
    refunded: refunded === charge.amount,
  });
  if (amount > 0) emit(world, 'charge.refunded', row);
}

/** A pending refund has arrived. */
export function finishRefund(world: World, refundId: string): void {
  if (world.store.get('refunds', refundId)?.status !== 'pending') return;
  const row = world.store.change('refunds', refundId, { status: 'succeeded' });
  emit(world, 'refund.updated', row, { previous: { status: 'pending' } });
}

/** The buyer's bank gives the money back: it returns to the balance, and the charge is not refunded by it. */
export function failRefund(world: World, refundId: string, reason = 'lost_or_stolen_card'): Stripe.Refund {
  const before = world.store.get('refunds', refundId);
  if (!before) throw missing('refund', refundId);
  if (before.status === 'failed' || before.status === 'canceled') {
    throw invalid(`This refund is ${before.status} already.`);
  }
  const row = giveBack(world, before, 'failed', reason);
  emit(world, 'refund.updated', row, { previous: { status: before.status } });
  emit(world, 'refund.failed', row);
  return row;
}

function giveBack(
  world: World,
  before: Stripe.Refund,
  status: 'failed' | 'canceled',
  reason?: string,
): Stripe.Refund {
  const transaction = move(world, {
    owner: world.store.ownerOf(before.id),
    type: 'refund_failure',
    amount: before.amount,
    currency: before.currency,
    source: before.id,
    description: 'REFUND FAILURE',
  });
  countRefunded(world, idOf(before.charge) ?? '', -before.amount);
  return world.store.change('refunds', before.id, {
    status,
    failure_balance_transaction: transaction.id,
    ...(reason !== undefined && { failure_reason: reason }),
  });
}

/** A debit is returned by the bank days after it succeeded. */
export function returnDebit(world: World, chargeId: string, code = 'insufficient_funds'): void {
  const charge = world.store.get('charges', chargeId);
  if (!charge) throw missing('charge', chargeId);
  // What is disputed, or refunded in full, is not taken back a second time.
  if (charge.status !== 'succeeded' || charge.disputed || charge.refunded) return;
  if (world.settings.debitReturnAs === 'dispute') {
    openLostDispute(world, chargeId, code);
    return;
  }
  const transaction = move(world, {
    owner: world.store.ownerOf(chargeId),
    type: 'payment_failure_refund',
    amount: -(charge.amount - charge.amount_refunded),
    currency: charge.currency,
    source: chargeId,
    description: 'Payment failure',
  });
  const row = world.store.change('charges', chargeId, {
    status: 'failed',
    paid: false,
    failure_code: code,
    failure_message: `The bank returned the debit: ${code}.`,
    failure_balance_transaction: transaction.id,
  });
  emit(world, 'charge.failed', row);
  failAfterSuccess(world, row, code);
}

function cancel(call: Call<object>): Stripe.Refund {
  const before = find(call, 'refunds', call.path['id'] ?? '', 'refund');
  if (before.status !== 'pending') {
    throw invalid(`This refund cannot be canceled because it is ${before.status}.`);
  }
  const row = giveBack(call.world, before, 'canceled');
  emit(call.world, 'refund.updated', row, { previous: { status: 'pending' } });
  return row;
}

function update(call: Call<Stripe.RefundUpdateParams>): Stripe.Refund {
  const before = find(call, 'refunds', call.path['id'] ?? '', 'refund');
  const row = call.world.store.change('refunds', before.id, {
    metadata: mergeMetadata(before.metadata, call.params.metadata),
  });
  emit(call.world, 'refund.updated', row);
  return row;
}

function list(call: Call<Stripe.RefundListParams>) {
  const { charge, payment_intent: intent } = call.params;
  return listOf(
    call,
    'refunds',
    '/v1/refunds',
    (row) =>
      (charge === undefined || row.charge === charge) &&
      (intent === undefined || row.payment_intent === intent),
  );
}

export const refundRoutes: readonly Route[] = [
  route('POST', '/v1/refunds', schemas.refunds['create'], create),
  route('GET', '/v1/refunds', schemas.refunds['list'], list),
  route('GET', '/v1/refunds/:id', null, (call) => find(call, 'refunds', call.path['id'] ?? '', 'refund')),
  route('POST', '/v1/refunds/:id', schemas.refunds['update'], update),
  route('POST', '/v1/refunds/:id/cancel', schemas.refunds['cancel'], cancel),
];
