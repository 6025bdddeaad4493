import { cpus, totalmem } from 'node:os';
import type { DeliveryRun } from './delivery/delivery.js';
import { deliveryRatios } from './delivery/report.js';
import type { ImportsRun } from './imports/imports.js';
import { importRatios } from './imports/report.js';
import type { KillsRun } from './kills/kills.js';
import { bulkLeads, type IntakeRun, type Leg, type LegName, poolSize, steadyShare } from './intake/intake.js';
import type { BenchOptions } from './options.js';
import { limitPerSecond } from './payouts/figures.js';
import type { PayoutRun } from './payouts/payouts.js';
import { bucketPerSecond } from './payouts/worker.js';
import { type Ratio, ratio } from './ratio.js';
import { type BenchServer, serverSettings } from './server.js';
import type { SettlementRun } from './settlement/settlement.js';
import { ratiosToReference, type Spread, spreadOf } from './statistics.js';

export interface LaneSummary {
  readonly name: LegName;
  readonly legs: number;
  readonly leadsPerSecond: Spread;
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
  readonly errors: number;
  readonly serviceCpu: Spread | undefined;
  readonly databaseCpu: Spread | undefined;
}

export interface SettlementSummary {
  readonly charges: number;
  readonly bareSeconds: Spread;
  readonly productSeconds: Spread;
  readonly prepareSeconds: Spread;
  readonly submitSeconds: Spread;
  readonly approveSeconds: Spread;
}

export interface BenchReport {
  readonly startedAt: string;
  readonly quick: boolean;
  readonly rounds: number;
  readonly machine: {
    readonly processor: string;
    readonly processors: number;
    readonly memoryGiB: number;
    /** Processes that wanted a processor in the minute before it began: near 0 on a quiet machine. */
    readonly loadBefore: number;
    readonly node: string;
    readonly postgres: string;
    readonly dataInMemory: boolean;
    /** Of one row, before and after everything else: the disk of a shared machine changes its mind. */
    readonly commitMs: readonly number[];
  };
  readonly settings: {
    readonly postgres: readonly string[];
    readonly poolSize: number;
    /** Requests a second that the worker lets out to the payment provider. */
    readonly bucketPerSecond: number;
  };
  readonly ratios: readonly Ratio[];
  readonly intake:
    (Omit<IntakeRun, 'broken' | 'profileFolder'> & { readonly lanes: readonly LaneSummary[] }) | undefined;
  readonly delivery: Omit<DeliveryRun, 'broken'> | undefined;
  readonly kills: Omit<KillsRun, 'broken'> | undefined;
  readonly imports: Omit<ImportsRun, 'broken'> | undefined;
  readonly settlement:
    | (Omit<SettlementRun, 'broken'> & {
        readonly sizes: readonly SettlementSummary[];
        readonly growth: Growth;
      })
    | undefined;
  readonly payouts: Omit<PayoutRun, 'broken'> | undefined;
  /** What was not as it must be: with anything in it the run does not count. */
  readonly broken: readonly string[];
}

/** How the time grows from the smaller to the larger size. */
export interface Growth {
  readonly size: number;
  readonly product: number;
  readonly bare: number;
}

