import { balanceOf } from './balance.js';
import { platformId } from './tables.js';
import { idOf, type World } from './world.js';

/** What an account's balance must be, drawn from its objects and not from its balance transactions. */
function expectedBalances(world: World): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  const { store } = world;
  const add = (owner: string, currency: string, amount: number): void => {
    const key = `${owner} ${currency}`;
    sums.set(key, (sums.get(key) ?? 0) + amount);
  };
  for (const charge of store.values('charges')) {
    const transaction = store.get('balance_transactions', idOf(charge.balance_transaction) ?? '');
    if (!transaction) continue;
    const turnedBack = store.get('balance_transactions', idOf(charge.failure_balance_transaction) ?? '');
    add(store.ownerOf(charge.id), charge.currency, charge.amount - transaction.fee + (turnedBack?.net ?? 0));
  }
  for (const refund of store.values('refunds')) {
    const isLive = refund.status !== 'failed' && refund.status !== 'canceled';
    if (isLive) add(store.ownerOf(refund.id), refund.currency, -refund.amount);
  }
  for (const dispute of store.values('disputes')) {
    const fee = dispute.balance_transactions[0]?.fee ?? 0;
    const isTaken = dispute.balance_transactions.length > 0 && dispute.status !== 'won';
    const taken = isTaken ? dispute.amount : 0;
    add(store.ownerOf(dispute.id), dispute.currency, -taken - fee);
  }
  for (const transfer of store.values('transfers')) {
    add(platformId, transfer.currency, -transfer.amount + transfer.amount_reversed);
    add(idOf(transfer.destination) ?? '', transfer.currency, -transfer.amount_reversed);
  }
  for (const payout of store.values('payouts')) {
    const isLive = payout.status === 'pending' || payout.status === 'paid';
    if (isLive) add(store.ownerOf(payout.id), payout.currency, -payout.amount);
  }
  for (const topup of store.values('topups')) {
    if (topup.status === 'succeeded') add(platformId, topup.currency, topup.amount);
  }
  return sums;
}

/** What does not add up: empty when every object and every balance transaction agree. */
export function problemsOf(world: World): readonly string[] {
  const { store } = world;
  const problems: string[] = [];
  const actual = new Map<string, number>();
  for (const row of store.values('balance_transactions')) {
    const key = `${store.ownerOf(row.id)} ${row.currency}`;
    actual.set(key, (actual.get(key) ?? 0) + row.net);
    if (row.net !== row.amount - row.fee) problems.push(`${row.id}: net is not amount less fee`);
  }
  const expected = expectedBalances(world);
  for (const key of new Set([...actual.keys(), ...expected.keys()])) {
    const [is = 0, should = 0] = [actual.get(key), expected.get(key)];
    const [owner = '', currency = ''] = key.split(' ');
    const { available, pending } = balanceOf(world, owner, currency);
    if (available + pending !== is)
      problems.push(`${key}: the balance is ${available} and ${pending}, not ${is}`);
    if (is !== should) problems.push(`${key}: balance transactions give ${is}, the objects ${should}`);
  }
  for (const { id, amount, amount_refunded: refunded } of store.values('charges')) {
    if (refunded < 0 || refunded > amount) problems.push(`${id}: refunded ${refunded} of ${amount}`);
  }
  for (const { id, amount, amount_reversed: reversed } of store.values('transfers')) {
    let sum = 0;
    for (const row of store.values('reversals')) if (row.transfer === id) sum += row.amount;
    if (sum !== reversed || reversed > amount)
      problems.push(`${id}: reversed ${reversed}/${sum} of ${amount}`);
  }
  return problems;
}
