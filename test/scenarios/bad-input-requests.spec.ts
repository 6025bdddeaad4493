/** What stands around a mutation: bodies that cannot be read, arguments of queries, pages and cursors. */
import { isObjectType } from 'graphql';
import { rootFields } from '../support/gql-schema.js';
import type { TestApp, TestError } from '../support/app.js';
import { least, validArguments } from '../access/tenancy-inputs.js';
import {
  documentOf,
  inParallel,
  placesOf,
  schemaOf,
  titleOf,
  withValueAt,
} from '../access/tenancy-schema.js';
import { buildBilling } from '../access/tenancy-billing.js';
import { buildImports } from '../access/tenancy-imports.js';
import { buildPayouts } from '../access/tenancy-payouts.js';
import { buildRoutes } from '../access/tenancy-routes.js';
import { buildWebhooks } from '../access/tenancy-webhooks.js';
import { make, objectsOf, startWideApp } from '../access/tenancy-world.js';
import { Acts } from './bad-input-acts.js';
import { faultOf } from './bad-input-judge.js';
import { waysToBillingLists } from './bad-input-billing.js';
import { waysToPayoutLists } from './bad-input-payouts.js';

let app: TestApp;

beforeAll(async () => {
  app = await startWideApp();
  const acts = await Acts.begin(app);
  await buildPayouts(app);
  await make(
    app,
    app.keys.approver,
    'approveSettlement',
    { settlementId: await acts.submitted() },
    'settlement',
  );
  await buildBilling(app);
  await buildWebhooks(app);
  await buildRoutes(app);
  await buildImports(app);
}, 60_000);
afterAll(async () => {
  await app.verifyInvariants();
  await app.stop();
});

interface Body {
  readonly data?: unknown;
  readonly errors?: readonly TestError[];
}

async function post(
  body: string | Uint8Array<ArrayBuffer>,
  type = 'application/json',
): Promise<{ status: number; text: string; body: Body }> {
  const headers = {
    'content-type': type,
    accept: 'application/json',
    authorization: `Bearer ${app.keys.agency}`,
  };
  const response = await fetch(`${app.url}/graphql`, { method: 'POST', headers, body });
  const text = await response.text();
  return { status: response.status, text, body: JSON.parse(text) as Body };
}

describe('a body', () => {
  const mutation = 'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { replayed } }';
  const whole = (input: string) => `{"query":${JSON.stringify(mutation)},"variables":{"input":${input}}}`;
  const bodies: Readonly<Record<string, string>> = {
    empty: '',
    'a text': '"zq7"',
    'a number': '17',
    null: 'null',
    'a list': '[]',
    'cut off': whole('{"name":"zq7').slice(0, -2),
    'with a comma too many': whole('{"name":"zq7",}'),
    'with a comment': whole('{"name":"zq7"/* */}'),
    'with single quotes': "{'query':'zq7'}",
    'with NaN': whole('{"name":NaN}'),
    'with a raw line break in a text': whole('{"name":"zq7\n"}'),
    'with a prototype': whole('{"__proto__":{"name":"zq7"}}'),
    'with a constructor': whole('{"constructor":{"prototype":{"name":"zq7"}}}'),
    'very deep': '['.repeat(100_000),
    'very deep and whole': whole(`${'['.repeat(50_000)}"zq7"${']'.repeat(50_000)}`),
    'very deep in objects': whole(`${'{"a":'.repeat(50_000)}"zq7"${'}'.repeat(50_000)}`),
    'with a list of variables': '{"query":"{ viewer { mode } }","variables":["zq7"]}',
    'with a text of variables': '{"query":"{ viewer { mode } }","variables":"zq7"}',
    'with a number as query': '{"query":17}',
    'with an object as query': '{"query":{"zq7":1}}',
    'without a query': '{"variables":{"zq7":1}}',
    'with a number as operation name': '{"query":"{ viewer { mode } }","operationName":{"zq7":1}}',
    'with extensions of a wrong type': '{"query":"{ viewer { mode } }","extensions":"zq7"}',
    'that is a query with NUL': JSON.stringify({ query: '{ viewer { mode } } \0' }),
    'that is a query with a lone surrogate': '{"query":"{ viewer { \\ud800zq7 } }"}',
  };

  it.each(Object.entries(bodies))('%s is 400', async (_name, body) => {
    const answer = await post(body);
    expect({ status: answer.status, data: answer.body.data ?? null }).toEqual({
      status: expect.any(Number),
      data: null,
    });
    expect([200, 400]).toContain(answer.status);
    expect(answer.body.errors?.[0]?.extensions.code).toMatch(/^(?:BAD_|GRAPHQL_)/);
    expect(answer.text).not.toContain('zq7');
  });

  it('that is no UTF-8, or says another type, is refused', async () => {
    expect((await post(new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]))).status).toBe(400);
    expect((await post(whole('{}'), 'text/plain')).status).toBe(415);
  });

  it('of more than a megabyte is 413, however it is built', async () => {
    const long = whole(`{"name":"${'zq7'.repeat(350_000)}"}`);
    const many = whole(`{"name":[${'"zq7",'.repeat(200_000)}0]}`);
    for (const body of [long, many, ' '.repeat(1_100_000), `${whole('{}')}${' '.repeat(1_100_000)}`]) {
      const answer = await post(body);
      expect({ status: answer.status, code: answer.body.errors?.[0]?.extensions.code }).toEqual({
        status: 413,
        code: 'PAYLOAD_TOO_LARGE',
      });
      expect(answer.text).not.toContain('zq7');
    }
  });

  it('with a field twice takes one of the two, and a million items less than forever', async () => {
    const started = performance.now();
    const answer = await post(
      whole(`{"name":"a","roles":[${'"MEMBER",'.repeat(90_000)}"MEMBER"],"idempotencyKey":"k"}`),
    );
    expect(answer.status).toBeLessThan(500);
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(answer.text.length).toBeLessThan(20_000);
  });
});

