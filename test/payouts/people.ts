/** What the people of a market do: they open accounts, agree, deliver, sell, and close their days. */
import type { Clock } from '#calendar';
import { rebill } from '#charges';
import { BeginPaymentSetup, SetBillingProfile } from '#collections';
import { Database, newId, type Transaction, UnitOfWork } from '#database';
import { type Actor, type Role, systemActor } from '#organizations';
import { done, type Outcome } from '#outcome';
import { OnboardAgency } from '#payouts';
import { ApproveSettlement, PrepareSettlements, SubmitSettlement } from '#settlements';
import type { INestApplicationContext } from '@nestjs/common';
import type { Sandbox } from '../../apps/stripe-sandbox/src/sandbox.js';

export const began = new Date('2027-01-04T12:00:00.000Z');
export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

/** A clock that moves when it is told to. */
export class StandingClock implements Clock {
  constructor(private at: Date) {}

  now(): Date {
    return this.at;
  }

  set(at: Date): void {
    this.at = at;
  }
}

export interface ContractWanted {
  readonly currency?: string;
  readonly holdDays?: number;
  readonly clawbackMethod?: 'NETTING' | 'TRANSFER_REVERSAL';
  readonly baseMinor?: bigint;
  readonly feePpm?: number;
}

export interface Contract {
  readonly agencyId: string;
  readonly buyerId: string;
  readonly id: string;
  readonly currency: string;
}

export interface Delivered extends Contract {
  readonly deliveryId: string;
}

export function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok)
    throw new Error(outcome.refusals.map(({ code, message }) => `${code}: ${message}`).join('\n'));
  return outcome.value;
}

export function codesOf<T>(outcome: Outcome<T>): readonly string[] {
  if (outcome.ok) throw new Error('this was allowed');
  return outcome.refusals.map(({ code }) => code);
}

export abstract class MarketPeople {
  readonly operatorId = newId();
  readonly preparer = this.person('FINANCE_PREPARER');
  readonly approver = this.person('FINANCE_APPROVER');
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  private leads = 0;

  constructor(
    readonly context: INestApplicationContext,
    readonly sandbox: Sandbox,
    private readonly clock: StandingClock,
  ) {
    this.database = context.get(Database);
    this.unitOfWork = context.get(UnitOfWork);
  }

  /** Does what is due, until nothing is. */
  abstract pump(): Promise<void>;

  now(): Date {
    return this.clock.now();
  }

  /** Later, here and in the sandbox; nothing is done by itself. */
  advance(ms: number): void {
    this.clock.set(new Date(this.now().getTime() + ms));
    this.sandbox.control.setClock({ at: this.now().toISOString() });
  }

  private person(...roles: Role[]): Actor {
    const userId = newId();
    return {
      ...{ id: `user:${userId}`, kind: 'OPERATOR', organizationId: this.operatorId, userId, keyId: null },
      ...{ roles, scopes: null, mode: 'live', requestId: null },
    };
  }

  /** Somebody who heads an agency or a buyer. */
  head(kind: 'AGENCY' | 'BUYER', organizationId: string): Actor {
    return { ...this.person('OWNER'), kind, organizationId };
  }

  async create(): Promise<void> {
    await this.organization('OPERATOR', this.operatorId);
    for (const { userId, roles } of [this.preparer, this.approver]) {
      await this.database.query(
        `insert into users (id, organization_id, email, name, password_hash, roles, created_at)
         values ($1::uuid, $2, $1::text || '@operator.example', 'Somebody', 'x', $3, now())`,
        [userId, this.operatorId, roles],
      );
    }
  }

  private async organization(kind: string, id: string): Promise<void> {
    await this.database.query(
      `insert into organizations (id, kind, name, created_at) values ($1, $2, 'The ' || $2::text, now())`,
      [id, kind],
    );
  }

  /** An agency with an account that can receive, unless told otherwise. */
  async agency({ isOnboarded = true }: { readonly isOnboarded?: boolean } = {}): Promise<string> {
    const id = newId();
    await this.organization('AGENCY', id);
    if (isOnboarded) await this.onboard(id);
    return id;
  }

