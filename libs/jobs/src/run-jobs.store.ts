import {
  Logger,
  type ParsedCronItem,
  parseCronItem,
  run,
  runMigrations,
  runOnce,
  type Runner,
  type TaskList,
  type WorkerPool,
} from 'graphile-worker';
import { EventEmitter } from 'node:events';
import { payloadFrom, type Schedule, type TaskTable } from './task-table.js';

/** Something that happened to a job; ids and names only, fit for a log. */
export interface JobEvent {
  readonly type: 'succeeded' | 'failed' | 'given-up';
  readonly task: string;
  readonly jobId: string;
  readonly attempt: number;
  /** Of a job that failed. Its message may hold anything: log its name, not its text. */
  readonly error?: unknown;
}

export interface WorkerOptions {
  readonly url: string;
  readonly tasks: TaskTable;
  readonly schedule: Schedule;
  /** Jobs at the same time; as many connections and two more are used. */
  readonly concurrency: number;
  readonly onEvent: (event: JobEvent) => void;
}

export interface RunningWorker {
  /** Settles when the worker ends: rejects when that was an error. */
  readonly ended: Promise<void>;
  /**
   * Takes no more jobs and waits for the running ones. Those that take longer are given back to the queue; end
   * the process then, since their code would run on beside the next try.
   */
  readonly stop: (timeoutMs: number) => Promise<void>;
}

// Its messages repeat those of errors, which may quote a person's data; what matters comes as events.
const silent = new Logger(() => () => undefined);

// Without batches the queue does not wait until a finished job is written down before it closes its connections: the
// job then stays locked for four hours and runs again. Batches of one tick are waited for.
const preset = { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } } as const;

/** Makes or upgrades the queue's own schema. Safe to call from several processes at once. */
export async function migrateJobs(url: string): Promise<void> {
  await runMigrations({ connectionString: url, logger: silent, maxPoolSize: 2 });
}

/** Starts taking jobs; resolves when it does. Throws when the schedule is malformed or names a task that is not there. */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { url, tasks, schedule, concurrency } = options;
  const events = eventsTo(options.onEvent);
  let pool: WorkerPool | undefined;
  events.on('pool:create', (event: { readonly workerPool: WorkerPool }) => {
    pool = event.workerPool;
  });
  const runner = await run({
    connectionString: url,
    concurrency,
    maxPoolSize: concurrency + 2,
    taskList: taskListOf(tasks),
    parsedCronItems: cronItemsOf(schedule, tasks),
    noHandleSignals: true,
    logger: silent,
    preset,
    events,
  });
  const ended = runner.promise;
  let isOver = false;
  // Whoever awaits `ended` gets the error; until then it is not unhandled.
  ended.catch(() => undefined).finally(() => (isOver = true));
  return { ended, stop: async (timeoutMs) => (isOver ? undefined : await stop(runner, pool, timeoutMs)) };
}

/**
 * Does everything that is in the queue and due by the real time, and what those jobs add, then returns. Jobs that fail stay in
 * the queue for a later try; all their errors are thrown together.
 */
export async function runDue(options: { readonly url: string; readonly tasks: TaskTable }): Promise<void> {
  const errors: unknown[] = [];
  await runOnce({
    connectionString: options.url,
    maxPoolSize: 3,
    concurrency: 1,
    taskList: taskListOf(options.tasks),
    noHandleSignals: true,
    logger: silent,
    preset,
    events: eventsTo(({ type, error }) => {
      if (type === 'failed') errors.push(error);
    }),
  });
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} jobs failed`);
}

async function stop(runner: Runner, pool: WorkerPool | undefined, timeoutMs: number): Promise<void> {
  const stopped = runner.stop().then(() => true);
  const timer = new AbortController();
  const late = new Promise<boolean>((resolve) => {
    const timeout = setTimeout(() => resolve(false), timeoutMs);
    timer.signal.addEventListener('abort', () => clearTimeout(timeout));
  });
  const isStopped = await Promise.race([stopped, late]);
  timer.abort();
  // Not runner.kill(): after a stop that waits it finds the pool inactive and gives nothing back.
  if (!isStopped) await pool?.forcefulShutdown('the worker stopped before the job was done');
}

function taskListOf(tasks: TaskTable): TaskList {
  return Object.fromEntries(
    Object.entries(tasks).map(([name, handler]) => [
      name,
      (payload: unknown) => handler(payloadFrom(payload)),
    ]),
  );
}

function cronItemsOf(schedule: Schedule, tasks: TaskTable): ParsedCronItem[] {
  return schedule.map(({ cron, task }) => {
    if (!Object.hasOwn(tasks, task)) throw new Error(`The schedule names ${task}, which is no task.`);
    // One that still waits is enough: after a pause of the worker tasks do not pile up.
    return parseCronItem({
      task,
      match: cron,
      options: { jobKey: `schedule:${task}`, jobKeyMode: 'preserve_run_at' },
    });
  });
}

function eventsTo(onEvent: (event: JobEvent) => void): EventEmitter {
  const events = new EventEmitter();
  const tell = (type: JobEvent['type']) => (event: JobReport) => {
    const { task_identifier: task, id: jobId, attempts: attempt } = event.job;
    onEvent({
      type,
      task,
      jobId: String(jobId),
      attempt,
      ...(type === 'succeeded' ? {} : { error: event.error }),
    });
  };
  events.on('job:success', tell('succeeded'));
  events.on('job:error', tell('failed'));
  events.on('job:failed', tell('given-up'));
  return events;
}

interface JobReport {
  readonly job: { readonly task_identifier: string; readonly id: string; readonly attempts: number };
  readonly error?: unknown;
}
