import {
  asLocalDate,
  type Clock,
  localDateOf,
  type Period,
  periodContaining,
  type Schedule,
} from '#calendar';
import { gather } from '#charges';
import { DatabaseModule, Database, newId, type Transaction, UnitOfWork } from '#database';
import { type ApprovalPolicy, ApprovalQueries, ApprovalStore } from '#approvals';
import { chargeAccrued, postJournals, runInvariants } from '#ledger';
import { asCurrency } from '#money';
import type { Actor, Role } from '#organizations';
import { done, type Outcome } from '#outcome';
import {
  ApproveSettlement,
  bookInvariants,
  PrepareSettlements,
  RejectSettlement,
  SettlementLineQueries,
  SettlementQueries,
  SettlementsModule,
  SubmitSettlement,
  VoidSettlement,
} from '#settlements';
import { type DynamicModule, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { createTestDatabase } from '../support/database.js';

/** A marketplace of one contract in a database of its own, and everything that is done to its settlements. */
export interface OpenBook {
  readonly dataSource: DataSource;
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly agencyId: string;
  readonly buyerId: string;
  readonly contractId: string;
  readonly preparer: Actor;
  readonly approver: Actor;
  readonly secondApprover: Actor;
  /** Both roles in one person. */
  readonly controller: Actor;
  readonly agency: Actor;
  readonly buyer: Actor;
  readonly stranger: Actor;
  readonly prepare: PrepareSettlements;
  readonly submit: SubmitSettlement;
  readonly approve: ApproveSettlement;
  readonly reject: RejectSettlement;
  readonly withdraw: VoidSettlement;
  readonly settlements: SettlementQueries;
  readonly approvals: ApprovalStore;
  readonly approvalQueries: ApprovalQueries;
  readonly lines: SettlementLineQueries;
  /** Makes it this late for everyone. */
  readonly setNow: (instant: string) => void;
  readonly now: () => Date;
  readonly close: () => Promise<void>;
}

export const october = { periodStart: '2026-10-01', periodEnd: '2026-11-01' };
export const november = { periodStart: '2026-11-01', periodEnd: '2026-12-01' };

class SettableClock implements Clock {
  private instant = new Date('2026-10-05T12:00:00.000Z');

  now(): Date {
    return this.instant;
  }

  set(instant: string): void {
    this.instant = new Date(instant);
  }
}

@Module({})
class ProcessModule {
  static of(clock: Clock, policy: ApprovalPolicy): DynamicModule {
    const providers = [
      { provide: 'Clock', useValue: clock },
      { provide: 'Config', useValue: policy },
    ];
    return { module: ProcessModule, global: true, providers, exports: ['Clock', 'Config'] };
  }
}

export async function openBook(
  options: { schedule?: Schedule; timeZone?: string; poolSize?: number; twoApproversAbove?: string } = {},
): Promise<OpenBook> {
  const { url, drop } = await createTestDatabase();

  const clock = new SettableClock();
  const nest = await Test.createTestingModule({
    imports: [
      DatabaseModule.connect({ url, poolSize: options.poolSize ?? 24 }),
      ProcessModule.of(clock, { twoApproversAbove: options.twoApproversAbove ?? '10000.00' }),
      SettlementsModule,
    ],
  }).compile();
  const database = nest.get(Database);
  const ids = { agencyId: newId(), buyerId: newId(), contractId: newId() };
  const strangerId = newId();
  const operatorId = newId();
  await database.query(
    `insert into organizations (id, kind, name, created_at) values ($1, 'AGENCY', 'Ads', now()),
       ($2, 'BUYER', 'Roofs', now()), ($3, 'OPERATOR', 'Operator', now()), ($4, 'BUYER', 'Doors', now())`,
    [ids.agencyId, ids.buyerId, operatorId, strangerId],
  );
  await insertContract(database, ids, options);
  const person = async (...roles: Role[]): Promise<Actor> => {
    const actor = actorOf('OPERATOR', operatorId, roles);
    await insertUser(database, actor);
    return actor;
  };
  return {
    dataSource: nest.get(DataSource),
    database,
    unitOfWork: nest.get(UnitOfWork),
    ...ids,
    preparer: await person('FINANCE_PREPARER'),
    approver: await person('FINANCE_APPROVER'),
    secondApprover: await person('FINANCE_APPROVER'),
    controller: await person('FINANCE_PREPARER', 'FINANCE_APPROVER'),
    agency: actorOf('AGENCY', ids.agencyId, ['OWNER']),
    buyer: actorOf('BUYER', ids.buyerId, ['OWNER']),
    stranger: actorOf('BUYER', strangerId, ['OWNER']),
    prepare: nest.get(PrepareSettlements),
    submit: nest.get(SubmitSettlement),
    approve: nest.get(ApproveSettlement),
    reject: nest.get(RejectSettlement),
    withdraw: nest.get(VoidSettlement),
    settlements: nest.get(SettlementQueries),
    lines: nest.get(SettlementLineQueries),
    approvals: nest.get(ApprovalStore, { strict: false }),
    approvalQueries: nest.get(ApprovalQueries, { strict: false }),
    setNow: (instant) => clock.set(instant),
    now: () => clock.now(),
    close: async () => {
      await nest.close();
      await drop();
    },
  };
}

/** Somebody with these roles in an organization. */
export function actorOf(kind: Actor['kind'], organizationId: string, roles: readonly Role[]): Actor {
  const userId = newId();
  const id = `user:${userId}`;
  return {
    id,
    kind,
    organizationId,
    userId,
    keyId: null,
    roles,
    scopes: null,
    mode: 'live',
    requestId: null,
  };
}

/** The person behind an actor, without a password that anybody knows. */
export async function insertUser(
  database: Database,
  { userId, organizationId, roles }: Actor,
): Promise<void> {
  await database.query(
    `insert into users (id, organization_id, email, name, password_hash, roles, created_at)
     values ($1::uuid, $2, $1::text || '@operator.example', 'Somebody', 'x', $3, now())`,
    [userId, organizationId, roles],
  );
}

async function insertContract(
  database: Database,
  ids: { agencyId: string; buyerId: string; contractId: string },
  { schedule = 'MONTHLY', timeZone = 'UTC' }: { schedule?: Schedule; timeZone?: string },
): Promise<void> {
  const { agencyId, buyerId, contractId } = ids;
  await database.query(
    `insert into contracts (agency_id, id, buyer_id, vertical, state, latest_version, in_force_version, created_at,
       changed_at) values ($1, $2, $3, 'roofing', 'ACTIVE', 1, 1, now(), now())`,
    [agencyId, contractId, buyerId],
  );
  await database.query(
    `insert into contract_versions (agency_id, contract_id, version, state, base_rate_minor, currency,
       commission_basis, commission_rate_ppm, commission_trigger, time_zone, settlement_schedule, return_window_days,
       attribution_window_days, hold_days, clawback_window_days, outcome_sla_days, platform_fee_rate_ppm,
       proposed_by_organization_id, proposed_by, proposed_at, effective_from)
     values ($1, $2, 1, 'IN_FORCE', 1000, 'USD', 'PER_DEAL', 200000, 'CONVERTED', $3, $4, 7, 90, 14, 90, 30, 50000,
       $1, 'user:somebody', now(), now())`,
    [agencyId, contractId, timeZone, schedule],
  );
}

export interface Charged {
  readonly chargeId: string;
  readonly deliveryId: string;
  readonly rootId: string;
}

export interface ChargeWanted {
  readonly amountMinor?: bigint;
  readonly payee?: 'AGENCY' | 'OPERATOR';
  readonly component?: string;
  readonly at?: string;
  readonly of?: Charged;
  readonly schedule?: Schedule;
  readonly timeZone?: string;
  /** Runs after the settlement is held and before the charge is written. */
  readonly whileHeld?: () => Promise<void>;
}

/**
 * Delivers a lead and charges its base rate, or (with `of`) charges something more for a delivery, by the locks that
 * every charge is written under.
 */
export async function charge(book: OpenBook, wanted: ChargeWanted = {}): Promise<Charged> {
  const outcome = await book.unitOfWork.run((tx) => chargeIn(tx, book, wanted));
  if (!outcome.ok) throw new Error('a charge was refused');
  return outcome.value;
}

async function chargeIn(tx: Transaction, book: OpenBook, wanted: ChargeWanted): Promise<Outcome<Charged>> {
  const {
    amountMinor = 1000n,
    payee = 'AGENCY',
    component = 'BASE',
    schedule = 'MONTHLY',
    timeZone = 'UTC',
  } = wanted;
  const { agencyId, buyerId, contractId } = book;
  const at = new Date(wanted.at ?? book.now());
  const own = periodContaining(schedule, localDateOf(at, timeZone));
  const currency = asCurrency('USD');
  const gathering = await gather(tx, { agencyId, buyerId, currency, schedule, timeZone }, own, book.now());
  await wanted.whileHeld?.();
  const delivery = wanted.of ?? (await deliver(tx, book, at));
  const chargeId = newId();
  const reverses = amountMinor < 0n && wanted.of ? wanted.of.chargeId : null;
  const posted = await postJournals(tx, book.preparer, book.now(), [
    {
      bookId: agencyId,
      id: chargeId,
      kind: reverses ? 'reversal' : 'base',
      source: `charge:${chargeId}`,
      idempotencyKey: `test:${chargeId}`,
      currency,
      effectiveAt: at,
      reverses,
      postings: chargeAccrued({ amountMinor, payee, buyerId }),
    },
  ]);
  if (!posted.ok) throw new Error('a journal was refused');
  const part = component === 'COMMISSION_PER_LEAD' ? 'COMMISSION' : 'BASE';
  await tx.query(
    `insert into charges (agency_id, id, settlement_id, delivery_id, lead_id, contract_id, contract_version, source_id,
       part, payee, component, revision, amount_minor, currency, input_minor, rate_ppm, reverses, late_period_start,
       effective_at, recorded_at)
     select $1, $2, $3, v.id, v.lead_id, $5, 1, v.id, $6, $7, $8,
       1 + (select count(*) from charges c where c.agency_id = $1 and c.source_id = v.id and c.part = $6 and c.payee = $7),
       $9, 'USD', 1000, 200000, $10, $11, $12, $13 from deliveries v where v.agency_id = $1 and v.id = $4`,
    [
      agencyId,
      chargeId,
      gathering.rootId,
      delivery.deliveryId,
      contractId,
      part,
      payee,
      component,
      amountMinor.toString(),
      reverses,
      gathering.periodStart === own.start ? null : own.start,
      at,
      book.now(),
    ],
  );
  return done({ chargeId, deliveryId: delivery.deliveryId, rootId: gathering.rootId });
}

async function deliver(tx: Transaction, book: OpenBook, at: Date): Promise<{ deliveryId: string }> {
  const leadId = newId();
  const deliveryId = newId();
  await tx.query(
    `insert into leads (agency_id, id, external_id, test, input_hash, vertical, state, attributes, submitted_by,
       received_at)
     values ($1, $2, $3, false, '\\x00', 'roofing', 'SOLD', '[]', 'user:somebody', $4)`,
    [book.agencyId, leadId, leadId, at],
  );
  await tx.query(
    `insert into deliveries (agency_id, id, lead_id, buyer_id, contract_id, contract_version, test, state, stage,
       delivered_at) values ($1, $2, $3, $4, $5, 1, false, 'ACCEPTED', 'NEW', $6)`,
    [book.agencyId, deliveryId, leadId, book.buyerId, book.contractId, at],
  );
  return { deliveryId };
}

/** The value of what must have been allowed. */
export function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok)
    throw new Error(outcome.refusals.map(({ code, message }) => `${code}: ${message}`).join('\n'));
  return outcome.value;
}

