import { startTestApp, type TestApp, type TestKey } from '../support/app.js';
import { Marketplace, type Terms, type UserError } from '../support/marketplace.js';

let app: TestApp;
let market: Marketplace;
let vertical: string;
let contractId: string;

const terms: Terms = {
  baseRate: { amount: '10.00', currency: 'USD' },
  commissionBasis: 'NONE',
  commissionRatePpm: 0,
  commissionTrigger: 'QUALIFIED',
};

beforeAll(async () => {
  app = await startTestApp();
  market = new Marketplace(app);
  ({ vertical, contractId } = await market.contract(terms));
});
afterAll(async () => await app.stop());
afterEach(async () => await app.verifyInvariants());

interface Submitted {
  readonly lead: { readonly id: string; readonly status: string; readonly test: boolean } | null;
  readonly replayed: boolean;
  readonly userErrors: readonly UserError[];
}

/** A person of its own for each name: one who was had before would be a duplicate. */
const personOf = (name: unknown) => ({ email: `${String(name).replaceAll(' ', '-')}@example.com` });

async function submit(input: Record<string, unknown>, key: TestKey = 'agency'): Promise<Submitted> {
  const lead = { vertical, contact: personOf(input['externalId']), ...input };
  return await market.act<Submitted>(key, 'submitLead', lead, 'lead { id status test } replayed', false);
}

async function count(table: string): Promise<number> {
  const [row] = await app.database.query<{ count: string }>(`select count(*) from ${table}`);
  return Number(row?.count);
}

const errorsOf = ({ userErrors }: Submitted) => userErrors.map(({ code, field }) => [code, field?.join('.')]);

describe('a submission', () => {
  it('is delivered, charged and shown to the buyer at once', async () => {
    const { lead, replayed } = await submit({
      externalId: 'first',
      contact: {
        email: 'ada@example.com',
        phone: '+1 212 555 0100',
        givenName: '<script>',
        familyName: 'ض🙂',
      },
      attributes: [{ key: 'roof', value: "flat'; drop table leads; --" }],
      source: { channel: 'search', cost: { amount: '4.00', currency: 'USD' } },
      consent: { text: 'I agree', capturedAt: app.now().toISOString(), ip: '192.0.2.1' },
      score: 80,
    });
    expect({ lead, replayed }).toMatchObject({ lead: { status: 'SOLD', test: false }, replayed: false });
    const { seen } = await app.ask<{ seen: object }>(
      app.keys.buyer,
      `query ($id: ID!) { seen: lead(id: $id) { contact { givenName familyName phone } attributes { key value } score
        source { channel cost { amount } } consent { text ip } deliveries { status stage buyer { name } } } }`,
      { id: lead?.id },
    );
    expect(seen).toEqual({
      contact: { givenName: '<script>', familyName: 'ض🙂', phone: '+12125550100' },
      attributes: [{ key: 'roof', value: "flat'; drop table leads; --" }],
      score: 80,
      // What the agency paid is its own business.
      source: { channel: 'search', cost: null },
      consent: { text: 'I agree', ip: '192.0.2.1' },
      deliveries: [{ status: 'ACCEPTED', stage: 'NEW', buyer: { name: 'The buyer' } }],
    });
  });

  it('is invisible to other organizations, and without the person to the operator', async () => {
    const { lead } = await submit({ externalId: 'private' });
    const query = 'query ($id: ID!) { lead(id: $id) { contact { email } } node(id: $id) { id } }';
    for (const key of ['otherAgency', 'otherBuyer'] as const) {
      expect(await app.ask(app.keys[key], query, { id: lead?.id })).toEqual({ lead: null, node: null });
    }
    const shown = await app.ask(app.keys.admin, query, { id: lead?.id });
    expect(shown).toEqual({ lead: { contact: null }, node: { id: lead?.id } });
  });

  it('gives the first answer when it is sent again, and is refused with other content', async () => {
    const first = await submit({ externalId: 'again' });
    const again = await submit({ externalId: 'again' });
    expect(again).toEqual({ ...first, replayed: true });
    const changed = await submit({ externalId: 'again', score: 1 });
    expect(errorsOf(changed)).toEqual([['EXTERNAL_ID_REUSED', 'input.externalId']]);
  });

  it('has one effect when it arrives twenty times at once', async () => {
    const before = await count('charges');
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => await submit({ externalId: 'twenty' })),
    );
    expect(new Set(answers.map(({ lead }) => lead?.id)).size).toBe(1);
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(await count('charges')).toBe(before + 1);
  });

  it('is replayed even after the contract stopped taking leads', async () => {
    const own = await market.contract(terms);
    const input = { externalId: 'before the pause', vertical: own.vertical };
    await submit(input);
    await market.done('buyer', 'pauseContract', { contractId: own.contractId }, 'replayed');
    expect(await submit(input)).toMatchObject({ replayed: true, userErrors: [] });
    const next = await submit({ ...input, externalId: 'after the pause' });
    expect(errorsOf(next)).toEqual([['NO_MATCHING_CONTRACT', 'input.vertical']]);
    const named = await submit({ ...input, externalId: 'named', contractId: own.contractId });
    expect(errorsOf(named)).toEqual([['CONTRACT_NOT_ACTIVE', 'input.contractId']]);
  });
});

