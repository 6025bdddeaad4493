/** A valid call of every mutation, each time of objects of its own: what the bad inputs differ from in one thing. */
import { newId } from '#database';
import type { TestApp, TestError, TestKey } from '../support/app.js';
import { type RootField, rootFields } from '../support/gql-schema.js';
import { terms, validArguments } from '../access/tenancy-inputs.js';
import {
  type Arguments,
  documentOf,
  fieldNamed,
  type Place,
  placesOf,
  valuesUnder,
} from '../access/tenancy-schema.js';
import { contractOf, leadOf, make, pairs, send } from '../access/tenancy-world.js';
import { billingActs } from './bad-input-billing.js';
import { paymentActs } from './bad-input-payments.js';
import { payoutActs } from './bad-input-payouts.js';
import { handoverActs } from './bad-input-handover.js';
import { offerActs } from './bad-input-offers.js';
import { routeActs } from './bad-input-routes.js';
import { importActs } from './bad-input-imports.js';
import { personActs } from './bad-input-persons.js';
import { webhookActs } from './bad-input-webhooks.js';

export interface Call {
  readonly field: RootField;
  readonly as: TestKey;
  readonly args: Arguments;
}

export interface Refused {
  readonly code: string;
  readonly message: string;
  readonly field: readonly string[] | null;
}

export interface Answer {
  readonly status: number;
  readonly data: unknown;
  readonly errors: readonly TestError[];
  readonly refusals: readonly Refused[];
  /** What went wrong, as text: here nothing that was sent may stand. */
  readonly complaints: string;
}

const [pair] = pairs;
const currencies = [
  'USD',
  'EUR',
  'GBP',
  'CHF',
  'CAD',
  'AUD',
  'NZD',
  'SEK',
  'NOK',
  'DKK',
  'PLN',
  'CZK',
  'MXN',
  'BRL',
  'ZAR',
  'INR',
  'SGD',
  'HKD',
  'THB',
  'ILS',
  'TRY',
  'RON',
  'PHP',
  'MYR',
];

type Ids = Readonly<Record<string, unknown>>;

export class Acts {
  private contractId = '';
  private drafts: { readonly id: string; readonly version: number }[] = [];
  private readonly period = { periodStart: '', periodEnd: '' };

  private constructor(readonly app: TestApp) {}

  /** A contract in force, a pool of closed settlements (one per currency), and two pairs whose day can be closed. */
  static async begin(app: TestApp): Promise<Acts> {
    const acts = new Acts(app);
    for (const currency of currencies) {
      const contractId = await contractOf(app, pair, {
        vertical: `in ${currency}`,
        terms: { ...terms, baseRate: { amount: '10.00', currency } },
      });
      await leadOf(app, pair, contractId, `in ${currency}`);
    }
    for (const other of pairs.slice(1)) {
      const contractId = await contractOf(app, other, { vertical: 'other' });
      await leadOf(app, other, contractId, 'other');
    }
    acts.contractId = await contractOf(app, pair, {
      vertical: 'solar',
      terms: { ...terms, settlementSchedule: 'MONTHLY' },
    });
    await acts.closeTheDay();
    return acts;
  }

  private async closeTheDay(): Promise<void> {
    const day = this.app.now().toISOString().slice(0, 10);
    const next = new Date(Date.parse(day) + 86_400_000);
    await this.app.advanceClock(new Date(next.getTime() + 3_600_000));
    Object.assign(this.period, { periodStart: day, periodEnd: next.toISOString().slice(0, 10) });
    const sides = { agencyId: this.app.organizations.agency.id, buyerId: this.app.organizations.buyer.id };
    const { settlements } = await send(this.app, this.app.keys.preparer, 'prepareSettlements', {
      ...this.period,
      ...sides,
    });
    this.drafts = [...(settlements as { id: string; version: number }[])];
  }

  get mutations(): readonly RootField[] {
    return rootFields(this.app).filter(({ operation }) => operation === 'mutation');
  }

  /** Every place of every mutation whose named type is that one. */
  places(typeName: string): Place[] {
    return this.mutations.flatMap((field) => placesOf(field, typeName));
  }

  /** A call that would succeed. Throws for a mutation that has no line below: a new one must be added. */
  async fresh(name: string): Promise<Call> {
    const prepare = this.prepared[name];
    if (!prepare) throw new Error(`say in bad-input-acts.ts how ${name} succeeds`);
    const [as, ids, more] = await prepare();
    const field = fieldNamed(this.app, name);
    const { input } = validArguments(field, ids) as { input: object };
    return { field, as, args: { input: { ...input, ...more } } };
  }

  async send({ field, as, args }: Call, depth = 2): Promise<Answer> {
    const {
      status,
      data,
      errors = [],
    } = await this.app.gql<unknown>(this.app.keys[as], documentOf(field, args, depth), args);
    const refusals = valuesUnder(data, new Set(['userErrors'])).flat() as Refused[];
    const complaints = JSON.stringify([errors, refusals]);
    return { status, data, errors, refusals, complaints };
  }

