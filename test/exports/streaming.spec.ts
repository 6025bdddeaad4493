/** Large files, and readers that are slow, go away, or come all at once. Four connections: one is for the ledger's files. */
import type { Log, LogFields } from '../../apps/process/src/log.js';
import { collector } from '../../apps/process/src/tidy-when-idle.js';
import type { TestApp } from '../support/app.js';
import { Marketplace, type Settlement } from '../support/marketplace.js';
import { readCsv } from './csv-reader.js';
import { askOncePlaced, fillLedger, holders, losing, SlowReader } from './reader.js';
import { ask, take } from './three-currencies.js';
import { startTestApp } from '../support/app.js';

/** Twenty megabytes for hledger: buffers on the way hold ten at most. */
const journals = 45_000;
/** Two full pages of a statement, and one line. */
const leads = 1_001;
const errors: { readonly message: string; readonly fields: LogFields | undefined }[] = [];
const log: Log = {
  info: () => undefined,
  warn: () => undefined,
  error: (message, fields) => void errors.push({ message, fields }),
};

let app: TestApp;
let settlement: Settlement;

beforeAll(async () => {
  app = await startTestApp({ log, environment: { LEADGER_LIMIT_LEADS_PER_SECOND: '100000' } });
  const market = new Marketplace(app);
  const { vertical } = await market.contract({
    baseRate: { amount: '10.00', currency: 'USD' },
    commissionBasis: 'NONE',
    commissionRatePpm: 0,
    commissionTrigger: 'QUALIFIED',
  });
  const period = market.currentPeriod();
  for (let left = leads; left > 0; left -= 250) await market.submit(vertical, Math.min(left, 250));
  await market.endPeriod(period);
  settlement = await market.settle(period);
  await app.verifyInvariants();
  await fillLedger(app, journals);
}, 120_000);
afterAll(async () => await app.stop());
beforeEach(() => void errors.splice(0));

const collectGarbage = collector();

function bytesInUse(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

it('a large journal takes no more memory the longer it gets, nor while nobody reads', async () => {
  const before = bytesInUse();
  const reader = await SlowReader.open(app, 'journal.hledger');
  let most = 0;
  let total = 0;
  for (;;) {
    const taken = await reader.take(4_000_000);
    total += taken;
    if (taken < 4_000_000) break;
    most = Math.max(most, bytesInUse() - before);
  }
  expect(total).toBeGreaterThan(18_000_000);
  expect(reader.text).toContain(`; End of export: ${journals + leads + 1} transactions, `);
  // A batch of rows with its text and what lies in the buffers; the whole would be 18 MB as text alone.
  expect(most).toBeLessThan(8_000_000);
}, 60_000);

it('a reader that goes away gives back the connection and its place', async () => {
  for (let round = 0; round < 3; round += 1) {
    const reader = await SlowReader.open(app, 'journal.hledger');
    await reader.take(100_000);
    await holders(app, 1);
    reader.leave();
    await holders(app, 0);
  }
  expect((await askOncePlaced(app, app.keys.auditor, 'journal.csv?to=1999-01-01')).status).toBe(200);
  expect(errors).toEqual([]);
});

it('what fails in the midst breaks the connection: a part never looks like the whole', async () => {
  const reader = await SlowReader.open(app, 'journal.hledger');
  await reader.take(100_000);
  const [backend] = await holders(app, 1);
  await app.database.query('select pg_terminate_backend($1)', [backend]);
  expect(await reader.broken()).toMatchObject({ code: 'ECONNRESET' });
  expect(reader.response.complete).toBe(false);
  await holders(app, 0);
  expect(errors.map(({ message }) => message)).toEqual(['an export was broken off']);
  expect(errors[0]?.fields?.requestId).toBe(reader.response.headers['x-request-id']);
  const empty = await askOncePlaced(app, app.keys.auditor, 'journal.csv?to=1999-01-01');
  expect(empty.status).toBe(200);
  expect(readCsv(await empty.text())).toEqual([]);
});

it('one more than there is room for is told to come again, and disturbs nobody', async () => {
  const reader = await SlowReader.open(app, 'journal.hledger');
  const busy = await ask(app, app.keys.preparer, 'journal.csv');
  expect(busy.status).toBe(503);
  expect(busy.headers.get('retry-after')).toBe('5');
  expect(await busy.json()).toMatchObject({ statusCode: 503, code: 'OVERLOADED' });
  // Statements need no connection for long, and business goes on.
  expect(await take(app, app.keys.agency, `settlements/${settlement.id}/lines.csv`)).toContain('BASE');
  expect((await app.gql(app.keys.agency, '{ viewer { roles } }')).status).toBe(200);
  reader.leave();
  await holders(app, 0);
  await (await askOncePlaced(app, app.keys.preparer, 'journal.csv?from=2026-11-01')).text();
  // Whoever has the last byte of a file may ask for the next at once.
  for (let files = 0; files < 10; files += 1)
    await take(app, app.keys.preparer, 'journal.csv?from=2026-11-01');
});

it('a statement of several pages has each of its lines once, in order', async () => {
  const rows = readCsv(await take(app, app.keys.buyer, `settlements/${settlement.id}/lines.csv`));
  const ids = rows.map((row) => row['line_id'] ?? '');
  expect(ids).toHaveLength(leads);
  expect(new Set(ids).size).toBe(leads);
  expect(ids).toEqual(ids.toSorted());
});

it('a database that goes away before the first byte is told in JSON, and nothing stays taken', async () => {
  for (const [key, address, table] of [
    [app.keys.agency, `settlements/${settlement.id}/lines.csv`, 'settlements'],
    [app.keys.agency, `settlements/${settlement.id}/lines.csv`, 'charges'],
    [app.keys.auditor, 'journal.csv', 'journals'],
    [app.keys.auditor, 'journal.hledger', 'journals'],
  ] as const) {
    const response = await losing(app, table, () => ask(app, key, address));
    expect({ address, status: response.status }).toEqual({ address, status: 503 });
    expect(response.headers.get('retry-after')).toBe('1');
    expect(response.headers.get('content-disposition')).toBeNull();
    expect(await response.json()).toMatchObject({ statusCode: 503, code: 'UNAVAILABLE' });
  }
  expect(readCsv(await take(app, app.keys.auditor, 'journal.csv?to=1999-01-01'))).toEqual([]);
});