describe('arguments of queries', () => {
  const texts = [
    'zq7\0',
    '\ud800zq7',
    'zq7\udc00',
    '',
    'zq7'.repeat(100_000),
    `zq7'; drop table leads; --`,
    '%zq7_',
    '🙂',
  ];

  it('of text find nothing, or are refused by their path; never a fault of ours', async () => {
    const faults: string[] = [];
    const queries = rootFields(app).filter(({ operation }) => operation === 'query');
    const places = queries.flatMap((field) => [
      ...placesOf(field, 'String'),
      ...placesOf(field, 'CurrencyCode'),
    ]);
    expect(places.map(titleOf)).toContain('leadByExternalId externalId');
    for (const place of places) {
      for (const value of texts) {
        for (const as of ['agency', 'buyer', 'auditor'] as const) {
          const args = withValueAt(place, validArguments(place.field, {}), value, least);
          const {
            status,
            data,
            errors = [],
          } = await app.gql<unknown>(app.keys[as], documentOf(place.field, args), args);
          const complaints = JSON.stringify(errors);
          const fault = faultOf({ status, data, errors, refusals: [], complaints }, 'zq7');
          if (fault !== undefined)
            faults.push(`${titleOf(place)} = ${JSON.stringify(value).slice(0, 30)}: ${fault}`);
        }
      }
    }
    expect(faults).toEqual([]);
  }, 60_000);
});

interface List {
  readonly name: string;
  readonly ask: (
    args: string,
  ) => Promise<{ status: number; text: string; errors: readonly TestError[]; cursor: string | null }>;
}

/** What a list needs beside its page, by the kind of object whose id it is. */
const needed: Readonly<Record<string, readonly [argument: string, prefix: string]>> = {
  'Query.missedLeads': ['contractId', 'ctr'],
};

/** Who sees lists that the operator does not see. */
const askers: Readonly<Record<string, 'agency' | 'buyer'>> = {
  'Query.leadImports': 'agency',
  'LeadImport.rows': 'agency',
  'LeadImport.failedRows': 'agency',
};

/** Every list of the schema: those of Query, and those of the fields of a node. */
async function lists(): Promise<List[]> {
  const objects = await objectsOf(app);
  const prefixes: Readonly<Record<string, string>> = {
    ...{ Contract: 'ctr', Lead: 'lead', Settlement: 'stl', Payout: 'pyo', Invoice: 'inv' },
    WebhookEndpoint: 'whe',
    Delivery: 'dlv',
    LeadImport: 'imp',
  };
  const ways = { ...waysToPayoutLists(app), ...waysToBillingLists(app) };
  const types = Object.values(schemaOf(app).getTypeMap()).filter((type) => isObjectType(type));
  return types.flatMap((type) =>
    Object.values(type.getFields())
      .filter(({ args }) => args.some(({ name }) => name === 'first'))
      .map((field): List => {
        const prefix = prefixes[type.name];
        const way = ways[type.name];
        if (type.name !== 'Query' && prefix === undefined && way === undefined)
          throw new Error(`say how a ${type.name} is found`);
        const asker = askers[`${type.name}.${field.name}`];
        const own = asker && app.organizations[asker].uuid;
        const id = objects.find(
          (each) => each.prefix === prefix && (own === undefined || each.sides.includes(own)),
        )?.id;
        const ask = async (args: string) => {
          const own = needed[`${type.name}.${field.name}`];
          const of = objects.find((each) => each.prefix === own?.[1])?.id;
          const given = own ? args.replace('(', `(${own[0]}: "${of}", `) : args;
          const list = `list: ${field.name}${given} { count pageInfo { endCursor } }`;
          const ofNode = `{ node(id: "${id}") { ... on ${type.name} { ${list} } } }`;
          const query = way?.(list) ?? (prefix === undefined ? `{ ${list} }` : ofNode);
          const { status, data, errors = [] } = await app.gql<unknown>(app.keys[asker ?? 'admin'], query);
          const text = JSON.stringify({ data: data ?? null, errors });
          return { status, text, errors, cursor: /"endCursor":"([^"]+)"/.exec(text)?.[1] ?? null };
        };
        return { name: `${type.name}.${field.name}`, ask };
      }),
  );
}

