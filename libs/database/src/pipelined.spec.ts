import { done, refused } from '#outcome';
import { createEmptyDatabase, type TestDatabase } from '../../../test/support/database.js';
import { createDataSource } from './data-source.js';
import { type Transaction, UnitOfWork } from './unit-of-work.js';

describe('a transaction whose statements do not wait for each other', () => {
  let database: TestDatabase;
  let dataSource: ReturnType<typeof createDataSource>;
  let unitOfWork: UnitOfWork;

  beforeAll(async () => {
    database = await createEmptyDatabase();
    // One connection: what a transaction leaves behind on it, the next one meets.
    dataSource = await createDataSource({ url: database.url, migrations: [], poolSize: 1 }).initialize();
    unitOfWork = new UnitOfWork(dataSource);
    await dataSource.query('create table kept (id integer primary key)');
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });
  beforeEach(async () => void (await dataSource.query('truncate kept')));

  const keep = async (tx: Transaction, id: number) =>
    await tx.prepared('keep', 'insert into kept (id) values ($1)', [id]);
  const kept = async () =>
    (await dataSource.query<{ id: number }[]>('select id from kept order by id')).map(({ id }) => id);

  it('commits what was sent, in its order, and gives what the last statements gave', async () => {
    const outcome = await unitOfWork.pipelined(async (tx) => {
      await Promise.all([keep(tx, 1), keep(tx, 2)]);
      const last = tx.query<{ count: string }>('select count(*) from kept').then(([row]) => row?.count);
      return done({ last });
    });
    expect(outcome).toEqual(done('2'));
    expect(await kept()).toEqual([1, 2]);
  });

  it('plans a prepared statement once, and leaves the connection as it was', async () => {
    const modeOf = async (tx: Transaction) =>
      (await tx.query<{ plan_cache_mode: string }>('show plan_cache_mode'))[0]?.plan_cache_mode;
    const plansOf = async (tx: Transaction) =>
      (
        await tx.query<{ generic_plans: string; custom_plans: string }>(
          `select generic_plans, custom_plans from pg_prepared_statements where name = 'keep once'`,
        )
      )[0];
    const outcome = await unitOfWork.pipelined(async (tx) => {
      await tx.prepared('keep once', 'insert into kept (id) values ($1)', [1]);
      return done({ last: Promise.all([modeOf(tx), plansOf(tx)]) });
    });
    expect(outcome).toEqual(done(['force_generic_plan', { generic_plans: '1', custom_plans: '0' }]));
    expect(await unitOfWork.run(async (tx) => done(await modeOf(tx)))).toEqual(done('auto'));
  });

  it.each([
    { size: 'little', length: 10, expected: 'together with what comes behind it' },
    { size: 'much', length: 10_000, expected: 'while the next is still put together' },
  ])('sends a statement that has $size to write $expected', async ({ length }) => {
    const outcome = await unitOfWork.pipelined(async (tx) => {
      const rows = tx.query<{ at: Date }>('select clock_timestamp() as at where $1 <> $2', [
        'x'.repeat(length),
        '',
      ]);
      // The next statement takes long to put together: nothing else gets its turn meanwhile.
      const putTogether = Date.now() + 50;
      while (Date.now() < putTogether);
      const next = tx.query('select 1');
      const last = Promise.all([rows, next]).then(([[row]]) => (row?.at.getTime() ?? 0) < putTogether);
      return await Promise.resolve(done({ last }));
    });
    expect(outcome).toEqual(done(length > 1_000));
  });

  it('keeps nothing when one of the last statements fails, though the commit is behind them', async () => {
    const broken = unitOfWork.pipelined(async (tx) => {
      await keep(tx, 1);
      return await Promise.resolve(done({ last: Promise.all([keep(tx, 2), keep(tx, 1), keep(tx, 3)]) }));
    });
    await expect(broken).rejects.toMatchObject({ code: '23505' });
    expect(await kept()).toEqual([]);
    // The connection is as good as new, its prepared statements included.
    await unitOfWork.run(async (tx) => done(await keep(tx, 4)));
    expect(await kept()).toEqual([4]);
  });

  it('keeps nothing when the work fails or is refused', async () => {
    const failing = unitOfWork.pipelined(async (tx) => {
      await keep(tx, 1);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    const outcome = await unitOfWork.pipelined(async (tx) => {
      await keep(tx, 2);
      return refused<{ last: Promise<null> }>();
    });
    expect(outcome.ok).toBe(false);
    expect(await kept()).toEqual([]);
  });

  it('takes no statement after its commit', async () => {
    const late = unitOfWork.pipelined(async (tx) => {
      const afterTheFirst = async () => {
        await keep(tx, 1);
        return await keep(tx, 2);
      };
      return await Promise.resolve(done({ last: afterTheFirst() }));
    });
    await expect(late).rejects.toThrow('a statement comes after the end of its transaction');
    expect(await kept()).not.toContain(2);
  });

  it('is the same one statement after the other: what waits behind one that fails never goes out', async () => {
    const broken = unitOfWork.run(async (tx) => {
      await keep(tx, 1);
      return done(await Promise.all([keep(tx, 1), keep(tx, 2), keep(tx, 3)]));
    });
    await expect(broken).rejects.toMatchObject({ code: '23505' });
    const failing = unitOfWork.run(async (tx) => {
      void Promise.all([keep(tx, 4), keep(tx, 5)]).catch(() => undefined);
      return await Promise.reject<never>(new Error('no'));
    });
    await expect(failing).rejects.toThrow('no');
    await unitOfWork.run(async (tx) => done(await Promise.all([keep(tx, 6), keep(tx, 7)])));
    expect(await kept()).toEqual([6, 7]);
  });

  it('begins anew after a serialization failure', async () => {
    let attempts = 0;
    const outcome = await unitOfWork.pipelined(async (tx) => {
      attempts += 1;
      const failure = `do $$ begin raise exception 'again' using errcode = '40001'; end $$`;
      const last = Promise.all([keep(tx, attempts), ...(attempts < 3 ? [tx.query(failure)] : [])]);
      return await Promise.resolve(done({ last }));
    });
    expect(outcome.ok).toBe(true);
    expect(await kept()).toEqual([3]);
  });
});
