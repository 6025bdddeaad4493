// Why: a plan that is made while a table is nearly empty reads all of it, and is kept while thousands of rows a minute come in.
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tables that get rows with each lead, or with what becomes of it. */
const growing = [
  'leads',
  'person_hashes',
  'consent_proofs',
  'routing_batches',
  'routing_decisions',
  'deliveries',
  'handovers',
  'delivery_attempts',
  'lead_offers',
  'lead_offer_contracts',
  'bids',
  'pings',
  'outcome_events',
  'journals',
  'postings',
  'charges',
  'events',
  'webhook_deliveries',
  'webhook_attempts',
  'audit_entries',
  'idempotency_keys',
];

/** Has the statements of every lead find their rows by index, whatever the planner has heard of the tables. */
export class GrowingTables1760000000032 implements MigrationInterface {
  name = 'GrowingTables1760000000032';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '1s'`);
    // PostgreSQL takes a table that it has never counted for one of some pages, and goes by its indexes. One that it counted
    // while it had sixty rows it reads from end to end, checks of foreign keys included, until it counts again a minute later.
    // So it counts when there are many; and then when they are half as many more, as each time every kept plan is made anew.
    for (const table of growing) {
      await runner.query(`alter table ${table} set (
        autovacuum_analyze_threshold = 10000, autovacuum_analyze_scale_factor = 0.5,
        autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_insert_threshold = 100000)`);
    }
    // By its first column nobody can look up one settlement: at the first of a month all of them have the same start, and the
    // planner, who has not heard of it, took that for the way to the one that gathers.
    await runner.query(`
      drop index settlements_period;
      create index settlements_period_end on settlements (period_end, period_start, schedule);
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward');
  }
}
