import { parseArgs } from 'node:util';
import { BenchFailure } from './host.js';

const parts = ['intake', 'delivery', 'kills', 'imports', 'settlement', 'payouts'] as const;
export type BenchPart = (typeof parts)[number];

export const usage = `npm run bench [-- options]

  --quick             short legs and small data: to see that it runs, not to quote
  --only <part>       ${parts.join(', ')}
  --rows <number>     rows of the file that is imported; a million by default, 20,000 with --quick
  --rounds <number>   rounds of legs; 3 by default, 1 with --quick; payouts are measured once
  --postgraphile      compare intake with PostGraphile as well, which is installed for it (300 MB, from the network)
  --profile           profile the API while single leads come in, and print where its time went
  --out <file>        write the JSON there as well as to .leadger/bench.json
  --docs              write the figures into docs/performance.md; only a whole run that counts may`;

export interface BenchOptions {
  readonly quick: boolean;
  readonly only: BenchPart | undefined;
  readonly rounds: number;
  /** Of the file that is imported; undefined: as many as it is by default. */
  readonly rows: number | undefined;
  readonly postgraphile: boolean;
  readonly profile: boolean;
  readonly out: string | undefined;
  readonly docs: boolean;
  readonly help: boolean;
}

/** Throws BenchFailure for options that are none. */
export function readOptions(args: readonly string[]): BenchOptions {
  const values = parse(args);
  const { quick = false, postgraphile = false, profile = false, docs = false, help = false } = values;
  const only = parts.find((part) => part === values.only);
  if (only !== values.only) throw new BenchFailure(`--only takes one of ${parts.join(', ')}.`, 2);
  const rounds = Number(values.rounds ?? (quick ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1) throw new BenchFailure('--rounds takes a number from 1.', 2);
  const rows = values.rows === undefined ? undefined : Number(values.rows);
  if (rows !== undefined && (!Number.isInteger(rows) || rows < 1_000))
    throw new BenchFailure('--rows takes a number from 1000.', 2);
  if (docs && (quick || profile || only !== undefined)) {
    throw new BenchFailure('--docs is for a whole run: leave out --quick, --only and --profile.', 2);
  }
  return { quick, only, rounds, rows, postgraphile, profile, docs, out: values.out, help };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean' },
        only: { type: 'string' },
        rounds: { type: 'string' },
        rows: { type: 'string' },
        postgraphile: { type: 'boolean' },
        profile: { type: 'boolean' },
        out: { type: 'string' },
        docs: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('. ')[0] : String(error);
    throw new BenchFailure(`${reason}: npm run bench -- --help lists the options.`, 2);
  }
}
