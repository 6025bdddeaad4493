import { startTestApp, type TestApp } from '../support/app.js';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
}, 120_000);
afterAll(async () => {
  await app.verifyInvariants();
  await app.stop();
});

interface Payload {
  readonly settlement: { readonly id: string; readonly status: string; readonly version: number } | null;
  readonly replayed: boolean;
  readonly userErrors: readonly { readonly code: string; readonly field: readonly string[] | null }[];
}

const terms = {
  baseRate: { amount: '10.00', currency: 'USD' },
  commissionBasis: 'PER_DEAL',
  commissionRatePpm: 200_000,
  commissionTrigger: 'CONVERTED',
  timeZone: 'UTC',
  platformFeeRatePpm: 50_000,
};

/** Three leads, of which one brings a deal of $2,000.00; 5 % platform fee. */
async function sellThreeLeads(): Promise<void> {
  const input = {
    agencyId: app.organizations.agency.id,
    buyerId: app.organizations.buyer.id,
    vertical: 'roofing',
    terms,
    idempotencyKey: 'propose',
  };
  const { proposeContract } = await app.ask<{ proposeContract: { contract: { id: string } | null } }>(
    app.keys.agency,
    `mutation ($input: ProposeContractInput!) { proposeContract(input: $input) { contract { id } userErrors { message } } }`,
    { input },
  );
  await app.ask(
    app.keys.buyer,
    `mutation ($input: AcceptContractInput!) { acceptContract(input: $input) { userErrors { message } } }`,
    { input: { contractId: proposeContract.contract?.id, version: 1, idempotencyKey: 'accept' } },
  );
  const leadIds: string[] = [];
  for (const externalId of ['one', 'two', 'three']) {
    const { submitLead } = await app.ask<{ submitLead: { lead: { id: string } } }>(
      app.keys.agency,
      `mutation ($input: SubmitLeadInput!) { submitLead(input: $input) { lead { id } userErrors { message } } }`,
      { input: { externalId, vertical: 'roofing', contact: { email: `${externalId}@example.com` } } },
    );
    leadIds.push(submitLead.lead.id);
  }
  await app.ask(
    app.keys.buyer,
    `mutation ($input: ReportOutcomeInput!) { reportOutcome(input: $input) { userErrors { message } } }`,
    {
      input: {
        leadId: leadIds[1],
        outcome: { won: { amount: { amount: '2000.00', currency: 'USD' } } },
        idempotencyKey: 'won',
      },
    },
  );
}

interface Amount {
  readonly amount: string;
}

interface Shown {
  readonly id: string;
  readonly status: string;
  readonly version: number;
  readonly total: Amount;
  readonly periodStart: string;
  readonly periodEnd: string;
}

async function onlySettlement(key: string): Promise<Shown> {
  const { settlements } = await app.ask<{ settlements: { count: number; nodes: Shown[] } }>(
    key,
    '{ settlements { count nodes { id status version periodStart periodEnd total { amount } } } }',
  );
  const [only] = settlements.nodes;
  if (!only || settlements.count !== 1) throw new Error('there is not one settlement');
  return only;
}

