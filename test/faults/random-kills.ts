/**
 * `kill -9` of APIs and workers at any moment under load, and what is found when all is over. Nothing here knows what a
 * process did when it died: agencies and buyers only repeat what nobody answered.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import { ReceiverProcess } from '../bench/delivery/receiver-process.js';
import { type Acknowledged, type KillsCast, KillsMarket, PatientClient } from './random-kills-market.js';
import { freePort, Mortal, type Program, randomOf } from './random-kills-processes.js';
import { wrongAfterKills } from './random-kills-verdict.js';

export interface KillsPlan {
  /** Of the checkout, with its compiled programs. */
  readonly root: string;
  /** Migrated, with the cast in it. */
  readonly databaseUrl: string;
  readonly connection: pg.Client;
  readonly cast: KillsCast;
  readonly seconds: number;
  readonly seed: number;
  /** Over the settings of the processes. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * What a dead worker had taken is taken for free once the killing is over, so that nobody waits for leases to end. It is
   * what a clock that runs ahead would do, and no more.
   */
  readonly hurry: boolean;
}

export interface KillsRun {
  readonly seconds: number;
  readonly seed: number;
  readonly apiKills: number;
  readonly workerKills: number;
  readonly leads: number;
  /** Requests that were sent again, since nobody heard an answer. */
  readonly retries: number;
  /** Outcomes that a buyer reported, each of which brings a commission. */
  readonly reported: number;
  /** Leads that buyers got again, under the id that they had. */
  readonly repeated: number;
  /** Leads that a buyer took and whose answer was never heard, which therefore went to the next one. */
  readonly unheard: number;
  /** Seconds from the last restart until nothing was on its way. */
  readonly drainedAfter: number;
  readonly broken: readonly string[];
}

const submitters = 8;
/** So many leads say something. */
const enoughLeads = 60;
const longestExtraMs = 60_000;

interface Stage {
  readonly plan: KillsPlan;
  readonly apis: readonly Mortal[];
  readonly workers: readonly Mortal[];
  readonly market: KillsMarket;
  readonly receiver: ReceiverProcess;
}

export async function runRandomKills(plan: KillsPlan): Promise<KillsRun> {
  const receiver = await ReceiverProcess.start(plan.root, await freePort());
  const started: Mortal[] = [];
  try {
    const stage = await openStage(plan, receiver, started);
    const { contracts, secrets } = await stage.market.open((name) => receiver.urlOf(name));
    for (const [name, secret] of secrets) receiver.useSecret(name, secret);
    const { acknowledged, reported } = await playUnderKills(stage);
    const begun = performance.now();
    if (plan.hurry) await freeLeases(stage);
    const isDrained = await drained(plan.connection, plan.hurry ? 90_000 : 150_000);
    const drainedAfter = (performance.now() - begun) / 1_000;
    const arrivals = await receiver.arrivals();
    const found = await wrongAfterKills(plan, { acknowledged, reported, arrivals, contracts });
    const kills = (mortals: readonly Mortal[]) => mortals.reduce((sum, mortal) => sum + mortal.kills, 0);
    return {
      ...{ seconds: plan.seconds, seed: plan.seed, leads: acknowledged.length, reported: reported.size },
      ...{ apiKills: kills(stage.apis), workerKills: kills(stage.workers), drainedAfter },
      ...{ retries: stage.market.client.retries, repeated: arrivals.repeated, unheard: found.unheard },
      broken: isDrained ? found.broken : ['leads came to no end', ...found.broken],
    };
  } finally {
    for (const mortal of started) await mortal.kill();
    await receiver.stop();
  }
}

async function openStage(plan: KillsPlan, receiver: ReceiverProcess, started: Mortal[]): Promise<Stage> {
  const { root, databaseUrl } = plan;
  const environment = {
    DATABASE_URL: databaseUrl,
    LEADGER_WEBHOOK_LOOPBACK: 'on',
    LEADGER_LIMIT_COST_PER_SECOND: '1000000',
    LEADGER_POOL_SIZE: '4',
    ...plan.environment,
  };
  const start = async (program: Program, more: Readonly<Record<string, string>> = {}): Promise<Mortal> => {
    const mortal = await Mortal.start({ root, program, environment: { ...environment, ...more } });
    started.push(mortal);
    return mortal;
  };
  const ports = [await freePort(), await freePort()];
  const [apis, workers] = await Promise.all([
    Promise.all(ports.map(async (port) => await start('api', { PORT: String(port) }))),
    Promise.all([start('worker'), start('worker')]),
  ]);
  const market = new KillsMarket(
    new PatientClient(ports.map((port) => `http://127.0.0.1:${port}`)),
    plan.cast,
  );
  return { plan, apis, workers, receiver, market };
}