export function reportOf(
  {
    startedAt,
    options,
    server,
    loadBefore,
    commitMs,
  }: {
    startedAt: Date;
    options: BenchOptions;
    server: BenchServer;
    loadBefore: number;
    commitMs: readonly number[];
  },
  runs: {
    readonly intake: IntakeRun | undefined;
    readonly delivery: DeliveryRun | undefined;
    readonly kills: KillsRun | undefined;
    readonly imports: ImportsRun | undefined;
    readonly settlement: SettlementRun | undefined;
    readonly payouts: PayoutRun | undefined;
  },
): BenchReport {
  const { intake, delivery, kills, imports, settlement, payouts } = runs;
  const sizes = settlement && sizesOf(settlement);
  const growth = sizes && growthOf(sizes);
  const ratios = [
    ...(intake ? intakeRatios(intake) : []),
    ...(delivery ? deliveryRatios(delivery) : []),
    ...(imports ? importRatios(imports) : []),
    ...(settlement && growth ? settlementRatios(settlement, growth) : []),
    ...(payouts ? payoutRatios(payouts) : []),
  ];
  const processors = cpus();
  return {
    startedAt: startedAt.toISOString(),
    quick: options.quick,
    rounds: options.rounds,
    machine: {
      processor: processors[0]?.model ?? 'unknown',
      processors: processors.length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      loadBefore,
      node: process.version,
      postgres: server.version,
      dataInMemory: server.inMemory,
      commitMs,
    },
    settings: { postgres: serverSettings, poolSize, bucketPerSecond },
    // The bars are for whole runs: with little data, what is fixed weighs most.
    ratios: ratios.map((one) => (options.quick ? { ...one, bar: undefined, met: undefined } : one)),
    intake: intake && {
      legs: intake.legs,
      memory: intake.memory,
      leftOut: intake.leftOut,
      lanes: lanesOf(intake),
    },
    delivery: delivery && withoutBroken(delivery),
    kills: kills && withoutBroken(kills),
    imports: imports && withoutBroken(imports),
    settlement: settlement &&
      sizes &&
      growth && { linesPerStatement: settlement.linesPerStatement, legs: settlement.legs, sizes, growth },
    payouts: payouts && withoutBroken(payouts),
    broken: [intake, delivery, kills, imports, settlement, payouts].flatMap((run) => run?.broken ?? []),
  };
}

function intakeRatios({ legs }: IntakeRun): Ratio[] {
  const run = legs.map(({ name, leadsPerSecond }) => ({ name, value: leadsPerSecond }));
  const of = (name: LegName) => spreadOf(ratiosToReference(run, name, 'reference'));
  const measured = new Set(legs.map(({ name }) => name));
  const all: readonly [LegName, string, { least: number }?][] = [
    ['single', 'submitLead, one lead a request', { least: 0.5 }],
    ['bulk', `submitLeads, ${bulkLeads} leads a request`, { least: 1.2 }],
    ['apollo', 'bare Apollo with one INSERT, for context'],
    ['postgraphile', "PostGraphile's generated mutation on one bare table, for context"],
  ];
  const others = (['apollo', 'postgraphile'] as const).filter((name) => measured.has(name));
  return [
    ...all.flatMap(([name, title, bar]) => (measured.has(name) ? [ratio(title, of(name), bar)] : [])),
    ...slowestRatios(legs),
    ...others.flatMap((name) =>
      (['single', 'bulk'] as const)
        .filter((product) => measured.has(product))
        .map((product) =>
          ratio(
            `${productTitles[product]} to ${otherTitles[name]}`,
            spreadOf(ratiosToReference(run, product, name)),
          ),
        ),
    ),
  ];
}

/**
 * The slowest of a hundred answers on a busy day: in milliseconds, which are the machine's as well, in the time in which it
 * makes a call of the reference, and beside a server that does next to nothing.
 */
function slowestRatios(legs: readonly Leg[]): Ratio[] {
  const steady = legs.filter(({ name }) => name === 'steady');
  const bare = legs.filter(({ name }) => name === 'apolloSteady');
  const toBare = steady.flatMap(({ round, p99Ms }) =>
    bare.filter((leg) => leg.round === round).map((leg) => p99Ms / leg.p99Ms),
  );
  const inCalls = legs.map(({ name, leadsPerSecond, p99Ms }) => ({
    name,
    value: name === 'reference' ? 1000 / leadsPerSecond : p99Ms,
  }));
  const share = `${steadyShare * 100} %`;
  const toBar = (of: readonly Leg[]) => of.map(({ p99Ms }) => p99Ms / steadyP99Ms);
  const all: readonly [string, readonly number[], { most: number }?][] = [
    [`submitLead at ${share} of its ceiling, p99 to ${steadyP99Ms} ms`, toBar(steady), { most: 1 }],
    ['the same p99 in calls of the reference', ratiosToReference(inCalls, 'steady', 'reference'), callsBar],
    [`bare Apollo at ${share} of its own, p99 to ${steadyP99Ms} ms, for context`, toBar(bare)],
    ['p99 of submitLead to that of bare Apollo', toBare],
  ];
  return all.flatMap(([title, values, bar]) =>
    values.length > 0 ? [ratio(title, spreadOf(values), bar)] : [],
  );
}

