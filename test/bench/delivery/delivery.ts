import { setTimeout as wait } from 'node:timers/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { SystemClock } from '#calendar';
import { Database } from '#database';
import { runInvariants } from '#ledger';
import pg from 'pg';
import { allInvariants } from '../../../apps/process/src/all-invariants.js';
import { BenchFailure, type BenchHost, type Undo } from '../host.js';
import { poolSize } from '../intake/intake.js';
import { benchMasterKey, startApi } from '../intake/services.js';
import { migrateDatabase, openProduct } from '../marketplace.js';
import type { BenchOptions } from '../options.js';
import { cpuSecondsOf } from '../processes.js';
import type { BenchServer } from '../server.js';
import { join, type Kept, type Times, timesOf } from './figures.js';
import { Leads, type LoadResult } from './load.js';
import { type Network, openNetwork } from './network.js';
import { ReceiverProcess } from './receiver-process.js';
import { type BenchRelay, startRelay } from './worker.js';

/**
 * `alone`: nothing but the load. `beside`: as many as `waiting` wait for a buyer that never answers. `ending`: their time runs
 * out, so each of them is looked at by everybody else that it could go to.
 */
export type DeliveryLegName = 'alone' | 'beside' | 'ending';

export interface DeliveryLeg {
  readonly name: DeliveryLegName;
  readonly round: number;
  /** From when the system took a lead until its buyer had it. */
  readonly accepted: Times;
  /** From when the agency wanted to send it. */
  readonly submitted: Times;
  /** Of the API's answers, from when a request was due. */
  readonly answered: Times;
  readonly leads: number;
  readonly errors: number;
  /** Deliveries that waited for the buyer that never answers, when the leg began and when it ended. */
  readonly waiting: { readonly before: number; readonly after: number };
  /** Processors that were busy. */
  readonly apiCpu: number | undefined;
  readonly workerCpu: number | undefined;
  readonly databaseCpu: number | undefined;
}

export interface DeliveryRun {
  readonly perSecond: number;
  readonly waiting: number;
  readonly legs: readonly DeliveryLeg[];
  /** Messages that came again under their id. */
  readonly repeated: number;
  readonly broken: readonly string[];
}

const perSecond = 500;
const clock = new SystemClock();
const nowMs = (): number => clock.now().getTime();
/** Longer than a lead is tried. */
const drainsWithinMs = 180_000;

interface Running {
  readonly host: BenchHost;
  readonly server: BenchServer;
  readonly connection: pg.Client;
  readonly receiver: ReceiverProcess;
  readonly live: Leads;
  readonly dead: Leads;
  readonly relay: BenchRelay;
  readonly apiPid: number;
  readonly plan: {
    readonly seconds: number;
    readonly warmUpSeconds: number;
    readonly waiting: number;
    /** From the end of a leg beside them until what waits has ended; 0: that is not measured. */
    readonly endingSeconds: number;
  };
  /** Gets what breaks. */
  readonly broken: string[];
}

/** Measures how long leads take to their buyers, through a real API, a real worker and buyers of their own process. */
export async function measureDelivery(
  host: BenchHost,
  undo: Undo,
  { server, options }: { readonly server: BenchServer; readonly options: BenchOptions },
): Promise<DeliveryRun> {
  const { rounds, quick } = options;
  const plan = quick
    ? { seconds: 5, warmUpSeconds: 1, waiting: 1_000, endingSeconds: 0 }
    : { seconds: 30, warmUpSeconds: 2, waiting: 10_000, endingSeconds: 40 };
  const databaseUrl = await server.createDatabase('bench_delivery');
  await migrateDatabase(databaseUrl);
  const product = await openProduct(databaseUrl);
  undo.add(() => product.close());
  const receiver = await ReceiverProcess.start(host.root, await host.freePort());
  undo.add(() => receiver.stop());
  const port = await host.freePort();
  // Buyers on this machine are for sandboxes only.
  const sandbox = {
    LEADGER_MODE: 'sandbox',
    LEADGER_WEBHOOK_LOOPBACK: 'on',
    LEADGER_MASTER_KEY: benchMasterKey,
  };
  const api = await startApi(host, undo, { databaseUrl, port, poolSize, settings: sandbox });
  const env = { NODE_ENV: 'production', DATABASE_URL: databaseUrl, LEADGER_LOG_LEVEL: 'info', ...sandbox };
  const relay = await startRelay(host, undo, env);
  const network = await openNetwork(product, `http://127.0.0.1:${port}`, receiver);
  const connection = new pg.Client({ connectionString: databaseUrl });
  await connection.connect();
  undo.add(() => connection.end());
  const leads = openLeads(undo, network);
  const broken: string[] = [];
  const running = { host, server, connection, receiver, ...leads, relay, apiPid: api.pid, plan, broken };
  const legs = await runLegs(running, rounds);
  const { repeated } = await wrongAtTheEnd(running, product);
  return { perSecond, waiting: plan.waiting, legs, repeated, broken };
}

