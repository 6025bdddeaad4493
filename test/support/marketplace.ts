import { nextPeriod, localDateOf, type Period, periodContaining, periodEndsAt } from '#calendar';
import type { TestApp, TestKey } from './app.js';

export interface Money {
  readonly amount: string;
  readonly currency: string;
}

export interface Terms {
  readonly baseRate: Money;
  readonly commissionBasis: 'NONE' | 'PER_LEAD' | 'PER_DEAL';
  readonly commissionRatePpm: number;
  readonly commissionTrigger: 'QUALIFIED' | 'CONVERTED';
  readonly timeZone?: string;
  readonly settlementSchedule?: 'DAILY' | 'WEEKLY' | 'SEMI_MONTHLY' | 'MONTHLY';
  readonly returnWindowDays?: number;
  readonly attributionWindowDays?: number;
  readonly contactSlaSeconds?: number;
  readonly contactSlaReroute?: boolean;
  readonly platformFeeRatePpm?: number;
}

export interface UserError {
  readonly code: string;
  readonly message: string;
  readonly field: readonly string[] | null;
  readonly allowed?: readonly string[];
  readonly currentVersion?: number;
}

export interface Line {
  readonly id: string;
  readonly component: string;
  readonly amount: Money;
  readonly latePeriodStart: string | null;
  readonly reverses: { readonly id: string } | null;
  readonly lead: { readonly id: string } | null;
  readonly explanation: { readonly text: string };
}

export interface Settlement {
  readonly id: string;
  readonly number: string;
  readonly status: string;
  readonly version: number;
  readonly contentHash: string | null;
  readonly total: Money;
  readonly agencyTotal: Money;
  readonly feeTotal: Money;
  readonly periodStart: string;
  readonly periodEnd: string;
  readonly preparedBy: string | null;
  readonly approvedBy: string | null;
  readonly approvalsNeeded: number;
  readonly approvals: readonly { readonly by: string; readonly at: string }[];
}

export interface Payload {
  readonly replayed: boolean;
  readonly userErrors: readonly UserError[];
}

const userErrors = `userErrors { code message field ... on TransitionError { allowed }
  ... on VersionError { currentVersion } }`;
export const settlementFields = `id number status version contentHash total { amount currency }
  agencyTotal { amount currency } feeTotal { amount currency } periodStart periodEnd preparedBy approvedBy
  approvalsNeeded approvals { by at }`;
const lineFields = `id component amount { amount currency } latePeriodStart reverses { id } lead { id }
  explanation { text }`;

/** What the people of a marketplace do, through the public API and nothing else. */
export class Marketplace {
  private acts = 0;

  /** `name` keeps apart the keys of several marketplaces on one app. */
  constructor(
    readonly app: TestApp,
    private readonly name = 'act',
  ) {}

  /** A key for one act; every act of a test has its own unless the test repeats it. */
  nextKey(): string {
    this.acts += 1;
    return `${this.name}-${this.acts}`;
  }

