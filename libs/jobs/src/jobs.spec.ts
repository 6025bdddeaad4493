import { createDataSource, Database, UnitOfWork } from '#database';
import { done, refuse } from '#outcome';
import type { DataSource } from 'typeorm';
import { createEmptyDatabase, type TestDatabase } from '../../../test/support/database.js';
import {
  doDueWork,
  enqueue,
  type JobEvent,
  type JobPayload,
  migrateJobs,
  runDue,
  startWorker,
} from './index.js';

let testDatabase: TestDatabase;
let dataSource: DataSource;
let unitOfWork: UnitOfWork;

beforeAll(async () => {
  testDatabase = await createEmptyDatabase();
  // Several processes start at once.
  await Promise.all([1, 2, 3].map(() => migrateJobs(testDatabase.url)));
  dataSource = await createDataSource({ url: testDatabase.url }).initialize();
  unitOfWork = new UnitOfWork(dataSource);
});

afterAll(async () => {
  await dataSource.destroy();
  await testDatabase.drop();
});

const add = (payload: JobPayload, options: { key?: string; runAt?: Date } = {}) =>
  unitOfWork.run(async (tx) => done(await enqueue(tx, 'note', payload, options)));

/** Runs what is due and tells what the task was given. */
async function drain(): Promise<JobPayload[]> {
  const seen: JobPayload[] = [];
  await runDue({
    url: testDatabase.url,
    tasks: {
      note: async (payload) => {
        seen.push(payload);
      },
    },
  });
  return seen;
}

async function jobCount(): Promise<number> {
  const [row] = await new Database(dataSource).query<{ n: string }>(
    'select count(*) as n from graphile_worker.jobs',
  );
  return Number(row?.n);
}

describe('a job', () => {
  it('exists exactly if the transaction commits', async () => {
    await unitOfWork.run(async (tx) => {
      await enqueue(tx, 'note', { leadId: 'refused' });
      return refuse('NOT_FOUND');
    });
    await add({ leadId: 'committed' });
    expect(await drain()).toEqual([{ leadId: 'committed' }]);
    expect(await drain()).toEqual([]);
  });

  it('of the same key waits once, with the latest payload', async () => {
    await add({ leadId: 'one' }, { key: 'k' });
    await add({ leadId: 'two' }, { key: 'k' });
    await add({ leadId: 'three' }, { key: 'other' });
    expect(await drain()).toEqual([{ leadId: 'two' }, { leadId: 'three' }]);
  });

  it('waits until it is time', async () => {
    await add({ leadId: 'later' }, { key: 'later', runAt: new Date('2999-01-01T00:00:00Z') });
    expect(await drain()).toEqual([]);
    await add({ leadId: 'now' }, { key: 'later', runAt: new Date('2000-01-01T00:00:00Z') });
    expect(await drain()).toEqual([{ leadId: 'now' }]);
  });

  it.each(['Ada Lovelace', 'ada@example.com', '+4915112345678', '', 'x'.repeat(101)])(
    'does not take %j for an id',
    async (value) => {
      await expect(add({ value })).rejects.toThrow("in a job's payload is not an id");
      expect(await jobCount()).toBe(0);
    },
  );

  it('that fails stays for another try, and runDue throws what it threw', async () => {
    await add({ leadId: 'poison' }, { key: 'poison' });
    const fail = async (): Promise<void> => {
      throw new Error('broken');
    };
    const failed = runDue({ url: testDatabase.url, tasks: { note: fail } });
    await expect(failed).rejects.toMatchObject({ errors: [{ message: 'broken' }] });
    expect(await jobCount()).toBe(1);
    expect(await drain()).toEqual([]); // after a pause only
    await add({ leadId: 'healed' }, { key: 'poison' });
    expect(await drain()).toEqual([{ leadId: 'healed' }]);
  });

  it('may add jobs, which are drained too', async () => {
    await add({ left: '2' });
    const seen: string[] = [];
    const countdown = async ({ left = '0' }: JobPayload): Promise<void> => {
      seen.push(left);
      if (left !== '0') await add({ left: String(Number(left) - 1) });
    };
    await runDue({ url: testDatabase.url, tasks: { note: countdown } });
    expect(seen).toEqual(['2', '1', '0']);
  });
});

describe('a worker', () => {
  const options = { concurrency: 2, schedule: [], onEvent: () => undefined };

  it('takes jobs as they come, tells what became of them, and finishes what it does before it stops', async () => {
    const events: JobEvent[] = [];
    let finish: () => void = () => undefined;
    const mayFinish = new Promise<void>((resolve) => (finish = resolve));
    let begin: () => void = () => undefined;
    const hasBegun = new Promise<void>((resolve) => (begin = resolve));
    const slow = async (): Promise<void> => {
      begin();
      await mayFinish;
    };
    const url = testDatabase.url;
    const worker = await startWorker({
      ...options,
      url,
      tasks: { note: slow },
      onEvent: (event) => events.push(event),
    });
    await add({ leadId: 'slow' });
    await hasBegun;
    const stopping = worker.stop(10_000);
    finish();
    await stopping;
    await add({ leadId: 'next' });
    await worker.ended;
    await worker.stop(10_000); // again is nothing
    expect(events).toEqual([
      { type: 'succeeded', task: 'note', jobId: expect.stringMatching(/^\d+$/), attempt: 1 },
    ]);
    expect(await drain()).toEqual([{ leadId: 'next' }]);
  });

  it('gives a job back that does not finish in time', async () => {
    let begin: () => void = () => undefined;
    const hasBegun = new Promise<void>((resolve) => (begin = resolve));
    let finish: () => void = () => undefined;
    const stuck = async (): Promise<void> => {
      begin();
      await new Promise<void>((resolve) => (finish = resolve));
    };
    const worker = await startWorker({ ...options, url: testDatabase.url, tasks: { note: stuck } });
    await add({ leadId: 'stuck' }, { key: 'stuck' });
    await hasBegun;
    await worker.stop(10);
    const jobs = await new Database(dataSource).query(
      `select attempts, locked_at, key from graphile_worker.jobs`,
    );
    expect(jobs).toEqual([{ attempts: 1, locked_at: null, key: 'stuck' }]);
    await add({ leadId: 'again' }, { key: 'stuck' });
    expect(await drain()).toEqual([{ leadId: 'again' }]);
    finish();
  });

  it('refuses a schedule of tasks that are not there, and one that is malformed', async () => {
    const url = testDatabase.url;
    const start = (cron: string, task: string) =>
      startWorker({ ...options, url, tasks: { note: async () => undefined }, schedule: [{ cron, task }] });
    await expect(start('* * * * *', 'other')).rejects.toThrow('names other');
    await expect(start('every day', 'note')).rejects.toThrow();
  });
});

describe('due work', () => {
  it('is done in batches until nothing is left, one kind after the other', async () => {
    const calls: string[] = [];
    const work = (name: string, due: number) => ({
      name,
      run: async (_now: Date, limit: number) => {
        const pieces = Math.min(due, limit);
        due -= pieces;
        calls.push(`${name} ${pieces}`);
        return pieces;
      },
    });
    expect(await doDueWork([work('first', 1200), work('second', 0)], new Date(0))).toBe(1200);
    expect(calls).toEqual(['first 500', 'first 500', 'first 200', 'second 0']);
  });
});
