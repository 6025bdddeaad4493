/** A file outlives whoever works on it: killed, overtaken or stopped in the middle, every row is taken and reported once. */
import { join } from 'node:path';
import { createLog } from '../../apps/process/src/log.js';
import { openWorker } from '../../apps/worker/src/worker.js';
import { until } from '../faults/gates.js';
import { Mortal } from '../faults/random-kills-processes.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { Marketplace } from '../support/marketplace.js';
import { fileOf, Importing, newPeople, takenOnce, terms } from './importing.js';

const root = join(import.meta.dirname, '..', '..');
let app: TestApp;
let it_: Importing;
let market: Marketplace;
let vertical: string;

beforeAll(async () => {
  app = await startTestApp();
  it_ = new Importing(app);
  market = new Marketplace(app);
}, 60_000);
beforeEach(async () => {
  ({ vertical } = await market.contract(terms));
});
afterEach(() => it_.stop());
afterAll(async () => {
  await app.verifyInvariants();
  await app.stop();
});

/** As if so much time had passed that whoever works on files is taken for dead. */
async function endLeases(): Promise<void> {
  await app.database.query(`update lead_imports set leased_until = now() where state = 'RUNNING'`);
}

async function expectEachOnce(id: string, rows: number): Promise<void> {
  const shown = await it_.shown(id);
  expect(shown).toMatchObject({
    status: 'COMPLETED',
    rowsDone: rows,
    counts: { taken: rows, alreadyTaken: 0 },
  });
  const reported = await app.database.query<{ row: number; lead: string }>(
    `select r.row, r.lead from import_batches b cross join lateral unnest(b.rows, b.lead_ids) as r (row, lead)
     join lead_imports i on i.id = b.import_id where i.vertical = $1 order by r.row`,
    [vertical],
  );
  expect(reported.map(({ row }) => row)).toEqual(Array.from({ length: rows }, (_, k) => k + 2));
  expect(new Set(reported.map(({ lead }) => lead)).size).toBe(rows);
  expect(await it_.leadCount(vertical)).toBe(rows);
}

it('a worker that is killed leaves the rest to the next one', async () => {
  const rows = 4_000;
  const id = await it_.uploaded(fileOf(newPeople(rows)), { vertical, start: 'true' });
  const environment = { DATABASE_URL: app.databaseUrl, LEADGER_POOL_SIZE: '4' };
  const letGo = await it_.holdInTheMidst(vertical);
  const worker = await Mortal.start({ root, program: 'worker', environment });
  await it_.until(id, ({ rowsDone }) => rowsDone > 0);
  await worker.kill();
  const left = await it_.shown(id);
  expect(left.status).toBe('RUNNING');
  expect(left.rowsDone).toBeLessThan(rows);
  await letGo();
  await endLeases();
  worker.startAgain();
  await it_.ended(id);
  await worker.kill();
  expect(worker.kills).toBe(2);
  await expectEachOnce(id, rows);
});

it('two that work on the same file, as neither knows of the other, report each row once', async () => {
  const rows = 6_000;
  const id = await it_.uploaded(fileOf(newPeople(rows)), { vertical, start: 'true' });
  const fence = async (): Promise<number> => {
    const [row] = await app.database.query<{ fence: string }>(
      'select fence from lead_imports where vertical = $1',
      [vertical],
    );
    return Number(row?.fence);
  };
  const letGo = await it_.holdInTheMidst(vertical);
  it_.work();
  it_.work();
  await it_.until(id, ({ rowsDone }) => rowsDone > 0);
  // An idle one looks twice a second: on a fast machine the other would be done by then.
  await endLeases();
  await until(async () => (await fence()) > takenOnce, 'the other one takes it over');
  await letGo();
  for (let [before, now] = ['', '']; !now.startsWith('COMPLETED'); before = now) {
    now = await it_.progress(id);
    // Whoever has it came further: the other one takes it over.
    if (now !== before) await endLeases();
    await new Promise(setImmediate);
  }
  // How often depends on how fast they are; once is enough for rows to come in from both.
  expect(await fence()).toBeGreaterThan(takenOnce);
  await expectEachOnce(id, rows);
});

it('a worker that is stopped lets go at once', async () => {
  const rows = 3_000;
  const id = await it_.uploaded(fileOf(newPeople(rows)), { vertical, start: 'true' });
  const worker = await openWorker(app.config, createLog('error'));
  await it_.until(id, ({ rowsDone }) => rowsDone > 0);
  await worker.stop();
  const [row] = await app.database.query<{ free: boolean }>(
    `select leased_until <= now() or state <> 'RUNNING' as free from lead_imports where vertical = $1`,
    [vertical],
  );
  expect(row?.free).toBe(true);
  it_.work();
  await it_.ended(id);
  await expectEachOnce(id, rows);
});

it('what makes everybody fail is given up with its line, and keeps nobody else waiting', async () => {
  const bad = await it_.uploaded(fileOf(newPeople(2)), { vertical });
  // A piece that nobody can open, as after a fault of the disk.
  await app.database.query(
    `update import_chunks set sealed = '\\x00' from lead_imports i where i.id = import_id and i.vertical = $1`,
    [vertical],
  );
  await it_.act('startLeadImport', { importId: bad });
  await app.database.query(`update lead_imports set tries = 10 where vertical = $1`, [vertical]);
  it_.work();
  const shown = await it_.until(bad, ({ status }) => status === 'FAILED');
  expect(shown).toMatchObject({ failure: { reason: 'INTERNAL', line: 2 }, counts: { taken: 0 } });
});

it('files and reports are forgotten when their time is over', async () => {
  it_.work();
  const [good = '', other = ''] = newPeople(2);
  const done = await it_.uploaded(fileOf([good, 'nobody,A,B']), { vertical, start: 'true' });
  await it_.ended(done);
  const waiting = await it_.uploaded(fileOf([other]), { vertical });
  const left = async (): Promise<unknown> =>
    await app.database.query(
      `select i.state, (select count(*)::int from import_chunks c where c.import_id = i.id) as pieces,
         (select count(*)::int from import_failed_rows f where f.import_id = i.id) as failed,
         i.data_key is not null as can_be_opened
       from lead_imports i where i.vertical = $1 order by i.id`,
      [vertical],
    );
  expect(await left()).toEqual([
    { state: 'COMPLETED', pieces: 0, failed: 1, can_be_opened: true },
    { state: 'READY', pieces: 1, failed: 0, can_be_opened: true },
  ]);
  await app.advanceClock(new Date(app.now().getTime() + 8 * 86_400_000));
  expect(await left()).toEqual([
    { state: 'COMPLETED', pieces: 0, failed: 1, can_be_opened: true },
    { state: 'EXPIRED', pieces: 0, failed: 0, can_be_opened: false },
  ]);
  await app.advanceClock(new Date(app.now().getTime() + 23 * 86_400_000));
  expect(await left()).toMatchObject([{ pieces: 0, failed: 0, can_be_opened: false }, {}]);
  expect((await it_.failedCsv(done)).status).toBe(404);
  expect(await it_.shown(waiting)).toMatchObject({ status: 'EXPIRED', mapping: [] });
  // What became of it is still told.
  expect((await it_.shown(done)).counts).toMatchObject({ taken: 1, refused: 1 });
});
