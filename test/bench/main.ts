import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { SystemClock } from '#calendar';
import { measureDelivery } from './delivery/delivery.js';
import { BenchFailure, type BenchHost, Undo } from './host.js';
import { type IntakeTools, measureIntake } from './intake/intake.js';
import { measureImports } from './imports/imports.js';
import { withFigures } from './markdown.js';
import { tryKills } from './kills/kills.js';
import { type BenchOptions, type BenchPart, readOptions, usage } from './options.js';
import { measurePayouts } from './payouts/payouts.js';
import { printable } from './print.js';
import { findProgram } from './processes.js';
import { printableProfile } from './profile.js';
import { type BenchReport, reportOf } from './report.js';
import { startServer } from './server.js';
import { measureSettlement } from './settlement/settlement.js';

/**
 * Runs what the arguments ask for and gives the exit code. 1: something is broken, so the run does not count; 2: it
 * could not begin. Ctrl-C ends everything that was begun.
 */
export async function runBench(host: BenchHost, args: readonly string[]): Promise<number> {
  const undo = new Undo();
  let isStopping = false;
  const stop = () => {
    if (isStopping) return;
    isStopping = true;
    host.say('\nStopping …');
    void undo.run().finally(() => process.exit(130));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  try {
    return await measure(host, undo, args);
  } catch (error) {
    // What is stopped in the middle fails, and that says nothing.
    if (isStopping) return 130;
    if (!(error instanceof BenchFailure)) throw error;
    console.error(`leadger: ${error.message}`);
    return error.exitCode;
  } finally {
    await undo.run();
  }
}

async function measure(host: BenchHost, undo: Undo, args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options.help) {
    host.say(usage);
    return 0;
  }
  const wants = (part: BenchPart) => options.only === undefined || options.only === part;
  const tools = wants('intake') ? findTools() : undefined;
  const startedAt = new SystemClock().now();
  const [loadBefore = 0] = loadavg();
  const server = await host.step('PostgreSQL', () => startServer(host, undo));
  const commitMs = [await server.timeOfCommit()];
  const intake = tools && (await measureIntake(host, undo, { server, options, tools }));
  const delivery = wants('delivery') ? await measureDelivery(host, undo, { server, options }) : undefined;
  const kills = wants('kills') ? await tryKills(host, undo, { server, options }) : undefined;
  const imports = wants('imports') ? await measureImports(host, undo, { server, options }) : undefined;
  const settlement = wants('settlement')
    ? await measureSettlement(host, undo, { server, options })
    : undefined;
  const payouts = wants('payouts') ? await measurePayouts(host, undo, { server, options }) : undefined;
  commitMs.push(await server.timeOfCommit());
  const report = reportOf(
    { startedAt, options, server, loadBefore, commitMs },
    { intake, delivery, kills, imports, settlement, payouts },
  );
  host.say(`\n${printable(report)}\n`);
  if (intake?.profileFolder !== undefined) host.say(`${printableProfile(intake.profileFolder, host.root)}\n`);
  for (const file of write(host, options, report)) host.say(`Written to ${file}`);
  return report.broken.length === 0 ? 0 : 1;
}

function findTools(): IntakeTools {
  const [wrk, pgbench] = [findProgram('wrk'), findProgram('pgbench')];
  if (wrk !== undefined && pgbench !== undefined) return { wrk, pgbench };
  const missing = [
    ...(wrk === undefined ? ['wrk (Debian and Ubuntu: apt-get install wrk)'] : []),
    ...(pgbench === undefined ? ['pgbench (Debian and Ubuntu: apt-get install postgresql-contrib)'] : []),
  ];
  const without = 'every other part needs neither (--only)';
  throw new BenchFailure(
    `The load comes from programs that are not here: ${missing.join(', ')}; ${without}.`,
    2,
  );
}

function write(host: BenchHost, options: BenchOptions, report: BenchReport): string[] {
  const files = [
    join(host.stateDir, 'bench.json'),
    ...(options.out === undefined ? [] : [resolve(options.out)]),
  ];
  for (const file of files) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`);
  }
  if (!options.docs || report.broken.length > 0) return files;
  const page = join(host.root, 'docs', 'performance.md');
  writeFileSync(page, withFigures(readFileSync(page, 'utf8'), report));
  return [...files, page];
}
