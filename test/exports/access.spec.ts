import { newId } from '#database';
import { CreateApiKey, type Permission, type Role, systemActor } from '#organizations';
import type { TestApp, TestOrganization } from '../support/app.js';
import { Marketplace, type Settlement } from '../support/marketplace.js';
import { ask, startExportApp, take } from './three-currencies.js';

let app: TestApp;
let settlement: Settlement;

beforeAll(async () => {
  app = await startExportApp();
  const market = new Marketplace(app);
  const { vertical } = await market.contract({
    baseRate: { amount: '10.00', currency: 'USD' },
    commissionBasis: 'NONE',
    commissionRatePpm: 0,
    commissionTrigger: 'QUALIFIED',
  });
  const period = market.currentPeriod();
  await market.submit(vertical, 3);
  await market.endPeriod(period);
  settlement = await market.settle(period);
}, 60_000);
afterAll(async () => {
  await app.verifyInvariants();
  await app.stop();
});

interface Refused {
  readonly statusCode: number;
  readonly code: string;
  readonly message: string;
  readonly argument?: string;
  readonly requestId: string;
}

async function refused(key: string | null, address: string): Promise<Refused> {
  const response = await ask(app, key, address);
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  expect(response.headers.get('content-disposition')).toBeNull();
  expect(response.headers.get('cache-control')).toBe('no-store');
  const body = (await response.json()) as Refused;
  expect(body.statusCode).toBe(response.status);
  expect(body.requestId).toBe(response.headers.get('x-request-id'));
  return body;
}

async function keyOf(
  organization: TestOrganization,
  roles: readonly Role[],
  more: { readonly mode?: 'live' | 'test'; readonly scopes?: readonly Permission[] } = {},
): Promise<string> {
  const outcome = await app.nest.get(CreateApiKey).execute(systemActor('test'), {
    organizationId: app.organizations[organization].uuid,
    userId: null,
    roles,
    name: 'another',
    mode: more.mode ?? 'live',
    scopes: more.scopes ?? null,
    expiresAt: null,
    idempotencyKey: newId(),
  });
  if (!outcome.ok || outcome.value.token === null) throw new Error('no key');
  return outcome.value.token;
}

const journals = ['journal.csv', 'journal.hledger'] as const;
const statement = (): string => `settlements/${settlement.id}/lines.csv`;

describe('a statement', () => {
  it('is given to its agency, its buyer and the operator', async () => {
    for (const key of ['agency', 'buyer', 'preparer', 'approver', 'auditor', 'admin'] as const)
      expect(await take(app, app.keys[key], statement())).toContain('BASE,AGENCY,10.00,USD');
  });

  it('of others is missing, exactly as one that does not exist and as what is no id', async () => {
    const nobody = 'settlements/stl_00000000000000000000000000/lines.csv';
    const { requestId, ...missing } = await refused(app.keys.preparer, nobody);
    expect(requestId).not.toBe('');
    expect(missing).toMatchObject({ statusCode: 404, code: 'NOT_FOUND' });
    for (const key of ['otherAgency', 'otherBuyer'] as const)
      expect(await refused(app.keys[key], statement())).toMatchObject(missing);
    for (const id of [
      'x',
      settlement.id.toUpperCase(),
      'org_00000000000000000000000000',
      '%00',
      "'%20or%201=1",
    ])
      expect(await refused(app.keys.agency, `settlements/${id}/lines.csv`)).toMatchObject(missing);
  });

  it('needs settlements:read', async () => {
    const key = await keyOf('agency', ['API_CLIENT'], { scopes: ['leads:submit'] });
    expect(await refused(key, statement())).toMatchObject({ statusCode: 403, code: 'FORBIDDEN' });
  });
});