async function act(
  key: string,
  name: 'submit' | 'approve' | 'reject' | 'void',
  input: object,
): Promise<Payload> {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}SettlementInput!`;
  const answer = await app.ask<Record<string, Payload>>(
    key,
    `mutation ($input: ${type}) { acted: ${name}Settlement(input: $input) {
       settlement { id status version } replayed userErrors { code field } } }`,
    { input },
  );
  const { acted } = answer;
  if (!acted) throw new Error('no answer');
  return acted;
}

it('a month from its first lead to the approved statement, and every cent of it explained', async () => {
  await sellThreeLeads();
  const gathering = await onlySettlement(app.keys.agency);
  // 3 × 10.00 + 400.00, and 5 % of it: 451.50.
  expect(gathering).toMatchObject({ status: 'OPEN', total: { amount: '451.50' } });
  expect(await onlySettlement(app.keys.buyer)).toEqual(gathering);

  await app.advanceClock(`${gathering.periodEnd}T06:00:00Z`);
  const { prepareSettlements } = await app.ask<{
    prepareSettlements: { settlements: Shown[]; remaining: number };
  }>(
    app.keys.preparer,
    `mutation ($input: PrepareSettlementsInput!) { prepareSettlements(input: $input) {
       settlements { id status version periodStart periodEnd total { amount } } remaining userErrors { code } } }`,
    {
      input: {
        periodStart: gathering.periodStart,
        periodEnd: gathering.periodEnd,
        agencyId: app.organizations.agency.id,
        idempotencyKey: 'prepare',
      },
    },
  );
  expect(prepareSettlements).toMatchObject({
    remaining: 0,
    settlements: [{ ...gathering, status: 'DRAFT', version: 2 }],
  });

  const settlementId = gathering.id;
  const submit = { settlementId, expectedVersion: 2, idempotencyKey: 'submit' };
  expect(await act(app.keys.preparer, 'submit', submit)).toMatchObject({
    settlement: { status: 'IN_REVIEW', version: 3 },
  });
  const approve = { settlementId, expectedVersion: 3, idempotencyKey: 'approve' };
  expect(await act(app.keys.preparer, 'approve', approve)).toMatchObject({
    userErrors: [{ code: 'SELF_APPROVAL' }],
  });
  expect(await act(app.keys.approver, 'approve', approve)).toMatchObject({
    settlement: { status: 'APPROVED', version: 4 },
    replayed: false,
  });
  expect(await act(app.keys.approver, 'approve', approve)).toMatchObject({ replayed: true });
  const late = { settlementId, note: 'No.', idempotencyKey: 'late' };
  expect(await act(app.keys.approver, 'reject', late)).toMatchObject({
    userErrors: [{ code: 'ILLEGAL_TRANSITION' }],
  });
});

it('tells of a statement how it came about', async () => {
  const { id } = await onlySettlement(app.keys.approver);
  const { settlement } = await app.ask<{ settlement: object }>(
    app.keys.approver,
    `query ($id: ID!) { settlement(id: $id) {
       number contentHash preparedBy approvedBy holdReasons agency { name } buyer { name }
       total { amount } agencyTotal { amount } feeTotal { amount } lineCount
       groups { component count text unitAmount { amount } amount { amount } }
       history { from to by }
       approvalJournal { postings { debit credit amount { amount } } }
       lines(last: 2) { count nodes { component runningTotal { amount } latePeriodStart reverses { id } } } } }`,
    { id },
  );
  expect(settlement).toMatchObject({
    preparedBy: app.users.preparer.id,
    approvedBy: app.users.approver.id,
    holdReasons: ['HOLD_PERIOD', 'BUYER_UNPAID'],
    total: { amount: '451.50' },
    agencyTotal: { amount: '430.00' },
    feeTotal: { amount: '21.50' },
    lineCount: 8,
    groups: [
      { text: '3 × $10.00', amount: { amount: '30.00' } },
      { text: '1 × $400.00', amount: { amount: '400.00' } },
      { text: '3 × $0.50', amount: { amount: '1.50' } },
      { text: '1 × $20.00', amount: { amount: '20.00' } },
    ],
    history: [
      { from: 'OPEN', to: 'DRAFT', by: app.users.preparer.id },
      { from: 'DRAFT', to: 'IN_REVIEW', by: app.users.preparer.id },
      { from: 'IN_REVIEW', to: 'APPROVED', by: app.users.approver.id },
    ],
    approvalJournal: {
      postings: [
        { debit: 'RECEIVABLE', credit: 'UNBILLED', amount: { amount: '451.50' } },
        { debit: 'ACCRUED', credit: 'HELD', amount: { amount: '430.00' } },
        { debit: 'FEE_DEFERRED', credit: 'FEE_REVENUE', amount: { amount: '21.50' } },
      ],
    },
    lines: {
      count: 8,
      nodes: [
        { component: 'COMMISSION_PER_DEAL', runningTotal: { amount: '431.50' }, latePeriodStart: null },
        { component: 'PLATFORM_FEE', runningTotal: { amount: '451.50' }, reverses: null },
      ],
    },
  });
});

it('tells of a line in one query what it rests on', async () => {
  const { id } = await onlySettlement(app.keys.approver);
  const { settlement } = await app.ask<{ settlement: { lines: { nodes: { id: string }[] } } }>(
    app.keys.approver,
    'query ($id: ID!) { settlement(id: $id) { lines(last: 2) { nodes { id } } } }',
    { id },
  );
  const { node } = await app.ask<{ node: object }>(
    app.keys.approver,
    `query ($id: ID!) { node(id: $id) { ... on SettlementLine {
       component amount { amount } contractVersion explanation { text clause inputs { name value } rounding }
       lead { externalId outcomes { nodes { kind } } } deal { amount { amount } }
       journal { kind postings { debit credit amount { amount } } } } } }`,
    { id: settlement.lines.nodes[0]?.id },
  );
  expect(node).toMatchObject({
    component: 'COMMISSION_PER_DEAL',
    amount: { amount: '400.00' },
    contractVersion: 1,
    explanation: { text: '20 % of $2,000.00 = $400.00' },
    lead: { externalId: 'two', outcomes: { nodes: [{ kind: 'WON' }] } },
    deal: { amount: { amount: '2000.00' } },
    journal: { postings: [{ debit: 'UNBILLED', credit: 'ACCRUED', amount: { amount: '400.00' } }] },
  });
});

it('pages through the lines in both directions', async () => {
  const { id } = await onlySettlement(app.keys.buyer);
  const page = async (args: string) => {
    const { settlement } = await app.ask<{
      settlement: {
        lines: {
          nodes: { id: string }[];
          pageInfo: { startCursor: string; endCursor: string; hasNextPage: boolean };
        };
      };
    }>(
      app.keys.buyer,
      `query ($id: ID!) { settlement(id: $id) { lines(${args}) {
         nodes { id } pageInfo { startCursor endCursor hasNextPage } } } }`,
      { id },
    );
    return settlement.lines;
  };
  const first = await page('first: 5');
  expect(first.pageInfo.hasNextPage).toBe(true);
  const rest = await page(`first: 5, after: "${first.pageInfo.endCursor}"`);
  expect(rest.pageInfo.hasNextPage).toBe(false);
  const all = [...first.nodes, ...rest.nodes].map((line) => line.id);
  expect(new Set(all).size).toBe(8);
  const back = await page(`last: 5, before: "${rest.pageInfo.startCursor}"`);
  expect(back.nodes).toEqual(first.nodes);
  const { node } = await app.ask<{ node: object }>(
    app.keys.buyer,
    'query ($id: ID!) { node(id: $id) { __typename id ... on SettlementLine { journal { id } explanation { text } } } }',
    { id: all[0] },
  );
  // The ledger is not the buyer's to read.
  expect(node).toEqual({
    __typename: 'SettlementLine',
    id: all[0],
    journal: null,
    explanation: { text: 'Base rate $10.00' },
  });
});

it('is not there for others', async () => {
  const { id } = await onlySettlement(app.keys.approver);
  const query = 'query ($id: ID!) { settlement(id: $id) { id } node(id: $id) { id } settlements { count } }';
  const nothing = { settlement: null, node: null, settlements: { count: 0 } };
  for (const key of [app.keys.otherAgency, app.keys.otherBuyer])
    expect(await app.ask(key, query, { id })).toEqual(nothing);
  const { errors } = await app.gql(
    app.keys.agency,
    `mutation { voidSettlement(input: {
    settlementId: "${id}", note: "No.", idempotencyKey: "foreign" }) { replayed } }`,
  );
  expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  const missing = await act(app.keys.approver, 'submit', {
    settlementId: 'stl_nonsense',
    idempotencyKey: 'missing',
  });
  expect(missing.userErrors).toEqual([{ code: 'NOT_FOUND', field: ['input', 'settlementId'] }]);
});

it('shows finance the books: balanced, and every rule holds', async () => {
  const books = await app.ask<{
    trialBalance: { balanced: boolean };
    ledgerInvariants: { holds: boolean }[];
  }>(
    app.keys.auditor,
    `{ trialBalance(currency: "USD") { balanced totalDebit { amount } totalCredit { amount }
         accounts { kind debit { amount } credit { amount } balance { amount } } }
       ledgerInvariants { name title holds violations examples } }`,
  );
  expect(books.trialBalance).toMatchObject({ balanced: true });
  expect(books.trialBalance).toMatchObject({
    accounts: expect.arrayContaining([
      {
        kind: 'HELD',
        debit: { amount: '0.00' },
        credit: { amount: '430.00' },
        balance: { amount: '430.00' },
      },
      {
        kind: 'UNBILLED',
        debit: { amount: '451.50' },
        credit: { amount: '451.50' },
        balance: { amount: '0.00' },
      },
    ]),
  });
  expect(books.ledgerInvariants.filter(({ holds }) => !holds)).toEqual([]);
  const { errors } = await app.gql(app.keys.agency, '{ trialBalance(currency: "USD") { balanced } }');
  expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN');
});

it('corrects an approved statement with lines of the next one, and applies the credit', async () => {
  const approved = await onlySettlement(app.keys.buyer);
  await app.ask(
    app.keys.agency,
    `mutation ($input: SubmitLeadInput!) { submitLead(input: $input) { userErrors { message } } }`,
    { input: { externalId: 'four', vertical: 'roofing', contact: { email: 'four@example.com' } } },
  );
  const { deals } = await app.ask<{ deals: { nodes: { id: string }[] } }>(
    app.keys.buyer,
    '{ deals { nodes { id } } }',
  );
  await app.ask(
    app.keys.buyer,
    `mutation ($input: CancelDealInput!) { cancelDeal(input: $input) { userErrors { message } } }`,
    {
      input: { dealId: deals.nodes[0]?.id, kind: 'REFUNDED', reason: 'Cold feet.', idempotencyKey: 'cancel' },
    },
  );
  const { settlements } = await app.ask<{ settlements: { nodes: Shown[] } }>(
    app.keys.buyer,
    '{ settlements(status: OPEN) { nodes { id version periodStart periodEnd total { amount } groups { text } } } }',
  );
  // 10.00 + 0.50 for the new lead, −400.00 − 20.00 for the deal.
  const [open] = settlements.nodes;
  expect(open).toMatchObject({
    total: { amount: '-409.50' },
    groups: [
      { text: '1 × $10.00' },
      { text: '1 × $0.50' },
      { text: '1 × −$20.00' },
      { text: '1 × −$400.00' },
    ],
  });
  expect(open?.periodStart).toBe(approved.periodEnd);
  const { id: settlementId, periodStart, periodEnd } = open ?? approved;

  await app.advanceClock(`${periodEnd}T06:00:00Z`);
  await app.ask(
    app.keys.preparer,
    `mutation ($input: PrepareSettlementsInput!) { prepareSettlements(input: $input) { remaining } }`,
    { input: { periodStart, periodEnd, idempotencyKey: 'prepare-2' } },
  );
  await act(app.keys.preparer, 'submit', { settlementId, idempotencyKey: 'submit-2' });
  expect(
    await act(app.keys.approver, 'approve', { settlementId, idempotencyKey: 'approve-2' }),
  ).toMatchObject({
    settlement: { status: 'APPROVED' },
  });
  const { settlement, ledgerInvariants } = await app.ask<{
    settlement: object;
    ledgerInvariants: { holds: boolean }[];
  }>(
    app.keys.approver,
    `query ($id: ID!) { ledgerInvariants { name holds examples }
       settlement(id: $id) { approvalJournal { postings { debit credit amount { amount } } } } }`,
    { id: settlementId },
  );
  // The 10.50 are billed and at once paid with as much of the credit of 420.00; that was booked with the correction.
  expect(settlement).toEqual({
    approvalJournal: {
      postings: [
        { debit: 'RECEIVABLE', credit: 'UNBILLED', amount: { amount: '10.50' } },
        { debit: 'ACCRUED', credit: 'HELD', amount: { amount: '10.00' } },
        { debit: 'FEE_DEFERRED', credit: 'FEE_REVENUE', amount: { amount: '0.50' } },
        { debit: 'BUYER_CREDIT', credit: 'RECEIVABLE', amount: { amount: '10.50' } },
      ],
    },
  });
  expect(ledgerInvariants.filter(({ holds }) => !holds)).toEqual([]);
});