describe('every list', () => {
  const sizes = ['0', '-1', '101', '1000000', '2147483647', '-2147483648'];

  it('refuses a page that is no page, and both ends at once, with 400 and the argument', async () => {
    const all = await lists();
    expect(all.length).toBeGreaterThanOrEqual(11);
    const faults: unknown[] = [];
    await inParallel(all, async ({ name, ask }) => {
      const asked = sizes.flatMap((size) => [`(first: ${size})`, `(last: ${size})`]);
      for (const args of [
        ...asked,
        '(first: 1, last: 1)',
        '(first: 1, before: "x")',
        '(last: 1, after: "x")',
      ]) {
        const { status, errors } = await ask(args);
        const [error] = errors;
        if (
          status !== 400 ||
          error?.extensions.code !== 'BAD_USER_INPUT' ||
          !args.includes(String(error.extensions['argument']))
        )
          faults.push({ name, args, status, error });
      }
      const count = await ask('(first: 1) ');
      if (count.status !== 200) faults.push({ name, status: count.status, errors: count.errors });
    });
    expect(faults).toEqual([]);
  });

  it('refuses a forged cursor with 400, and never repeats it', async () => {
    const encode = (value: unknown) =>
      Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
    const uuid = '01a201cf-0044-7000-9efb-9122b3a06401';
    const forged = [
      '',
      'zq7',
      '%00',
      'null',
      '=',
      encode('zq7'),
      encode([]),
      encode({ zq7: 1 }),
      encode(['1', 'zq7', uuid]),
      encode(['2', 'leads', uuid]),
      encode(['1']),
      encode(['1', 'leads', uuid, uuid]),
      encode(['1', 'leads', "zq7' or 1=1"]),
      encode(['1', 'leads', null]),
      encode(['1', 'leads', uuid.toUpperCase()]),
      'A'.repeat(600),
      'zq7'.repeat(3_000),
      `${encode(['1', 'deals', uuid])}=`,
      '🙂',
    ];
    const faults: unknown[] = [];
    await inParallel(await lists(), async ({ name, ask }) => {
      const elsewhere = encode(['1', name.includes('leads') ? 'deals' : 'leads', uuid]);
      for (const cursor of [...forged, elsewhere]) {
        for (const argument of ['after', 'before']) {
          const args = `(${argument === 'after' ? 'first' : 'last'}: 1, ${argument}: ${JSON.stringify(cursor)})`;
          const { status, errors, text } = await ask(args);
          if (status !== 400 || errors[0]?.extensions['argument'] !== argument || text.includes('zq7'))
            faults.push({ name, args: args.slice(0, 80), status, error: errors[0] });
        }
      }
    });
    expect(faults).toEqual([]);
  });

  it('takes a cursor of its own shape at the ends of what fits, as an empty page or a full one', async () => {
    const ends: readonly string[][] = [
      ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
      ['0', '-1', '999999999999999999', '-999999999999999999', '2147483648'],
      ['0000-01-01T00:00:00Z', '9999-12-31T23:59:59.999999Z', '0001-01-01T00:00:00Z'],
      ['0000-01-01', '9999-12-31'],
    ];
    const faults: unknown[] = [];
    let forged = 0;
    for (const { name, ask } of await lists()) {
      const { cursor } = await ask('(first: 1)');
      if (cursor === null) continue;
      const parts = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as string[];
      for (const end of ends.flat()) {
        for (let index = 2; index < parts.length; index += 1) {
          const changed = Buffer.from(JSON.stringify(parts.with(index, end))).toString('base64url');
          for (const args of [`(first: 1, after: "${changed}")`, `(last: 1, before: "${changed}")`]) {
            forged += 1;
            const { status, errors } = await ask(args);
            if (
              ![200, 400].includes(status) ||
              errors.some(({ extensions }) => extensions.code === 'INTERNAL')
            )
              faults.push({ name, end, args, status, errors });
          }
        }
      }
    }
    expect(forged).toBeGreaterThan(50);
    expect(faults).toEqual([]);
  });
});
