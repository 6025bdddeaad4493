import { type Clock, SandboxClock } from '#calendar';
import { type Database, pruneIdempotencyKeys, type SandboxClockStore, type UnitOfWork } from '#database';
import { doDueWork, type DueWork, type TaskTable } from '#jobs';
import { type AdvanceCheckpoints, type LedgerInvariant, runInvariants } from '#ledger';
import { done } from '#outcome';
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
  readonly log: Log;
}

/** Every task of the worker, by name. Each takes the time from a clock that was set right just before. */
export function createTasks(tools: TaskTools): TaskTable {
  const tasks: Record<string, (now: Date) => Promise<void>> = {
    'verify-ledger': () => verifyLedger(tools),
    'advance-checkpoints': (now) => advanceCheckpoints(tools, now),
    'prune-idempotency-keys': (now) => pruneKeys(tools, now),
    ...Object.fromEntries(tools.dueWork.map((work) => [work.name, (now: Date) => doDue(tools, work, now)])),
  };
  return Object.fromEntries(
    Object.entries(tasks).map(([name, task]) => [name, async () => await task(await currentTime(tools))]),
  );
}

/** Another process may have advanced the sandbox clock since the last task. */
async function currentTime({ clock, clockStore }: TaskTools): Promise<Date> {
  if (clock instanceof SandboxClock) clock.setOffset(await clockStore.offsetMs());
  return clock.now();
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
  let count = 0;
  for (let last = prunedAtOnce; last === prunedAtOnce; count += last) {
    const pruned = await unitOfWork.run(async (tx) =>
      done(await pruneIdempotencyKeys(tx, now, prunedAtOnce)),
    );
    last = pruned.ok ? pruned.value : 0;
  }
  if (count > 0) log.info('forgot old idempotency keys', { count });
}

async function doDue({ log }: TaskTools, work: DueWork, now: Date): Promise<void> {
  const count = await doDueWork([work], now);
  if (count > 0) log.info('did what was due', { task: work.name, count });
}
