import type { Stripe } from 'stripe';
import { availableAfter, balanceOf, currenciesOf, move } from './balance.js';
import { dayMs } from './clock.js';
import { isScheduled, schedule } from './due.js';
import { emit } from './events.js';
import { invalid, missing } from './failure.js';
import { listOf } from './lists.js';
import { schemas } from './schemas.js';
import { platformId } from './tables.js';
import { find, mergeMetadata, route, type Call, type Route, type World } from './world.js';

interface PayoutTerms {
  readonly owner: string;
  readonly amount: number;
  readonly currency: string;
  readonly isAutomatic: boolean;
  readonly params?: Pick<Stripe.PayoutCreateParams, 'description' | 'metadata' | 'statement_descriptor'>;
}

/** Sends available money to an account's bank; it leaves the balance now and arrives some days later. */
export function addPayout(
  world: World,
  { owner, amount, currency, isAutomatic, params = {} }: PayoutTerms,
): Stripe.Payout {
  if (amount < 1) {
    throw invalid('This value must be greater than or equal to 1.', {
      param: 'amount',
      code: 'parameter_invalid_integer',
    });
  }
  if (balanceOf(world, owner, currency).available < amount) {
    throw invalid(
      'You have insufficient funds in your Stripe account for this transfer. You can use the /v1/balance endpoint to view your Stripe balance.',
      { code: 'balance_insufficient' },
    );
  }
  const id = world.store.newId('po');
  const out = move(world, {
    owner,
    type: 'payout',
    amount: -amount,
    currency,
    source: id,
    description: 'STRIPE PAYOUT',
  });
  const arrival = availableAfter(world, world.settings.payoutArrivalDays);
  const row = {
    id,
    object: 'payout',
    amount,
    application_fee: null,
    application_fee_amount: null,
    arrival_date: arrival,
    automatic: isAutomatic,
    balance_transaction: out.id,
    created: world.clock.seconds(),
    currency,
    description: params.description ?? 'STRIPE PAYOUT',
    destination: `ba_${owner.slice(5)}`,
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    livemode: false,
    metadata: mergeMetadata(null, params.metadata),
    method: 'standard',
    original_payout: null,
    payout_method: null,
    reconciliation_status: isAutomatic ? 'completed' : 'not_applicable',
    reversed_by: null,
    source_type: 'card',
    statement_descriptor: params.statement_descriptor ?? null,
    status: 'pending',
    trace_id: { status: 'pending', value: null },
    type: 'bank_account',
  } satisfies Stripe.Payout;
  world.store.add('payouts', row, owner);
  emit(world, 'payout.created', row);
  schedule(world, arrival * 1000, 'payout_arrives', id);
  return row;
}

/** A connected account is paid out a day after money has become available, unless that is switched off. */
export function schedulePayout(world: World, owner: string, availableOn: number): void {
  if (!world.settings.automaticPayouts || owner === platformId) return;
  if (!isScheduled(world, 'automatic_payout', owner)) {
    schedule(world, availableOn * 1000 + dayMs, 'automatic_payout', owner);
  }
}

export function payOutEverything(world: World, owner: string): void {
  for (const currency of currenciesOf(world, owner)) {
    const { available: amount, pending } = balanceOf(world, owner, currency);
    if (amount > 0) noteContents(world, addPayout(world, { owner, amount, currency, isAutomatic: true }));
    if (pending > 0) schedulePayout(world, owner, world.clock.seconds() + dayMs / 1000);
  }
}

/** Everything of this currency that had become available and was not carried by an earlier one. */
function noteContents(world: World, { id: payout, currency }: Stripe.Payout): void {
  const owner = world.store.ownerOf(payout);
  const now = world.clock.seconds();
  for (const row of world.store.all('balance_transactions')) {
    const isItsOwn = row.source === payout;
    const isOther = world.store.ownerOf(row.id) !== owner || row.currency !== currency;
    if (isOther || row.available_on > now || (row.type === 'payout' && !isItsOwn)) continue;
    if (!world.store.get('paid_out', `out_${row.id}`))
      world.store.add('paid_out', { id: `out_${row.id}`, payout });
  }
}

export function arrivePayout(world: World, payoutId: string): void {
  if (world.store.get('payouts', payoutId)?.status !== 'pending') return;
  const row = world.store.change('payouts', payoutId, {
    status: 'paid',
    trace_id: { status: 'supported', value: payoutId },
  });
  emit(world, 'payout.paid', row, { previous: { status: 'pending' } });
}

