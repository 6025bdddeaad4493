// Why: what was taken from a statement after its approval is shown to both sides, with the operator's part, too; and a
// buyer's balance is filled up by the operator only when two people say so. Finance sees what nobody has
// prepared, and nobody asks the provider for ever about what nobody will finish.
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Indexes for all corrections of a statement and for statements that gather, and one more kind of decision that takes two people. */
export class AfterApproval1760000000014 implements MigrationInterface {
  name = 'AfterApproval1760000000014';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '1s'`);
    await runner.query(`
      drop index charges_corrections;
      create index charges_corrections on charges (agency_id, recorded_at) where after_approval;
      create index settlements_gathering on settlements (period_end, id) where state = 'OPEN';

      -- A setup that nobody finishes is not looked at for ever.
      alter table billing_profiles add column setup_begun_at timestamptz;

      alter table finance_requests drop constraint finance_requests_kind_check;
      alter table finance_requests add constraint finance_requests_kind_check check (
        kind in ('WRITE_OFF', 'CLAWBACK_WRITE_OFF', 'HOLD_OVERRIDE', 'OUT_OF_BAND_PAYMENT', 'REFUND', 'BOOK_MOVEMENT',
          'TOP_UP'));
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward');
  }
}