/** The codes of what must have been refused. */
export function codesOf<T>(outcome: Outcome<T>): readonly string[] {
  if (outcome.ok) throw new Error('this was allowed');
  return outcome.refusals.map(({ code }) => code);
}

/** Prepares October, and gives back the one settlement of it. */
export async function prepareOctober(book: OpenBook): Promise<string> {
  const prepared = valueOf(
    await book.prepare.execute(book.preparer, { ...october, idempotencyKey: newId() }),
  );
  const [only] = prepared.settlements;
  if (!only) throw new Error('nothing was prepared');
  return only.id;
}

/** From a draft to an approved settlement, by two people. */
export async function submitAndApprove(book: OpenBook, settlementId: string): Promise<void> {
  valueOf(await book.submit.execute(book.preparer, { settlementId, idempotencyKey: newId() }));
  valueOf(await book.approve.execute(book.approver, { settlementId, idempotencyKey: newId() }));
}

/** Names, titles and examples of the invariants that do not hold. */
export async function broken(book: OpenBook): Promise<readonly string[]> {
  const results = await runInvariants(book.database, bookInvariants);
  return results.filter(({ holds }) => !holds).map(({ name, examples }) => `${name} ${examples.join(' ')}`);
}

export function period(start: string, end: string): Period {
  return { start: asLocalDate(start), end: asLocalDate(end) };
}