  private readonly prepared: Readonly<Record<string, () => Promise<readonly [TestKey, Ids, object?]>>> = {
    acceptContract: async () => ['buyer', { contractId: await this.proposed() }],
    declineContract: async () => ['buyer', { contractId: await this.proposed() }],
    proposeContract: async () => ['agency', this.sides()],
    proposeContractVersion: async () => ['agency', { contractId: await this.inForce() }],
    pauseContract: async () => ['buyer', { contractId: await this.inForce() }],
    resumeContract: async () => {
      const contractId = await this.inForce();
      await make(this.app, this.app.keys.agency, 'pauseContract', { contractId });
      return ['agency', { contractId }];
    },
    terminateContract: async () => ['agency', { contractId: await this.inForce() }],
    defineVertical: async () => ['admin', {}, { key: newId() }],
    publishLeadSchema: async () => ['admin', {}, { vertical: await this.vertical() }],
    submitLead: async () => ['agency', {}],
    submitLeads: async () => ['agency', {}],
    reportOutcome: async () => ['buyer', { leadId: await this.lead() }],
    requestReturn: async () => ['buyer', { leadId: await this.lead() }, { reason: 'OTHER' }],
    decideReturn: async () => {
      const input = { leadId: await this.lead(), reason: 'FRAUD' };
      return [
        'agency',
        { returnId: await make(this.app, this.app.keys.buyer, 'requestReturn', input, 'return') },
      ];
    },
    restateDeal: async () => [
      'buyer',
      { dealId: await this.deal() },
      { reason: 'counted again', amount: { amount: '1500.00', currency: 'USD' } },
    ],
    cancelDeal: async () => ['buyer', { dealId: await this.deal() }, { reason: 'given back' }],
    createApiKey: async () => ['agency', {}],
    rotateApiKey: async () => ['agency', { keyId: await this.key() }],
    revokeApiKey: async () => ['agency', { keyId: await this.key() }],
    createUser: async () => ['admin', { organizationId: this.app.organizations.agency.id }],
    setApprovalLimit: async () => [
      'admin',
      { userId: await this.newApprover() },
      { limit: { amount: '5000.00', currency: 'USD' } },
    ],
    createOrganization: async () => ['admin', {}],
    prepareSettlements: async () => ['preparer', {}, this.period],
    submitSettlement: async () => ['preparer', { settlementId: this.draft() }],
    voidSettlement: async () => ['preparer', { settlementId: this.draft() }],
    approveSettlement: async () => ['approver', { settlementId: await this.submitted() }],
    rejectSettlement: async () => ['approver', { settlementId: await this.submitted() }],
    ...paymentActs(this),
    ...billingActs(this),
    ...webhookActs(this),
    ...handoverActs({
      app: this.app,
      inForce: () => this.inForce(),
      delivery: () => this.delivery(),
    }),
    ...personActs({ app: this.app, lead: () => this.lead() }),
    ...importActs({ app: this.app }),
    ...offerActs({ app: this.app, inForce: () => this.inForce() }),
    ...routeActs({ app: this.app, inForce: () => this.inForce() }),
    ...payoutActs({ app: this.app, submitted: () => this.submitted() }),
    advanceSandboxClock: async () => ['agency', {}, { to: this.app.now().toISOString() }],
  };

  private sides(): Ids {
    return { agencyId: this.app.organizations.agency.id, buyerId: this.app.organizations.buyer.id };
  }

  private async proposed(): Promise<string> {
    return await make(this.app, this.app.keys.agency, 'proposeContract', {
      ...this.sides(),
      vertical: newId(),
      terms,
    });
  }

  async inForce(): Promise<string> {
    return await contractOf(this.app, pair, { vertical: newId() });
  }

  private async vertical(): Promise<string> {
    const key = newId();
    await send(this.app, this.app.keys.admin, 'defineVertical', { key, name: 'to publish in' });
    return key;
  }

  async lead(): Promise<string> {
    return await leadOf(this.app, pair, this.contractId);
  }

  /** Of a contract of its own. */
  private async delivery(): Promise<{ deliveryId: string; contractId: string }> {
    const vertical = newId();
    const contractId = await contractOf(this.app, pair, { vertical });
    const id = await leadOf(this.app, pair, contractId, vertical);
    const query = 'query ($id: ID!) { lead(id: $id) { deliveries { id } } }';
    const { lead } = await this.app.ask<{ lead: { deliveries: { id: string }[] } }>(
      this.app.keys.buyer,
      query,
      { id },
    );
    return { deliveryId: lead.deliveries[0]?.id ?? '', contractId };
  }

  async deal(): Promise<string> {
    const outcome = { won: { amount: { amount: '2000.00', currency: 'USD' } } };
    return await make(
      this.app,
      this.app.keys.buyer,
      'reportOutcome',
      { leadId: await this.lead(), outcome },
      'deal',
    );
  }

  private async newApprover(): Promise<string> {
    const person = { email: `${newId()}@people.example`, name: 'new', password: 'a long password' };
    const input = {
      ...person,
      organizationId: this.app.organizations.operator.id,
      roles: ['FINANCE_APPROVER'],
    };
    return await make(this.app, this.app.keys.admin, 'createUser', input, 'user');
  }

  private async key(): Promise<string> {
    return await make(
      this.app,
      this.app.keys.agency,
      'createApiKey',
      { name: 'to end', roles: ['MEMBER'] },
      'apiKey',
    );
  }

  draft(): string {
    const next = this.drafts.pop();
    if (!next) throw new Error('more settlements are asked for than there are currencies');
    return next.id;
  }

  async submitted(): Promise<string> {
    return await make(
      this.app,
      this.app.keys.preparer,
      'submitSettlement',
      { settlementId: this.draft() },
      'settlement',
    );
  }
}
