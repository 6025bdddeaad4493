import { type Ratio, ratio } from '../ratio.js';
import { spreadOf } from '../statistics.js';
import type { ImportsRun } from './imports.js';

/** Of one run: a file of a million rows is its own repetition. */
export function importRatios({ memory }: ImportsRun): Ratio[] {
  const { secondQuarterBytes, lastQuarterBytes } = memory;
  if (secondQuarterBytes === undefined || lastQuarterBytes === undefined) return [];
  const growth = lastQuarterBytes / secondQuarterBytes;
  return [
    ratio("the worker's memory in an import, last quarter to second", spreadOf([growth]), { most: 1.15 }),
  ];
}

/** What it was like, for a person. */
export function importSentences(run: Omit<ImportsRun, 'broken'>): string[] {
  const { rows, fileBytes, uploadSeconds, upload, rowsPerSecond, outageSeconds, rowsAtKill, memory } = run;
  return [
    `A file of ${rows.toLocaleString('en')} rows (${mebibytes(fileBytes)}) was sent in ${uploadSeconds.toFixed(1)} s, while the ` +
      `API went from ${mebibytes(upload.restBytes)} to at most ${mebibytes(upload.peakBytes)}, and taken at ` +
      `${Math.round(rowsPerSecond).toLocaleString('en')} rows a second. Its worker was killed after ` +
      `${rowsAtKill.toLocaleString('en')} rows; ${outageSeconds.toFixed(1)} s later another one went on, and each row is there once.`,
    `Memory of the worker: ${mebibytes(memory.restBytes)} at rest, ${mebibytes(memory.peakBytes)} at most, ` +
      `${mebibytes(memory.secondQuarterBytes)} in the second quarter of the rows and ${mebibytes(memory.lastQuarterBytes)} in the last.`,
  ];
}

function mebibytes(bytes: number | undefined): string {
  return bytes === undefined ? 'unknown' : `${Math.round(bytes / 1_048_576)} MiB`;
}
