import { newId } from '#database';
import { startTestApp, type TestApp, type TestKey } from '../support/app.js';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
}, 60_000);

afterAll(async () => {
  await app.stop();
});

const shown = `
  contract {
    id status version vertical
    agency { id name } buyer { id name }
    currentVersion { version status effectiveFrom effectiveTo }
    pendingVersion { version proposedBy { id } }
    creditBlocked
    terms { baseRate { amount currency } settlementSchedule holdDays clawbackMethod }
    summary clauses
  }
  replayed
  userErrors {
    __typename code message field
    ... on VersionError { currentVersion }
    ... on TransitionError { allowed }
  }`;

const operations = {
  proposeContract: 'ProposeContractInput',
  proposeContractVersion: 'ProposeContractVersionInput',
  acceptContract: 'AcceptContractInput',
  declineContract: 'DeclineContractInput',
  pauseContract: 'PauseContractInput',
  resumeContract: 'ResumeContractInput',
  terminateContract: 'TerminateContractInput',
} as const;
type Operation = keyof typeof operations;

interface Version {
  readonly version: number;
  readonly status?: string;
  readonly effectiveFrom?: string | null;
  readonly effectiveTo?: string | null;
}

interface Contract {
  readonly id: string;
  readonly status: string;
  readonly version: number;
  readonly currentVersion: Version;
  readonly pendingVersion: Version | null;
}

interface Payload {
  readonly contract: Contract | null;
  readonly replayed: boolean;
  readonly userErrors: readonly { code: string; message: string; field: readonly string[] | null }[];
}

const terms = {
  baseRate: { amount: '10.00', currency: 'USD' },
  commissionBasis: 'PER_DEAL',
  commissionRatePpm: 200_000,
  commissionTrigger: 'CONVERTED',
  timeZone: 'America/New_York',
};

async function act(key: TestKey, operation: Operation, input: object): Promise<Payload> {
  const query = `mutation ($input: ${operations[operation]}!) { ${operation}(input: $input) { ${shown} } }`;
  const variables = { input: { idempotencyKey: newId(), ...input } };
  const answer = await app.ask<Record<Operation, Payload>>(app.keys[key], query, variables);
  return answer[operation];
}

function sides() {
  return { agencyId: app.organizations.agency.id, buyerId: app.organizations.buyer.id };
}

async function proposed(vertical = newId()): Promise<string> {
  const { contract } = await act('agency', 'proposeContract', { ...sides(), vertical, terms });
  if (!contract) throw new Error('nothing was proposed');
  return contract.id;
}

async function accepted(): Promise<string> {
  const contractId = await proposed();
  await act('buyer', 'acceptContract', { contractId, version: 1 });
  return contractId;
}

function codesOf({ userErrors }: Payload): string[] {
  return userErrors.map(({ code, field }) => `${code} ${(field ?? []).join('.')}`);
}

