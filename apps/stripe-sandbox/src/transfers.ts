import type { Stripe } from 'stripe';
import { balanceOf, move } from './balance.js';
import { schedulePayout } from './payouts.js';
import { emit } from './events.js';
import { invalid, missing, missingParam } from './failure.js';
import { listOf, pageOf } from './lists.js';
import { reversalsOf } from './present.js';
import { schemas } from './schemas.js';
import { type ConnectedAccount } from './tables.js';
import { find, idOf, mergeMetadata, route, type Call, type Route, type World } from './world.js';

/** The charge that a transfer is taken from, checked. */
function sourceOf({ world, params, account }: Call<Stripe.TransferCreateParams>): Stripe.Charge | undefined {
  const id = params.source_transaction;
  if (id === undefined) return undefined;
  const charge = world.store.get('charges', id);
  if (!charge || world.store.ownerOf(id) !== account) {
    throw missingParam('charge', id, 'source_transaction');
  }
  if (charge.status !== 'succeeded' || charge.balance_transaction === null) {
    throw invalid(`The charge ${id} has not succeeded; the sandbox transfers from paid charges only.`, {
      param: 'source_transaction',
    });
  }
  if (charge.currency !== params.currency.toLowerCase()) {
    throw invalid(
      `The currency of source_transaction's balance transaction (${charge.currency}) must be the same as the transfer currency (${params.currency})`,
      { param: 'currency' },
    );
  }
  return charge;
}

function checkSourceAmount(world: World, charge: Stripe.Charge, amount: number): void {
  let used = 0;
  for (const row of world.store.values('transfers')) {
    if (row.source_transaction === charge.id) used += row.amount - row.amount_reversed;
  }
  if (used + amount > charge.amount) {
    throw invalid(
      `Transfers using this transaction as a source must not exceed the source amount of ${charge.amount}. (There are already transfers using this source, amounting to ${used}.)`,
      { param: 'amount' },
    );
  }
}

function destinationOf(world: World, id: string): ConnectedAccount {
  const account = world.store.get('accounts', id);
  if (!account || account.isClosed) throw missingParam('destination', id, 'destination');
  if (account.transfers !== 'active') {
    throw invalid(
      'Your destination account needs to have at least one of the following capabilities enabled: transfers, crypto_transfers, legacy_payments',
      { code: 'insufficient_capabilities_for_transfer', param: 'destination' },
    );
  }
  return account;
}

function create(call: Call<Stripe.TransferCreateParams>): Stripe.Transfer {
  const { world, params, account } = call;
  const currency = params.currency.toLowerCase();
  if (!/^[a-z]{3}$/.test(currency)) {
    throw invalid(`Invalid currency: ${currency}.`, { param: 'currency' });
  }
  if (params.amount === undefined) {
    throw invalid('Missing required param: amount.', { param: 'amount', code: 'parameter_missing' });
  }
  if (params.amount < 1) {
    throw invalid('This value must be greater than or equal to 1.', {
      param: 'amount',
      code: 'parameter_invalid_integer',
    });
  }
  const destination = destinationOf(world, params.destination);
  const charge = sourceOf(call);
  if (charge) checkSourceAmount(world, charge, params.amount);
  else if (balanceOf(world, account, currency).available < params.amount) {
    throw invalid(
      'You have insufficient available funds in your Stripe account. Try adding funds directly to your available balance by creating Charges using the 4000000000000077 test card.',
      { code: 'balance_insufficient' },
    );
  }
  return addTransfer(call, destination, charge, { amount: params.amount, currency });
}

function addTransfer(
  { world, params, account }: Call<Stripe.TransferCreateParams>,
  destination: ConnectedAccount,
  charge: Stripe.Charge | undefined,
  { amount, currency }: { amount: number; currency: string },
): Stripe.Transfer {
  const id = world.store.newId('tr');
  const funds = charge && world.store.get('balance_transactions', idOf(charge.balance_transaction) ?? '');
  // Money that is taken from one charge becomes available when that charge does.
  const availableOn = Math.max(world.clock.seconds(), funds?.available_on ?? 0);
  const description = params.description ?? null;
  const common = { amount, currency, availableOn, description };
  const out = move(world, {
    ...common,
    owner: account,
    type: 'transfer',
    amount: -amount,
    source: id,
  });
  const payment = addDestinationPayment(world, destination.id, id, common);
  const group = params.transfer_group ?? charge?.transfer_group ?? (charge && `group_${charge.id}`) ?? null;
  const row = {
    id,
    object: 'transfer',
    amount,
    amount_reversed: 0,
    balance_transaction: out.id,
    created: world.clock.seconds(),
    currency,
    description,
    destination: destination.id,
    destination_payment: payment.id,
    livemode: false,
    metadata: mergeMetadata(null, params.metadata),
    reversals: { object: 'list', data: [], has_more: false, url: `/v1/transfers/${id}/reversals` },
    reversed: false,
    source_transaction: charge?.id ?? null,
    source_type: params.source_type ?? 'card',
    transfer_group: group,
  } satisfies Stripe.Transfer;
  world.store.add('transfers', row, account);
  emit(world, 'transfer.created', row);
  emit(world, 'payment.created', payment, { owner: destination.id });
  schedulePayout(world, destination.id, availableOn);
  return row;
}

