// Why: a buyer's limit holds for every single lead, so what is left of it is known where leads are sold, and counted there.
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What buyers with a limit may still be charged. */
export class CreditRooms1760000000026 implements MigrationInterface {
  name = 'CreditRooms1760000000026';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '1s'`);
    await runner.query(`
      -- A buyer that has a row in any currency is limited in all of them.
      create table credit_rooms (
        buyer_id uuid not null constraint credit_rooms_buyer_fkey references organizations (id),
        currency char(3) not null,
        -- Below zero: it owes more than it may, by commissions or a limit that was lowered.
        room_minor bigint not null,
        constraint credit_rooms_pkey primary key (buyer_id, currency)
      ) with (fillfactor = 50);
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward');
  }
}