/** The bank refuses it, be it after it was said to have arrived: the money is back in the balance. */
export function failPayout(world: World, payoutId: string, code = 'account_closed'): Stripe.Payout {
  const before = world.store.get('payouts', payoutId);
  if (!before) throw missing('payout', payoutId);
  if (!['pending', 'paid'].includes(before.status)) throw invalid(`This payout is ${before.status}.`);
  const back = move(world, {
    owner: world.store.ownerOf(payoutId),
    type: 'payout_failure',
    reportingCategory: 'payout_reversal',
    amount: before.amount,
    currency: before.currency,
    source: payoutId,
    description: 'STRIPE PAYOUT FAILURE',
  });
  const row = world.store.change('payouts', payoutId, {
    status: 'failed',
    failure_code: code,
    failure_message: 'The bank did not accept the payout.',
    failure_balance_transaction: back.id,
  });
  emit(world, 'payout.failed', row, { previous: { status: before.status } });
  return row;
}

function cancelPayout(call: Call<Stripe.PayoutCancelParams>): Stripe.Payout {
  const { world } = call;
  const before = find(call, 'payouts', call.path['id'] ?? '', 'payout');
  if (before.status !== 'pending') {
    throw invalid(`Payouts can only be canceled while they are pending; this one is ${before.status}.`);
  }
  const back = move(world, {
    owner: call.account,
    type: 'payout_cancel',
    reportingCategory: 'payout_reversal',
    amount: before.amount,
    currency: before.currency,
    source: before.id,
  });
  const row = world.store.change('payouts', before.id, {
    status: 'canceled',
    failure_balance_transaction: back.id,
  });
  emit(world, 'payout.canceled', row, { previous: { status: 'pending' } });
  return row;
}

/** Money from the operator's bank into the balance. */
export function addTopup(
  world: World,
  { amount, currency, ...params }: Stripe.TopupCreateParams,
  days: number = world.settings.topupDays,
): Stripe.Topup {
  if (amount < 1) throw invalid('Invalid positive integer', { param: 'amount' });
  const arrives = availableAfter(world, days);
  const row = {
    id: world.store.newId('tu'),
    object: 'topup',
    amount,
    balance_transaction: null,
    created: world.clock.seconds(),
    currency: currency.toLowerCase(),
    description: params.description ?? null,
    expected_availability_date: arrives,
    failure_code: null,
    failure_message: null,
    initiated_by: 'user',
    livemode: false,
    metadata: mergeMetadata(null, params.metadata),
    source: null,
    statement_descriptor: params.statement_descriptor ?? null,
    status: 'pending',
    transfer_group: params.transfer_group ?? null,
  } satisfies Stripe.Topup;
  world.store.add('topups', row);
  emit(world, 'topup.created', row);
  if (days > 0) {
    schedule(world, arrives * 1000, 'topup_arrives', row.id);
    return row;
  }
  return arriveTopup(world, row.id);
}

export function arriveTopup(world: World, topupId: string): Stripe.Topup {
  const before = world.store.get('topups', topupId);
  if (!before) throw missing('topup', topupId);
  const into = move(world, {
    owner: platformId,
    type: 'topup',
    amount: before.amount,
    currency: before.currency,
    source: topupId,
    description: before.description,
  });
  const row = world.store.change('topups', topupId, { status: 'succeeded', balance_transaction: into.id });
  emit(world, 'topup.succeeded', row, { previous: { status: 'pending' } });
  return row;
}

function createPayout({ world, params, account }: Call<Stripe.PayoutCreateParams>): Stripe.Payout {
  const { amount, currency } = params;
  const terms = { owner: account, amount, currency: currency.toLowerCase(), isAutomatic: false, params };
  return addPayout(world, terms);
}

function listPayouts(call: Call<Stripe.PayoutListParams>) {
  const { status } = call.params;
  return listOf(call, 'payouts', '/v1/payouts', (row) => status === undefined || row.status === status);
}

export const payoutRoutes: readonly Route[] = [
  route('POST', '/v1/payouts', schemas.payouts['create'], createPayout),
  route('GET', '/v1/payouts', schemas.payouts['list'], listPayouts),
  route('GET', '/v1/payouts/:id', null, (call) => find(call, 'payouts', call.path['id'] ?? '', 'payout')),
  route('POST', '/v1/payouts/:id/cancel', schemas.payouts['cancel'], cancelPayout),
  route<Stripe.TopupCreateParams>('POST', '/v1/topups', schemas.payouts['topup'], ({ world, params }) =>
    addTopup(world, params),
  ),
  route<Stripe.TopupListParams>('GET', '/v1/topups', schemas.payouts['topups'], (call) =>
    listOf(call, 'topups', '/v1/topups', ({ status }) => (call.params.status ?? status) === status),
  ),
  route('GET', '/v1/topups/:id', null, (call) => find(call, 'topups', call.path['id'] ?? '', 'topup')),
];
