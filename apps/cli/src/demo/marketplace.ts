import { type DemoKeys } from './demo-keys.js';
import { type GraphqlClient, mustBeDone, type UserError } from './graphql-client.js';

export interface ApiMoney {
  readonly amount: string;
  readonly currency: string;
}

/** What differs between the contracts of the demo. */
export interface DemoTerms {
  readonly baseRate: ApiMoney;
  readonly commissionBasis: 'NONE' | 'PER_LEAD' | 'PER_DEAL';
  readonly commissionRatePpm: number;
  readonly commissionTrigger: 'QUALIFIED' | 'CONVERTED';
  readonly timeZone: string;
  readonly settlementSchedule: 'MONTHLY';
}

export interface DemoContract {
  readonly id: string;
  readonly vertical: string;
  readonly buyerName: string;
  /** The terms in plain words. */
  readonly summary: string;
  /** The time in the sandbox when it was accepted. */
  readonly acceptedAt: Date;
}

export interface Statement {
  readonly id: string;
  readonly number: string;
  readonly status: string;
  readonly version: number;
  readonly contentHash: string | null;
  readonly periodStart: string;
  readonly periodEnd: string;
  readonly agency: { readonly name: string };
  readonly buyer: { readonly name: string };
  readonly preparedBy: string | null;
  readonly approvedBy: string | null;
  readonly total: ApiMoney;
  readonly agencyTotal: ApiMoney;
  readonly feeTotal: ApiMoney;
}

export interface StatementLine {
  readonly component: string;
  readonly amount: ApiMoney;
  readonly lead: { readonly externalId: string; readonly vertical: string } | null;
  readonly deal: { readonly reference: string | null } | null;
  readonly explanation: { readonly text: string; readonly clause: string };
}

export interface TrialBalance {
  readonly accounts: readonly {
    readonly kind: string;
    readonly debit: ApiMoney;
    readonly credit: ApiMoney;
    readonly balance: ApiMoney;
  }[];
  readonly totalDebit: ApiMoney;
  readonly totalCredit: ApiMoney;
  readonly balanced: boolean;
}

export interface Invariant {
  readonly name: string;
  readonly title: string;
  readonly holds: boolean;
  readonly examples: readonly string[];
}

export interface Books {
  readonly trialBalance: TrialBalance;
  readonly ledgerInvariants: readonly Invariant[];
}

interface Payload {
  readonly userErrors: readonly UserError[];
}

const userErrors = 'userErrors { code message field }';
const settlementFields = `id number status version contentHash periodStart periodEnd preparedBy approvedBy
  agency { name } buyer { name }
  total { amount currency } agencyTotal { amount currency } feeTotal { amount currency }`;

/** The acts of the demo, each one operation of the public API, sent with the key of whoever does it. */
export class Marketplace {
  constructor(
    private readonly client: GraphqlClient,
    private readonly keys: DemoKeys,
    /** Makes idempotency keys unique: the same run never repeats one, another run has its own. */
    private readonly run: string,
  ) {}

  /** The agency proposes, a buyer accepts; the vertical is the run's own. */
  async agree(name: string, terms: DemoTerms, side: 'buyer' | 'otherBuyer' = 'buyer'): Promise<DemoContract> {
    const { agency, [side]: buyer } = this.keys;
    const vertical = `demo-${this.run}-${name}`;
    const proposed = await this.client.send<{
      proposeContract: Payload & { contract: { id: string } | null };
    }>(
      agency.apiKey,
      `mutation ($input: ProposeContractInput!) { proposeContract(input: $input) { contract { id } ${userErrors} } }`,
      {
        input: {
          agencyId: agency.id,
          buyerId: buyer.id,
          vertical,
          terms,
          idempotencyKey: `${vertical}:${side}:propose`,
        },
      },
    );
    mustBeDone('proposeContract', proposed.proposeContract.userErrors);
    const id = proposed.proposeContract.contract?.id ?? '';
    const { acceptContract } = await this.client.send<{
      acceptContract: Payload & {
        contract: { summary: string; changedAt: string; buyer: { name: string } } | null;
      };
    }>(
      buyer.apiKey,
      `mutation ($input: AcceptContractInput!) {
        acceptContract(input: $input) { contract { summary changedAt buyer { name } } ${userErrors} }
      }`,
      { input: { contractId: id, version: 1, idempotencyKey: `${vertical}:${side}:accept` } },
    );
    mustBeDone('acceptContract', acceptContract.userErrors);
    const {
      summary = '',
      changedAt = '',
      buyer: { name: buyerName } = { name: '' },
    } = acceptContract.contract ?? {};
    return { id, vertical, buyerName, summary, acceptedAt: new Date(changedAt) };
  }

  /** Makes it later in the sandbox; gives the time that it is then. */
  async advanceClock(to: Date): Promise<Date> {
    const { advanceSandboxClock } = await this.client.send<{
      advanceSandboxClock: Payload & { now: string | null };
    }>(
      this.keys.preparer.apiKey,
      `mutation ($input: AdvanceSandboxClockInput!) { advanceSandboxClock(input: $input) { now ${userErrors} } }`,
      { input: { to: to.toISOString() } },
    );
    mustBeDone('advanceSandboxClock', advanceSandboxClock.userErrors);
    return new Date(advanceSandboxClock.now ?? to);
  }