describe('the contract of a submission', () => {
  it('must be named when several match', async () => {
    const own = await market.contract(terms);
    // Known from now on as the only one of its vertical.
    expect((await submit({ externalId: 'alone', vertical: own.vertical })).lead).not.toBeNull();
    const second = await market.done<{ contract: { id: string } }>(
      'agency',
      'proposeContract',
      {
        agencyId: app.organizations.agency.id,
        buyerId: app.organizations.buyer.id,
        vertical: own.vertical,
        terms: { ...terms, timeZone: 'Europe/Berlin' },
      },
      'contract { id } replayed',
    );
    await market.done('buyer', 'acceptContract', { contractId: second.contract.id, version: 1 }, 'replayed');
    const input = { externalId: 'which', vertical: own.vertical };
    expect(errorsOf(await submit(input))).toEqual([['CONTRACT_AMBIGUOUS', 'input.contractId']]);
    expect((await submit({ ...input, contractId: second.contract.id })).lead).not.toBeNull();
  });

  it('is missing when it is foreign, malformed or of another kind, and must fit the vertical', async () => {
    const foreign = [
      contractId.replace(/.$/, contractId.endsWith('0') ? '1' : '0'),
      'nonsense',
      app.organizations.agency.id,
    ];
    for (const id of foreign) {
      const refused = await submit({ externalId: 'foreign', contractId: id });
      expect(errorsOf(refused)).toEqual([['NOT_FOUND', 'input.contractId']]);
    }
    const misplaced = await submit({ externalId: 'misplaced', vertical: 'other', contractId });
    expect(errorsOf(misplaced)).toEqual([['INVALID_VALUE', 'input.vertical']]);
    const theirs = await submit({ externalId: 'theirs', contractId }, 'otherAgency');
    expect(errorsOf(theirs)).toEqual([['NOT_FOUND', 'input.contractId']]);
  });
});

describe('test leads', () => {
  it('are delivered and cost nothing, in a name space of their own', async () => {
    const before = await count('charges');
    const test = await submit({ externalId: 'both', test: true });
    expect(test).toMatchObject({ lead: { status: 'SOLD', test: true }, replayed: false });
    expect(await count('charges')).toBe(before);
    expect(await submit({ externalId: 'both' })).toMatchObject({ lead: { test: false }, replayed: false });
    expect(await count('charges')).toBe(before + 1);
  });
});

