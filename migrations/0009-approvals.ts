// Why: large sums need two people, and a limit that splitting does not get around needs to know what was approved before.
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { refuseChanges } from './0003-ledger.js';

/** Who approved what, for how much, and what each person may approve in a day. */
export class Approvals1760000000009 implements MigrationInterface {
  name = 'Approvals1760000000009';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '1s'`);
    await runner.query(`
      create table approvals (
        -- The agency's id, or the operator's for money of its own.
        book_id uuid not null constraint approvals_book_fkey references organizations (id),
        id uuid not null,
        -- What was approved, as type:id.
        subject text not null constraint approvals_subject_check check (char_length(subject) between 3 and 200),
        -- Which submission of it: what is rejected and submitted again starts anew.
        round integer not null constraint approvals_round_check check (round > 0),
        -- A person: four eyes are those of two people.
        actor text not null constraint approvals_actor_check check (actor like 'user:%'),
        -- Absolute: to credit a sum takes the same people as to bill it.
        amount_minor bigint not null constraint approvals_amount_check check (amount_minor >= 0),
        currency char(3) not null,
        content_hash text not null,
        -- How many people it took by what was known then. What one person alone approved is limited in sum.
        needed smallint not null constraint approvals_needed_check check (needed in (1, 2)),
        approved_at timestamptz not null,
        constraint approvals_pkey primary key (book_id, id),
        constraint approvals_once_key unique (book_id, subject, round, actor)
      );
      create index approvals_window on approvals (book_id, currency, approved_at);
      create index approvals_of_person on approvals (actor, currency, approved_at);

      create table approval_limits (
        user_id uuid not null constraint approval_limits_user_fkey references users (id),
        currency char(3) not null,
        limit_minor bigint not null constraint approval_limits_limit_check check (limit_minor > 0),
        constraint approval_limits_pkey primary key (user_id, currency)
      );

      alter table settlements add column first_approved_by text, add column approvals_needed smallint;
      -- Until now one approval was enough, whatever the sum.
      update settlements set approvals_needed = 1 where approved_by is not null;
      insert into approvals (book_id, id, subject, round, actor, amount_minor, currency, content_hash, needed, approved_at)
      select s.agency_id, s.id, 'settlement:' || s.id, e.version - 1, s.approved_by, abs(s.agency_minor + s.fee_minor),
        s.currency, s.content_hash, 1, s.approved_at
      from settlements s join settlement_events e
        on e.agency_id = s.agency_id and e.settlement_id = s.id and e.to_state = 'APPROVED';
      alter table settlements
        add constraint settlements_approvals_check check (
          (approvals_needed is null) = (approved_by is null) and approvals_needed in (1, 2)),
        -- Four eyes, whatever the program does: the first of two approvers is neither the last nor who made it.
        add constraint settlements_first_approver_check check (
          coalesce(approvals_needed = 2, false) = (first_approved_by is not null)
            and first_approved_by <> approved_by and first_approved_by <> prepared_by
            and first_approved_by <> submitted_by);
    `);
    await refuseChanges(runner, 'approvals');
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward');
  }
}
