/** Payouts as CSV: a month that fails at first, one that is netted, and then more than fit on a page. */
import { BeginPaymentSetup } from '#collections';
import { newId } from '#database';
import { CreateApiKey, type Permission, systemActor } from '#organizations';
import { until } from '../faults/gates.js';
import { OneDeal, withFee } from '../scenarios/one-deal.js';
import { actorOf } from '../settlements/open-book.js';
import { startTestApp, type TestAppWithStripe, type TestOrganization } from '../support/app.js';
import { readCsv } from './csv-reader.js';
import { losing } from './reader.js';
import { ask, evilNames, take } from './three-currencies.js';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** Two full pages, and one row. */
const many = 1_001;
const readers = ['preparer', 'approver', 'auditor', 'admin'] as const;

let app: TestAppWithStripe;
let market: OneDeal;

beforeAll(async () => {
  app = await startTestApp({ stripe: true, environment: { LEADGER_LIMIT_COST_PER_SECOND: '1000000' } });
  app.stripe.control.fund({ amount: 1_000_000, currency: 'usd' });
  await app.database.query('update organizations set name = $2 where id = $1', [
    app.organizations.agency.uuid,
    evilNames.agency,
  ]);
  market = new OneDeal(app);
  await onboard();
  await saveMethod();
  await payAfterFailure();
  await net();
  await app.verifyInvariants();
}, 60_000);
afterAll(() => app.stop());

async function pass(ms: number): Promise<void> {
  await app.advanceClock(new Date(app.now().getTime() + ms));
}

async function onboard(): Promise<void> {
  const input = { email: 'agency@example.com', country: 'US' };
  await market.done('agency', 'beginOnboarding', input, 'account { status } url replayed');
  app.stripe.control.completeAccount({ account: await account() });
  await market.done('agency', 'refreshPaymentAccount', {}, 'account { status } replayed');
}

async function account(): Promise<string> {
  const [row] = await app.database.query<{ id: string }>(
    'select provider_account_id as id from payment_accounts',
  );
  return row?.id ?? '';
}

async function saveMethod(): Promise<void> {
  const buyerId = app.organizations.buyer.uuid;
  const begin = app.nest.get(BeginPaymentSetup, { strict: false });
  await begin.execute(actorOf('BUYER', buyerId, ['OWNER']), { buyerId, idempotencyKey: newId() });
  const [row] = await app.database.query<{ id: string }>(
    'select provider_setup_id as id from billing_profiles',
  );
  const body = new URLSearchParams({ method: 'pm_card_visa', do: 'pay' });
  await fetch(`${app.stripe.url}/setup/${row?.id}`, { method: 'POST', body, redirect: 'manual' });
  await pass(5 * minuteMs);
}

/** 410.00, for which the account is restricted in the last hour, so that only the second payout gets through. */
async function payAfterFailure(): Promise<void> {
  const { period, deal } = await market.sold();
  await market.close(period);
  await pass(minuteMs);
  const [hold] = await app.database.query<{ until: Date }>('select held_until as until from holds');
  await app.advanceClock(new Date((hold?.until.getTime() ?? 0) - hourMs));
  app.stripe.control.dropWebhooks({ count: 1_000 });
  app.stripe.control.restrictAccount({ account: await account() });
  await pass(hourMs + minuteMs);
  app.stripe.control.clearWebhookRules();
  app.stripe.control.completeAccount({ account: await account() });
  for (let day = 0; day < 7; day += 1) await pass(dayMs);
  // 400.00 of it are to be given back.
  await market.refund(deal);
}

/** 210.00, all of which go against that. */
async function net(): Promise<void> {
  const { period } = await market.sold({ ...withFee, commissionRatePpm: 100_000 });
  await market.close(period);
  await pass(minuteMs);
  await pass(15 * dayMs);
}

type Row = Readonly<Record<string, string>>;

async function payouts(key: string, query = ''): Promise<readonly Row[]> {
  return readCsv(await take(app, key, `payouts.csv${query}`));
}

async function refused(key: string | null, address = 'payouts.csv'): Promise<object> {
  const response = await ask(app, key, address);
  expect(response.headers.get('content-disposition')).toBeNull();
  const body = (await response.json()) as { statusCode: number };
  expect(body.statusCode).toBe(response.status);
  return body;
}