interface Played {
  readonly acknowledged: readonly Acknowledged[];
  /** Leads that were reported to be good. */
  readonly reported: ReadonlySet<string>;
}

async function playUnderKills(stage: Stage): Promise<Played> {
  const { plan, market } = stage;
  const endsAt = performance.now() + plan.seconds * 1_000;
  const acknowledged: Acknowledged[] = [];
  const reported = new Set<string>();
  // On a slow machine it lasts until there was enough of everything to be called a load under kills, or for a minute more.
  const isEnough = (): boolean =>
    acknowledged.length >= enoughLeads &&
    reported.size > 0 &&
    market.client.retries > 0 &&
    [stage.apis, stage.workers].every((mortals) => mortals.some(({ kills }) => kills > 0));
  const isOver = (): boolean => {
    const leftMs = endsAt - performance.now();
    return leftMs <= 0 && (isEnough() || leftMs <= -longestExtraMs);
  };
  let number = 0;
  const submit = async (): Promise<void> => {
    while (!isOver()) {
      number += 1;
      // Every tenth is sent to both APIs at once.
      acknowledged.push(await market.submit(number, number % 10 === 0));
    }
  };
  const report = async (which: number): Promise<void> => {
    while (!isOver()) {
      const leadIds = (await market.leadsOf(which)).filter((id) => !reported.has(id));
      for (const leadId of leadIds.slice(0, 2)) {
        await market.qualify(which, leadId);
        reported.add(leadId);
      }
      await wait(50);
    }
  };
  const load = Promise.all([...Array.from({ length: submitters }, submit), report(0), report(1)]);
  await Promise.all([load, kill(stage, isOver)]);
  return { acknowledged, reported };
}

/** Kills one after the other, and starts it again a moment later; another may die meanwhile. */
async function kill({ plan, apis, workers }: Stage, isOver: () => boolean): Promise<void> {
  const random = randomOf(plan.seed);
  const mortals = [...apis, ...workers];
  const restarts: Promise<void>[] = [];
  while (!isOver()) {
    await wait(200 + random() * 1_600);
    // Mostly whoever is at work, or on a slow machine nobody ever would be.
    const candidates = random() < 0.1 ? mortals : mortals.filter(({ isAtWork }) => isAtWork);
    const victim = candidates[Math.floor(random() * candidates.length)];
    if (!victim) continue;
    const pauseMs = random() * 400;
    // One that is dead already is being started again.
    if (await victim.kill()) restarts.push(startAgain(victim, pauseMs));
  }
  await Promise.all(restarts);
  for (const mortal of mortals) await mortal.isUp();
}

async function startAgain(mortal: Mortal, pauseMs: number): Promise<void> {
  await wait(pauseMs);
  mortal.startAgain();
  await mortal.isUp();
}

/** As if the leases of the dead had ended: nobody is there who could still have one. */
async function freeLeases({ plan, workers }: Stage): Promise<void> {
  for (const worker of workers) await worker.kill();
  await plan.connection.query(
    `update handovers set next_try_at = now(), leased_until = null where state = 'WAITING'`,
  );
  for (const worker of workers) worker.startAgain();
  for (const worker of workers) await worker.isUp();
}

/** Waits until no lead is on its way; false when that takes too long. */
async function drained(connection: pg.Client, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (performance.now() < deadline) {
    const { rows } = await connection.query<{ count: number }>(
      `select (select count(*) from deliveries where state = 'PENDING')::int
         + (select count(*) from leads where state = 'ACCEPTED')::int as count`,
    );
    if (rows[0]?.count === 0) return true;
    await wait(50);
  }
  return false;
}