describe('submitLeads', () => {
  it('answers each on its own, in the order of the input', async () => {
    const lead = (externalId: string) => ({ vertical, externalId, contact: personOf(externalId) });
    const leads = [
      lead('bulk 1'),
      { ...lead('bulk 0'), externalId: '' },
      lead('bulk 1'),
      { ...lead('bulk 1'), score: 3 },
      { ...lead('bulk 2'), vertical: 'nothing' },
      lead('bulk 3'),
    ];
    const { results } = await market.act<{ results: Submitted[] }>(
      'agency',
      'submitLeads',
      { leads },
      'results { lead { id status test } replayed userErrors { code field } }',
      false,
    );
    expect(results.map((result) => [result.replayed, ...errorsOf(result)])).toEqual([
      [false],
      [false, ['REQUIRED', 'input.leads.1.externalId']],
      [true],
      [false, ['EXTERNAL_ID_REUSED', 'input.leads.3.externalId']],
      [false, ['NO_MATCHING_CONTRACT', 'input.leads.4.vertical']],
      [false],
    ]);
    expect(results[2]?.lead?.id).toBe(results[0]?.lead?.id);
  });

  it('takes 500 and refuses 501', async () => {
    const lead = (index: number) => ({
      externalId: `many ${index}`,
      vertical,
      contact: { phone: `5550${index + 1000}` },
    });
    const leads = Array.from({ length: 501 }, (_, index) => lead(index));
    const before = await count('leads');
    const refused = await market.act('agency', 'submitLeads', { leads }, 'results { replayed }', false);
    expect(refused.userErrors).toMatchObject([{ code: 'TOO_MANY', field: ['input', 'leads'] }]);
    expect(await count('leads')).toBe(before);
    await market.done('agency', 'submitLeads', { leads: leads.slice(1) }, 'results { replayed }', false);
    expect(await count('leads')).toBe(before + 500);
  });
});

describe('lists of leads', () => {
  it('page through everything once, newest first, both ways', async () => {
    const query = `query ($first: Int, $after: String, $last: Int, $before: String) {
      leads(first: $first, after: $after, last: $last, before: $before) {
        nodes { id } pageInfo { hasNextPage endCursor hasPreviousPage startCursor } count(max: 10000) } }`;
    type Page = {
      leads: {
        nodes: { id: string }[];
        pageInfo: { hasNextPage: boolean; endCursor: string };
        count: number;
      };
    };
    for (const key of ['agency', 'buyer', 'auditor'] as const) {
      const seen: string[] = [];
      let after: string | null = null;
      let total = 0;
      do {
        const { leads }: Page = await app.ask(app.keys[key], query, { first: 100, after });
        seen.push(...leads.nodes.map(({ id }) => id));
        total = leads.count;
        after = leads.pageInfo.hasNextPage ? leads.pageInfo.endCursor : null;
      } while (after !== null);
      expect(seen).toHaveLength(total);
      expect(seen).toEqual([...new Set(seen)].sort().reverse());
      const { leads: oldest }: Page = await app.ask(app.keys[key], query, { last: 3 });
      expect(oldest.nodes.map(({ id }) => id)).toEqual(seen.slice(-3));
    }
  });
});

describe('a settlement that closes while leads arrive', () => {
  it('gains no line, and every lead is charged exactly once in it or in the next', async () => {
    const period = market.currentPeriod();
    const held = await market.contract(terms);
    await market.submit(held.vertical, 1);
    // Closed by hand, as preparing would close it, while submissions are under way.
    const [sent] = await Promise.all([
      Promise.all(
        Array.from(
          { length: 40 },
          async (_, index) => await submit({ externalId: `race ${index}`, vertical: held.vertical }),
        ),
      ),
      app.database.query(
        `update settlements set state = 'DRAFT', prepared_by = 'test', prepared_at = now(),
           line_count = 0, agency_minor = 0, fee_minor = 0, corrected_agency_minor = 0, corrected_fee_minor = 0,
           content_hash = ''
         where id in (select id from settlements where state = 'OPEN' and period_start = $1 for update)`,
        [period.start],
      ),
    ]);
    expect(sent.flatMap(({ userErrors }) => userErrors)).toEqual([]);
    const after = await submit({ externalId: 'race after', vertical: held.vertical });
    expect(after.lead).not.toBeNull();
    const late = await app.database.query<{ late_period_start: string | null; start: string }>(
      `select c.late_period_start::text, s.period_start::text as start from charges c
       join settlements s on s.agency_id = c.agency_id and s.id = c.settlement_id
       join leads l on l.agency_id = c.agency_id and l.id = c.lead_id where l.external_id = 'race after'`,
    );
    expect(late).toEqual([{ late_period_start: period.start, start: period.end }]);
    await app.database.query(
      `update settlements set state = 'OPEN', prepared_by = null, prepared_at = null, line_count = null,
         agency_minor = null, fee_minor = null, corrected_agency_minor = null, corrected_fee_minor = null,
         content_hash = null where state = 'DRAFT'`,
    );
  });
});