async function keyOf(
  organization: TestOrganization,
  more: { readonly mode?: 'live' | 'test'; readonly scopes?: readonly Permission[] },
): Promise<string> {
  const outcome = await app.nest.get(CreateApiKey).execute(systemActor('test'), {
    organizationId: app.organizations[organization].uuid,
    ...{ userId: null, roles: ['OWNER'], name: 'another', expiresAt: null, idempotencyKey: newId() },
    ...{ mode: more.mode ?? 'live', scopes: more.scopes ?? null },
  });
  if (!outcome.ok || outcome.value.token === null) throw new Error('no key');
  return outcome.value.token;
}

const anInstant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;

describe('the file', () => {
  it('has a row for each payout, also for the one that failed and the one that was netted', async () => {
    const rows = await payouts(app.keys.agency);
    const common = {
      payout_id: expect.stringMatching(/^pyo_/) as string,
      number: expect.stringMatching(/^P\d{8}-[0-9A-F]{8}$/) as string,
      ...{ requested_at: anInstant, finished_at: anInstant, currency: 'USD' },
      ...{ agency_id: app.organizations.agency.id, agency: `'${evilNames.agency}` },
      ...{ carried: '0.00', reversed: '0.00' },
    };
    const [first = ''] = rows.map((row) => row['statements'] ?? '');
    expect(rows).toEqual([
      {
        ...{ ...common, state: 'FAILED', amount: '410.00', released: '410.00', netted: '0.00', attempt: '1' },
        ...{ failure: 'capability_missing', transfer_id: '', bank_payout_state: '' },
        ...{ bank_payout_arrives_at: '', statements: first },
      },
      {
        ...{
          ...common,
          state: 'SUCCEEDED',
          amount: '410.00',
          released: '410.00',
          netted: '0.00',
          attempt: '2',
        },
        ...{ failure: '', transfer_id: expect.stringMatching(/^tr_/) as string, bank_payout_state: 'PAID' },
        ...{ bank_payout_arrives_at: anInstant, statements: first },
      },
      {
        ...{ ...common, state: 'NETTED', amount: '0.00', released: '210.00', netted: '210.00', attempt: '1' },
        ...{ failure: '', transfer_id: '', bank_payout_state: '', bank_payout_arrives_at: '' },
        statements: expect.not.stringMatching(first) as string,
      },
    ]);
    expect(first).not.toBe('');
  });

  it('says what GraphQL says', async () => {
    interface Amount {
      readonly amount: string;
    }
    const { payouts: list } = await app.ask<{
      payouts: {
        nodes: readonly {
          readonly id: string;
          readonly number: string;
          readonly status: string;
          readonly amount: Amount;
          readonly netted: Amount;
          readonly transferId: string | null;
          readonly settlements: { readonly nodes: readonly { readonly number: string }[] };
        }[];
      };
    }>(
      app.keys.agency,
      `{ payouts { nodes { id number status amount { amount } netted { amount } transferId
         settlements { nodes { number } } } } }`,
    );
    const told = list.nodes.map((node) => ({
      ...{ payout_id: node.id, number: node.number, state: node.status },
      ...{ amount: node.amount.amount, netted: node.netted.amount, transfer_id: node.transferId ?? '' },
      statements: node.settlements.nodes.map(({ number }) => number).join(' '),
    }));
    // There the newest comes first.
    expect(await payouts(app.keys.agency)).toMatchObject(told.toReversed());
  });

  it('is the same for everyone of the operator who sees payouts, and empty for another agency', async () => {
    const text = await take(app, app.keys.agency, 'payouts.csv');
    for (const key of readers) expect(await take(app, app.keys[key], 'payouts.csv')).toBe(text);
    expect(await payouts(app.keys.otherAgency)).toEqual([]);
    expect(text).not.toMatch(/example\.com|acct_/);
  });

  it('is named after its days, and kept by nobody on the way', async () => {
    const response = await ask(app, app.keys.agency, 'payouts.csv?from=2026-01-01&to=2026-02-01');
    await response.text();
    const { headers } = response;
    expect(headers.get('content-disposition')).toBe(
      'attachment; filename="payouts-from-2026-01-01-to-2026-02-01.csv"',
    );
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(headers.get('cache-control')).toBe('no-store');
  });
});

