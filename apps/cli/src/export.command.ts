import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseLocalDate } from '#calendar';
import { type ExportFile, type Exports, exportsOf, idsShownBy, type LedgerFilter } from '#exports';
import { parseCurrency } from '#money';
import { systemActor } from '#organizations';
import type { Outcome } from '#outcome';
import { decodeId, encodeId, idPrefixes } from '../../process/src/public-ids.js';
import { type Command, CommandError } from './command.js';
import { readOptions } from './options.js';
import { withDatabase } from './with-database.js';

const actor = systemActor('export');
const showId = idsShownBy(idPrefixes, encodeId);

/** The file that was asked for, once there is a database to read it from. */
type Wanted = (exports: Exports) => Outcome<ExportFile> | Promise<Outcome<ExportFile>>;

export const exportCommand: Command = {
  summary:
    'Writes a statement line by line, the payouts, or the journal of all books, for accountants: to --out, or to standard output. ' +
    'Days are of UTC; --to is the first day that is no longer wanted.',
  usage:
    'statement --settlement <stl_…> [--out <file>]\n' +
    '       leadger export payouts [--from <day>] [--to <day>] [--out <file>]\n' +
    '       leadger export journal [--format csv|hledger] [--currency <code>] [--from <day>] [--to <day>] [--out <file>]',
  run: async ([what, ...parameters]) => {
    const { wanted, out } = wantedOf(what, parameters);
    return await withDatabase(async (database) => {
      const outcome = await wanted(exportsOf(database));
      if (!outcome.ok) throw new CommandError(outcome.refusals.map(({ message }) => message).join(' '));
      return await (out === undefined ? print(outcome.value) : write(outcome.value, out));
    });
  },
};

function wantedOf(
  what: string | undefined,
  parameters: readonly string[],
): { wanted: Wanted; out: string | undefined } {
  switch (what) {
    case 'statement':
      return statementOf(parameters);
    case 'payouts':
      return payoutsOf(parameters);
    case 'journal':
      return journalOf(parameters);
    default:
      throw new CommandError('say what to export: statement, payouts or journal. --help says more.');
  }
}

function payoutsOf(parameters: readonly string[]): { wanted: Wanted; out: string | undefined } {
  const { from, to, out } = readOptions(parameters, {
    from: { type: 'string' },
    to: { type: 'string' },
    out: { type: 'string' },
  });
  const filter = daysOf(from, to);
  return { wanted: (exports) => exports.payouts(actor, filter, showId), out };
}

function statementOf(parameters: readonly string[]): { wanted: Wanted; out: string | undefined } {
  const { settlement, format, out } = readOptions(parameters, {
    settlement: { type: 'string' },
    format: { type: 'string' },
    out: { type: 'string' },
  });
  if (format !== undefined && format !== 'csv')
    throw new CommandError('a statement is written as csv: leave --format out.');
  const id = settlement === undefined ? undefined : decodeId('stl', settlement);
  if (id === undefined)
    throw new CommandError('--settlement is missing, or is no id of a settlement (stl_…): --help says more.');
  return { wanted: (exports) => exports.statement(actor, id, showId), out };
}

function journalOf(parameters: readonly string[]): { wanted: Wanted; out: string | undefined } {
  const options = readOptions(parameters, {
    format: { type: 'string', default: 'csv' },
    currency: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    out: { type: 'string' },
  });
  const { format, out } = options;
  if (format !== 'csv' && format !== 'hledger') throw new CommandError('--format must be csv or hledger.');
  const filter: LedgerFilter = {
    currency: read(options.currency, parseCurrency, '--currency must be an ISO 4217 code.'),
    ...daysOf(options.from, options.to),
  };
  const wanted: Wanted = (exports) =>
    format === 'csv'
      ? exports.journalCsv(actor, filter, showId)
      : exports.journalHledger(actor, filter, showId);
  return { wanted, out };
}

function daysOf(from: string | undefined, to: string | undefined) {
  return {
    from: read(from, parseLocalDate, '--from must be a day such as 2026-10-01.'),
    to: read(to, parseLocalDate, '--to must be a day such as 2026-10-01.'),
  };
}

function read<T>(
  text: string | undefined,
  parse: (text: string) => T | undefined,
  message: string,
): T | null {
  if (text === undefined) return null;
  const value = parse(text);
  if (value === undefined) throw new CommandError(message);
  return value;
}

async function print({ pieces }: ExportFile): Promise<number> {
  try {
    await pipeline(Readable.from(pieces), process.stdout, { end: false });
    return 0;
  } catch (error) {
    // Whoever reads has had enough, such as `head`.
    if (codeOf(error) === 'EPIPE') return 1;
    throw error;
  }
}

/** Whole or not at all, and for its owner's eyes: a file of that name is always a complete one. */
async function write({ pieces }: ExportFile, out: string): Promise<number> {
  const temporary = `${out}.${randomBytes(4).toString('hex')}.tmp`;
  const file = await open(temporary, 'wx', 0o600).catch((error: unknown) => {
    throw cannotWrite(out, error);
  });
  try {
    await pipeline(Readable.from(pieces), file.createWriteStream({ flush: true }));
    await rename(temporary, out);
  } catch (error) {
    await rm(temporary, { force: true });
    throw /^(ENOSPC|EDQUOT|EISDIR|EACCES|EPERM)$/.test(codeOf(error)) ? cannotWrite(out, error) : error;
  }
  console.log(`Written: ${out}`);
  return 0;
}

function cannotWrite(out: string, error: unknown): CommandError {
  return new CommandError(
    `${out} cannot be written (${codeOf(error)}): name a file where there is room for it.`,
  );
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
}