describe('the journal', () => {
  it.each(journals)('%s is given to those of the operator who may read the ledger', async (address) => {
    for (const key of ['preparer', 'approver', 'auditor', 'admin'] as const)
      await take(app, app.keys[key], address);
    const member = await keyOf('operator', ['MEMBER']);
    for (const key of [app.keys.agency, app.keys.buyer, member])
      expect(await refused(key, address)).toMatchObject({ statusCode: 403, code: 'FORBIDDEN' });
  });
});

it('test keys see no money, whatever their roles', async () => {
  const agency = await keyOf('agency', ['OWNER'], { mode: 'test' });
  const operator = await keyOf('operator', ['OWNER'], { mode: 'test' });
  expect(await refused(agency, statement())).toMatchObject({ statusCode: 403, code: 'FORBIDDEN' });
  for (const address of [statement(), ...journals])
    expect(await refused(operator, address)).toMatchObject({ statusCode: 403, code: 'FORBIDDEN' });
});

it('nobody without a key gets anything', async () => {
  for (const address of [statement(), ...journals]) {
    expect(await refused(null, address)).toMatchObject({ statusCode: 401, code: 'UNAUTHENTICATED' });
    const wrong = `${app.keys.auditor.slice(0, -1)}${app.keys.auditor.endsWith('0') ? '1' : '0'}`;
    expect(await refused(wrong, address)).toMatchObject({ statusCode: 401, code: 'UNAUTHENTICATED' });
    // A key in an address would lie in every log on its way.
    expect(await refused(null, `${address}?access_token=${app.keys.auditor}`)).toMatchObject({
      statusCode: 401,
    });
  }
});

it.each([
  ['currency=usd', 'currency'],
  ['currency=', 'currency'],
  ['currency=XXX1', 'currency'],
  ['currency=USD&currency=EUR', 'currency'],
  ['from=2026-02-30', 'from'],
  ['from=2026-2-3', 'from'],
  ['from=', 'from'],
  ['from=2026-01-01T00:00:00Z', 'from'],
  ['to=tomorrow', 'to'],
  ['to=0001-01-01', 'to'],
  ['from=2026-01-02&to=2026-01-02', 'to'],
  ['from=2026-01-02&to=2026-01-01', 'to'],
  ['form=2026-01-02', ''],
  ['__proto__=1', ''],
])('a journal with ?%s is refused by the name of the parameter', async (query, argument) => {
  for (const address of journals) {
    const body = await refused(app.keys.auditor, `${address}?${query}`);
    expect(body).toMatchObject({ statusCode: 400, code: 'BAD_USER_INPUT', argument });
    expect(body.message).not.toContain('2026-02-30');
  }
});

it('a statement takes no parameters', async () => {
  const body = await refused(app.keys.agency, `${statement()}?from=2026-01-01`);
  expect(body).toMatchObject({ statusCode: 400, code: 'BAD_USER_INPUT' });
});

it('files say what they are, where to, and that nobody on the way keeps them', async () => {
  const headersOf = async (address: string) => {
    const response = await ask(app, app.keys.auditor, address);
    await response.text();
    const { headers } = response;
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    return [headers.get('content-type'), headers.get('content-disposition')];
  };
  expect(await headersOf('journal.csv')).toEqual([
    'text/csv; charset=utf-8; header=present',
    'attachment; filename="journal.csv"',
  ]);
  expect(await headersOf('journal.hledger?currency=USD&from=2026-10-01&to=2026-11-01')).toEqual([
    'text/plain; charset=utf-8',
    'attachment; filename="journal-USD-from-2026-10-01-to-2026-11-01.journal"',
  ]);
  expect(await headersOf(statement())).toEqual([
    'text/csv; charset=utf-8; header=present',
    `attachment; filename="statement-${settlement.number}.csv"`,
  ]);
});

it('HEAD tells the same without a file', async () => {
  const response = await fetch(`${app.url}/exports/journal.csv`, {
    method: 'HEAD',
    headers: { authorization: `Bearer ${app.keys.auditor}` },
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-disposition')).toBe('attachment; filename="journal.csv"');
  expect(await response.text()).toBe('');
});
