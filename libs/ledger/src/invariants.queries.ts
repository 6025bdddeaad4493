import type { Database } from '#database';
import type { LedgerInvariant } from './invariants.js';

export interface InvariantResult {
  readonly name: string;
  readonly title: string;
  readonly holds: boolean;
  readonly violations: number;
  /** The first of them, at most twenty, in order. */
  readonly examples: readonly string[];
}

/**
 * Checks the invariants one after the other in one snapshot, so that what is being booked meanwhile cannot look like
 * an error. Reads only. Several lists may use one name: each is a result of its own.
 */
export async function runInvariants(
  database: Database,
  list: readonly LedgerInvariant[],
): Promise<readonly InvariantResult[]> {
  const runner = database.dataSource.createQueryRunner();
  try {
    await runner.connect();
    await runner.startTransaction('REPEATABLE READ');
    try {
      await runner.query('set transaction read only');
      // These queries touch every posting once: compiling them costs more than it saves, and a bitmap would be sorted
      // anew for each chunk of a long statement.
      await runner.query('set local jit = off');
      await runner.query('set local enable_bitmapscan = off');
      const results: InvariantResult[] = [];
      for (const { name, title, sql } of list) {
        const [row] = await runner.manager.query<{ violations: string; examples: string[] }[]>(
          `with violation as materialized (${sql})
           select count(*) as violations,
             array(select violation::text from violation order by 1 limit 20) as examples from violation`,
        );
        const violations = Number(row?.violations);
        results.push({ name, title, holds: violations === 0, violations, examples: row?.examples ?? [] });
      }
      return results;
    } finally {
      await runner.rollbackTransaction();
    }
  } finally {
    await runner.release();
  }
}