/** How the transfer looks on the other side. */
function addDestinationPayment(
  world: World,
  owner: string,
  transferId: string,
  details: { amount: number; currency: string; availableOn: number; description: string | null },
): Stripe.Charge {
  const id = world.store.newId('py');
  const into = move(world, { ...details, owner, type: 'payment', source: id });
  // A charge of which only what a reader of transfers sees is filled in.
  const payment = {
    id,
    object: 'charge',
    amount: details.amount,
    amount_captured: details.amount,
    amount_refunded: 0,
    balance_transaction: into.id,
    captured: true,
    created: world.clock.seconds(),
    currency: details.currency,
    description: details.description,
    disputed: false,
    livemode: false,
    metadata: {},
    paid: true,
    refunded: false,
    source_transfer: transferId,
    status: 'succeeded',
  } as unknown as Stripe.Charge;
  return world.store.add('charges', payment, owner);
}

function reverse(call: Call<Stripe.TransferCreateReversalParams>): Stripe.TransferReversal {
  const { world, params } = call;
  const transfer = find(call, 'transfers', call.path['id'] ?? '', 'transfer');
  const left = transfer.amount - transfer.amount_reversed;
  if (left === 0) {
    throw invalid(`Transfer ${transfer.id} has already been fully reversed.`, {
      code: 'transfer_already_reversed',
    });
  }
  const amount = params.amount ?? left;
  if (amount < 1) throw invalid('Invalid positive integer', { param: 'amount' });
  if (amount > left) {
    throw invalid(`Reversal amount (${amount}) is greater than unreversed amount on transfer (${left})`, {
      param: 'amount',
    });
  }
  const destination = idOf(transfer.destination) ?? '';
  const { available, pending } = balanceOf(world, destination, transfer.currency);
  if (!world.settings.connectedReserves && available + pending < amount) {
    throw invalid(
      'The connected account has insufficient funds for this reversal. You can use the /v1/balance endpoint to view its balance.',
      { code: 'balance_insufficient' },
    );
  }
  return addReversal(call, transfer, destination, amount);
}

function addReversal(
  { world, params, account }: Call<Stripe.TransferCreateReversalParams>,
  transfer: Stripe.Transfer,
  destination: string,
  amount: number,
): Stripe.TransferReversal {
  const id = world.store.newId('trr');
  const refundId = world.store.newId('pyr');
  const { currency } = transfer;
  // What has not become available yet goes back as it came.
  const sent = world.store.get('balance_transactions', idOf(transfer.balance_transaction) ?? '');
  const availableOn = Math.max(world.clock.seconds(), sent?.available_on ?? 0);
  const description = params.description ?? null;
  const back = move(world, {
    owner: account,
    type: 'transfer_refund',
    reportingCategory: 'transfer_reversal',
    amount,
    currency,
    source: id,
    availableOn,
    description,
  });
  move(world, {
    owner: destination,
    type: 'payment_refund',
    reportingCategory: 'refund',
    amount: -amount,
    currency,
    source: refundId,
    availableOn,
    description,
  });
  const row = {
    id,
    object: 'transfer_reversal',
    amount,
    balance_transaction: back.id,
    created: world.clock.seconds(),
    currency,
    destination_payment_refund: refundId,
    metadata: mergeMetadata(null, params.metadata),
    source_refund: null,
    transfer: transfer.id,
  } satisfies Stripe.TransferReversal;
  world.store.add('reversals', row, account);
  const reversed = transfer.amount_reversed + amount;
  const changed = world.store.change('transfers', transfer.id, {
    amount_reversed: reversed,
    reversed: reversed === transfer.amount,
  });
  emit(world, 'transfer.reversed', changed, { previous: { amount_reversed: transfer.amount_reversed } });
  return row;
}

function list(call: Call<Stripe.TransferListParams>) {
  const { destination, transfer_group: group } = call.params;
  return listOf(
    call,
    'transfers',
    '/v1/transfers',
    (row) =>
      (destination === undefined || row.destination === destination) &&
      (group === undefined || row.transfer_group === group),
  );
}

function update(call: Call<Stripe.TransferUpdateParams>): Stripe.Transfer {
  const before = find(call, 'transfers', call.path['id'] ?? '', 'transfer');
  const { description, metadata } = call.params;
  const row = call.world.store.change('transfers', before.id, {
    ...(description !== undefined && { description }),
    ...(metadata !== undefined && { metadata: mergeMetadata(before.metadata, metadata) }),
  });
  emit(call.world, 'transfer.updated', row);
  return row;
}

function reversalOf(call: Call<object>): Stripe.TransferReversal {
  const row = find(call, 'reversals', call.path['reversal'] ?? '', 'transfer reversal');
  if (row.transfer !== call.path['id']) throw missing('transfer reversal', row.id);
  return row;
}

export const transferRoutes: readonly Route[] = [
  route('POST', '/v1/transfers', schemas.transfers['create'], create),
  route('GET', '/v1/transfers', schemas.transfers['list'], list),
  route('GET', '/v1/transfers/:id', null, (call) =>
    find(call, 'transfers', call.path['id'] ?? '', 'transfer'),
  ),
  route('POST', '/v1/transfers/:id', schemas.transfers['update'], update),
  route('POST', '/v1/transfers/:id/reversals', schemas.transfers['reverse'], reverse),
  route<Stripe.TransferListReversalsParams>(
    'GET',
    '/v1/transfers/:id/reversals',
    schemas.transfers['reversals'],
    (call) => {
      const transfer = find(call, 'transfers', call.path['id'] ?? '', 'transfer');
      const rows = reversalsOf(call.world, transfer.id).toReversed();
      return pageOf(rows, call.params, `/v1/transfers/${transfer.id}/reversals`);
    },
  ),
  route('GET', '/v1/transfers/:id/reversals/:reversal', null, reversalOf),
];
