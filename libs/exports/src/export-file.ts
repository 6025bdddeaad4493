/** A file that is written while it is read. */
export interface ExportFile {
  /** For the reader's disk: letters, digits, dots and dashes. */
  readonly name: string;
  /** Media type with its character set. */
  readonly type: string;
  /**
   * The text in pieces of about a megabyte at most, to be taken once. Nothing is read before the first is asked for.
   * Ends early by a throw, never silently; leaving the loop gives back what it holds.
   */
  readonly pieces: AsyncGenerator<string, void, undefined>;
}

export const csvType = 'text/csv; charset=utf-8; header=present';
export const hledgerType = 'text/plain; charset=utf-8';

/** `journal-USD-from-2026-10-01.csv`: what is in the file, without what is not said. */
export function fileName(parts: readonly (string | null)[], extension: string): string {
  const name = parts
    .filter((part) => part !== null)
    .join('-')
    .replaceAll(/[^A-Za-z0-9.-]+/g, '-');
  return `${name}.${extension}`;
}