  async beginOnboarding(agencyId: string): Promise<string> {
    const input = { email: 'agency@example.com', country: 'US', idempotencyKey: newId() };
    await this.context.get(OnboardAgency).begin(this.head('AGENCY', agencyId), input);
    return await this.accountOf(agencyId);
  }

  async onboard(agencyId: string): Promise<void> {
    this.sandbox.control.completeAccount({ account: await this.beginOnboarding(agencyId) });
    await this.refreshAccount(agencyId);
  }

  async refreshAccount(agencyId: string): Promise<void> {
    const key = { idempotencyKey: newId() };
    valueOf(await this.context.get(OnboardAgency).refresh(this.head('AGENCY', agencyId), key));
  }

  /** The agency's account at the provider. */
  async accountOf(agencyId: string): Promise<string> {
    const [row] = await this.database.query<{ id: string }>(
      'select provider_account_id as id from payment_accounts where agency_id = $1',
      [agencyId],
    );
    return row?.id ?? '';
  }

  /** A buyer that pays by itself, with this method of the sandbox. */
  async buyer(method = 'pm_card_visa'): Promise<string> {
    const id = newId();
    await this.organization('BUYER', id);
    const finance = this.context.get(SetBillingProfile);
    valueOf(await finance.execute(this.preparer, { buyerId: id, terms: 'AUTOPAY', idempotencyKey: newId() }));
    await this.saveMethod(id, method);
    return id;
  }

  async saveMethod(buyerId: string, method: string): Promise<void> {
    const begin = this.context.get(BeginPaymentSetup);
    valueOf(await begin.execute(this.head('BUYER', buyerId), { buyerId, idempotencyKey: newId() }));
    const [row] = await this.database.query<{ id: string }>(
      'select provider_setup_id as id from billing_profiles where buyer_id = $1',
      [buyerId],
    );
    const form = new URLSearchParams({ method, do: 'pay' });
    await fetch(`${this.sandbox.url}/setup/${row?.id}`, { method: 'POST', body: form, redirect: 'manual' });
    this.advance(2 * 60_000);
    await this.pump();
  }

  async contract(agencyId: string, buyerId: string, wanted: ContractWanted = {}): Promise<Contract> {
    const {
      currency = 'USD',
      holdDays = 14,
      clawbackMethod = 'NETTING',
      baseMinor = 10_000n,
      feePpm = 0,
    } = wanted;
    const id = newId();
    await this.database.query(
      `insert into contracts (agency_id, id, buyer_id, vertical, state, latest_version, in_force_version, created_at,
         changed_at) values ($1, $2, $3, 'roofing', 'ACTIVE', 1, 1, now(), now())`,
      [agencyId, id, buyerId],
    );
    await this.database.query(
      `insert into contract_versions (agency_id, contract_id, version, state, base_rate_minor, currency,
         commission_basis, commission_rate_ppm, commission_trigger, time_zone, settlement_schedule, return_window_days,
         attribution_window_days, hold_days, clawback_window_days, clawback_method, outcome_sla_days,
         platform_fee_rate_ppm, proposed_by_organization_id, proposed_by, proposed_at, effective_from)
       values ($1, $2, 1, 'IN_FORCE', $3, $4, 'PER_DEAL', 200000, 'CONVERTED', 'UTC', 'DAILY', 7, 90, $5, 90, $6, 30,
         $7, $1, 'user:somebody', now(), now())`,
      [agencyId, id, baseMinor.toString(), currency, holdDays, clawbackMethod, feePpm],
    );
    return { agencyId, buyerId, id, currency };
  }