describe('refused are', () => {
  it('buyers, keys without payouts:read, and test keys', async () => {
    const keys = [
      ...[app.keys.buyer, app.keys.otherBuyer],
      await keyOf('agency', { scopes: ['settlements:read'] }),
      await keyOf('agency', { mode: 'test' }),
      await keyOf('operator', { mode: 'test' }),
    ];
    for (const key of keys) expect(await refused(key)).toMatchObject({ statusCode: 403, code: 'FORBIDDEN' });
    expect(await refused(null)).toMatchObject({ statusCode: 401, code: 'UNAUTHENTICATED' });
  });

  it.each([
    ['from=2026-02-30', 'from'],
    ['to=tomorrow', 'to'],
    ['from=2026-01-02&to=2026-01-02', 'to'],
    ['from=2026-01-02&from=2026-01-03', 'from'],
    ['currency=USD', ''],
    ['agencyId=x', ''],
  ])('a file with ?%s', async (query, argument) => {
    const body = await refused(app.keys.auditor, `payouts.csv?${query}`);
    expect(body).toMatchObject({ statusCode: 400, code: 'BAD_USER_INPUT', argument });
  });
});

describe('of many payouts', () => {
  // Only rows, without the books that belong to them: nothing looks at those from here on. One an hour from midnight on.
  beforeAll(async () => {
    await app.database.query(
      `insert into payouts (agency_id, id, number, currency, amount_minor, released_minor, netted_minor, carried_minor,
         attempt, state, requested_at, finished_at)
       select $1, uuidv7((n - 2000) * interval '1 hour'), 'N' || n, case when n % 2 = 0 then 'JPY' else 'KWD' end, 0, n,
         n, 0, 1, 'NETTED', at, at
       from generate_series(1, $2::int) n
       cross join lateral (select timestamptz '2031-03-01 00:00:00+00' + (n - 1) * interval '1 hour' as at) made`,
      [app.organizations.otherAgency.uuid, many],
    );
  });

  const numbers = (rows: readonly Row[]) => rows.map((row) => row['number']);
  const all = Array.from({ length: many }, (_, index) => `N${index + 1}`);

  it('each is there once, in the order in which they were made, over several pages', async () => {
    const rows = await payouts(app.keys.otherAgency);
    expect(numbers(rows)).toEqual(all);
    expect(rows.slice(0, 2)).toMatchObject([
      { released: '0.001', currency: 'KWD' },
      { released: '2', currency: 'JPY' },
    ]);
  });

  it('an agency has its own, and the operator those of all', async () => {
    expect(await payouts(app.keys.agency)).toHaveLength(3);
    const rows = await payouts(app.keys.auditor);
    expect(rows).toHaveLength(many + 3);
    const ids = rows.map((row) => row['payout_id'] ?? '');
    expect(ids).toEqual([...new Set(ids)].toSorted());
  });

  it('days are of UTC: from is the first, to the first that is no longer wanted', async () => {
    expect(numbers(await payouts(app.keys.otherAgency, '?to=2031-03-02'))).toEqual(all.slice(0, 24));
    expect(numbers(await payouts(app.keys.otherAgency, '?from=2031-03-02&to=2031-03-04'))).toEqual(
      all.slice(24, 72),
    );
    const later = numbers(await payouts(app.keys.auditor, '?from=2031-03-04'));
    expect(later).toEqual(all.slice(72));
    expect(await payouts(app.keys.auditor, '?to=2020-01-01')).toEqual([]);
  });

  it('a database that goes away before the first byte is told in JSON', async () => {
    const response = await losing(app, 'payouts', () => ask(app, app.keys.agency, 'payouts.csv'));
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ statusCode: 503, code: 'UNAVAILABLE' });
    // Connections that were lost with it are found out one by one.
    await until(
      async () => (await ask(app, app.keys.agency, 'payouts.csv')).status === 200,
      'it answers again',
    );
    expect(await payouts(app.keys.agency)).toHaveLength(3);
  });
});
