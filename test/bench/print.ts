import { deliveryHead, deliveryRows, deliverySentence } from './delivery/report.js';
import { importSentences } from './imports/report.js';
import { killsSentence } from './kills/kills.js';
import { limitPerSecond } from './payouts/figures.js';
import type { Ratio } from './ratio.js';
import type { BenchReport, LaneSummary, SettlementSummary } from './report.js';
import type { Spread } from './statistics.js';

/** What each kind of load is called. */
export const laneTitles: Readonly<Record<LaneSummary['name'], string>> = {
  reference: 'pgbench, one call per lead',
  reference8: 'the same, 8 connections',
  single: 'submitLead',
  steady: 'submitLead, 70 % of that',
  bulk: 'submitLeads, 50 a request',
  apollo: 'bare Apollo, one INSERT',
  apolloSteady: 'bare Apollo, 70 % of that',
  postgraphile: 'PostGraphile, one bare table',
};

/** More than this, and others had the machine as well. */
export const quietLoad = 0.5;

/** The report as a person reads it. */
export function printable(report: BenchReport): string {
  const { machine, intake, delivery, kills, imports, settlement, payouts, broken } = report;
  const parts = [
    `${machine.processor}, ${machine.processors} processors, ${machine.memoryGiB} GiB · Node ${machine.node} · ` +
      `PostgreSQL ${machine.postgres} · a durable commit takes ${machine.commitMs.map((ms) => ms.toFixed(2)).join(' to ')} ms`,
    ...(machine.loadBefore > quietLoad
      ? [`The machine was busy before it began (load ${machine.loadBefore.toFixed(1)}): not to be quoted.`]
      : []),
    ...(machine.dataInMemory
      ? ['The data lies in memory, where durable commits cost nothing: not to be quoted.']
      : []),
    ...(report.quick ? ['Quick legs: this shows that it runs, not how fast it is.'] : []),
    table(['ratio to its reference', 'median', 'min', 'max', 'bar', ''], report.ratios.map(ratioRow)),
  ];
  if (intake) {
    parts.push(
      table(
        [
          'intake',
          'legs',
          'leads/s',
          'min',
          'max',
          'p50 ms',
          'p99 ms',
          'errors',
          'cpu service',
          'cpu database',
        ],
        intake.lanes.map(laneRow),
      ),
    );
    const { restBytes, loadBytes } = intake.memory;
    parts.push(
      `Memory of the API: ${mebibytes(restBytes)} at rest, at most ${mebibytes(loadBytes)} under load.`,
      ...(intake.leftOut === undefined ? [] : [intake.leftOut]),
    );
  }
  if (delivery) parts.push(table(deliveryHead, deliveryRows(delivery)), deliverySentence(delivery));
  if (kills) parts.push(killsSentence(kills));
  if (imports) parts.push(...importSentences(imports));
  if (settlement) {
    parts.push(
      table(
        [
          `statements of ${settlement.linesPerStatement.toLocaleString('en')} lines`,
          'bare s',
          'all s',
          'min',
          'max',
          'prepare s',
          'submit s',
          'approve s',
        ],
        settlement.sizes.map(sizeRow),
      ),
    );
    const { size, product, bare } = settlement.growth;
    parts.push(
      `${size} times the charges take ${product.toFixed(1)} times as long (the bare statement ${bare.toFixed(1)}).`,
    );
  }
  if (payouts) parts.push(...payoutSentences(report, payouts));
  parts.push(
    broken.length === 0
      ? `Every invariant holds${intake ? ', and every acknowledged lead is stored' : ''}.`
      : `THIS RUN DOES NOT COUNT:\n${broken.map((line) => `  ${line}`).join('\n')}`,
  );
  return parts.join('\n\n');
}

/** What the run of payouts was like, a sentence for each thing. */
export function payoutSentences(
  { settings }: BenchReport,
  { pace, memory, progressLines, perPayout, stop }: NonNullable<BenchReport['payouts']>,
): string[] {
  const { transfers, seconds, slowestPerSecond, refusedTransfers, refusedLooks } = pace;
  const slowest =
    slowestPerSecond === undefined ? '' : `, ${slowestPerSecond.toFixed(1)} in the slowest ten seconds`;
  const milliseconds = (value: number | undefined) => (value === undefined ? 'unknown' : value.toFixed(1));
  const { before, after, lastAfterMs, tooLate } = stop;
  const last = lastAfterMs === undefined ? '' : ` (the last after ${lastAfterMs.toFixed(0)} ms)`;
  return [
    `${transfers.toLocaleString('en')} payouts in ${seconds.toFixed(1)} s: ${(transfers / seconds).toFixed(1)} a second` +
      `${slowest}. The sandbox takes ${limitPerSecond} a second at each endpoint, our bucket lets out ` +
      `${settings.bucketPerSecond} requests a second, which is ${settings.bucketPerSecond / 2} payouts. ` +
      `Refused as too many: ${refusedTransfers} transfers and ${refusedLooks} looks at an account.`,
    `The worker held ${mebibytes(memory.restBytes)} at rest and at most ${mebibytes(memory.mostBytes)}, and told ` +
      `${progressLines} times how far it had come.`,
    `A payout took ${milliseconds(perPayout.statementMs)} ms of statements, ` +
      `${milliseconds(perPayout.databaseCpuMs)} ms of PostgreSQL's processor time and ` +
      `${milliseconds(perPayout.workerCpuMs)} ms of the worker's.`,
    `Emergency stop after ${before} transfers: ${after} more came in after it was answered${last}, ` +
      `${tooLate} of them later than 2 s.`,
  ];
}

function ratioRow({ name, median, min, max, bar, met }: Ratio): string[] {
  const least = bar?.least === undefined ? '' : `≥ ${bar.least}`;
  const most = bar?.most === undefined ? '' : `≤ ${bar.most}`;
  const verdict = met === undefined ? '' : met ? 'met' : 'MISSED';
  return [name, median.toFixed(2), min.toFixed(2), max.toFixed(2), least + most, verdict];
}

function laneRow(lane: LaneSummary): string[] {
  const { leadsPerSecond: rate } = lane;
  const cpu = (spread: Spread | undefined) => spread?.median.toFixed(2) ?? '';
  return [
    laneTitles[lane.name],
    String(lane.legs),
    ...[rate.median, rate.min, rate.max].map((value) => value.toFixed(0)),
    lane.p50Ms.median.toFixed(2),
    lane.p99Ms.median.toFixed(2),
    String(lane.errors),
    cpu(lane.serviceCpu),
    cpu(lane.databaseCpu),
  ];
}

function sizeRow(size: SettlementSummary): string[] {
  const { productSeconds: all } = size;
  const seconds = [size.bareSeconds.median, all.median, all.min, all.max, size.prepareSeconds.median];
  return [
    `${size.charges.toLocaleString('en')} charges`,
    ...[...seconds, size.submitSeconds.median, size.approveSeconds.median].map((value) => value.toFixed(3)),
  ];
}

/** The first column to the left, numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

function mebibytes(bytes: number | undefined): string {
  return bytes === undefined ? 'unknown' : `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
