/**
 * Whatever people do, in whatever order and however often: the books stay right. A sequence is a list of acts that
 * pick among the objects made so far by number, so that fast-check can leave acts out and the rest keeps its meaning.
 */
import fc from 'fast-check';
import { rebill } from '#charges';
import { UnitOfWork } from '#database';
import { systemActor } from '#organizations';
import { done } from '#outcome';
import { asLocalDate, periodContaining, previousPeriod } from '#calendar';
import { startTestApp, type TestApp, type TestKey } from '../support/app.js';
import {
  Marketplace,
  type Payload,
  type Settlement,
  settlementFields,
  type Terms,
} from '../support/marketplace.js';

let app: TestApp;
beforeAll(async () => {
  // One person acts faster here than any key is meant to.
  const environment = { LEADGER_LIMIT_COST_PER_SECOND: '1000000', LEADGER_TWO_APPROVERS_ABOVE: aboveTwo };
  app = await startTestApp({ environment });
});
afterAll(async () => await app.stop());

/** Low, so that about every second statement takes two people. */
const aboveTwo = '30.00';
const usd = (amount: string) => ({ amount, currency: 'USD' });
const contracts: readonly Terms[] = [
  {
    baseRate: usd('10.00'),
    commissionBasis: 'PER_LEAD',
    commissionRatePpm: 333_333,
    commissionTrigger: 'QUALIFIED',
    settlementSchedule: 'WEEKLY',
    platformFeeRatePpm: 29_000,
  },
  {
    baseRate: usd('0.07'),
    commissionBasis: 'PER_LEAD',
    commissionRatePpm: 200_000,
    commissionTrigger: 'CONVERTED',
    settlementSchedule: 'WEEKLY',
  },
  {
    baseRate: usd('12.34'),
    commissionBasis: 'PER_DEAL',
    commissionRatePpm: 12_345,
    commissionTrigger: 'CONVERTED',
    settlementSchedule: 'WEEKLY',
    platformFeeRatePpm: 100_000,
  },
];

const index = fc.nat({ max: 50 });
const amount = fc.integer({ min: 1, max: 500_000 }).map((cents) => (cents / 100).toFixed(2));
const stages = [
  'NEW',
  'ATTEMPTED',
  'CONTACTED',
  'QUALIFIED',
  'APPOINTMENT_SET',
  'UNREACHABLE',
  'NOT_INTERESTED',
  'DISQUALIFIED',
] as const;

// Approving is what makes corrections interesting, so most acts lead there.
const settlementActs = [
  ...Array<string>(3).fill('submitSettlement'),
  ...Array<string>(6).fill('approveSettlement'),
  'rejectSettlement',
  'voidSettlement',
];

type Act =
  | { readonly do: 'nothing' }
  | { readonly do: 'submit'; readonly contract: number; readonly count: number }
  | { readonly do: 'stage'; readonly lead: number; readonly stage: string }
  | { readonly do: 'won'; readonly lead: number; readonly amount: string }
  | { readonly do: 'lost'; readonly lead: number }
  | { readonly do: 'restate'; readonly deal: number; readonly amount: string }
  | { readonly do: 'cancel'; readonly deal: number; readonly kind: string }
  | { readonly do: 'return'; readonly lead: number }
  | { readonly do: 'decide'; readonly return: number; readonly decision: string }
  | { readonly do: 'wait'; readonly days: number }
  | { readonly do: 'prepare'; readonly weeksAgo: number }
  | {
      readonly do: 'settlement';
      readonly settlement: number;
      readonly act: string;
      readonly approver: 'approver' | 'controller';
    }
  | { readonly do: 'repeat'; readonly act: number };

// An act shrinks to nothing, so that a counterexample keeps only the acts that it needs.
const act: fc.Arbitrary<Act> = fc.oneof(
  { withCrossShrink: true },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('nothing' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('submit' as const),
      contract: fc.nat(2),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('stage' as const),
      lead: index,
      stage: fc.constantFrom(...stages),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('won' as const), lead: index, amount }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lost' as const), lead: index }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('restate' as const), deal: index, amount }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('cancel' as const),
      deal: index,
      kind: fc.constantFrom('REFUNDED', 'CANCELED'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('return' as const), lead: index }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('decide' as const),
      return: index,
      decision: fc.constantFrom('APPROVE', 'DENY'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 9 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('prepare' as const), weeksAgo: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('settlement' as const),
      settlement: index,
      act: fc.constantFrom(...settlementActs),
      approver: fc.constantFrom('approver' as const, 'controller' as const),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('repeat' as const), act: index }) },
);

