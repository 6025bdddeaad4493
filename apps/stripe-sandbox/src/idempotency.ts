import { createHash } from 'node:crypto';
import { dayMs } from './clock.js';
import { Failure, invalid } from './failure.js';
import { type IdempotencyRow } from './tables.js';
import { type World } from './world.js';

/** A request as its key stands for it. */
export interface KeyedRequest {
  readonly key: string;
  readonly account: string;
  readonly method: string;
  readonly path: string;
  readonly params: unknown;
  readonly api: 'v1' | 'v2';
}

const longestKey = 255;
const keptDays = { v1: 1, v2: 30 };

/** Keys of requests that are being executed: a second one is told to wait. */
const inUse = new WeakMap<World, Set<string>>();

function rowId({ account, key }: Pick<KeyedRequest, 'account' | 'key'>): string {
  return `${account} ${key}`;
}

function fingerprintOf({ method, path, params }: KeyedRequest): string {
  return createHash('sha256')
    .update(`${method} ${path} ${canonical(params)}`)
    .digest('hex');
}

// The order of parameters does not matter.
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(',')}}`;
}

/** The stored answer for this key; throws when the key stands for something else or is being executed. */
export function storedAnswer(world: World, request: KeyedRequest): IdempotencyRow | undefined {
  const { key, path } = request;
  if (key.length > longestKey) {
    throw invalid(`Idempotency keys must be at most ${longestKey} characters long.`);
  }
  prune(world);
  if (inUse.get(world)?.has(rowId(request))) {
    throw new Failure(409, {
      type: 'idempotency_error',
      code: 'idempotency_key_in_use',
      message: `There is currently another in-progress request using this Stripe-Idempotent-Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`,
    });
  }
  const row = world.store.get('idempotency', rowId(request));
  if (!row) return undefined;
  if (row.endpoint !== path) {
    throw mismatch(
      `Keys for idempotent requests can only be used for the same endpoint they were first used for ('${path}' vs '${row.endpoint}'). Try using a key other than '${key}' if you meant to execute a different request.`,
    );
  }
  if (row.fingerprint !== fingerprintOf(request)) {
    throw mismatch(
      `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
    );
  }
  return row;
}

function mismatch(message: string): Failure {
  return new Failure(400, { type: 'idempotency_error', message });
}

/** Marks a key as being executed until the answer is there. */
export function claim(world: World, request: KeyedRequest): () => void {
  const keys = inUse.get(world) ?? new Set();
  inUse.set(world, keys);
  keys.add(rowId(request));
  return () => keys.delete(rowId(request));
}

/**
 * Keeps an answer for a day: in v1 whatever it is, once execution had begun; in v2 (for thirty days) only a
 * success, since v2 tries again what had failed.
 */
export function keepAnswer(
  world: World,
  request: KeyedRequest,
  answer: { readonly status: number; readonly body: string; readonly requestId: string },
): void {
  if (request.api === 'v2' && answer.status >= 400) return;
  const id = rowId(request);
  // Pruning looks at the oldest first.
  if (world.store.get('idempotency', id)) world.store.remove('idempotency', id);
  world.store.add('idempotency', {
    id,
    fingerprint: fingerprintOf(request),
    endpoint: request.path,
    createdAtMs: world.clock.nowMs(),
    ...answer,
  });
}

function prune(world: World): void {
  const now = world.clock.nowMs();
  for (const row of world.store.values('idempotency')) {
    const days = row.endpoint.startsWith('/v2/') ? keptDays.v2 : keptDays.v1;
    if (row.createdAtMs + days * dayMs <= now) world.store.remove('idempotency', row.id);
    else if (days === keptDays.v1) return;
  }
}

/** Forgets a key, or all of them, before their time. */
export function forgetKeys(world: World, key?: string): number {
  const rows = world.store.all('idempotency').filter(({ id }) => key === undefined || id.endsWith(` ${key}`));
  for (const { id } of rows) world.store.remove('idempotency', id);
  return rows.length;
}
