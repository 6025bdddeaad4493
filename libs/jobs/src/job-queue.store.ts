import type { Transaction } from '#database';
import { checkPayload, type JobPayload } from './task-table.js';

export interface EnqueueOptions {
  /** A job of the same key that has not begun is replaced: at most one is waiting. */
  readonly key?: string;
  /** Real time, not the sandbox clock's. Without it the job may begin when the transaction has committed. */
  readonly runAt?: Date;
}

/**
 * Adds a job in the caller's transaction: it exists exactly if that commits. Retried up to 25 times with growing
 * pauses. Not for the hot path: twelve inserts cost as much as one call. Throws when the payload holds more than ids.
 */
export async function enqueue(
  tx: Transaction,
  task: string,
  payload: JobPayload,
  options: EnqueueOptions = {},
): Promise<void> {
  checkPayload(payload);
  await tx.query(
    'select 1 from graphile_worker.add_job($1::text, payload := $2::json, run_at := $3::timestamptz, job_key := $4::text)',
    [task, JSON.stringify(payload), options.runAt ?? null, options.key ?? null],
  );
}
