import { invalid } from './failure.js';
import { present } from './present.js';
import { type TableName } from './tables.js';
import { type World } from './world.js';

const deepest = 4;

/** id prefix → where such rows are. */
const tables: Readonly<Record<string, TableName>> = {
  ch: 'charges',
  cus: 'customers',
  du: 'disputes',
  in: 'invoices',
  mandate: 'mandates',
  pi: 'payment_intents',
  pm: 'payment_methods',
  po: 'payouts',
  py: 'charges',
  pyr: 'refunds',
  re: 'refunds',
  seti: 'setup_intents',
  tr: 'transfers',
  trr: 'reversals',
  tu: 'topups',
  txn: 'balance_transactions',
};

/** What an object may lack, and may be asked for all the same. */
const sometimesThere: ReadonlySet<string> = new Set(['failure_balance_transaction', 'destination_payment']);

/** An answer with ids replaced by what they name, along paths like `latest_charge.balance_transaction`. */
export function expanded(world: World, answer: unknown, paths: readonly string[]): unknown {
  let result = answer;
  for (const path of paths) {
    const parts = path.split('.');
    if (parts.length > deepest + (parts[0] === 'data' ? 1 : 0)) {
      throw invalid(`You cannot expand more than ${deepest} levels of a property. Property: ${path}`, {
        param: 'expand',
      });
    }
    result = along(world, result, parts, path);
  }
  return result;
}

function along(world: World, value: unknown, parts: readonly string[], path: string): unknown {
  const [part, ...rest] = parts;
  if (part === undefined) return value;
  if (typeof value !== 'object' || value === null) return value;
  if (!(part in value)) {
    if (sometimesThere.has(part)) return value;
    throw invalid(`This property cannot be expanded (${path}).`, { param: 'expand' });
  }
  const inner = (value as Record<string, unknown>)[part];
  if (Array.isArray(inner)) {
    return { ...value, [part]: inner.map((item) => along(world, entity(world, item), rest, path)) };
  }
  const found = entity(world, inner);
  if (found === inner && typeof inner === 'string') {
    throw invalid(`This property cannot be expanded (${path}).`, { param: 'expand' });
  }
  return { ...value, [part]: along(world, found, rest, path) };
}

function entity(world: World, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const table = tables[value.slice(0, value.indexOf('_'))];
  const row = table && world.store.get(table, value);
  return row ? present(world, row) : value;
}
