import { SandboxClock } from '#calendar';
import { createDataSource, Database, newId, SandboxClockStore, UnitOfWork } from '#database';
import type { DueWork } from '#jobs';
import {
  AdvanceCheckpoints,
  chargeAccrued,
  type LedgerInvariant,
  ledgerInvariants,
  postJournals,
} from '#ledger';
import { done } from '#outcome';
import type { Reconciliation } from '#payments';
import type { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.js';
import { createLog } from '../../process/src/log.js';
import { createSchedule } from './schedule.js';
import { createTasks, type TaskTools } from './tasks.js';

let testDatabase: TestDatabase;
let dataSource: DataSource;
let database: Database;
let unitOfWork: UnitOfWork;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  dataSource = await createDataSource({ url: testDatabase.url }).initialize();
  database = new Database(dataSource);
  unitOfWork = new UnitOfWork(dataSource);
});

afterAll(async () => {
  await dataSource.destroy();
  await testDatabase.drop();
});

const began = new Date('2026-05-04T12:00:00Z');
const hourMs = 3_600_000;
const matching: Reconciliation = { id: newId(), finishedAt: began, found: 3, accounts: [], differences: [] };

interface Parts {
  readonly dueWork?: readonly DueWork[];
  readonly invariants?: readonly LedgerInvariant[];
  readonly reconcile?: TaskTools['reconcile'];
}

function setUp(parts: Parts = {}) {
  const lines: Record<string, unknown>[] = [];
  const dueWork = parts.dueWork ?? [];
  const tasks = createTasks({
    clock: new SandboxClock({ now: () => began }),
    clockStore: new SandboxClockStore(database),
    database,
    unitOfWork,
    advanceCheckpoints: new AdvanceCheckpoints(database, unitOfWork),
    dueWork,
    invariants: parts.invariants ?? ledgerInvariants,
    reconcile: parts.reconcile ?? null,
    log: createLog('info', { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) }),
  });
  const run = async (name: string): Promise<void> => {
    const task = tasks[name];
    if (!task) throw new Error(`no task ${name}`);
    await task({});
  };
  return { tasks, run, lines, dueWork };
}

describe('the schedule', () => {
  it('names every task, and only tasks', () => {
    const { tasks, dueWork } = setUp({ dueWork: [{ name: 'something-due', run: async () => 0 }] });
    const scheduled = createSchedule(dueWork).map(({ task }) => task);
    expect(scheduled.sort()).toEqual(Object.keys(tasks).sort());
  });

  it('names those of payments when there are payments', () => {
    const { tasks } = setUp({ reconcile: { execute: async () => matching } });
    const scheduled = createSchedule([], true).map(({ task }) => task);
    expect(scheduled.sort()).toEqual(Object.keys(tasks).sort());
  });
});

describe('what falls due', () => {
  it('is done by the clock of the sandbox, read anew each time', async () => {
    const times: Date[] = [];
    const dueWork = [{ name: 'note-time', run: async (now: Date) => (times.push(now), 0) }];
    const { run } = setUp({ dueWork });
    await run('note-time');
    await unitOfWork.run(async (tx) => done(await new SandboxClockStore(database).advance(tx, hourMs)));
    await run('note-time');
    expect(times).toEqual([began, new Date(began.getTime() + hourMs)]);
  });
});

describe('verify-ledger', () => {
  it('says nothing of books that are in order', async () => {
    const { run, lines } = setUp();
    await run('verify-ledger');
    expect(lines).toEqual([]);
  });

  it('logs an error that names the broken rules, and does not fail', async () => {
    const broken = {
      name: 'I9',
      title: 'Never',
      sql: `select 'account 1' as violation union all select 'account 2'`,
    };
    const { run, lines } = setUp({ invariants: [...ledgerInvariants, broken] });
    await run('verify-ledger');
    expect(lines).toEqual([
      expect.objectContaining({
        level: 50,
        invariants: 'I9',
        count: 2,
        violations: 'I9: account 1; I9: account 2',
      }),
    ]);
  });
});

describe('reconcile-payments', () => {
  it('says that everything matches, by the clock of the sandbox', async () => {
    const times: Date[] = [];
    const { run, lines } = setUp({ reconcile: { execute: async (now) => (times.push(now), matching) } });
    await run('reconcile-payments');
    expect(times).toHaveLength(1);
    expect(lines).toEqual([
      expect.objectContaining({ level: 30, msg: 'ledger and payment provider match', count: 3 }),
    ]);
  });
});

describe('housekeeping', () => {
  it('advances the checkpoints', async () => {
    const [agencyId, buyerId, id] = [newId(), newId(), newId()];
    await database.query(
      `insert into organizations (id, kind, name, created_at)
       values ($1, 'AGENCY', 'Ads', now()), ($2, 'BUYER', 'Roofs', now())`,
      [agencyId, buyerId],
    );
    await unitOfWork.run((tx) =>
      postJournals(tx, { id: 'system:test' }, began, [
        {
          bookId: agencyId,
          id,
          kind: 'CHARGE',
          source: `charge:${id}`,
          idempotencyKey: `charge:${id}`,
          currency: 'USD',
          effectiveAt: began,
          reverses: null,
          postings: chargeAccrued({ payee: 'AGENCY', buyerId, amountMinor: 1n }),
        },
      ]),
    );
    await setUp().run('advance-checkpoints');
    expect(await database.query('select book_id from ledger_checkpoints')).toEqual([{ book_id: agencyId }]);
  });

  it('forgets idempotency keys after thirty days', async () => {
    const insert = `insert into idempotency_keys (organization_id, key, operation, input_hash, created_at)
      values ($1, $2, 'x', '', $3::timestamptz - $4::interval)`;
    await database.query(insert, [newId(), 'old', began, '31 days']);
    await database.query(insert, [newId(), 'young', began, '1 day']);
    await setUp().run('prune-idempotency-keys');
    expect(await database.query('select key from idempotency_keys')).toEqual([{ key: 'young' }]);
  });

  it('forgets events of the provider ninety days after they were over', async () => {
    const insert = `insert into stripe_events (id, type, livemode, state, next_try_at, created_at, received_at, finished_at)
      values ($1, 'x', false, $2, $3, $3, $3::timestamptz - $4::interval, $3)`;
    await database.query(insert, ['old', 'APPLIED', began, '91 days']);
    await database.query(insert, ['young', 'APPLIED', began, '89 days']);
    await database.query(insert, ['waiting', 'RECEIVED', began, '91 days']);
    await setUp({ reconcile: { execute: async () => matching } }).run('prune-events');
    expect(await database.query('select id from stripe_events order by id')).toEqual([
      { id: 'waiting' },
      { id: 'young' },
    ]);
  });
});
