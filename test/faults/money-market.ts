/**
 * A marketplace whose money moves: what its people do, through the public API where leads and statements are concerned
 * and through the same actions as the API where money is, and what banks do, through the Stripe sandbox's control.
 */
import {
  type Clock,
  localDateOf,
  type Period,
  periodContaining,
  SandboxClock,
  type Schedule,
} from '#calendar';
import {
  BeginPaymentSetup,
  type BillingTerms,
  CancelCollection,
  refundPayload,
  SetBillingProfile,
  TopUpBalance,
  writeOffPayload,
} from '#collections';
import { newId, SandboxClockStore } from '#database';
import { asCurrency, type Money } from '#money';
import {
  type Actor,
  CreateApiKey,
  CreateOrganization,
  type OrganizationKind,
  type Role,
  systemActor,
} from '#organizations';
import type { Outcome } from '#outcome';
import {
  DecideFinanceRequest,
  type FinanceRequestKind,
  type FinanceRequestPayload,
  Reconcile,
  RequestFinanceAct,
} from '#payments';
import { OnboardAgency } from '#payouts';
import { decodeId, encodeId } from '../../apps/process/src/public-ids.js';
import type { TestApp, TestId, TestUser } from '../support/app.js';
import { Marketplace, type Settlement, settlementFields, type Terms } from '../support/marketplace.js';
import Stripe from 'stripe';
import type { Sandbox } from '../support/stripe-sandbox.js';

/** An organization with a key, and the actor that the key acts as. */
export interface Side extends TestId {
  readonly key: string;
  readonly actor: Actor;
}

const usd = asCurrency('USD');
export const dollars = (cents: bigint | number): Money => ({ amountMinor: BigInt(cents), currency: usd });

export function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok)
    throw new Error(outcome.refusals.map(({ code, message }) => `${code}: ${message}`).join('\n'));
  return outcome.value;
}

export class MoneyMarket {
  constructor(
    readonly app: TestApp,
    /** Stripe, as those see it who can make things happen there. */
    readonly bank: Sandbox['control'],
  ) {
    const { hostname: host, port } = new URL(app.config.stripe?.sandboxUrl ?? '');
    this.stripe = new Stripe('sk_test_somebody', { host, port: Number(port), protocol: 'http' });
  }

  /** What somebody does at the provider's dashboard, or another program. */
  readonly stripe: Stripe;

  /** The seeded organizations, as the sides of a marketplace. */
  seeded(name: 'agency' | 'otherAgency' | 'buyer' | 'otherBuyer'): Side {
    const kind = name === 'agency' || name === 'otherAgency' ? 'AGENCY' : 'BUYER';
    const { id, uuid } = this.app.organizations[name];
    return { id, uuid, key: this.app.keys[name], actor: ownerOf(kind, uuid) };
  }

  async organization(kind: 'AGENCY' | 'BUYER', name: string): Promise<Side> {
    const by = systemActor('test');
    const { nest } = this.app;
    const made = await nest.get(CreateOrganization).execute(by, { kind, name, idempotencyKey: newId() });
    const { organizationId } = valueOf(made);
    const wanted: Parameters<CreateApiKey['execute']>[1] = {
      ...{ organizationId, userId: null, roles: ['OWNER', 'API_CLIENT'], name: 'test', mode: 'live' },
      ...{ scopes: null, expiresAt: null, idempotencyKey: newId() },
    };
    const { token } = valueOf(await nest.get(CreateApiKey).execute(by, wanted));
    if (token === null) throw new Error('a new key without its token');
    return {
      id: encodeId('org', organizationId),
      uuid: organizationId,
      key: token,
      actor: ownerOf(kind, organizationId),
    };
  }

  /** The marketplace as these two see it: its 'agency' and 'buyer' are they. */
  between(agency: Side, buyer: Side): Marketplace {
    const { app } = this;
    const seen = {
      ...app,
      organizations: { ...app.organizations, agency, buyer },
      keys: { ...app.keys, agency: agency.key, buyer: buyer.key },
    };
    return new Marketplace(seen, newId());
  }

  person(name: TestUser): Actor {
    const roles: Readonly<Record<TestUser, readonly Role[]>> = {
      preparer: ['FINANCE_PREPARER'],
      approver: ['FINANCE_APPROVER'],
      controller: ['FINANCE_PREPARER', 'FINANCE_APPROVER'],
      admin: ['ADMIN'],
      auditor: ['AUDITOR'],
    };
    const { uuid } = this.app.users[name];
    const organizationId = this.app.organizations.operator.uuid;
    return { ...ownerOf('OPERATOR', organizationId), id: `user:${uuid}`, userId: uuid, roles: roles[name] };
  }