describe('contracts through the API', () => {
  it('are proposed by one side and accepted by the other, and say in plain words what they mean', async () => {
    const { contract, userErrors } = await act('agency', 'proposeContract', {
      ...sides(),
      vertical: 'solar',
      terms,
    });
    expect(userErrors).toEqual([]);
    expect(contract).toEqual({
      id: expect.stringMatching(/^ctr_[0-9a-z]{26}$/),
      status: 'PROPOSED',
      version: 1,
      vertical: 'solar',
      agency: expect.objectContaining({ id: app.organizations.agency.id }),
      buyer: expect.objectContaining({ id: app.organizations.buyer.id }),
      currentVersion: { version: 1, status: 'PROPOSED', effectiveFrom: null, effectiveTo: null },
      pendingVersion: { version: 1, proposedBy: { id: app.organizations.agency.id } },
      terms: {
        baseRate: { amount: '10.00', currency: 'USD' },
        settlementSchedule: 'MONTHLY',
        holdDays: 14,
        clawbackMethod: 'NETTING',
      },
      creditBlocked: false,
      summary:
        '$10.00 for every delivered lead, plus 20 % of the price of each deal that closes within 90 days of delivery. ' +
        'Returns within 7 days, hold 14 days, settled monthly in America/New_York.',
      clauses: expect.arrayContaining(['Base rate: $10.00 for every delivered lead']),
    });
    const input = { contractId: contract?.id, version: 1 };
    expect(codesOf(await act('agency', 'acceptContract', input))).toEqual(['OWN_PROPOSAL input.version']);
    const answer = await act('buyer', 'acceptContract', input);
    expect(answer.contract).toMatchObject({
      status: 'ACTIVE',
      version: 2,
      currentVersion: { version: 1, status: 'IN_FORCE', effectiveFrom: expect.any(String) },
      pendingVersion: null,
    });
  });

  it('change their terms by versions that follow each other without a gap', async () => {
    const contractId = await accepted();
    const dearer = { ...terms, baseRate: { amount: '12.00', currency: 'USD' } };
    const proposal = await act('buyer', 'proposeContractVersion', { contractId, terms: dearer });
    expect(proposal.contract).toMatchObject({
      currentVersion: { version: 1 },
      pendingVersion: { version: 2 },
    });
    await act('agency', 'acceptContract', { contractId, version: 2 });
    const { contract } = await app.ask<{ contract: { versions: { nodes: Version[]; count: number } } }>(
      app.keys.buyer,
      `query ($id: ID!) { contract(id: $id) {
         versions(first: 10) { count nodes { version status effectiveFrom effectiveTo } } } }`,
      { id: contractId },
    );
    const [first, second] = contract.versions.nodes;
    expect(contract.versions.count).toBe(2);
    expect(first).toMatchObject({ version: 1, status: 'SUPERSEDED', effectiveTo: second?.effectiveFrom });
    expect(second).toMatchObject({ version: 2, status: 'IN_FORCE', effectiveTo: null });
  });

  it('are declined, paused, resumed and terminated', async () => {
    const draft = await proposed();
    const declined = await act('buyer', 'declineContract', { contractId: draft, version: 1 });
    expect(declined.contract).toMatchObject({ status: 'DRAFT', currentVersion: { status: 'DECLINED' } });
    const contractId = await accepted();
    expect((await act('buyer', 'pauseContract', { contractId })).contract?.status).toBe('PAUSED');
    const again = await act('agency', 'pauseContract', { contractId });
    expect(again.userErrors).toEqual([
      {
        __typename: 'TransitionError',
        code: 'ILLEGAL_TRANSITION',
        message: expect.any(String),
        field: ['input', 'contractId'],
        allowed: ['propose', 'accept', 'decline', 'resume', 'terminate'],
      },
    ]);
    expect((await act('admin', 'resumeContract', { contractId })).contract?.status).toBe('ACTIVE');
    expect((await act('agency', 'terminateContract', { contractId })).contract?.status).toBe('TERMINATED');
  });

  it('refuse what is wrong with the terms, all of it, by path', async () => {
    const payload = await act('agency', 'proposeContract', {
      ...sides(),
      vertical: 'a\u0000b',
      terms: {
        ...terms,
        baseRate: { amount: '1e3', currency: 'USD' },
        commissionTrigger: 'QUALIFIED',
        commissionRatePpm: 1_000_001,
        timeZone: 'Moon/Base',
        returnWindowDays: 400,
      },
    });
    expect(payload.contract).toBeNull();
    expect(codesOf(payload)).toEqual([
      'INVALID_VALUE input.vertical',
      'INVALID_AMOUNT input.terms.baseRate.amount',
      'INVALID_VALUE input.terms.commissionRatePpm',
      'INVALID_VALUE input.terms.returnWindowDays',
      'INVALID_TIME_ZONE input.terms.timeZone',
      'INVALID_TERMS input.terms.commissionTrigger',
    ]);
    expect(JSON.stringify(payload)).not.toMatch(/Moon|1e3/);
  });

  it('say how paid money is taken back, as it was proposed', async () => {
    const input = { ...sides(), vertical: 'hvac', terms: { ...terms, clawbackMethod: 'TRANSFER_REVERSAL' } };
    const { contract } = await act('agency', 'proposeContract', input);
    expect(contract).toMatchObject({
      terms: { clawbackMethod: 'TRANSFER_REVERSAL' },
      clauses: expect.arrayContaining([expect.stringContaining('by reversing the transfer')]),
    });
    const left = await act('agency', 'proposeContract', {
      ...input,
      terms: { ...terms, clawbackMethod: null },
    });
    expect(left.contract).toMatchObject({ terms: { clawbackMethod: 'NETTING' } });
  });

  it('guard edits by the version that was read', async () => {
    const contractId = await accepted();
    const stale = await act('agency', 'pauseContract', { contractId, expectedVersion: 1 });
    expect(stale.userErrors).toMatchObject([
      { __typename: 'VersionError', code: 'STALE_VERSION', currentVersion: 2 },
    ]);
    expect(codesOf(await act('agency', 'pauseContract', { contractId, expectedVersion: 2 }))).toEqual([]);
  });

  it('happen once for one key, also twenty at once', async () => {
    const input = { ...sides(), vertical: 'roofing', terms, idempotencyKey: newId() };
    const payloads = await Promise.all(
      Array.from({ length: 20 }, () => act('agency', 'proposeContract', input)),
    );
    expect(new Set(payloads.map(({ contract }) => contract?.id)).size).toBe(1);
    expect(payloads.filter(({ replayed }) => !replayed)).toHaveLength(1);
    const other = await act('agency', 'proposeContract', { ...input, vertical: 'solar' });
    expect(codesOf(other)).toEqual(['IDEMPOTENCY_KEY_REUSED input.idempotencyKey']);
  });

  it('show what a mutation changed to the next one of the same request', async () => {
    const contractId = await accepted();
    const field = (name: string, operation: string): string =>
      `${name}: ${operation}(input: { contractId: "${contractId}", idempotencyKey: "${newId()}" }) { contract { status version } }`;
    const answer = await app.ask(
      app.keys.buyer,
      `mutation { ${field('a', 'pauseContract')} ${field('b', 'resumeContract')} }`,
    );
    expect(answer).toEqual({
      a: { contract: { status: 'PAUSED', version: 3 } },
      b: { contract: { status: 'ACTIVE', version: 4 } },
    });
  });
});

