import type { Stripe } from 'stripe';
import { dayMs } from './clock.js';
import { invalid } from './failure.js';
import { schemas } from './schemas.js';
import { listOf } from './lists.js';
import { type Store } from './store.js';
import { find, route, type Call, type Route, type World } from './world.js';

/** One movement of an account's balance; `amount` and `fee` in minor units, `net` is their difference. */
export interface Movement {
  readonly owner: string;
  readonly type: Stripe.BalanceTransaction['type'];
  readonly amount: number;
  readonly fee?: number;
  readonly feeDescription?: string;
  readonly currency: string;
  readonly source: string;
  /** Seconds; now, unless told. */
  readonly availableOn?: number;
  readonly description?: string | null;
  readonly reportingCategory?: string;
}

interface Sums {
  epoch: number;
  readonly byAccount: Map<string, { total: number; pending: { at: number; net: number }[] }>;
}

const sums = new WeakMap<Store, Sums>();

/** Every change of a balance goes through here, once: Σ net is the balance. */
export function move(world: World, movement: Movement): Stripe.BalanceTransaction {
  const { owner, type, amount, currency, source, fee = 0 } = movement;
  const now = world.clock.seconds();
  const row = {
    id: world.store.newId('txn'),
    object: 'balance_transaction',
    amount,
    available_on: movement.availableOn ?? now,
    balance_type: 'payments',
    created: now,
    currency,
    description: movement.description ?? null,
    exchange_rate: null,
    fee,
    fee_details:
      fee === 0
        ? []
        : [
            {
              amount: fee,
              application: null,
              currency,
              description: movement.feeDescription ?? 'Stripe processing fees',
              type: 'stripe_fee',
            },
          ],
    net: amount - fee,
    reporting_category: movement.reportingCategory ?? type,
    source,
    status: 'pending',
    type,
  } satisfies Stripe.BalanceTransaction;
  const known = sumsOf(world.store);
  world.store.add('balance_transactions', row, owner);
  addTo(known, owner, row);
  return row;
}

/** What is there and what will be, in minor units. */
export function balanceOf(
  world: World,
  owner: string,
  currency: string,
): { readonly available: number; readonly pending: number } {
  const sum = sumsOf(world.store).byAccount.get(`${owner} ${currency}`);
  if (!sum) return { available: 0, pending: 0 };
  const now = world.clock.seconds();
  const pending = sum.pending.reduce((total, { at, net }) => (at > now ? total + net : total), 0);
  return { available: sum.total - pending, pending };
}

export function currenciesOf(world: World, owner: string): readonly string[] {
  const own = [...sumsOf(world.store).byAccount.keys()].filter((key) => key.startsWith(`${owner} `));
  return own.map((key) => key.slice(owner.length + 1)).toSorted();
}

/** Midnight in UTC that many days from now, as Stripe makes money available, in seconds; 0 days is now. */
export function availableAfter(world: World, days: number): number {
  if (days === 0) return world.clock.seconds();
  return Math.floor((world.clock.nowMs() + days * dayMs) / dayMs) * (dayMs / 1000);
}

function sumsOf(store: Store): Sums {
  const known = sums.get(store);
  if (known?.epoch === store.epoch) return known;
  const fresh: Sums = { epoch: store.epoch, byAccount: new Map() };
  for (const row of store.all('balance_transactions')) addTo(fresh, store.ownerOf(row.id), row);
  sums.set(store, fresh);
  return fresh;
}

function addTo({ byAccount }: Sums, owner: string, row: Stripe.BalanceTransaction): void {
  const key = `${owner} ${row.currency}`;
  const sum = byAccount.get(key) ?? { total: 0, pending: [] };
  byAccount.set(key, sum);
  sum.total += row.net;
  if (row.available_on > row.created) sum.pending.push({ at: row.available_on, net: row.net });
}

function retrieveBalance({ world, account }: Call<object>): Stripe.Balance {
  const known = currenciesOf(world, account);
  const currencies = known.length > 0 ? known : [world.store.get('accounts', account)?.currency ?? 'usd'];
  const amounts = (which: 'available' | 'pending') =>
    currencies.map((currency) => {
      const amount = balanceOf(world, account, currency)[which];
      return { amount, currency, source_types: { card: amount } };
    });
  return {
    object: 'balance',
    available: amounts('available'),
    livemode: false,
    pending: amounts('pending'),
  } satisfies Stripe.Balance;
}

/** Stripe only knows what those payouts carry that it made by itself. */
function checkPayout(call: Call<object>, payoutId: string | undefined): void {
  if (payoutId === undefined) return;
  if (find(call, 'payouts', payoutId, 'payout').automatic) return;
  throw invalid('Balance transaction history can only be filtered on automatic payouts, not manual.', {
    param: 'payout',
  });
}

function listTransactions(call: Call<Stripe.BalanceTransactionListParams>) {
  const { currency, payout, source, type } = call.params;
  checkPayout(call, payout);
  return listOf(call, 'balance_transactions', '/v1/balance_transactions', (row) =>
    Boolean(
      (!currency || row.currency === currency) &&
      (!source || row.source === source) &&
      (!type || row.type === type) &&
      (!payout || call.world.store.get('paid_out', `out_${row.id}`)?.payout === payout),
    ),
  );
}

export const balanceRoutes: readonly Route[] = [
  route('GET', '/v1/balance', null, retrieveBalance),
  route('GET', '/v1/balance_transactions', schemas.balance['transactions'], listTransactions),
  route('GET', '/v1/balance_transactions/:id', null, (call) =>
    find(call, 'balance_transactions', call.path['id'] ?? '', 'balance_transaction'),
  ),
];