  /** The buyer says that the lead is of high quality. */
  async qualify(leadId: string): Promise<void> {
    await this.reportOutcome(leadId, { stage: { stage: 'QUALIFIED' } });
  }

  /** The buyer reports a sale. */
  async win(leadId: string, amount: ApiMoney, dealReference: string): Promise<void> {
    await this.reportOutcome(leadId, { won: { amount, dealReference } });
  }

  private async reportOutcome(leadId: string, outcome: object): Promise<void> {
    const { reportOutcome } = await this.client.send<{ reportOutcome: Payload }>(
      this.keys.buyer.apiKey,
      `mutation ($input: ReportOutcomeInput!) { reportOutcome(input: $input) { ${userErrors} } }`,
      { input: { leadId, outcome, idempotencyKey: `demo-${this.run}:${leadId}:outcome` } },
    );
    mustBeDone('reportOutcome', reportOutcome.userErrors);
  }

  /** Finance closes the period; gives the settlements between the two demo organizations. */
  async prepare(period: { readonly start: string; readonly end: string }): Promise<readonly Statement[]> {
    const { prepareSettlements } = await this.client.send<{
      prepareSettlements: Payload & { settlements: readonly Statement[] };
    }>(
      this.keys.preparer.apiKey,
      `mutation ($input: PrepareSettlementsInput!) {
        prepareSettlements(input: $input) { settlements { ${settlementFields} } ${userErrors} }
      }`,
      {
        input: {
          periodStart: period.start,
          periodEnd: period.end,
          agencyId: this.keys.agency.id,
          buyerId: this.keys.buyer.id,
          idempotencyKey: `demo-${this.run}:${period.start}:prepare`,
        },
      },
    );
    mustBeDone('prepareSettlements', prepareSettlements.userErrors);
    return prepareSettlements.settlements;
  }

  /** The preparer freezes the statement and hands it over; gives its new version. */
  async submit(statement: Statement): Promise<Statement> {
    const payload = await this.act('submitSettlement', this.keys.preparer.apiKey, statement);
    mustBeDone('submitSettlement', payload.userErrors);
    return payload.settlement ?? statement;
  }

  /** The preparer tries to approve as well; gives the refusal's words, or null when nothing stopped it. */
  async tryToApproveAlone(statement: Statement): Promise<string | null> {
    const payload = await this.act('approveSettlement', this.keys.preparer.apiKey, statement);
    return payload.userErrors[0]?.message ?? null;
  }

  /** Another person approves. */
  async approve(statement: Statement): Promise<Statement> {
    const payload = await this.act('approveSettlement', this.keys.approver.apiKey, statement);
    mustBeDone('approveSettlement', payload.userErrors);
    return payload.settlement ?? statement;
  }

  private async act(
    mutation: 'submitSettlement' | 'approveSettlement',
    apiKey: string,
    { id, version }: Statement,
  ): Promise<Payload & { readonly settlement: Statement | null }> {
    const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
    const answer = await this.client.send<
      Record<string, Payload & { readonly settlement: Statement | null }>
    >(
      apiKey,
      `mutation ($input: ${type}!) { act: ${mutation}(input: $input) { settlement { ${settlementFields} } ${userErrors} } }`,
      {
        input: {
          settlementId: id,
          expectedVersion: version,
          idempotencyKey: `demo-${this.run}:${id}:${mutation}`,
        },
      },
    );
    return answer['act'] ?? { settlement: null, userErrors: [] };
  }

  /** Every line of a statement, page by page, as the buyer reads it. */
  async linesOf(statement: Statement): Promise<readonly StatementLine[]> {
    const lines: StatementLine[] = [];
    let after: string | null = null;
    do {
      const page: LinesPage = await this.client.send<LinesPage>(this.keys.buyer.apiKey, linesQuery, {
        id: statement.id,
        after,
      });
      lines.push(...(page.settlement?.lines.nodes ?? []));
      const { hasNextPage = false, endCursor = null } = page.settlement?.lines.pageInfo ?? {};
      after = hasNextPage ? endCursor : null;
    } while (after !== null);
    return lines;
  }

  /** The ledger of the whole installation in one currency, and whether its rules hold. */
  async books(currency: string): Promise<Books> {
    return await this.client.send<Books>(this.keys.preparer.apiKey, booksQuery, { currency });
  }
}

interface LinesPage {
  readonly settlement: {
    readonly lines: {
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
      readonly nodes: readonly StatementLine[];
    };
  } | null;
}

const linesQuery = `query ($id: ID!, $after: String) {
  settlement(id: $id) {
    lines(first: 100, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes {
        component amount { amount currency } lead { externalId vertical } deal { reference }
        explanation { text clause }
      }
    }
  }
}`;

const booksQuery = `query ($currency: CurrencyCode!) {
  trialBalance(currency: $currency) {
    accounts { kind debit { amount currency } credit { amount currency } balance { amount currency } }
    totalDebit { amount currency } totalCredit { amount currency } balanced
  }
  ledgerInvariants { name title holds examples }
}`;