function openLeads(
  undo: Undo,
  { url, agency, unlucky }: Network,
): { readonly live: Leads; readonly dead: Leads } {
  const live = new Leads(url, agency.apiKey, nowMs, 0);
  const dead = new Leads(url, unlucky.apiKey, nowMs, 50);
  undo.add(async () => void (await Promise.all([live.close(), dead.close()])));
  return { live, dead };
}

async function runLegs(running: Running, rounds: number): Promise<DeliveryLeg[]> {
  const { host, live, plan } = running;
  // Opens the settlement, and compiles what runs often.
  const first = await host.step('first leads', () => live.steadily('first', { perSecond, seconds: 3 }));
  if (first.acknowledged.length === 0)
    throw new BenchFailure(`No lead was taken: ${first.example ?? 'no answer'}`, 1);
  const legs: DeliveryLeg[] = [];
  const leg = async (name: DeliveryLegName, round: number): Promise<void> => {
    const titles = {
      alone: `${perSecond} leads/s`,
      beside: `the same, ${plan.waiting.toLocaleString('en')} waiting`,
      ending: 'the same, while these come to their end',
    };
    legs.push(
      await host.step(`round ${round} of ${rounds}: ${titles[name]}`, () => runLeg(running, name, round)),
    );
  };
  for (let round = 1; round <= rounds; round += 1) {
    await leg('alone', round);
    await leg('beside', round);
    if (plan.endingSeconds > 0) await leg('ending', round);
    await host.step('what waited comes to its end', () => drained(running));
  }
  await leg('alone', rounds + 1);
  return legs;
}

async function runLeg(running: Running, name: DeliveryLegName, round: number): Promise<DeliveryLeg> {
  const { connection, live, dead, plan, broken, server, relay, apiPid } = running;
  const id = `${name}-${round}`;
  if (name !== 'ending') await connection.query('checkpoint');
  if (name === 'beside') note(broken, `filling-${round}`, await dead.atOnce(`dead-${round}`, plan.waiting));
  if (name !== 'ending') await live.steadily(`warm-${id}`, { perSecond, seconds: plan.warmUpSeconds });
  const cpu = [apiPid, relay.pid, server.pid].map((pid) => ({ pid, before: cpuSecondsOf(pid) }));
  const before = await waitingFor(connection);
  const begun = performance.now();
  const planned = name === 'ending' ? plan.endingSeconds : plan.seconds;
  const result = await live.steadily(id, { perSecond, seconds: planned });
  const seconds = (performance.now() - begun) / 1_000;
  const after = await waitingFor(connection);
  const [apiCpu, workerCpu, databaseCpu] = cpu.map(({ pid, before: used }) => {
    const now = cpuSecondsOf(pid);
    return used === undefined || now === undefined ? undefined : (now - used) / seconds;
  });
  note(broken, id, result);
  const { accepted, submitted, lost, missing } = await received(running, id, result);
  if (lost.length > 0)
    broken.push(`${id}: ${lost.length} acknowledged leads are not kept, such as ${lost[0]}`);
  if (missing.length > 0)
    broken.push(`${id}: ${missing.length} leads were not received, such as ${missing[0]}`);
  // Before the leg ends, its circuit may stay open for longer than the first of them have time.
  const least = plan.waiting / 2;
  if (name === 'beside' && after < least)
    broken.push(`${id}: only ${after} deliveries still waited in the end`);
  return {
    ...{ name, round, accepted: timesOf(accepted), submitted: timesOf(submitted) },
    ...{ answered: timesOf(result.answerMs), leads: result.acknowledged.length, errors: result.errors },
    ...{ waiting: { before, after }, apiCpu, workerCpu, databaseCpu },
  };
}

