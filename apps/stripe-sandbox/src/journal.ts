import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Change, type Store } from './store.js';

const keptLogRows = 10_000;

/** Where changed rows are written down, one JSON text a line, before the request that changed them is answered. */
export interface Journal {
  write(changes: readonly Change[]): void;
}

/** Keeps nothing: for tests. */
export const noJournal: Journal = { write: () => undefined };

/** Reads back what an earlier process wrote, and goes on there. */
export function openJournal(file: string, store: Store): Journal {
  mkdirSync(dirname(file), { recursive: true });
  for (const change of readChanges(file)) store.load(change);
  // The log would grow for ever: what a person looks at is its end.
  for (const table of ['requests', 'delivered', 'events', 'thin_events'] as const) {
    store.trim(table, keptLogRows);
  }
  compact(file, store);
  return {
    write(changes) {
      if (changes.length > 0) appendFileSync(file, linesOf(changes));
    },
  };
}

/** The seed of the ids that a journal goes on with. */
export function seedIn(file: string): string | undefined {
  const seed = readChanges(file).findLast(({ table, id }) => table === 'meta' && id === 'seed');
  return seed && (seed.value as { readonly value: string }).value;
}

function readChanges(file: string): readonly Change[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((line, index) => {
    if (line === '') return [];
    try {
      return [JSON.parse(line) as Change];
    } catch (error) {
      // A process that is killed while it writes leaves half a line, which nobody was answered for.
      if (index >= lines.length - 2) return [];
      throw new Error(`${file}:${index + 1} is damaged`, { cause: error });
    }
  });
}

// One line for each row, instead of one for each of its changes.
function compact(file: string, store: Store): void {
  const temporary = `${file}.new`;
  writeFileSync(temporary, linesOf(store.everything()));
  renameSync(temporary, file);
}

function linesOf(changes: readonly Change[]): string {
  return changes.map((change) => `${JSON.stringify(change)}\n`).join('');
}