/** 200 acts; those that shrank to nothing are left out, so that a counterexample reads as a short story. */
const sequence = fc
  .array(act, { minLength: 200, maxLength: 200, size: 'max' })
  .map((acts) => acts.filter((each) => each.do !== 'nothing'));

interface Sent {
  readonly key: TestKey;
  readonly name: string;
  readonly input: Record<string, unknown>;
  readonly selection: string;
  readonly done: boolean;
}

/** One run: what was made so far, and every keyed act as it was sent. */
class Run {
  private readonly market: Marketplace;
  private readonly leads: string[] = [];
  private readonly deals: string[] = [];
  private readonly returns: string[] = [];
  private readonly settlements: string[] = [];
  private readonly sent: Sent[] = [];
  private verticals: readonly string[] = [];
  private keys = 0;

  constructor(private readonly name: string) {
    this.market = new Marketplace(app, name);
  }

  async begin(): Promise<void> {
    const made = [];
    for (const terms of contracts) made.push(await this.market.contract(terms));
    this.verticals = made.map(({ vertical }) => vertical);
  }

  async perform(act: Act): Promise<void> {
    switch (act.do) {
      case 'nothing':
        return;
      case 'submit':
        this.leads.push(...(await this.market.submit(pick(this.verticals, act.contract) ?? '', act.count)));
        return;
      case 'stage':
        await this.report(act.lead, { stage: { stage: act.stage } });
        return;
      case 'won':
        await this.report(act.lead, {
          won: { amount: usd(act.amount), dealReference: `${this.name} ${this.keys}` },
        });
        return;
      case 'lost':
        await this.report(act.lead, { lost: { reason: 'no' } });
        return;
      case 'restate':
        await this.send('buyer', 'restateDeal', {
          dealId: pick(this.deals, act.deal),
          amount: usd(act.amount),
          reason: 'r',
        });
        return;
      case 'cancel':
        await this.send('buyer', 'cancelDeal', {
          dealId: pick(this.deals, act.deal),
          kind: act.kind,
          reason: 'r',
        });
        return;
      case 'return':
        await this.requestReturn(act.lead);
        return;
      case 'decide':
        await this.send('agency', 'decideReturn', {
          returnId: pick(this.returns, act.return),
          decision: act.decision,
          note: 'n',
        });
        return;
      case 'wait':
        await app.advanceClock(new Date(app.now().getTime() + act.days * 86_400_000));
        return;
      case 'prepare':
        await this.prepare(act.weeksAgo);
        return;
      case 'settlement':
        await this.changeSettlement(pick(this.settlements, act.settlement), act);
        return;
      case 'repeat':
        await this.repeat(pick(this.sent, act.act));
        return;
    }
  }

  private async report(lead: number, outcome: object): Promise<void> {
    const input = { leadId: pick(this.leads, lead), outcome };
    const payload = await this.send<{ deal: { id: string } | null }>(
      'buyer',
      'reportOutcome',
      input,
      'deal { id }',
    );
    if (payload?.deal) this.deals.push(payload.deal.id);
  }

  private async requestReturn(lead: number): Promise<void> {
    const input = { leadId: pick(this.leads, lead), reason: 'BOGUS_DATA' };
    const payload = await this.send<{ return: { id: string } | null }>(
      'buyer',
      'requestReturn',
      input,
      'return { id }',
    );
    if (payload?.return) this.returns.push(payload.return.id);
  }

  private async prepare(weeksAgo: number): Promise<void> {
    let period = periodContaining('WEEKLY', asLocalDate(app.now().toISOString().slice(0, 10)));
    for (let week = 0; week < weeksAgo; week += 1) period = previousPeriod('WEEKLY', period);
    const input = { periodStart: period.start, periodEnd: period.end };
    const payload = await this.send<{ settlements: Settlement[] }>(
      'preparer',
      'prepareSettlements',
      input,
      `settlements { ${settlementFields} }`,
    );
    for (const { id } of payload?.settlements ?? [])
      if (!this.settlements.includes(id)) this.settlements.push(id);
  }

