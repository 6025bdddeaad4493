// Why: the same ping, sent ten times at once, asked the buyers ten times and had ten answers.
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who asks for a ping at this moment, whichever process it is. */
export class PingClaims1760000000031 implements MigrationInterface {
  name = 'PingClaims1760000000031';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '1s'`);
    await runner.query(`
      create table ping_claims (
        agency_id uuid not null constraint ping_claims_agency_fkey references organizations (id),
        -- A hash of the name of the ping and of what it tells.
        name bytea not null constraint ping_claims_name_check check (octet_length(name) = 32),
        token uuid not null,
        -- A process that dies leaves the name to the others then.
        expires_at timestamptz not null,
        constraint ping_claims_pkey primary key (agency_id, name)
      );
      create index ping_claims_expired on ping_claims (expires_at);
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward');
  }
}
