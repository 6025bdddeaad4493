/** How the API keeps the Stripe sandbox with itself, and a database with its Stripe. */
import { createDataSource, Database } from '#database';
import type { DueWork } from '#jobs';
import { dueWork } from '../../apps/process/src/due-work.module.js';
import { createLog, type Log } from '../../apps/process/src/log.js';
import { readPaymentsHome, settlePaymentsHome } from '../../apps/process/src/payments-home.js';
import { StripeSandboxControl } from '../../apps/process/src/stripe-sandbox.js';
import { startTestApp, type TestAppWithStripe } from '../support/app.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type Sandbox, startStripeSandbox } from '../support/stripe-sandbox.js';

const dayMs = 86_400_000;

describe('the clock of the Stripe sandbox', () => {
  const lines: string[] = [];
  let app: TestAppWithStripe;
  let log: Log;
  beforeAll(async () => {
    log = createLog('warn', { write: (line) => void lines.push((JSON.parse(line) as { msg: string }).msg) });
    app = await startTestApp({ stripe: true, log });
  });
  afterAll(async () => await app.stop());
  beforeEach(() => void lines.splice(0));

  const difference = () => Math.abs(Date.parse(app.stripe.control.clock().now) - app.now().getTime());

  it('is advanced with ours before what falls due is done, and that is done to the end', async () => {
    const offsets: number[] = [];
    const work = app.nest.get<DueWork[]>(dueWork, { strict: false });
    // Feeds itself twice.
    work.push({
      name: 'note-offset',
      run: async () => (offsets.push(app.stripe.control.clock().offsetMs) < 3 ? 1 : 0),
    });
    await app.advanceClock(new Date(app.now().getTime() + 40 * dayMs));
    work.pop();
    expect(offsets).toHaveLength(3);
    expect(Math.min(...offsets)).toBeGreaterThan(39 * dayMs);
    expect(difference()).toBeLessThan(1_000);
    expect(lines).toEqual([]);
  });

  it('is left behind with a warning when it does not answer, and caught up with when it does', async () => {
    await app.stripe.control.down();
    const to = new Date(app.now().getTime() + dayMs);
    expect((await app.advanceClock(to)).getTime()).toBeGreaterThanOrEqual(to.getTime());
    expect(lines).toContain('the clock was advanced without the Stripe sandbox: payments stand still');
    expect(lines.filter((line) => line.startsWith('the Stripe sandbox does not answer'))).toHaveLength(1);
    expect(difference()).toBeGreaterThan(dayMs / 2);
    await app.stripe.control.up();
    const deadline = performance.now() + 10_000;
    while (difference() > 1_000 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(difference()).toBeLessThan(1_000);
  });
});

it('an app that asked for no Stripe has none', async () => {
  const app = await startTestApp();
  expect(app.stripe).toBeNull();
  expect(app.config.stripe).toBeNull();
  await app.stop();
});

describe('the webhooks of the Stripe sandbox', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startStripeSandbox();
  });
  afterAll(async () => await sandbox.stop());

  it('are registered once for each kind of event, and moved when the address changes', async () => {
    const control = new StripeSandboxControl(sandbox.url);
    const secret = 'whsec_ours';
    expect(await control.isUsed()).toBe(false);
    const [first, second] = ['http://127.0.0.1:9/one', 'http://127.0.0.1:9/two'];
    sandbox.control.registerEndpoint({ url: 'http://127.0.0.1:9/theirs', secret: 'whsec_theirs' });
    for (const url of [first, first, second]) await control.registerWebhooks({ url, secret });
    const rows = sandbox.control.rows({ table: 'endpoints' });
    expect(rows.map(({ url, scope, payload, secret: its }) => [url, scope, payload, its])).toEqual([
      ['http://127.0.0.1:9/theirs', 'platform', 'snapshot', 'whsec_theirs'],
      [second, 'platform', 'snapshot', secret],
      [second, 'connect', 'snapshot', secret],
      [second, 'both', 'thin', secret],
    ]);
    expect(await control.isUsed()).toBe(true);
  });
});

describe('the home of the payments of a database', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  beforeEach(async () => {
    testDatabase = await createTestDatabase();
    const dataSource = createDataSource({ url: testDatabase.url, poolSize: 2 });
    database = new Database(await dataSource.initialize());
  });
  afterEach(async () => {
    await database.dataSource.destroy();
    await testDatabase.drop();
  });

  it('is settled at the first start, and the same at every later one', async () => {
    const home = 'Stripe sandbox fc11998a6ac0a375';
    expect(await readPaymentsHome(database)).toBeNull();
    expect(await settlePaymentsHome(database, { home, isUsed: false })).toBeUndefined();
    expect(await settlePaymentsHome(database, { home, isUsed: true })).toBeUndefined();
    expect(await readPaymentsHome(database)).toBe(home);
  });

  it.each([
    ['a sandbox whose state was lost', 'Stripe sandbox ffff', false],
    ['the state of another database', 'Stripe sandbox ffff', true],
    ['Stripe itself', 'Stripe', false],
  ] as const)('is not exchanged for %s', async (_, home, isUsed) => {
    await settlePaymentsHome(database, { home: 'Stripe sandbox fc11', isUsed: false });
    const problem = await settlePaymentsHome(database, { home, isUsed });
    expect(problem).toBe(
      `the payments of this database were made at Stripe sandbox fc11, and this is ${home}`,
    );
    expect(await readPaymentsHome(database)).toBe('Stripe sandbox fc11');
  });

  it('is no sandbox that another database has used', async () => {
    const home = 'Stripe sandbox fc11';
    const problem = await settlePaymentsHome(database, { home, isUsed: true });
    expect(problem).toContain('has served another database');
    expect(await readPaymentsHome(database)).toBeNull();
  });
});
