import {
  AcceptContract,
  type Contract,
  contractRows,
  ContractsModule,
  ContractsQueries,
  DeclineContract,
  PauseContract,
  ProposeContract,
  ProposeContractVersion,
  type RawTerms,
  ResumeContract,
  TerminateContract,
} from '#contracts';
import { createDataSource, Database, newId, UnitOfWork } from '#database';
import { type Actor, organizationRows } from '#organizations';
import type { Outcome } from '#outcome';
import { Global, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { createTestDatabase } from '../support/database.js';

/** The contracts library on a database of its own, with two agencies, two buyers, and a clock that tests set. */
export interface OpenContracts {
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly queries: ContractsQueries;
  readonly agency: Actor;
  readonly buyer: Actor;
  readonly operator: Actor;
  readonly otherAgency: Actor;
  readonly otherBuyer: Actor;
  readonly propose: ProposeContract;
  readonly proposeVersion: ProposeContractVersion;
  readonly accept: AcceptContract;
  readonly decline: DeclineContract;
  readonly pause: PauseContract;
  readonly resume: ResumeContract;
  readonly terminate: TerminateContract;
  readonly clock: SetClock;
  readonly close: () => Promise<void>;
}

export class SetClock {
  private instant = new Date('2026-10-01T08:00:00.000Z');

  now(): Date {
    return this.instant;
  }

  set(iso: string): Date {
    this.instant = new Date(iso);
    return this.instant;
  }
}

export const rawTerms: RawTerms = {
  baseRate: { amount: '10.00', currency: 'USD' },
  commissionBasis: 'PER_DEAL',
  commissionRatePpm: 200_000,
  commissionTrigger: 'CONVERTED',
  timeZone: 'America/New_York',
};

export async function openContracts(): Promise<OpenContracts> {
  const { url, drop } = await createTestDatabase();
  const rows = [...organizationRows, ...contractRows];
  const dataSource = await createDataSource({ url, poolSize: 20, rows }).initialize();
  const clock = new SetClock();

  @Global()
  @Module({
    providers: [
      { provide: 'Clock', useValue: clock },
      { provide: DataSource, useValue: dataSource },
      Database,
      UnitOfWork,
    ],
    exports: ['Clock', DataSource, Database, UnitOfWork],
  })
  class SettingModule {}

  const module = await Test.createTestingModule({ imports: [SettingModule, ContractsModule] }).compile();
  const database = module.get(Database);
  return {
    database,
    unitOfWork: module.get(UnitOfWork),
    queries: module.get(ContractsQueries),
    agency: await newActor(database, 'AGENCY'),
    buyer: await newActor(database, 'BUYER'),
    operator: await newActor(database, 'OPERATOR'),
    otherAgency: await newActor(database, 'AGENCY'),
    otherBuyer: await newActor(database, 'BUYER'),
    propose: module.get(ProposeContract),
    proposeVersion: module.get(ProposeContractVersion),
    accept: module.get(AcceptContract),
    decline: module.get(DeclineContract),
    pause: module.get(PauseContract),
    resume: module.get(ResumeContract),
    terminate: module.get(TerminateContract),
    clock,
    close: async () => {
      await module.close();
      await dataSource.destroy();
      await drop();
    },
  };
}

async function newActor(database: Database, kind: 'AGENCY' | 'BUYER' | 'OPERATOR'): Promise<Actor> {
  const organizationId = newId();
  await database.query(
    `insert into organizations (id, kind, name, created_at) values ($1, $2, $3, '2026-01-01')`,
    [organizationId, kind, `The ${kind.toLowerCase()}`],
  );
  return {
    id: `key:${newId()}`,
    kind,
    organizationId,
    userId: null,
    keyId: null,
    roles: ['OWNER'],
    scopes: null,
    mode: 'live',
    requestId: null,
  };
}

/** A contract that the agency proposed, with any vertical of its own. */
export async function proposed(open: OpenContracts, terms: RawTerms = rawTerms): Promise<Contract> {
  const { contractId } = valueOf(
    await open.propose.execute(open.agency, {
      agencyId: open.agency.organizationId,
      buyerId: open.buyer.organizationId,
      vertical: `vertical ${newId()}`,
      terms,
      idempotencyKey: newId(),
    }),
  );
  return await contractOf(open, contractId);
}

/** The same, accepted by the buyer. */
export async function accepted(open: OpenContracts, terms: RawTerms = rawTerms): Promise<Contract> {
  const { id } = await proposed(open, terms);
  valueOf(await open.accept.execute(open.buyer, { contractId: id, version: 1, idempotencyKey: newId() }));
  return await contractOf(open, id);
}

export async function contractOf(open: OpenContracts, id: string): Promise<Contract> {
  const contract = await open.queries.contract(open.agency, id);
  if (!contract) throw new Error('the contract is missing');
  return contract;
}

/** Version, state and dates in force of each version, in short. */
export async function versionsOf(open: OpenContracts, id: string) {
  const pages = await open.queries.versionPages(open.agency, [id], { limit: 100, backwards: false });
  return (pages.get(id) ?? []).map(({ version, state, effectiveFrom, effectiveTo }) => ({
    version,
    state,
    from: effectiveFrom?.toISOString() ?? null,
    to: effectiveTo?.toISOString() ?? null,
  }));
}

/** What an act on a contract names, with a key of its own. */
export function on(contractId: string, more: { version?: number; expectedVersion?: number } = {}) {
  return { contractId, version: 1, idempotencyKey: newId(), ...more };
}

export function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.refusals.map(({ code }) => code).join(', '));
  return outcome.value;
}

/** 'done', or the codes of the refusals. */
export function codeOf(outcome: Outcome<unknown>): string {
  return outcome.ok ? 'done' : outcome.refusals.map(({ code }) => code).join(', ');
}
