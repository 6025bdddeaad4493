import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { INestApplicationContext } from '@nestjs/common';
import pg from 'pg';
import { BenchFailure, type BenchHost, temporaryFolder, type Undo } from '../host.js';
import {
  addApiKey,
  addContract,
  addOrganization,
  addRoute,
  addVertical,
  benchTerms,
  brokenInvariants,
  migrateDatabase,
  openProduct,
} from '../marketplace.js';
import type { Actor } from '#organizations';
import type { BenchOptions } from '../options.js';
import { cpuSecondsOf, memoryOf } from '../processes.js';
import type { BenchServer } from '../server.js';
import { countRows, footprintOf } from './footprint.js';
import type { LegResult, Load } from './leg.js';
import { pgbenchLoad } from './pgbench.js';
import { freshDataSql, quietSql, referenceSql } from './reference.js';
import { installPostgraphile } from './postgraphile.js';
import { type Service, startApi, startBareApollo, startPostgraphile } from './services.js';
import { wrkLoad, type WrkOptions } from './wrk.js';

/** A marketplace has several agencies, and so does this one; each sells to all its buyers, under a contract with each. */
const agencies = 8;
const buyers = 50;
/** The default of the settings; pgbench gets as many. */
export const poolSize = 6;
const moreConnections = 8;
const singleConnections = 64;
const bulkConnections = 8;
export const bulkLeads = 50;
/** Of the leads that are taken in a second when nothing holds them back: what a busy day looks like, and has room to spare. */
export const steadyShare = 0.7;

type LaneName = 'reference' | 'reference8' | 'single' | 'bulk' | 'apollo' | 'postgraphile';

/** Legs at {@link steadyShare} of what their lane has just taken. */
const steadyLegs = { steady: 'single', apolloSteady: 'apollo' } as const;

export type LegName = LaneName | keyof typeof steadyLegs;

function isSteady(name: LegName): name is keyof typeof steadyLegs {
  return name in steadyLegs;
}

function laneOf(name: LegName): LaneName {
  return isSteady(name) ? steadyLegs[name] : name;
}

/** One leg as it was run. CPU is in processors: 1 is one of them busy all the time. */
export interface Leg extends LegResult {
  readonly name: LegName;
  readonly round: number;
  readonly serviceCpu: number | undefined;
  readonly databaseCpu: number | undefined;
  /** The rows that a lead writes, by table. */
  readonly footprint: string;
}

export interface IntakeRun {
  readonly legs: readonly Leg[];
  readonly memory: { readonly restBytes: number | undefined; readonly loadBytes: number | undefined };
  readonly broken: readonly string[];
  readonly profileFolder: string | undefined;
  /** What was asked for and could not be compared with, in words. */
  readonly leftOut: string | undefined;
}

export interface IntakeTools {
  readonly wrk: string;
  readonly pgbench: string;
}

interface Lane {
  readonly load: Load;
  /** Where the leads go. */
  readonly table: 'leads' | 'bench.bare_leads' | 'bench_bare.leads';
  /** The process that takes them; undefined for the database itself. */
  readonly service: Service | undefined;
}

/** All but what could not be installed. */
type Lanes = Readonly<Record<Exclude<LaneName, 'postgraphile'>, Lane> & { readonly postgraphile?: Lane }>;

// Each leg of the product lies between two of the reference; what is there for context comes at the end of a round.
const orderOfRound: readonly LegName[] = [
  'reference',
  'single',
  'reference',
  'bulk',
  'reference',
  'reference8',
  'steady',
  'apollo',
  'apolloSteady',
  'postgraphile',
];

/** Measures intake on a database of its own. */
export async function measureIntake(
  host: BenchHost,
  undo: Undo,
  {
    server,
    options,
    tools,
  }: { readonly server: BenchServer; readonly options: BenchOptions; readonly tools: IntakeTools },
): Promise<IntakeRun> {
  const databaseUrl = await server.createDatabase('bench_intake');
  await migrateDatabase(databaseUrl);
  const product = await openProduct(databaseUrl);
  undo.add(() => product.close());
  const apiKeys = await addMarketplace(product);
  const connection = new pg.Client({ connectionString: databaseUrl });
  await connection.connect();
  undo.add(() => connection.end());
  await connection.query(referenceSql);
  await connection.query(quietSql);

  const profileFolder = options.profile ? join(host.stateDir, 'bench-profile') : undefined;
  if (profileFolder !== undefined) {
    rmSync(profileFolder, { recursive: true, force: true });
    mkdirSync(profileFolder, { recursive: true });
  }
  const api = { databaseUrl, port: await host.freePort(), poolSize };
  const apiService = await startApi(host, undo, { ...api, profileFolder });
  const wrk = { wrk: tools.wrk, script: join(host.root, 'test', 'bench', 'intake', 'leads.lua'), apiKeys };
  const reference = { pgbench: tools.pgbench, databaseUrl, apiKeys, folder: temporaryFolder(undo) };
  const url = `http://127.0.0.1:${api.port}/graphql`;
  const installed = options.postgraphile ? await installPostgraphile(host) : undefined;
  const lanes: Lanes = {
    reference: {
      load: pgbenchLoad({ ...reference, connections: poolSize }),
      table: 'leads',
      service: undefined,
    },
    reference8: {
      load: pgbenchLoad({ ...reference, connections: moreConnections }),
      table: 'leads',
      service: undefined,
    },
    single: {
      load: wrkLoad({ ...wrk, url, connections: singleConnections, batch: 1 }),
      table: 'leads',
      service: apiService,
    },
    bulk: {
      load: wrkLoad({ ...wrk, url, connections: bulkConnections, batch: bulkLeads }),
      table: 'leads',
      service: apiService,
    },
    apollo: await apolloLane(host, undo, { databaseUrl, wrk }),
    ...(installed &&
      'server' in installed && {
        postgraphile: await postgraphileLane(host, undo, { databaseUrl, server: installed.server, wrk }),
      }),
  };
  const run = await runLegs(host, { server, options, lanes, connection, product, apiService });
  // A profile is written when its process ends.
  if (profileFolder !== undefined) await apiService.stop();
  const leftOut = installed && 'missing' in installed ? installed.missing : undefined;
  return { ...run, profileFolder, leftOut };
}