  private async changeSettlement(
    id: string | undefined,
    { act: name, approver }: Extract<Act, { do: 'settlement' }>,
  ): Promise<void> {
    if (id === undefined) return;
    const { settlement } = await app.ask<{ settlement: { version: number } }>(
      app.keys.approver,
      'query ($id: ID!) { settlement(id: $id) { version } }',
      { id },
    );
    const note = name === 'rejectSettlement' || name === 'voidSettlement' ? { note: 'again' } : {};
    const key = name === 'submitSettlement' || name === 'voidSettlement' ? 'preparer' : approver;
    await this.send(
      key,
      name,
      { settlementId: id, expectedVersion: settlement.version, ...note },
      'settlement { id }',
    );
  }

  /** An act whose object does not exist yet is left out. */
  private async send<T extends object>(
    key: TestKey,
    name: string,
    input: Record<string, unknown>,
    selection = '',
  ): Promise<(T & Payload) | undefined> {
    if (Object.values(input).includes(undefined)) return undefined;
    this.keys += 1;
    const keyed = { ...input, idempotencyKey: `${this.name}-${this.keys}` };
    const payload = await this.market.act<T>(key, name, keyed, `${selection} replayed`, false);
    expect(payload.replayed).toBe(false);
    this.sent.push({ key, name, input: keyed, selection, done: payload.userErrors.length === 0 });
    return payload;
  }

  /** The same act under the same key: the first answer when it was done; a refused one may be refused again or not. */
  private async repeat(sent: Sent | undefined): Promise<void> {
    if (!sent?.done) return;
    const payload = await this.market.act(
      sent.key,
      sent.name,
      sent.input,
      `${sent.selection} replayed`,
      false,
    );
    expect(payload).toMatchObject({ replayed: true, userErrors: [] });
  }
}

function pick<T>(items: readonly T[], number: number): T | undefined {
  return items.length === 0 ? undefined : items[number % items.length];
}

/** Pricing every delivery anew finds nothing to charge, to restate or to take back. */
async function expectEverythingBilled(): Promise<void> {
  const unitOfWork = app.nest.get(UnitOfWork);
  const deliveries = await app.database.query<{ agencyId: string; deliveryId: string }>(
    'select agency_id as "agencyId", id as "deliveryId" from deliveries',
  );
  const now = app.now();
  for (const delivery of deliveries) {
    const billed = await unitOfWork.run(async (tx) =>
      done(await rebill(tx, { actor: systemActor('test'), now, ...delivery })),
    );
    expect(billed).toMatchObject({ ok: true, value: { charges: [] } });
  }
}

/** Of every 24 hours: what one person alone approved for the agency, added up from the statements themselves. */
async function expectTwoApprovers(): Promise<void> {
  const approved = await app.database.query<{ at: Date; amount: string; people: number }>(
    `select approved_at as at, abs(agency_minor + fee_minor) as amount, num_nonnulls(approved_by, first_approved_by)
       as people from settlements where approved_by is not null`,
  );
  const alone = approved.filter(({ people }) => people === 1);
  for (const { at: end } of alone) {
    const sum = alone
      .filter(({ at }) => at <= end && at.getTime() > end.getTime() - 86_400_000)
      .reduce((total, { amount }) => total + BigInt(amount), 0n);
    expect(sum <= BigInt(aboveTwo.replace('.', ''))).toBe(true);
  }
}

it('keeps every invariant through 200 acts of any kind', async () => {
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(sequence, async (acts) => {
      runs += 1;
      const run = new Run(`run-${runs}`);
      await run.begin();
      for (const [position, each] of acts.entries()) {
        await run.perform(each);
        if (position % 50 === 49) await app.verifyInvariants();
      }
      await expectEverythingBilled();
      await expectTwoApprovers();
    }),
    { numRuns: 6, interruptAfterTimeLimit: 120_000 },
  );
  expect(runs).toBeGreaterThan(0);
}, 180_000);