function note(broken: string[], id: string, { errors, example }: LoadResult): void {
  if (errors > 0) broken.push(`${id}: ${errors} leads were refused: ${example ?? ''}`);
}

/** Waits until all that was acknowledged is received, and puts together what is known of it. */
async function received({ connection, receiver }: Running, id: string, { acknowledged }: LoadResult) {
  const deadline = performance.now() + drainsWithinMs;
  for (;;) {
    const { rows } = await connection.query<Kept>(
      `select external_id as "externalId", (extract(epoch from received_at) * 1000)::float8 as "acceptedMs"
       from leads where external_id like $1`,
      [`${id}-%`],
    );
    const joined = join(acknowledged, rows, (await receiver.arrivals()).arrivals);
    if (joined.missing.length === 0 || performance.now() > deadline) return joined;
    await wait(500);
  }
}

async function waitingFor(connection: pg.Client): Promise<number> {
  const { rows } = await connection.query<{ count: number }>(
    `select count(*)::int as count from handovers h join destinations d on d.id = h.destination_id
     where h.state = 'WAITING' and d.name = 'dead'`,
  );
  return rows[0]?.count ?? 0;
}

/** Waits until nothing is on its way to anybody. */
async function drained({ connection, broken }: Running): Promise<void> {
  const deadline = performance.now() + drainsWithinMs;
  for (;;) {
    const { rows } = await connection.query<{ count: number }>(
      `select (select count(*) from deliveries where state = 'PENDING')::int
         + (select count(*) from leads where state = 'ACCEPTED')::int as count`,
    );
    if (rows[0]?.count === 0) return;
    if (performance.now() > deadline) return void broken.push(`${rows[0]?.count} leads came to no end`);
    await wait(250);
  }
}

/** What holds once all is over: of the books, and of each lead that somebody received. */
async function wrongAtTheEnd(
  running: Running,
  product: INestApplicationContext,
): Promise<{ readonly repeated: number }> {
  const { connection, receiver, relay, broken, host } = running;
  await host.step('looking whether all is well', () => drained(running));
  const { arrivals, repeated, forged } = await receiver.arrivals();
  if (forged > 0) broken.push(`${forged} requests to buyers were not signed as they must be`);
  const results = await runInvariants(product.get(Database, { strict: false }), allInvariants);
  for (const { name, title, holds, violations, examples } of results)
    if (!holds) broken.push(`${name} ${title}: ${violations} × ${examples[0] ?? ''}`);
  const { rows } = await connection.query<{ sold: number; charged: number; twice: number; wrong: number }>(
    `select (select count(*) from deliveries where state = 'ACCEPTED')::int as sold,
       (select count(*) from charges where component = 'BASE')::int as charged,
       (select count(*) from (select 1 from deliveries where state = 'ACCEPTED' group by agency_id, lead_id
          having count(*) > 1) x)::int as twice,
       (select count(*) from leads where state not in ('SOLD', 'UNSOLD'))::int as wrong`,
  );
  const [found] = rows;
  if (
    !found ||
    found.sold !== arrivals.length ||
    found.charged !== found.sold ||
    found.twice + found.wrong > 0
  )
    broken.push(`${arrivals.length} leads were received, and in the books: ${JSON.stringify(found)}`);
  for (const [message, count] of relay.complaints()) broken.push(`the worker said ${count} × ${message}`);
  return { repeated };
}
