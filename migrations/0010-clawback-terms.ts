// Why: once money moves, both sides must have agreed how it comes back, and a buyer without credit must get no leads.
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How paid money is taken back, as a term; and the block of contracts whose buyer's balance is used up. */
export class ClawbackTerms1760000000010 implements MigrationInterface {
  name = 'ClawbackTerms1760000000010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '1s'`);
    await runner.query(`
      -- The default is what every version written so far means.
      alter table contract_versions add column clawback_method text not null default 'NETTING'
        constraint contract_versions_clawback_method_check check (
          clawback_method in ('NETTING', 'TRANSFER_REVERSAL'));

      -- Since when the buyer's balance is used up; read by intake with the state, so kept here and not with the buyer.
      alter table contracts add column credit_blocked_at timestamptz;
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward');
  }
}
