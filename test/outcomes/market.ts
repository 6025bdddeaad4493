import { randomBytes } from 'node:crypto';
import { Global, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import type { Clock } from '#calendar';
import { AcceptContract, ContractsModule, ProposeContract, type RawTerms } from '#contracts';
import { Database, DatabaseModule, newId } from '#database';
import { CancelDeal, DealsModule, type ReportedOutcome, ReportOutcome, RestateDeal } from '#deals';
import { LeadsModule, SubmitLeads } from '#leads';
import { ledgerInvariants, runInvariants } from '#ledger';
import { type Actor, type OrganizationKind, type Role } from '#organizations';
import type { Outcome } from '#outcome';
import { AutoApproveReturns, DecideReturn, RequestReturn, ReturnsModule } from '#returns';
import { rows } from '../../apps/process/src/rows.js';
import { createTestDatabase } from '../support/database.js';

/** A clock that stands still until it is set. */
export class SettableClock implements Clock {
  constructor(private instant: Date) {}

  now(): Date {
    return this.instant;
  }

  set(instant: Date): void {
    this.instant = instant;
  }
}

export const start = new Date('2026-03-02T09:00:00.000Z');

/** Base 10.00 USD and 20 % of each deal, unless the test says otherwise. */
export const perDeal: RawTerms = {
  baseRate: { amount: '10.00', currency: 'USD' },
  commissionBasis: 'PER_DEAL',
  commissionRatePpm: 200_000,
  commissionTrigger: 'CONVERTED',
  timeZone: 'America/New_York',
};

/** 20 % of the base rate, once, when the lead qualifies. */
export const perQualifiedLead: RawTerms = {
  ...perDeal,
  commissionBasis: 'PER_LEAD',
  commissionTrigger: 'QUALIFIED',
};

export interface Facts {
  readonly stage: string;
  readonly state: string;
  readonly leadState: string;
  readonly qualifiedAt: Date | null;
  readonly returnedAt: Date | null;
  readonly events: readonly string[];
  /** Live and mirrored alike: component and amount, in the order of booking. */
  readonly charges: readonly string[];
  readonly owedMinor: bigint;
}

/** A marketplace of one agency, two buyers and an operator on a database of its own, driven through the actions. */
export class Market {
  readonly agency = actorOf('AGENCY');
  readonly otherAgency = actorOf('AGENCY');
  readonly buyer = actorOf('BUYER');
  readonly otherBuyer = actorOf('BUYER');
  readonly operator = actorOf('OPERATOR', ['ADMIN']);
  private counter = 0;

  private constructor(
    readonly module: TestingModule,
    readonly clock: SettableClock,
    private readonly drop: () => Promise<void>,
  ) {}

  static async open(): Promise<Market> {
    const { url, drop } = await createTestDatabase();
    const clock = new SettableClock(start);
    const config = { masterKeys: [randomBytes(32)] };
    @Global()
    @Module({
      providers: [
        { provide: 'Clock', useValue: clock },
        { provide: 'Config', useValue: config },
      ],
      exports: ['Clock', 'Config'],
    })
    class TestProcessModule {}
    const module = await Test.createTestingModule({
      imports: [
        DatabaseModule.connect({ url, rows, poolSize: 12 }),
        TestProcessModule,
        ContractsModule,
        LeadsModule,
        DealsModule,
        ReturnsModule,
      ],
    }).compile();
    await module.init();
    const market = new Market(module, clock, drop);
    for (const actor of [
      market.agency,
      market.otherAgency,
      market.buyer,
      market.otherBuyer,
      market.operator,
    ]) {
      await market.sql('insert into organizations (id, kind, name, created_at) values ($1, $2, $3, $4)', [
        actor.organizationId,
        actor.kind,
        actor.kind.toLowerCase(),
        start,
      ]);
    }
    return market;
  }

  async close(): Promise<void> {
    await this.module.close();
    await this.drop();
  }

  get database(): Database {
    return this.module.get(Database);
  }

  async sql<T = Record<string, unknown>>(text: string, parameters: readonly unknown[] = []): Promise<T[]> {
    return await this.database.query<T>(text, parameters);
  }

  key(): string {
    this.counter += 1;
    return `key-${this.counter}`;
  }

  async contract(terms: RawTerms, buyer: Actor = this.buyer): Promise<string> {
    const { contractId } = must(
      await this.module.get(ProposeContract).execute(this.agency, {
        agencyId: this.agency.organizationId,
        buyerId: buyer.organizationId,
        vertical: 'solar',
        terms,
        idempotencyKey: this.key(),
      }),
    );
    must(
      await this.module
        .get(AcceptContract)
        .execute(buyer, { contractId, version: 1, idempotencyKey: this.key() }),
    );
    return contractId;
  }

  async lead(contractId: string, test = false): Promise<string> {
    const externalId = this.key();
    const [result] = await this.module.get(SubmitLeads).execute(
      this.agency,
      [
        {
          externalId,
          vertical: 'solar',
          contractId,
          test,
          contact: { email: `${externalId}@example.com` },
        },
      ],
      () => ['input'],
    );
    if (!result) throw new Error('a submission has no result');
    return must(result).lead.id;
  }

  async report(leadId: string, outcome: ReportedOutcome, actor = this.buyer, idempotencyKey = this.key()) {
    return await this.module.get(ReportOutcome).execute(actor, { leadId, outcome, idempotencyKey });
  }

  async won(leadId: string, amount: string, more: { dealReference?: string; closedAt?: Date } = {}) {
    return await this.report(leadId, { kind: 'WON', amount: { amount, currency: 'USD' }, ...more });
  }

  async restate(dealId: string, amount: string, actor = this.buyer, idempotencyKey = this.key()) {
    const input = { dealId, amount: { amount, currency: 'USD' }, reason: 'recounted', idempotencyKey };
    return await this.module.get(RestateDeal).execute(actor, input);
  }

  async cancel(
    dealId: string,
    kind: 'REFUNDED' | 'CANCELED',
    actor = this.buyer,
    idempotencyKey = this.key(),
  ) {
    const input = { dealId, kind, reason: 'changed mind', idempotencyKey };
    return await this.module.get(CancelDeal).execute(actor, input);
  }

  async requestReturn(leadId: string, actor = this.buyer, idempotencyKey = this.key()) {
    const input = { leadId, reason: 'INVALID_PHONE', idempotencyKey } as const;
    return await this.module.get(RequestReturn).execute(actor, input);
  }

  async decideReturn(returnId: string, decision: 'APPROVE' | 'DENY', actor = this.agency, note = 'checked') {
    const input = { returnId, decision, note, idempotencyKey: this.key() };
    return await this.module.get(DecideReturn).execute(actor, input);
  }

  async autoApprove(actor: Actor, limit = 100): Promise<number> {
    return await this.module.get(AutoApproveReturns).execute(actor, this.clock.now(), limit);
  }

  async factsOf(leadId: string): Promise<Facts> {
    const [delivery] = await this.sql<{
      id: string;
      stage: string;
      state: string;
      lead_state: string;
      qualified_at: Date | null;
      returned_at: Date | null;
    }>(
      `select d.id, d.stage, d.state, l.state as lead_state, d.qualified_at, d.returned_at
       from deliveries d join leads l on l.agency_id = d.agency_id and l.id = d.lead_id where d.lead_id = $1`,
      [leadId],
    );
    if (!delivery) throw new Error('no delivery');
    const events = await this.sql<{ kind: string }>(
      'select kind from outcome_events where delivery_id = $1 order by id',
      [delivery.id],
    );
    const charges = await this.sql<{ component: string; amount_minor: string }>(
      'select component, amount_minor from charges where delivery_id = $1 order by id',
      [delivery.id],
    );
    return {
      stage: delivery.stage,
      state: delivery.state,
      leadState: delivery.lead_state,
      qualifiedAt: delivery.qualified_at,
      returnedAt: delivery.returned_at,
      events: events.map(({ kind }) => kind),
      charges: charges.map((row) => `${row.component} ${row.amount_minor}`),
      owedMinor: charges.reduce((total, row) => total + BigInt(row.amount_minor), 0n),
    };
  }

  /** The ledger's invariants, by name, that do not hold. */
  async brokenInvariants(): Promise<string[]> {
    const results = await runInvariants(this.database, ledgerInvariants);
    return results
      .filter(({ holds }) => !holds)
      .map(({ name, examples }) => `${name}: ${examples.join('; ')}`);
  }
}

export function must<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`refused: ${JSON.stringify(outcome.refusals)}`);
  return outcome.value;
}

/** The codes of the refusals, or nothing when it was done. */
export function codesOf(outcome: Outcome<unknown>): readonly string[] {
  return outcome.ok ? [] : outcome.refusals.map(({ code }) => code);
}

export function later(from: Date, ms: number): Date {
  return new Date(from.getTime() + ms);
}

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

function actorOf(kind: OrganizationKind, roles: readonly Role[] = ['API_CLIENT']): Actor {
  return {
    id: `key:${newId()}`,
    kind,
    organizationId: newId(),
    userId: null,
    keyId: null,
    roles,
    scopes: null,
    mode: 'live',
    requestId: null,
  };
}