  /** Opens an agency's account at the provider and answers all that it asks. */
  async onboard(agency: Side): Promise<string> {
    const onboarding = this.app.nest.get(OnboardAgency, { strict: false });
    valueOf(await onboarding.begin(agency.actor, this.onboardingOf(agency)));
    const [row] = await this.app.database.query<{ account: string }>(
      'select provider_account_id as account from payment_accounts where agency_id = $1',
      [agency.uuid],
    );
    if (!row) throw new Error('an agency without an account');
    this.bank.completeAccount({ account: row.account });
    valueOf(await onboarding.refresh(agency.actor, { idempotencyKey: newId() }));
    return row.account;
  }

  onboardingOf({ uuid }: Side): Parameters<OnboardAgency['begin']>[1] {
    return { email: `${uuid}@agency.example`, country: 'US', idempotencyKey: `onboard-${uuid}` };
  }

  async setTerms(
    buyer: Side,
    terms: BillingTerms,
    more: Partial<Parameters<SetBillingProfile['execute']>[1]> = {},
  ): Promise<void> {
    const profiles = this.app.nest.get(SetBillingProfile, { strict: false });
    const input = { buyerId: buyer.uuid, terms, idempotencyKey: newId(), ...more };
    valueOf(await profiles.execute(this.person('preparer'), input));
  }

  /** Saves a payment method as a browser would; it is known here when its news have come. */
  async saveMethod(buyer: Side, method: string): Promise<void> {
    await this.fillIn(await this.beginSetup(buyer), method);
  }

  /** Gives the page on which the buyer can save a method. */
  async beginSetup(buyer: Side): Promise<string> {
    const setup = this.app.nest.get(BeginPaymentSetup, { strict: false });
    const input = { buyerId: buyer.uuid, idempotencyKey: newId() };
    const { url } = valueOf(await setup.execute(buyer.actor, input));
    if (url === null) throw new Error('a setup without a page');
    return url;
  }

  /** What a buyer does on a page of the provider: chooses a method and goes on. */
  async fillIn(url: string, method: string): Promise<string> {
    const body = new URLSearchParams({ method, do: 'pay' });
    const response = await fetch(url, { method: 'POST', body, redirect: 'manual' });
    return await response.text();
  }

  async topUp(buyer: Side, cents: number): Promise<string> {
    const topUps = this.app.nest.get(TopUpBalance, { strict: false });
    const input = { buyerId: buyer.uuid, amount: dollars(cents), idempotencyKey: newId() };
    return valueOf(await topUps.execute(buyer.actor, input)).collectionId;
  }

  /** The collection of a buyer that is under way. */
  async liveCollection(buyer: Side): Promise<string> {
    const [row] = await this.app.database.query<{ id: string }>(
      `select id from collections where buyer_id = $1 and state in ('REQUESTED', 'PROCESSING', 'NEEDS_ACTION')`,
      [buyer.uuid],
    );
    if (!row)
      throw new Error(
        'nothing is being collected' +
          JSON.stringify(
            await this.app.database.query(
              `select (select row_to_json(p) from billing_profiles p where buyer_id=$1) p, (select json_agg(i) from invoices i where buyer_id=$1) i, (select json_agg(s) from settlements s where buyer_id=$1) s, (select json_agg(c) from collections c where buyer_id=$1) c, (select json_agg(o) from stripe_operations o where subject like '%'||$1) o`,
              [buyer.uuid],
            ),
            null,
            1,
          ),
      );
    return row.id;
  }

  async cancelCollection(collectionId: string): Promise<void> {
    const cancel = this.app.nest.get(CancelCollection, { strict: false });
    valueOf(await cancel.execute(this.person('preparer'), { collectionId, idempotencyKey: newId() }));
  }

  /** One person of finance asks for something; gives its id. */
  async ask(kind: FinanceRequestKind, payload: FinanceRequestPayload): Promise<string> {
    const request = this.app.nest.get(RequestFinanceAct, { strict: false });
    const input = { kind, payload, reason: 'The test wants it.', idempotencyKey: newId() };
    return valueOf(await request.execute(this.person('preparer'), input)).id;
  }

  /** And another one approves it. */
  async approve(requestId: string): Promise<void> {
    const decide = this.app.nest.get(DecideFinanceRequest, { strict: false });
    valueOf(await decide.approve(this.person('approver'), { requestId, idempotencyKey: newId() }));
  }