interface BareLaneOptions {
  readonly databaseUrl: string;
  readonly wrk: Pick<WrkOptions, 'wrk' | 'script' | 'apiKeys'>;
}

async function apolloLane(host: BenchHost, undo: Undo, { databaseUrl, wrk }: BareLaneOptions): Promise<Lane> {
  const port = await host.freePort();
  const service = await startBareApollo(host, undo, { databaseUrl, port, poolSize });
  const url = `http://127.0.0.1:${port}/`;
  const load = wrkLoad({ ...wrk, url, connections: singleConnections, batch: 1 });
  return { load, table: 'bench.bare_leads', service };
}

async function postgraphileLane(
  host: BenchHost,
  undo: Undo,
  { databaseUrl, wrk, server }: BareLaneOptions & { readonly server: string },
): Promise<Lane> {
  const port = await host.freePort();
  const service = await startPostgraphile(host, undo, { databaseUrl, port, poolSize, server });
  const url = `http://127.0.0.1:${port}/graphql`;
  const load = wrkLoad({ ...wrk, url, connections: singleConnections, batch: 1, shape: 'generated' });
  return { load, table: 'bench_bare.leads', service };
}

async function addMarketplace(product: INestApplicationContext): Promise<string[]> {
  await addVertical(product);
  const all: Actor[] = [];
  for (let number = 1; number <= buyers; number += 1)
    all.push(await addOrganization(product, 'BUYER', `Bench buyer ${number}`));
  const apiKeys: string[] = [];
  for (let number = 1; number <= agencies; number += 1) {
    const agency = await addOrganization(product, 'AGENCY', `Bench agency ${number}`);
    const contracts: string[] = [];
    for (const buyer of all) contracts.push(await addContract(product, { agency, buyer, terms: benchTerms }));
    await addRoute(product, agency, contracts);
    apiKeys.push(await addApiKey(product, agency));
  }
  return apiKeys;
}

interface Running {
  readonly server: BenchServer;
  readonly options: BenchOptions;
  readonly lanes: Lanes;
  readonly connection: pg.Client;
  readonly product: INestApplicationContext;
  readonly apiService: Service;
}

async function runLegs(
  host: BenchHost,
  running: Running,
): Promise<Omit<IntakeRun, 'profileFolder' | 'leftOut'>> {
  const { options, lanes, apiService } = running;
  const warmUpSeconds = options.quick ? 1 : 5;
  const seconds = options.quick ? 3 : 10;
  // The slowest of a hundred answers: ten seconds hold too few of what happens every now and then.
  const steadySeconds = options.quick ? 3 : 30;
  await wait(1_000);
  const restBytes = memoryOf(apiService.pid);
  const broken: string[] = [];
  // Opens the settlements, and compiles what runs often: a process that has served for a while is what is measured.
  for (const name of ['single', 'bulk', 'apollo', 'postgraphile'] as const) {
    const first = await lanes[name]?.load({ name: `first-${name}`, seconds: warmUpSeconds + 1 });
    if (!first) continue;
    if (first.accepted === 0)
      throw new BenchFailure(`No lead was taken (${name}): ${first.example ?? 'no answer'}`, 1);
    if (first.errors > 0)
      broken.push(`first-${name}: ${first.errors} leads were refused: ${first.example ?? ''}`);
  }
  // As it does by itself in the first minute: here the first leg would be over by then.
  await running.connection.query('analyze');
  const legs: Leg[] = [];
  const stopSampling = sampleMemory(apiService.pid);
  // A profile of several kinds of load would mix them.
  const order: readonly LegName[] = options.profile ? ['reference', 'single'] : orderOfRound;
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const name of order.filter((each) => lanes[laneOf(each)])) {
      const label = `round ${round} of ${options.rounds}: ${name}`;
      const plan = { name, round, warmUpSeconds, broken };
      const ceiling = legs.findLast((leg) => leg.name === laneOf(name))?.leadsPerSecond ?? 0;
      const pace = isSteady(name)
        ? { seconds: steadySeconds, perSecond: Math.round(ceiling * steadyShare) }
        : { seconds };
      legs.push(await host.step(label, () => runLeg(running, { ...plan, ...pace })));
    }
  }
  const last = `reference after round ${options.rounds}`;
  const closing = { name: 'reference', round: options.rounds + 1, warmUpSeconds, seconds, broken } as const;
  legs.push(await host.step(last, () => runLeg(running, closing)));
  broken.push(...footprintsThatDiffer(legs));
  return { legs, memory: { restBytes, loadBytes: stopSampling() }, broken };
}

