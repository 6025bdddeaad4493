import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { SystemClock } from '#calendar';
import { Database } from '#database';
import { runInvariants } from '#ledger';
import { ControlPayments, Reconcile } from '#payments';
import { allInvariants } from '../../../apps/process/src/all-invariants.js';
import { BenchFailure, type BenchHost, type Undo } from '../host.js';
import { valueOf } from '../marketplace.js';
import type { BenchOptions } from '../options.js';
import { cpuSecondsOf } from '../processes.js';
import type { BenchServer } from '../server.js';
import { type Agencies, openAgencies } from './agencies.js';
import { limitPerSecond, type MemoryOverTime, memoryOverTime, type Pace, paceOf } from './figures.js';
import { type BenchStripe, type LoggedRequest, type MadeTransfer, startStripe } from './stripe.js';
import { MemoryWatch, startWorker } from './worker.js';

export interface PayoutRun {
  readonly pace: Pace;
  /** Of the worker. */
  readonly memory: MemoryOverTime;
  readonly progressLines: number;
  /** For each payout, in milliseconds: statements as PostgreSQL counts them, and processor time. */
  readonly perPayout: {
    readonly statementMs: number;
    readonly databaseCpuMs: number | undefined;
    readonly workerCpuMs: number | undefined;
  };
  readonly stop: EmergencyStop;
  readonly broken: readonly string[];
}

/** Transfers that the sandbox was asked for before and after payments were stopped. */
export interface EmergencyStop {
  readonly before: number;
  readonly after: number;
  /** Milliseconds from the stop's answer to the last of them; undefined: there was none. */
  readonly lastAfterMs: number | undefined;
  /** Those that came when it had to be over. */
  readonly tooLate: number;
}

/** How long after the answer to a stop transfers may still come in. */
const stopWithinMs = 2_000;
const watchedAfterStopMs = 6_000;
const clock = new SystemClock();

interface Bench {
  readonly host: BenchHost;
  readonly undo: Undo;
  readonly server: BenchServer;
  readonly stripe: BenchStripe;
  readonly agencies: Agencies;
}

/**
 * Pays a thousand agencies in one run of the real worker, at a sandbox that takes as much as Stripe does; then others,
 * with an emergency stop in the midst. Measured once, however many rounds there are: the limit sets the pace.
 */
export async function measurePayouts(
  host: BenchHost,
  undo: Undo,
  { server, options }: { readonly server: BenchServer; readonly options: BenchOptions },
): Promise<PayoutRun> {
  const agenciesOf = options.quick ? [200, 100] : [1_000, 400];
  const [count = 0, countOfStop = 0] = agenciesOf;
  const databaseUrl = await server.createDatabase('bench_payouts');
  const stripe = await startStripe(host, undo);
  const agencies = await host.step(`opening ${count.toLocaleString('en')} agencies`, () =>
    openAgencies(undo, stripe, { databaseUrl, agenciesOf }),
  );
  const bench = { host, undo, server, stripe, agencies };
  const [first = '', second = ''] = agencies.buyers;
  await host.step('collecting and releasing their money', () => agencies.release(first));
  const paid = await host.step(`${count.toLocaleString('en')} payouts`, () => payAll(bench, count));
  await host.step('releasing more', () => agencies.release(second));
  const stopped = await host.step('an emergency stop in the midst', () => payAndStop(bench, countOfStop));
  const broken = [...paid.broken, ...stopped.broken, ...(await wrongIn(bench, count + countOfStop))];
  return { ...paid, stop: stopped.stop, broken };
}

async function payAll(bench: Bench, count: number): Promise<Omit<PayoutRun, 'stop'>> {
  const { server, agencies } = bench;
  return await withWorker(bench, async (worker) => {
    // What it holds when it has nothing to do.
    await wait(3_000);
    const memory = new MemoryWatch(worker.pid);
    const [restBytes] = memory.samples;
    const begun = { database: cpuSecondsOf(server.pid), worker: cpuSecondsOf(worker.pid) };
    const statementsMs = await statementTime(agencies);
    const startedMs = clock.now().getTime();
    await resume(agencies);
    await paid(agencies, count);
    const samples = memory.stop();
    const cpuMs = (before: number | undefined, now: number | undefined) =>
      before === undefined || now === undefined ? undefined : ((now - before) * 1_000) / count;
    const perPayout = {
      databaseCpuMs: cpuMs(begun.database, cpuSecondsOf(server.pid)),
      workerCpuMs: cpuMs(begun.worker, cpuSecondsOf(worker.pid)),
      statementMs: ((await statementTime(agencies)) - statementsMs) / count,
    };
    const { transfers, looks } = await requestsSince(bench.stripe, startedMs);
    return {
      pace: paceOf(transfers, looks),
      memory: memoryOverTime(restBytes, samples),
      progressLines: worker.progressLines(),
      perPayout,
      broken: [],
    };
  });
}

