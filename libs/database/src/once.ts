import { done, type Outcome, refuse, refusal } from '#outcome';
import { hashOf } from './hash.js';
import type { Transaction } from './unit-of-work.js';

export interface OnceRequest {
  /** Whose name space the key lies in. */
  readonly organizationId: string;
  readonly key: string;
  /** Name of the act; the same key for another act is a reuse. */
  readonly operation: string;
  readonly input: unknown;
  readonly now: Date;
}

/**
 * Does an act once per idempotency key. The first caller's row blocks every other one with the same key until it
 * commits; they then get the stored result with `replayed: true`. A refused or failed act leaves no trace, so its
 * key can be used again. Refuses IDEMPOTENCY_KEY_REUSED for other input and INVALID_VALUE for an unusable key.
 *
 * `Result` is plain JSON: ids of what was made or changed, from which the caller reads the answer again.
 */
export async function once<Result extends object>(
  tx: Transaction,
  request: OnceRequest,
  act: () => Promise<Outcome<Result>>,
): Promise<Outcome<Result & { readonly replayed: boolean }>> {
  const { organizationId, key, operation, input, now } = request;
  if (!/^[\x21-\x7e]{1,200}$/.test(key)) {
    return refuse('INVALID_VALUE', {
      field: ['input', 'idempotencyKey'],
      message: 'The idempotency key must be 1 to 200 visible ASCII characters, without spaces.',
    });
  }
  const inputHash = hashOf({ operation, input });
  const inserted = await tx.query(
    `insert into idempotency_keys (organization_id, key, operation, input_hash, created_at)
     values ($1, $2, $3, $4, $5) on conflict do nothing returning key`,
    [organizationId, key, operation, inputHash, now],
  );
  if (inserted.length === 0) {
    const [earlier] = await tx.query<{ input_hash: Buffer; result: Result }>(
      'select input_hash, result from idempotency_keys where organization_id = $1 and key = $2',
      [organizationId, key],
    );
    if (!earlier || !earlier.input_hash.equals(inputHash)) {
      return {
        ok: false,
        refusals: [refusal('IDEMPOTENCY_KEY_REUSED', { field: ['input', 'idempotencyKey'] })],
      };
    }
    return done({ ...earlier.result, replayed: true });
  }
  const outcome = await act();
  if (!outcome.ok) return outcome;
  await tx.query('update idempotency_keys set result = $3 where organization_id = $1 and key = $2', [
    organizationId,
    key,
    JSON.stringify(outcome.value),
  ]);
  return done({ ...outcome.value, replayed: false });
}

/** Forgets keys older than thirty days, at most `limit` of them; returns how many. */
export async function pruneIdempotencyKeys(tx: Transaction, now: Date, limit = 10_000): Promise<number> {
  const rows = await tx.query(
    `delete from idempotency_keys where (organization_id, key) in (
       select organization_id, key from idempotency_keys
       where created_at < $1::timestamptz - interval '30 days' limit $2) returning 1`,
    [now, limit],
  );
  return rows.length;
}
