import { parseArgs } from 'node:util';
import { BenchFailure } from './host.js';

export const usage = `npm run bench [-- options]

  --quick             short legs and small data: to see that it runs, not to quote
  --only <part>       intake, settlement or payouts
  --rounds <number>   rounds of legs; 3 by default, 1 with --quick; payouts are measured once
  --profile           profile the API while single leads come in, and print where its time went
  --out <file>        write the JSON there as well as to .leadger/bench.json
  --docs              write the figures into docs/performance.md; only a whole run that counts may`;

const parts = ['intake', 'settlement', 'payouts'] as const;
export type BenchPart = (typeof parts)[number];

export interface BenchOptions {
  readonly quick: boolean;
  readonly only: BenchPart | undefined;
  readonly rounds: number;
  readonly profile: boolean;
  readonly out: string | undefined;
  readonly docs: boolean;
  readonly help: boolean;
}

/** Throws BenchFailure for options that are none. */
export function readOptions(args: readonly string[]): BenchOptions {
  const values = parse(args);
  const { quick = false, profile = false, docs = false, help = false } = values;
  const only = parts.find((part) => part === values.only);
  if (only !== values.only) throw new BenchFailure('--only takes intake, settlement or payouts.', 2);
  const rounds = Number(values.rounds ?? (quick ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1) throw new BenchFailure('--rounds takes a number from 1.', 2);
  if (docs && (quick || profile || only !== undefined)) {
    throw new BenchFailure('--docs is for a whole run: leave out --quick, --only and --profile.', 2);
  }
  return { quick, only, rounds, profile, docs, out: values.out, help };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean' },
        only: { type: 'string' },
        rounds: { type: 'string' },
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