  async askRefund(buyer: Side, agency: Side | null, cents: number): Promise<string> {
    const wanted = { buyerId: buyer.uuid, agencyId: agency?.uuid ?? null, amount: dollars(cents) };
    return await this.ask('REFUND', refundPayload(wanted));
  }

  async writeOff(agency: Side, settlementId: string): Promise<void> {
    const id = decodeId('stl', settlementId) ?? settlementId;
    await this.approve(await this.ask('WRITE_OFF', writeOffPayload({ agencyId: agency.uuid, id })));
  }

  /** Closes what these two have gathered for a period, and puts it into review; null when there is nothing. */
  async inReview(agency: Side, buyer: Side, period: Period): Promise<Settlement | null> {
    const market = this.between(agency, buyer);
    const { settlements } = await market.done<{ settlements: Settlement[] }>(
      'preparer',
      'prepareSettlements',
      { periodStart: period.start, periodEnd: period.end, agencyId: agency.id, buyerId: buyer.id },
      `settlements { ${settlementFields} } replayed`,
    );
    const [draft] = settlements.filter(({ status }) => status === 'DRAFT');
    if (!draft) return null;
    const input = { settlementId: draft.id, expectedVersion: draft.version };
    const selection = `settlement { ${settlementFields} } replayed`;
    return (await market.done<{ settlement: Settlement }>('preparer', 'submitSettlement', input, selection))
      .settlement;
  }

  async approveStatement({ id, version }: Pick<Settlement, 'id' | 'version'>): Promise<Settlement> {
    const market = new Marketplace(this.app, newId());
    const selection = `settlement { ${settlementFields} } replayed`;
    const input = { settlementId: id, expectedVersion: version };
    return (await market.done<{ settlement: Settlement }>('approver', 'approveSettlement', input, selection))
      .settlement;
  }

  async refundDeal(agency: Side, buyer: Side, dealId: string): Promise<void> {
    const input = { dealId, kind: 'REFUNDED', reason: 'refunded' };
    await this.between(agency, buyer).done('buyer', 'cancelDeal', input, 'replayed');
  }

  /** A payment of these parameters that was made at the provider and waits for its payer. */
  async askForAuthentication({
    off_session: _,
    expand: __,
    ...params
  }: Record<string, unknown>): Promise<void> {
    const { status } = await this.stripe.paymentIntents.create({
      ...(params as unknown as Stripe.PaymentIntentCreateParams),
      payment_method: 'pm_card_authenticationRequired',
      return_url: 'https://leads.example/',
    });
    if (status !== 'requires_action') throw new Error(`the payment is ${status}`);
  }

  /** Has the clock of this process follow the database's now, not within a second. */
  async followClock(): Promise<void> {
    const clock = this.app.nest.get<Clock>('Clock', { strict: false });
    if (!(clock instanceof SandboxClock)) throw new Error('this is no sandbox');
    clock.setOffset(await this.app.nest.get(SandboxClockStore, { strict: false }).offsetMs());
  }

  /** The differences between ledger and provider. */
  async differences(): Promise<readonly unknown[]> {
    const reconcile = this.app.nest.get(Reconcile, { strict: false });
    return (await reconcile.execute(this.app.now())).differences;
  }

  /** The period in which it is now. */
  period(schedule: Schedule = 'DAILY'): Period {
    return periodContaining(schedule, localDateOf(this.app.now(), 'UTC'));
  }

  async later(hours: number): Promise<void> {
    await this.app.advanceClock(new Date(this.app.now().getTime() + hours * 3_600_000));
  }
}

/** 10.00 for a lead, a fifth of a deal, a tenth on top for the operator; statements each day. */
export const dailyTerms: Terms = {
  baseRate: { amount: '10.00', currency: 'USD' },
  commissionBasis: 'PER_DEAL',
  commissionRatePpm: 200_000,
  commissionTrigger: 'CONVERTED',
  platformFeeRatePpm: 100_000,
  returnWindowDays: 60,
  settlementSchedule: 'DAILY',
  timeZone: 'UTC',
};

function ownerOf(kind: OrganizationKind, organizationId: string): Actor {
  return {
    ...{ id: `key:${organizationId}`, kind, organizationId, userId: null, keyId: null },
    ...{ roles: ['OWNER', 'API_CLIENT'], scopes: null, mode: 'live', requestId: null },
  };
}
