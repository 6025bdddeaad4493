import { startTestApp, type TestApp, type TestKey } from '../support/app.js';
import { charges, type Corrected, deal, errors, type Reported, type Returned } from './outcome-answers.js';

describe('outcomes through the API', () => {
  let app: TestApp;
  let contractId: string;
  let keys = 0;

  beforeAll(async () => {
    app = await startTestApp();
    const { proposeContract } = await app.ask<{ proposeContract: { contract: { id: string } | null } }>(
      app.keys.agency,
      `mutation ($input: ProposeContractInput!) { proposeContract(input: $input) { contract { id } userErrors { message } } }`,
      {
        input: {
          agencyId: app.organizations.agency.id,
          buyerId: app.organizations.buyer.id,
          vertical: 'solar',
          terms: {
            baseRate: { amount: '10.00', currency: 'USD' },
            commissionBasis: 'PER_DEAL',
            commissionRatePpm: 200_000,
            commissionTrigger: 'CONVERTED',
            timeZone: 'America/New_York',
          },
          idempotencyKey: 'propose',
        },
      },
    );
    contractId = proposeContract.contract?.id ?? '';
    await app.ask(
      app.keys.buyer,
      `mutation ($input: AcceptContractInput!) { acceptContract(input: $input) { userErrors { message } } }`,
      { input: { contractId, version: 1, idempotencyKey: 'accept' } },
    );
  });
  afterAll(async () => {
    await app.verifyInvariants();
    await app.stop();
  });

  const nextKey = () => `key-${(keys += 1)}`;

  async function lead(): Promise<string> {
    const externalId = nextKey();
    const { submitLead } = await app.ask<{ submitLead: { lead: { id: string } | null } }>(
      app.keys.agency,
      `mutation ($input: SubmitLeadInput!) { submitLead(input: $input) { lead { id } userErrors { message } } }`,
      {
        input: {
          externalId,
          vertical: 'solar',
          contractId,
          contact: { email: `${externalId}@example.com` },
        },
      },
    );
    return submitLead.lead?.id ?? '';
  }

  async function report(
    leadId: string,
    outcome: object,
    { key = nextKey(), as = 'buyer' }: { key?: string; as?: TestKey } = {},
  ): Promise<Reported> {
    const { reportOutcome } = await app.ask<{ reportOutcome: Reported }>(
      app.keys[as],
      `mutation ($input: ReportOutcomeInput!) { reportOutcome(input: $input) {
        lead { id deliveries { stage } } ${deal} outcome { id kind provenance occurredAt } ${charges} notes replayed ${errors} } }`,
      { input: { leadId, outcome, idempotencyKey: key } },
    );
    return reportOutcome;
  }

  const won = (amount: string, more: object = {}) => ({
    won: { amount: { amount, currency: 'USD' }, ...more },
  });

  async function correct(
    name: 'restateDeal' | 'cancelDeal',
    input: object,
    as: TestKey = 'buyer',
  ): Promise<Corrected> {
    const [type, more] = name === 'restateDeal' ? ['RestateDealInput', ''] : ['CancelDealInput', 'notes'];
    const data = await app.ask<Record<string, Corrected>>(
      app.keys[as],
      `mutation ($input: ${type}!) { ${name}(input: $input) { ${deal} ${charges} ${more} replayed ${errors} } }`,
      { input: { reason: 'recounted', idempotencyKey: nextKey(), ...input } },
    );
    return data[name] as Corrected;
  }

  async function askReturn(
    name: 'requestReturn' | 'decideReturn',
    input: object,
    as: TestKey,
  ): Promise<Returned> {
    const [type, more] =
      name === 'requestReturn' ? ['RequestReturnInput', ''] : ['DecideReturnInput', charges];
    const data = await app.ask<Record<string, Returned>>(
      app.keys[as],
      `mutation ($input: ${type}!) { ${name}(input: $input) {
        return { id status reason decideBy decidedAt lead { status } } ${more} replayed ${errors} } }`,
      { input: { idempotencyKey: nextKey(), ...input } },
    );
    return data[name] as Returned;
  }

  it('a stage is reported, shown at the lead, and replayed with the same key', async () => {
    const leadId = await lead();
    const first = await report(leadId, { stage: { stage: 'CONTACTED', note: 'called' } }, { key: 'a-stage' });
    expect(first).toMatchObject({
      lead: { id: leadId, deliveries: [{ stage: 'CONTACTED' }] },
      deal: null,
      outcome: { kind: 'CONTACTED', provenance: 'API' },
      charges: [],
      replayed: false,
      userErrors: [],
    });
    const again = await report(leadId, { stage: { stage: 'CONTACTED', note: 'called' } }, { key: 'a-stage' });
    expect(again).toEqual({ ...first, replayed: true });
    const other = await report(leadId, { stage: { stage: 'PROPOSAL' } }, { key: 'a-stage' });
    expect(other.userErrors).toMatchObject([{ code: 'IDEMPOTENCY_KEY_REUSED' }]);
  });

  it('an illegal stage is refused with the allowed ones', async () => {
    const leadId = await lead();
    await report(leadId, { lost: { reason: 'no roof' } });
    const { userErrors, lead: none } = await report(leadId, { stage: { stage: 'CONTACTED' } });
    expect(none).toBeNull();
    expect(userErrors).toMatchObject([
      {
        __typename: 'TransitionError',
        code: 'ILLEGAL_TRANSITION',
        field: ['input', 'outcome', 'stage', 'stage'],
        allowed: ['WON'],
      },
    ]);
  });

  it('a sale is charged and explained; the same again changes nothing; other data names the earlier deal', async () => {
    const leadId = await lead();
    const sale = await report(leadId, won('2000.00', { dealReference: 'CRM-1' }));
    expect(sale).toMatchObject({
      deal: {
        amount: { amount: '2000.00', currency: 'USD' },
        status: 'WON',
        version: 1,
        lead: { id: leadId },
      },
      outcome: { kind: 'WON' },
      charges: [
        {
          component: 'COMMISSION_PER_DEAL',
          amount: { amount: '400.00', currency: 'USD' },
          explanation: {
            text: '20 % of $2,000.00 = $400.00',
            clause: expect.stringContaining('Commission: 20 %'),
          },
        },
      ],
      userErrors: [],
    });
    expect(sale.deal?.explanation.text).toBe('20 % of $2,000.00 = $400.00');
    expect(await report(leadId, won('2000.00', { dealReference: 'CRM-1' }))).toMatchObject({
      deal: { id: sale.deal?.id },
      outcome: { id: sale.outcome?.id },
      charges: [],
      replayed: true,
    });
    const other = await report(leadId, won('1500.00', { dealReference: 'CRM-1' }));
    expect(other.userErrors).toMatchObject([
      { __typename: 'ExistingObjectError', code: 'DEAL_REFERENCE_REUSED', existing: sale.deal?.id },
    ]);
  });

  it('a deal is restated and refunded, each with its difference', async () => {
    const leadId = await lead();
    const dealId = (await report(leadId, won('2000.00'))).deal?.id;
    const restated = await correct('restateDeal', { dealId, amount: { amount: '1500.00', currency: 'USD' } });
    expect(restated).toMatchObject({
      deal: { amount: { amount: '1500.00' }, version: 2 },
      charges: [{ component: 'RESTATEMENT', amount: { amount: '-100.00' } }],
    });
    const refunded = await correct('cancelDeal', { dealId, kind: 'REFUNDED' });
    expect(refunded.notes).toEqual([]);
    expect(refunded.deal).toMatchObject({
      status: 'REFUNDED',
      explanation: { text: 'The deal was refunded: nothing is owed for it.' },
    });
    // 400.00 and its restatement of −100.00, each mirrored by itself.
    expect(refunded.charges.map(({ amount }) => amount.amount).sort()).toEqual(['-400.00', '100.00']);
    const again = await correct('cancelDeal', { dealId, kind: 'CANCELED' });
    expect(again.userErrors).toMatchObject([{ code: 'DEAL_NOT_LIVE', field: ['input', 'dealId'] }]);
  });

  it.each(['0', '-1', '0.001', '1000000000000000000', '1e3', ' 5 ', '5,00', '٥'])(
    'the amount %j is refused by its path',
    async (amount) => {
      const { userErrors } = await report(await lead(), won(amount));
      expect(userErrors).toMatchObject([
        { code: 'INVALID_AMOUNT', field: ['input', 'outcome', 'won', 'amount', 'amount'] },
      ]);
    },
  );

  it('an outcome says exactly one thing', async () => {
    const leadId = await lead();
    const query = `mutation ($input: ReportOutcomeInput!) { reportOutcome(input: $input) { replayed } }`;
    for (const outcome of [{}, { lost: { reason: 'x' }, stage: { stage: 'CONTACTED' } }, { won: null }]) {
      const answer = await app.gql(app.keys.buyer, query, {
        input: { leadId, outcome, idempotencyKey: nextKey() },
      });
      expect(answer.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    }
  });

  it('the history, the deals and the return of a lead are its fields; each is a node', async () => {
    const leadId = await lead();
    await report(leadId, { stage: { stage: 'CONTACTED' } });
    await report(leadId, { stage: { stage: 'QUALIFIED' } });
    const sale = await report(leadId, won('100.00'));
    const { return: returned } = await askReturn(
      'requestReturn',
      { leadId, reason: 'WRONG_PERSON' },
      'buyer',
    );
    const query = `query ($id: ID!) { lead(id: $id) {
      outcomes(first: 2) { nodes { id kind } pageInfo { hasNextPage endCursor } count }
      deals { nodes { id } count } returns { id status } } }`;
    const { lead: shown } = await app.ask<{ lead: Record<string, unknown> }>(app.keys.agency, query, {
      id: leadId,
    });
    expect(shown).toMatchObject({
      outcomes: {
        nodes: [{ kind: 'CONTACTED' }, { kind: 'QUALIFIED' }],
        pageInfo: { hasNextPage: true },
        count: 3,
      },
      deals: { nodes: [{ id: sale.deal?.id }], count: 1 },
      returns: [{ id: returned?.id, status: 'REQUESTED' }],
    });
    const ids = [sale.deal?.id, sale.outcome?.id, returned?.id];
    const nodes = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }';
    for (const as of ['buyer', 'agency', 'auditor'] as const) {
      const found = await app.ask<{ nodes: unknown[] }>(app.keys[as], nodes, { ids });
      expect(found.nodes).toEqual([
        { __typename: 'Deal', id: ids[0] },
        { __typename: 'OutcomeEvent', id: ids[1] },
        { __typename: 'Return', id: ids[2] },
      ]);
    }
    for (const as of ['otherBuyer', 'otherAgency'] as const) {
      const found = await app.ask<{ nodes: unknown[] }>(app.keys[as], nodes, { ids });
      expect(found.nodes).toEqual([null, null, null]);
      const lists = await app.ask<{ deals: { count: number }; returns: { count: number } }>(
        app.keys[as],
        '{ deals { count } returns { count } }',
      );
      expect(lists).toMatchObject({ deals: { count: 0 }, returns: { count: 0 } });
    }
  });

  it('a foreign id answers like a missing one', async () => {
    const leadId = await lead();
    const dealId = (await report(leadId, won('100.00'))).deal?.id;
    const { return: returned } = await askReturn('requestReturn', { leadId, reason: 'FRAUD' }, 'buyer');
    const missing = [{ __typename: 'ValidationError', code: 'NOT_FOUND' }];
    for (const id of [leadId, 'lead_00000000000000000000000000', 'nonsense', contractId]) {
      expect((await report(id, { lost: { reason: 'x' } }, { as: 'otherBuyer' })).userErrors).toMatchObject(
        missing,
      );
      const asked = await askReturn('requestReturn', { leadId: id, reason: 'FRAUD' }, 'otherBuyer');
      expect(asked.userErrors).toMatchObject(missing);
    }
    for (const id of [dealId, 'deal_00000000000000000000000000', 'nonsense', leadId]) {
      const canceled = await correct('cancelDeal', { dealId: id, kind: 'CANCELED' }, 'otherBuyer');
      expect(canceled.userErrors).toMatchObject(missing);
      const query = 'query ($id: ID!) { deal(id: $id) { id } }';
      expect(await app.ask(app.keys.otherBuyer, query, { id })).toEqual({ deal: null });
    }
    for (const id of [returned?.id, 'nonsense', leadId]) {
      const decided = await askReturn('decideReturn', { returnId: id, decision: 'APPROVE' }, 'otherAgency');
      expect(decided.userErrors).toMatchObject(missing);
      const query = 'query ($id: ID!) { return(id: $id) { id } }';
      expect(await app.ask(app.keys.otherAgency, query, { id })).toEqual({ return: null });
    }
  });

  it('who may not is told FORBIDDEN', async () => {
    const leadId = await lead();
    const input = { leadId, outcome: { lost: { reason: 'x' } }, idempotencyKey: nextKey() };
    const query = `mutation ($input: ReportOutcomeInput!) { reportOutcome(input: $input) { replayed } }`;
    for (const as of ['agency', 'admin', 'auditor'] as const) {
      const { errors: refused } = await app.gql(app.keys[as], query, { input });
      expect(refused?.[0]?.extensions.code).toBe('FORBIDDEN');
    }
  });

  it('a return is approved by the agency and credits everything', async () => {
    const leadId = await lead();
    await report(leadId, won('2000.00'));
    const { return: requested } = await askReturn('requestReturn', { leadId, reason: 'BOGUS_DATA' }, 'buyer');
    expect(requested?.status).toBe('REQUESTED');
    const again = await askReturn('requestReturn', { leadId, reason: 'BOGUS_DATA' }, 'buyer');
    expect(again.userErrors).toMatchObject([
      { __typename: 'ExistingObjectError', code: 'RETURN_EXISTS', existing: requested?.id },
    ]);
    const approved = await askReturn(
      'decideReturn',
      { returnId: requested?.id, decision: 'APPROVE' },
      'agency',
    );
    expect(approved).toMatchObject({
      return: { status: 'APPROVED', lead: { status: 'RETURNED' } },
      charges: [
        { component: 'RETURN_CREDIT', amount: { amount: '-10.00' } },
        { component: 'RETURN_CREDIT', amount: { amount: '-400.00' } },
      ],
    });
    expect((await report(leadId, won('5.00', { dealReference: 'late' }))).userErrors).toMatchObject([
      { code: 'LEAD_RETURNED', field: ['input', 'leadId'] },
    ]);
  });

  it('a lead returned after the window is refused; an undecided return is approved when its time is over', async () => {
    const leadId = await lead();
    const { return: requested } = await askReturn(
      'requestReturn',
      { leadId, reason: 'INVALID_PHONE' },
      'buyer',
    );
    const late = await lead();
    await app.advanceClock(requested?.decideBy ?? '');
    const query = 'query ($id: ID!) { return(id: $id) { status lead { status } } }';
    expect(await app.ask(app.keys.buyer, query, { id: requested?.id })).toEqual({
      return: { status: 'AUTO_APPROVED', lead: { status: 'RETURNED' } },
    });
    await app.advanceClock(new Date(app.now().getTime() + 6 * 86_400_000));
    const { userErrors } = await askReturn(
      'requestReturn',
      { leadId: late, reason: 'INVALID_PHONE' },
      'buyer',
    );
    expect(userErrors).toMatchObject([{ code: 'RETURN_WINDOW_CLOSED', field: ['input', 'leadId'] }]);
  });

  it('pages of deals fit together, and forged cursors are refused', async () => {
    const query = `query ($first: Int, $after: String, $status: DealStatus) {
      deals(first: $first, after: $after, status: $status) { nodes { id status } pageInfo { hasNextPage endCursor } count } }`;
    interface Page {
      readonly deals: {
        readonly nodes: readonly { readonly id: string; readonly status: string }[];
        readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
        readonly count: number;
      };
    }
    const whole = await app.ask<Page>(app.keys.buyer, query, { first: 100 });
    const walked: string[] = [];
    for (let after: string | null = null, more = true; more;) {
      const { deals }: Page = await app.ask<Page>(app.keys.buyer, query, { first: 2, after });
      walked.push(...deals.nodes.map(({ id }) => id));
      after = deals.pageInfo.endCursor;
      more = deals.pageInfo.hasNextPage;
    }
    expect(walked).toEqual(whole.deals.nodes.map(({ id }) => id));
    expect(whole.deals.count).toBe(walked.length);
    const refunded = await app.ask<Page>(app.keys.buyer, query, { status: 'REFUNDED' });
    expect(new Set(refunded.deals.nodes.map(({ status }) => status))).toEqual(new Set(['REFUNDED']));
    const forged = await app.gql(app.keys.buyer, query, { after: 'forged' });
    expect(forged).toMatchObject({ status: 400, errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });
});
