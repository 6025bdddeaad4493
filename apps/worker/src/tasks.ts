import type { Clock } from '#calendar';
import {
  type Database,
  pruneIdempotencyKeys,
  type SandboxClockStore,
  type Transaction,
  type UnitOfWork,
} from '#database';
import { doDueWork, type DueWork, type TaskTable } from '#jobs';
import { type AdvanceCheckpoints, type LedgerInvariant, runInvariants } from '#ledger';
import { done } from '#outcome';
import { pruneEvents, type Reconcile } from '#payments';
import { businessTime } from '../../process/src/business-time.js';
import type { Log } from '../../process/src/log.js';

/** What the tasks work with. */
export interface TaskTools {
  readonly clock: Clock;
  readonly clockStore: SandboxClockStore;
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly advanceCheckpoints: AdvanceCheckpoints;
  readonly dueWork: readonly DueWork[];
  readonly invariants: readonly LedgerInvariant[];
  /** Null: payments are off. */
  readonly reconcile: Pick<Reconcile, 'execute'> | null;
  readonly log: Log;
}

/** Every task of the worker, by name. Each takes the time from a clock that was set right just before. */
export function createTasks(tools: TaskTools): TaskTable {
  const tasks: Record<string, (now: Date) => Promise<void>> = {
    'verify-ledger': () => verifyLedger(tools),
    'advance-checkpoints': (now) => advanceCheckpoints(tools, now),
    'prune-idempotency-keys': (now) => pruneKeys(tools, now),
    ...(tools.reconcile && paymentTasks(tools, tools.reconcile)),
    ...Object.fromEntries(tools.dueWork.map((work) => [work.name, (now: Date) => doDue(tools, work, now)])),
  };
  return Object.fromEntries(
    Object.entries(tasks).map(([name, task]) => [name, async () => await task(await businessTime(tools))]),
  );
}

function paymentTasks(
  { unitOfWork, log }: TaskTools,
  reconcile: Pick<Reconcile, 'execute'>,
): Record<string, (now: Date) => Promise<void>> {
  return {
    'reconcile-payments': async (now) => {
      const { found, differences } = await reconcile.execute(now);
      if (differences.length === 0) log.info('ledger and payment provider match', { count: found });
    },
    'prune-events': async (now) => {
      const count = await pruneAll(unitOfWork, (tx) => pruneEvents(tx, now, prunedAtOnce));
      if (count > 0) log.info('forgot old events of the payment provider', { count });
    },
  };
}

async function verifyLedger({ database, invariants, log }: TaskTools): Promise<void> {
  const broken = (await runInvariants(database, invariants)).filter(({ holds }) => !holds);
  // Not an error of the task: doing it again would find the same.
  if (broken.length === 0) return;
  log.error('the ledger breaks its rules', {
    invariants: broken.map(({ name }) => name).join(' '),
    count: broken.reduce((sum, { violations }) => sum + violations, 0),
    violations: broken
      .flatMap(({ name, examples }) => examples.slice(0, 3).map((it) => `${name}: ${it}`))
      .join('; '),
  });
}

async function advanceCheckpoints(tools: TaskTools, now: Date): Promise<void> {
  await tools.advanceCheckpoints.execute(now);
}

const prunedAtOnce = 10_000;

async function pruneKeys({ unitOfWork, log }: TaskTools, now: Date): Promise<void> {
  const count = await pruneAll(unitOfWork, (tx) => pruneIdempotencyKeys(tx, now, prunedAtOnce));
  if (count > 0) log.info('forgot old idempotency keys', { count });
}

/** In batches, a transaction each. */
async function pruneAll(
  unitOfWork: UnitOfWork,
  prune: (tx: Transaction) => Promise<number>,
): Promise<number> {
  let count = 0;
  for (let last = prunedAtOnce; last === prunedAtOnce; count += last) {
    const pruned = await unitOfWork.run(async (tx) => done(await prune(tx)));
    last = pruned.ok ? pruned.value : 0;
  }
  return count;
}

async function doDue({ log }: TaskTools, work: DueWork, now: Date): Promise<void> {
  const count = await doDueWork([work], now);
  if (count > 0) log.info('did what was due', { task: work.name, count });
}