/** A ratio of two things that write different rows says nothing. */
function footprintsThatDiffer(legs: readonly Leg[]): string[] {
  const expected = legs.find(({ name }) => name === 'reference')?.footprint;
  return legs
    .filter(({ footprint }) => footprint !== '' && footprint !== expected)
    .map(({ name, round, footprint }) => `${name}-${round} writes ${footprint}; the reference ${expected}`);
}

interface LegPlan {
  readonly name: LegName;
  readonly round: number;
  /** Requests; left out: as many as are answered. */
  readonly perSecond?: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** Gets what breaks. */
  readonly broken: string[];
}

async function runLeg(
  running: Running,
  { name, round, warmUpSeconds, seconds, broken, ...pace }: LegPlan,
): Promise<Leg> {
  const { lanes, connection, product, server } = running;
  const lane = lanes[laneOf(name)];
  if (!lane) throw new BenchFailure(`There is no ${name} here.`, 1);
  const { load, table, service } = lane;
  await connection.query(freshDataSql);
  const rowsBefore = await countRows(connection);
  const id = `${name}-${round}`;
  // Tables that were emptied are planned for anew, on every connection.
  const warmUp = await load({ name: `warm-${id}`, seconds: warmUpSeconds, ...pace });
  // What is owed to the disk until now is paid now, and what this process has to tidy up is tidied up, and not in the leg.
  await connection.query('checkpoint');
  globalThis.gc?.();
  const [serviceBefore, databaseBefore] = [service && cpuSecondsOf(service.pid), cpuSecondsOf(server.pid)];
  const started = performance.now();
  const result = await load({ name: `leg-${id}`, seconds, ...pace });
  const elapsed = (performance.now() - started) / 1000;
  const cpuSince = (before: number | undefined, pid: number): number | undefined => {
    const after = cpuSecondsOf(pid);
    return before === undefined || after === undefined ? undefined : (after - before) / elapsed;
  };
  const leg = {
    ...result,
    name,
    round,
    serviceCpu: service && cpuSince(serviceBefore, service.pid),
    databaseCpu: cpuSince(databaseBefore, server.pid),
    footprint: table === 'leads' ? footprintOf(rowsBefore, await countRows(connection)) : '',
  };
  if (warmUp.errors + result.errors > 0) {
    broken.push(
      `${id}: ${warmUp.errors + result.errors} leads were refused: ${warmUp.example ?? result.example ?? ''}`,
    );
  }
  broken.push(...(await missingLeads(connection, id, table, { warmUp, result })));
  if (table === 'leads') broken.push(...(await brokenInvariants(product)).map((line) => `${id}: ${line}`));
  return leg;
}

/** What was acknowledged must be there; what was in flight when the load ended may be. */
async function missingLeads(
  connection: pg.Client,
  id: string,
  table: string,
  { warmUp, result }: { readonly warmUp: LegResult; readonly result: LegResult },
): Promise<string[]> {
  const most = Math.max(singleConnections, bulkConnections * bulkLeads);
  const of = async (prefix: string, acknowledged: number): Promise<string[]> => {
    const { rows } = await connection.query<{ count: string }>(
      `select count(*) from ${table} where external_id like $1`,
      [`${prefix}-${id}-%`],
    );
    const stored = Number(rows[0]?.count);
    if (stored >= acknowledged && stored <= acknowledged + most) return [];
    return [`${id}: ${acknowledged} leads were acknowledged and ${stored} are stored`];
  };
  return [...(await of('warm', warmUp.accepted)), ...(await of('leg', result.accepted))];
}

/** The most memory that the process is seen to have until the answer is asked for. */
function sampleMemory(pid: number): () => number | undefined {
  let most = memoryOf(pid);
  const timer = setInterval(() => {
    const now = memoryOf(pid);
    if (now !== undefined) most = Math.max(most ?? 0, now);
  }, 500);
  // A leg that fails must not keep the bench alive.
  timer.unref();
  return () => {
    clearInterval(timer);
    return most;
  };
}
