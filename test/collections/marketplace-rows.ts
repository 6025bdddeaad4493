/** The rows of a marketplace that money needs to move in. */
import type { LocalDate, Period } from '#calendar';
import { gather } from '#charges';
import { type Database, newId, type Transaction } from '#database';
import { agencyShareCorrected, postJournals, splitFromAgency } from '#ledger';
import { asCurrency } from '#money';
import type { Actor, Role } from '#organizations';
import { actorOf, type Charged, insertUser, valueOf } from '../settlements/open-book.js';

/** A statement that was approved, and a charge on it to correct. */
export interface Statement {
  readonly agencyId: string;
  readonly id: string;
  readonly charged: Charged;
  readonly periodStart: LocalDate;
  readonly agencyMinor: bigint;
}

/** An organization by itself. */
export async function insertOrganization(
  database: Database,
  { id, kind }: { readonly id: string; readonly kind: string },
): Promise<void> {
  await database.query(
    `insert into organizations (id, kind, name, created_at) values ($1, $2, 'Somebody', now())`,
    [id, kind],
  );
}

/** Somebody of the operator with that role. */
export async function person(database: Database, operatorId: string, role: Role): Promise<Actor> {
  const actor = actorOf('OPERATOR', operatorId, [role]);
  await insertUser(database, actor);
  return actor;
}

/** A contract in force, of a month's terms. */
export async function insertContract(
  database: Database,
  { agencyId, buyerId }: { readonly agencyId: string; readonly buyerId: string },
): Promise<string> {
  const id = newId();
  await database.query(
    `insert into contracts (agency_id, id, buyer_id, vertical, state, latest_version, in_force_version, created_at,
       changed_at) values ($1, $2, $3, 'roofing', 'ACTIVE', 1, 1, now(), now())`,
    [agencyId, id, buyerId],
  );
  await database.query(
    `insert into contract_versions (agency_id, contract_id, version, state, base_rate_minor, currency,
       commission_basis, commission_rate_ppm, commission_trigger, time_zone, settlement_schedule, return_window_days,
       attribution_window_days, hold_days, clawback_window_days, outcome_sla_days, platform_fee_rate_ppm,
       proposed_by_organization_id, proposed_by, proposed_at, effective_from)
     values ($1, $2, 1, 'IN_FORCE', 1000, 'USD', 'PER_DEAL', 200000, 'CONVERTED', 'UTC', 'DAILY', 7, 90, 14, 90, 30,
       50000, $1, 'user:somebody', now(), now())`,
    [agencyId, id],
  );
  return id;
}

export interface CorrectionWanted {
  readonly buyerId: string;
  readonly own: Period;
  readonly actor: Actor;
  readonly now: Date;
  /** By how much it is restated, in minor units; all of it is taken back when nothing is said. */
  readonly lessMinor?: bigint;
}

/** Takes back what a statement charged for its agency, as a line of the first period from `own` on that gathers. */
export async function insertCorrection(
  tx: Transaction,
  { agencyId, agencyMinor, charged, periodStart }: Statement,
  { buyerId, own, actor, now, lessMinor }: CorrectionWanted,
): Promise<{ readonly rootId: string; readonly periodStart: string }> {
  const currency = asCurrency('USD');
  const series = { agencyId, buyerId, currency, schedule: 'DAILY', timeZone: 'UTC' } as const;
  // These statements lie in days long past: what comes late goes into the next of those days.
  const gathering = await gather(tx, series, own, new Date(`${own.start}T12:00:00Z`));
  const split = await splitFromAgency(tx, agencyId, currency, lessMinor ?? agencyMinor);
  const id = newId();
  const journal = {
    ...{ bookId: agencyId, id, kind: 'correction', source: `charge:${id}`, idempotencyKey: `test:${id}` },
    ...{ currency, effectiveAt: now, reverses: null, postings: agencyShareCorrected({ buyerId, split }) },
  };
  valueOf(await postJournals(tx, actor, now, [journal]));
  await tx.query(
    `insert into charges (agency_id, id, settlement_id, delivery_id, lead_id, contract_id, contract_version,
       source_id, part, payee, component, revision, amount_minor, currency, input_minor, rate_ppm, reverses,
       after_approval, late_period_start, effective_at, recorded_at)
     select agency_id, $2, $3, delivery_id, lead_id, contract_id, 1, source_id, part, payee,
       case when $7::bigint is null then 'RETURN_CREDIT' else 'RESTATEMENT' end, revision + 1,
       -coalesce($7, amount_minor), currency, input_minor, rate_ppm, case when $7 is null then id end, true, $5, $6, $6
     from charges where agency_id = $1 and id = $4`,
    [agencyId, id, gathering.rootId, charged.chargeId, periodStart, now, lessMinor?.toString() ?? null],
  );
  return gathering;
}