  /** Sends a mutation with one input object and returns its payload, refused or not. */
  async act<T extends object>(
    key: TestKey,
    name: string,
    input: Record<string, unknown>,
    selection: string,
    keyed = true,
  ): Promise<T & Payload> {
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { payload: ${name}(input: $input) { ${selection} ${userErrors} } }`;
    const variables = { input: keyed ? { idempotencyKey: this.nextKey(), ...input } : input };
    const { payload } = await this.app.ask<{ payload: T & Payload }>(this.app.keys[key], query, variables);
    return payload;
  }

  /** The same for an act that must succeed. */
  async done<T extends object>(
    key: TestKey,
    name: string,
    input: Record<string, unknown>,
    selection: string,
    keyed = true,
  ): Promise<T & Payload> {
    const payload = await this.act<T>(key, name, input, selection, keyed);
    if (payload.userErrors.length > 0) throw new Error(`${name}: ${JSON.stringify(payload.userErrors)}`);
    return payload;
  }

  /** Proposes as the agency and accepts as the buyer; each contract has a vertical of its own. */
  async contract(terms: Terms): Promise<{ readonly contractId: string; readonly vertical: string }> {
    const vertical = `vertical-${this.nextKey()}`;
    const { organizations } = this.app;
    const { contract } = await this.done<{ contract: { id: string } }>(
      'agency',
      'proposeContract',
      {
        agencyId: organizations.agency.id,
        buyerId: organizations.buyer.id,
        vertical,
        terms: { timeZone: 'America/New_York', ...terms },
      },
      'contract { id } replayed',
    );
    await this.done(
      'buyer',
      'acceptContract',
      { contractId: contract.id, version: 1 },
      'contract { id } replayed',
    );
    return { contractId: contract.id, vertical };
  }

  /** Submits leads of one vertical and returns their ids. */
  async submit(vertical: string, count: number): Promise<string[]> {
    const run = this.nextKey();
    const leads = Array.from({ length: count }, (_, index) => ({
      externalId: `${run}-${index}`,
      vertical,
      // A person of its own: one who was had before would be a duplicate.
      contact: { email: `person-${run}-${index}@example.com` },
    }));
    const { results } = await this.done<{
      results: { lead: { id: string } | null; userErrors: UserError[] }[];
    }>('agency', 'submitLeads', { leads }, `results { lead { id } ${userErrors} }`, false);
    return results.map(({ lead, userErrors: refused }) => {
      if (!lead) throw new Error(JSON.stringify(refused));
      return lead.id;
    });
  }

  async reportStage(leadId: string, stage: string): Promise<void> {
    await this.done('buyer', 'reportOutcome', { leadId, outcome: { stage: { stage } } }, 'replayed');
  }

  /** Reports a sale and returns the deal's id. */
  async reportWon(leadId: string, amount: Money): Promise<string> {
    const { deal } = await this.done<{ deal: { id: string } }>(
      'buyer',
      'reportOutcome',
      { leadId, outcome: { won: { amount, dealReference: `deal ${this.nextKey()}` } } },
      'deal { id } replayed',
    );
    return deal.id;
  }

  async returnLead(leadId: string): Promise<void> {
    const payload = await this.done<{ return: { id: string } }>(
      'buyer',
      'requestReturn',
      { leadId, reason: 'INVALID_PHONE' },
      'return { id } replayed',
    );
    const returnId = payload.return.id;
    await this.done('agency', 'decideReturn', { returnId, decision: 'APPROVE' }, 'return { id } replayed');
  }

  /** The monthly period in which the sandbox is, in the zone of the contracts. */
  currentPeriod(timeZone = 'America/New_York'): Period {
    return periodContaining('MONTHLY', localDateOf(this.app.now(), timeZone));
  }

  /** Lets the period end: the clock stands two hours into the first day after it. */
  async endPeriod(period: Period, timeZone = 'America/New_York'): Promise<void> {
    await this.app.advanceClock(new Date(periodEndsAt(period, timeZone).getTime() + 7_200_000));
  }

  /** The first of the next month at noon: every scenario has a month to itself. */
  async beginNextMonth(): Promise<Period> {
    const period = this.currentPeriod();
    await this.app.advanceClock(new Date(periodEndsAt(period, 'America/New_York').getTime() + 43_200_000));
    return nextPeriod('MONTHLY', period);
  }

  async prepare(period: Period): Promise<readonly Settlement[]> {
    const { settlements } = await this.done<{ settlements: Settlement[] }>(
      'preparer',
      'prepareSettlements',
      { periodStart: period.start, periodEnd: period.end },
      `settlements { ${settlementFields} } replayed`,
    );
    return settlements;
  }

  /** Prepares, submits and approves the only settlement of a period, by as many people as it takes. */
  async settle(period: Period): Promise<Settlement> {
    const [prepared, ...others] = await this.prepare(period);
    if (!prepared || others.length > 0)
      throw new Error(`expected one settlement, found ${others.length + 1}`);
    const selection = `settlement { ${settlementFields} } replayed`;
    const submitted = await this.done<{ settlement: Settlement }>(
      'preparer',
      'submitSettlement',
      { settlementId: prepared.id, expectedVersion: prepared.version },
      selection,
    );
    const input = { settlementId: prepared.id, expectedVersion: submitted.settlement.version };
    const approve = async (key: TestKey) =>
      (await this.done<{ settlement: Settlement }>(key, 'approveSettlement', input, selection)).settlement;
    const first = await approve('approver');
    return first.status === 'IN_REVIEW' ? await approve('controller') : first;
  }

  /** Every line of a settlement, page by page. */
  async lines(settlementId: string): Promise<Line[]> {
    const lines: Line[] = [];
    let after: string | null = null;
    do {
      const { settlement }: { settlement: { lines: { nodes: Line[]; pageInfo: PageInfo } } } =
        await this.app.ask(
          this.app.keys.approver,
          `query ($id: ID!, $after: String) { settlement(id: $id) { lines(first: 100, after: $after) {
          nodes { ${lineFields} } pageInfo { hasNextPage endCursor } } } }`,
          { id: settlementId, after },
        );
      lines.push(...settlement.lines.nodes);
      after = settlement.lines.pageInfo.hasNextPage ? settlement.lines.pageInfo.endCursor : null;
    } while (after !== null);
    return lines;
  }
}

interface PageInfo {
  readonly hasNextPage: boolean;
  readonly endCursor: string | null;
}