  /** A lead is delivered, and its base rate charged. */
  async deliver(contract: Contract): Promise<Delivered> {
    const deliveryId = newId();
    await this.inTransaction(async (tx) => {
      this.leads += 1;
      const leadId = newId();
      const { agencyId } = contract;
      await tx.query(
        `insert into leads (agency_id, id, external_id, test, input_hash, vertical, state, attributes,
           submitted_by, received_at)
         values ($1, $2, $3, false, '\\x00', 'roofing', 'SOLD', '[]', 'user:somebody', $4)`,
        [agencyId, leadId, `lead-${this.leads}`, this.now()],
      );
      await tx.query(
        `insert into deliveries (agency_id, id, lead_id, buyer_id, contract_id, contract_version, test, state, stage,
           delivered_at) values ($1, $2, $3, $4, $5, 1, false, 'ACCEPTED', 'NEW', $6)`,
        [agencyId, deliveryId, leadId, contract.buyerId, contract.id, this.now()],
      );
      await this.rebill(tx, { ...contract, deliveryId });
    });
    return { ...contract, deliveryId };
  }

  /** The lead brings a deal: a fifth of it is the agency's. */
  async win(delivered: Delivered, amountMinor: bigint): Promise<string> {
    const dealId = newId();
    await this.inTransaction(async (tx) => {
      await tx.query(
        `insert into deals (agency_id, id, delivery_id, lead_id, buyer_id, contract_id, reference, amount_minor,
           currency, state, closed_at, reported_at)
         select v.agency_id, $2::uuid, v.id, v.lead_id, v.buyer_id, v.contract_id, $2::text, $3, $4, 'WON', $5, $5
         from deliveries v where v.agency_id = $1 and v.id = $6`,
        [
          delivered.agencyId,
          dealId,
          amountMinor.toString(),
          delivered.currency,
          this.now(),
          delivered.deliveryId,
        ],
      );
      await this.rebill(tx, delivered);
    });
    return dealId;
  }

  async refundDeal(delivered: Delivered, dealId: string): Promise<void> {
    await this.inTransaction(async (tx) => {
      await tx.query(`update deals set state = 'REFUNDED' where agency_id = $1 and id = $2`, [
        delivered.agencyId,
        dealId,
      ]);
      await this.rebill(tx, delivered);
    });
  }

  async restateDeal(delivered: Delivered, dealId: string, amountMinor: bigint): Promise<void> {
    await this.inTransaction(async (tx) => {
      await tx.query('update deals set amount_minor = $3 where agency_id = $1 and id = $2', [
        ...[delivered.agencyId, dealId, amountMinor.toString()],
      ]);
      await this.rebill(tx, delivered);
    });
  }

  private async rebill(tx: Transaction, { agencyId, deliveryId }: Delivered): Promise<void> {
    await tx.query('select 1 from deliveries where agency_id = $1 and id = $2 for update', [
      agencyId,
      deliveryId,
    ]);
    await rebill(tx, { actor: systemActor('test'), now: this.now(), agencyId, deliveryId });
  }

  private async inTransaction(work: (tx: Transaction) => Promise<void>): Promise<void> {
    await this.unitOfWork.run(async (tx) => {
      await work(tx);
      return done(null);
    });
  }

  /** The day ends: its statements are closed and approved. They are billed by the next pump. */
  async closeDay(): Promise<void> {
    const today = this.now().toISOString().slice(0, 10);
    this.advance(Date.parse(today) + dayMs + hourMs - this.now().getTime());
    const periods = await this.database.query<{ start: string; end: string }>(
      `select distinct period_start::text as start, period_end::text as end from settlements
       where state = 'OPEN' and period_end <= $1::date order by 1`,
      [this.now().toISOString().slice(0, 10)],
    );
    for (const { start, end } of periods) await this.close({ periodStart: start, periodEnd: end });
  }

  private async close(period: { readonly periodStart: string; readonly periodEnd: string }): Promise<void> {
    const prepare = this.context.get(PrepareSettlements);
    const prepared = valueOf(await prepare.execute(this.preparer, { ...period, idempotencyKey: newId() }));
    for (const { id: settlementId } of prepared.closed) {
      const input = { settlementId, idempotencyKey: newId() };
      valueOf(await this.context.get(SubmitSettlement).execute(this.preparer, input));
      valueOf(
        await this.context
          .get(ApproveSettlement)
          .execute(this.approver, { ...input, idempotencyKey: newId() }),
      );
    }
  }
}