const steadyP99Ms = 25;
/** See docs/adr/0034-milliseconds-are-the-machines.md. */
const callsBar = { most: 100 } as const;
const productTitles = { single: 'submitLead', bulk: 'submitLeads' } as const;
const otherTitles = { apollo: 'bare Apollo', postgraphile: 'PostGraphile' } as const;

const laneOrder: readonly LegName[] = [
  'reference',
  'reference8',
  'single',
  'steady',
  'bulk',
  'apollo',
  'apolloSteady',
  'postgraphile',
];

function lanesOf({ legs }: IntakeRun): LaneSummary[] {
  const measured = new Set(legs.map(({ name }) => name));
  return laneOrder
    .filter((name) => measured.has(name))
    .map((name) => {
      const own = legs.filter((leg) => leg.name === name);
      const spread = (of: (leg: Leg) => number) => spreadOf(own.map(of));
      const known = (values: readonly (number | undefined)[]) => {
        const numbers = values.filter((value) => value !== undefined);
        return numbers.length > 0 ? spreadOf(numbers) : undefined;
      };
      return {
        name,
        legs: own.length,
        leadsPerSecond: spread((leg) => leg.leadsPerSecond),
        p50Ms: spread((leg) => leg.p50Ms),
        p99Ms: spread((leg) => leg.p99Ms),
        errors: own.reduce((sum, leg) => sum + leg.errors, 0),
        serviceCpu: known(own.map((leg) => leg.serviceCpu)),
        databaseCpu: known(own.map((leg) => leg.databaseCpu)),
      };
    });
}

function sizesOf({ legs }: SettlementRun): SettlementSummary[] {
  return [...new Set(legs.map(({ charges }) => charges))].map((charges) => {
    const own = legs.filter((leg) => leg.charges === charges);
    const bare = own.filter((leg) => leg.name === 'bare');
    const product = own.filter((leg) => leg.name === 'product');
    return {
      charges,
      bareSeconds: spreadOf(bare.map(({ seconds }) => seconds)),
      productSeconds: spreadOf(product.map(({ seconds }) => seconds)),
      prepareSeconds: spreadOf(product.map(({ prepareSeconds }) => prepareSeconds)),
      submitSeconds: spreadOf(product.map(({ submitSeconds }) => submitSeconds)),
      approveSeconds: spreadOf(product.map(({ approveSeconds }) => approveSeconds)),
    };
  });
}

function growthOf(sizes: readonly SettlementSummary[]): Growth {
  const [small, large] = [sizes[0], sizes.at(-1)];
  if (!small || !large) throw new RangeError('no settlement was measured');
  return {
    size: large.charges / small.charges,
    product: large.productSeconds.median / small.productSeconds.median,
    bare: large.bareSeconds.median / small.bareSeconds.median,
  };
}

function settlementRatios({ legs }: SettlementRun, growth: Growth): Ratio[] {
  const bySize = [...new Set(legs.map(({ charges }) => charges))].map((charges) => {
    const run = legs
      .filter((leg) => leg.charges === charges)
      .map(({ name, seconds }) => ({ name, value: seconds }));
    const title = `settling ${charges.toLocaleString('en')} charges, time`;
    return ratio(title, spreadOf(ratiosToReference(run, 'product', 'bare')), { most: 2 });
  });
  const { product } = growth;
  // A quarter more than linear is still linear on a shared machine.
  const most = growth.size * 1.25;
  return [...bySize, ratio(`time of ${growth.size} times the charges`, spreadOf([product]), { most })];
}

function withoutBroken<Run extends { readonly broken: readonly string[] }>({
  broken: _broken,
  ...run
}: Run): Omit<Run, 'broken'> {
  return run;
}

/** Of one run each: a thousand payouts are their own repetition. */
function payoutRatios({ pace, memory }: PayoutRun): Ratio[] {
  const { transfers, seconds } = pace;
  const rate = ratio(
    `${transfers.toLocaleString('en')} payouts, pace to the limit of ${limitPerSecond} a second`,
    spreadOf([transfers / seconds / limitPerSecond]),
    { least: 0.9 },
  );
  if (memory.growth === undefined) return [rate];
  const growth = ratio("the worker's memory, last quarter to second", spreadOf([memory.growth]), {
    most: 1.15,
  });
  return [rate, growth];
}