async function payAndStop(
  bench: Bench,
  count: number,
): Promise<{ readonly stop: EmergencyStop; readonly broken: readonly string[] }> {
  const { agencies, stripe } = bench;
  return await withWorker(bench, async () => {
    const startedMs = clock.now().getTime();
    const before = await paidSoFar(agencies);
    await resume(agencies);
    await paid(agencies, Math.floor(count / 3), before);
    await stop(agencies);
    const answeredMs = clock.now().getTime();
    await wait(watchedAfterStopMs);
    const { transfers } = await requestsSince(stripe, startedMs);
    const after = transfers.map(({ atMs }) => atMs - answeredMs).filter((ms) => ms > 0);
    const tooLate = after.filter((ms) => ms > stopWithinMs).length;
    await resume(agencies);
    await paid(agencies, count, before);
    return {
      stop: {
        before: transfers.length - after.length,
        after: after.length,
        lastAfterMs: after.length === 0 ? undefined : Math.max(...after),
        tooLate,
      },
      broken:
        tooLate === 0 ? [] : [`${tooLate} transfers were asked for 2 s after the emergency stop or later`],
    };
  });
}

/** Starts the worker while payments are stopped and the limit is on, and ends it in order. */
async function withWorker<T extends { readonly broken: readonly string[] }>(
  { host, undo, stripe, agencies }: Bench,
  work: (worker: Awaited<ReturnType<typeof startWorker>>) => Promise<T>,
): Promise<T> {
  await stop(agencies);
  await stripe.control('setSettings', { requestsPerSecond: limitPerSecond });
  const worker = await startWorker(host, undo, { databaseUrl: agencies.databaseUrl, stripeUrl: stripe.url });
  const result = await work(worker);
  await worker.stop();
  await stripe.control('setSettings', { requestsPerSecond: 0 });
  const complaints = [...worker.complaints()].map(
    ([message, count]) => `the worker said ${count} × ${message}`,
  );
  return { ...result, broken: [...result.broken, ...complaints] };
}

async function stop({ payments, people }: Agencies): Promise<void> {
  const input = { reason: 'The bench wants it.', idempotencyKey: randomUUID() };
  valueOf(await payments.get(ControlPayments, { strict: false }).stop(people.preparer, input));
}

async function resume({ payments, people }: Agencies): Promise<void> {
  const input = { idempotencyKey: randomUUID() };
  valueOf(await payments.get(ControlPayments, { strict: false }).resume(people.approver, input));
}

async function paidSoFar({ connection }: Agencies): Promise<number> {
  const { rows } = await connection.query<{ count: number }>(
    `select count(*)::int as count from payouts where state = 'SUCCEEDED'`,
  );
  return rows[0]?.count ?? 0;
}

/** Waits until so many more payouts have succeeded. */
async function paid(agencies: Agencies, count: number, before = 0): Promise<void> {
  const deadline = performance.now() + 60_000 + (count / limitPerSecond) * 10_000;
  while ((await paidSoFar(agencies)) < before + count) {
    if (performance.now() > deadline) throw new BenchFailure('The payouts do not come to an end.', 1);
    await wait(100);
  }
}

/** Milliseconds that statements have taken in this database so far, as sessions have reported them. */
async function statementTime({ connection }: Agencies): Promise<number> {
  const { rows } = await connection.query<{ ms: number }>(
    'select active_time as ms from pg_stat_database where datname = current_database()',
  );
  return rows[0]?.ms ?? 0;
}

async function requestsSince(
  { control }: BenchStripe,
  sinceMs: number,
): Promise<{ readonly transfers: readonly LoggedRequest[]; readonly looks: readonly LoggedRequest[] }> {
  const since = async (filter: object) =>
    (await control<readonly LoggedRequest[]>('requests', filter)).filter(({ atMs }) => atMs >= sinceMs);
  const transfers = await since({ method: 'POST', path: '/v1/transfers' });
  const reads = await since({ method: 'GET' });
  return { transfers, looks: reads.filter(({ path }) => path.startsWith('/v2/core/accounts/')) };
}

/** What is not as it must be: in the books, at the sandbox, and between the two. */
async function wrongIn({ stripe, agencies }: Bench, expected: number): Promise<readonly string[]> {
  const { payments, connection } = agencies;
  const results = await runInvariants(payments.get(Database, { strict: false }), allInvariants);
  const rules = results
    .filter(({ holds }) => !holds)
    .map(({ name, title, violations, examples }) => `${name} ${title}: ${violations} × ${examples[0] ?? ''}`);
  const { differences } = await payments.get(Reconcile, { strict: false }).execute(clock.now());
  const transfers = await stripe.control<readonly MadeTransfer[]>('rows', { table: 'transfers' });
  const { rows: payouts } = await connection.query<{
    id: string;
    transfer: string;
    amount: string;
    account: string;
  }>(
    `select id, provider_transfer_id as transfer, amount_minor as amount, provider_account_id as account
     from payouts where state = 'SUCCEEDED'`,
  );
  const made = new Map(transfers.map((each) => [each.transfer_group, each]));
  const others = payouts.filter(({ id, transfer, amount, account }) => {
    const found = made.get(`payout:${id}`);
    return found?.id !== transfer || String(found.amount) !== amount || found.destination !== account;
  });
  return [
    ...rules,
    ...differences.map(({ kind }) => `ledger and sandbox differ: ${kind}`),
    ...(await stripe.control<readonly string[]>('problems')).map((problem) => `the sandbox: ${problem}`),
    ...(transfers.length === expected && made.size === expected && payouts.length === expected
      ? []
      : [
          `${transfers.length} transfers for ${made.size} payouts, ${payouts.length} of them paid, of ${expected}`,
        ]),
    ...others.map(({ id }) => `payout ${id} is not what the sandbox transferred`),
  ];
}
