import { deliveryHead, deliveryRows, deliverySentence } from './delivery/report.js';
import { importSentences } from './imports/report.js';
import { killsSentence } from './kills/kills.js';
import type { BenchReport } from './report.js';
import { laneTitles, payoutSentences, quietLoad } from './print.js';

const begin = '<!-- figures: written by npm run bench -- --docs -->';
const end = '<!-- end of figures -->';

/** The page with the figures of this report in place of those before. Throws when it has no place for them. */
export function withFigures(page: string, report: BenchReport): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new RangeError('the page has no place for figures');
  return `${page.slice(0, from + begin.length)}\n\n${figuresOf(report)}\n\n${page.slice(to)}`;
}

function figuresOf(report: BenchReport): string {
  const { startedAt, rounds, machine, ratios, intake, delivery, kills, settlement, payouts } = report;
  const commits = machine.commitMs.map((ms) => ms.toFixed(2)).join(' ms before and ');
  const on =
    `${startedAt.slice(0, 10)}, ${rounds} rounds, on a machine with ${machine.processors} processors ` +
    `(${machine.processor}) and ${machine.memoryGiB} GiB, Node ${machine.node.slice(1)}, PostgreSQL ${machine.postgres}; ` +
    `a durable commit of one row took ${commits} ms after the run. Load of the machine in the minute before: ` +
    `${machine.loadBefore.toFixed(1)}${machine.loadBefore > quietLoad ? ', so others had it as well: not to be quoted.' : '.'}`;
  const parts = [
    on,
    tableOf(
      ['Ratio to its reference', 'median', 'lowest', 'highest', 'bar'],
      ratios.map(({ name, median, min, max, bar }) => [
        name,
        `**${median.toFixed(2)}**`,
        min.toFixed(2),
        max.toFixed(2),
        bar?.least === undefined
          ? bar?.most === undefined
            ? ''
            : `at most ${bar.most}`
          : `at least ${bar.least}`,
      ]),
    ),
  ];
  if (intake) {
    const { restBytes = 0, loadBytes = 0 } = intake.memory;
    parts.push(
      tableOf(
        ['Intake', 'leads/s', 'lowest', 'highest', 'p50 ms', 'p99 ms', 'errors'],
        intake.lanes.map(({ name, leadsPerSecond: rate, p50Ms, p99Ms, errors }) => [
          laneTitles[name],
          ...[rate.median, rate.min, rate.max].map((value) => value.toFixed(0)),
          p50Ms.median.toFixed(2),
          p99Ms.median.toFixed(2),
          String(errors),
        ]),
      ),
      `The API held ${mebibytes(restBytes)} MiB at rest and at most ${mebibytes(loadBytes)} MiB under load.`,
      ...(intake.leftOut === undefined ? [] : [intake.leftOut]),
    );
  }
  if (delivery) parts.push(tableOf(deliveryHead, deliveryRows(delivery)), deliverySentence(delivery));
  if (kills) parts.push(killsSentence(kills));
  if (report.imports) parts.push(...importSentences(report.imports));
  if (settlement) {
    parts.push(
      tableOf(
        [
          `statements of ${settlement.linesPerStatement.toLocaleString('en')} lines`,
          'bare statement s',
          'all s',
          'prepare s',
          'submit s',
          'approve s',
        ],
        settlement.sizes.map((size) => [
          `${size.charges.toLocaleString('en')} charges`,
          size.bareSeconds.median.toFixed(2),
          size.productSeconds.median.toFixed(2),
          size.prepareSeconds.median.toFixed(2),
          size.submitSeconds.median.toFixed(2),
          size.approveSeconds.median.toFixed(2),
        ]),
      ),
    );
  }
  if (payouts) parts.push(...payoutSentences(report, payouts));
  return parts.join('\n\n');
}

/** The first column to the left, the others to the right; padded as the formatter wants it. */
function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) =>
    Math.max(3, ...[head, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  const cells = (row: readonly string[]) =>
    widths.map((width, column) => (column === 0 ? row[0]?.padEnd(width) : row[column]?.padStart(width)));
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [cells(head), rule, ...rows.map(cells)].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