describe('contracts of others', () => {
  const missing = 'ctr_01hzzzzzzzzzzzzzzzzzzzzzzz';

  it('answer like missing ones, in every act and every look-up', async () => {
    const contractId = await accepted();
    for (const key of ['otherAgency', 'otherBuyer'] as const) {
      for (const id of [contractId, missing, 'ctr_x', app.organizations.agency.id]) {
        const payloads = [
          await act(key, 'acceptContract', { contractId: id, version: 1 }),
          await act(key, 'declineContract', { contractId: id, version: 1 }),
          await act(key, 'proposeContractVersion', { contractId: id, terms }),
          await act(key, 'pauseContract', { contractId: id }),
          await act(key, 'resumeContract', { contractId: id }),
          await act(key, 'terminateContract', { contractId: id }),
        ];
        expect(payloads.map(codesOf)).toEqual(payloads.map(() => ['NOT_FOUND input.contractId']));
      }
      const found = await app.ask<{ contract: null; node: null; contracts: { nodes: [] } }>(
        app.keys[key],
        'query ($id: ID!) { contract(id: $id) { id } node(id: $id) { id } contracts { count nodes { id } } }',
        { id: contractId },
      );
      expect(found).toEqual({ contract: null, node: null, contracts: { count: 0, nodes: [] } });
    }
  });

  it('cannot be proposed in their name', async () => {
    const input = { ...sides(), vertical: 'solar', terms };
    const foreign = await act('otherAgency', 'proposeContract', input);
    expect(codesOf(foreign)).toEqual(['NOT_FOUND input.agencyId']);
    const garbage = await act('agency', 'proposeContract', { ...input, agencyId: 'x', buyerId: missing });
    expect(codesOf(garbage)).toEqual(['NOT_FOUND input.agencyId', 'NOT_FOUND input.buyerId']);
  });

  it.each(['preparer', 'approver', 'auditor'] as const)('are read, not made, by the %s', async (key) => {
    const contractId = await accepted();
    const { contract } = await app.ask<{ contract: Contract }>(
      app.keys[key],
      'query ($id: ID!) { contract(id: $id) { id } }',
      { id: contractId },
    );
    expect(contract).toEqual({ id: contractId });
    const { errors } = await app.gql(
      app.keys[key],
      'mutation ($input: PauseContractInput!) { pauseContract(input: $input) { replayed } }',
      { input: { contractId, idempotencyKey: newId() } },
    );
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
  });
});

describe('the list of contracts', () => {
  interface Page {
    readonly contracts: {
      readonly nodes: readonly { id: string }[];
      readonly pageInfo: { hasNextPage: boolean; endCursor: string };
    };
  }
  const query = `query ($first: Int, $after: String, $status: ContractStatus, $vertical: String, $agencyId: ID) {
    contracts(first: $first, after: $after, status: $status, vertical: $vertical, agencyId: $agencyId) {
      nodes { id } pageInfo { hasNextPage endCursor } } }`;

  it('is read page by page and filtered', async () => {
    const vertical = newId();
    const ids = [await proposed(vertical), await proposed(vertical), await proposed(vertical)];
    const one = await app.ask<Page>(app.keys.buyer, query, { first: 2, vertical });
    expect(one.contracts.nodes.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    const after = one.contracts.pageInfo.endCursor;
    const two = await app.ask<Page>(app.keys.buyer, query, { first: 2, vertical, after });
    expect(two.contracts.nodes.map(({ id }) => id)).toEqual(ids.slice(2));
    expect(two.contracts.pageInfo.hasNextPage).toBe(false);
    for (const none of [{ status: 'ACTIVE' }, { agencyId: 'org_x' }, { vertical: '\u0000' }]) {
      const page = await app.ask<Page>(app.keys.buyer, query, { vertical, ...none });
      expect(page.contracts.nodes).toEqual([]);
    }
  });
});
