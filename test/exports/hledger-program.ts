import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const named = process.env['LEADGER_TEST_HLEDGER'];
/** UTF-8, or hledger refuses every name with an accent. */
const environment = { ...process.env, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' };

/**
 * The program `hledger`: the one that LEADGER_TEST_HLEDGER names, which then has to be there, or the one on the path.
 * Undefined where there is none; the run then says what was left to our own reader, and how to have it all.
 */
export function findHledger(): string | undefined {
  const program = named ?? 'hledger';
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8', env: environment });
  if (status === 0 && stdout.startsWith('hledger')) return program;
  if (named !== undefined) {
    throw new Error(
      `LEADGER_TEST_HLEDGER is ${named}, and there is no such program: apt-get install hledger, or https://hledger.org/install.`,
    );
  }
  process.stderr.write(
    'hledger is not installed: exports are read by the reader of the tests only. With it (apt-get install hledger, brew ' +
      'install hledger, https://hledger.org/install) the program itself checks them too.\n',
  );
  return undefined;
}

/** Runs hledger on a journal; throws with what it says when it refuses the file. */
export function hledger(program: string, journal: string, ...parameters: readonly string[]): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'leadger-hledger-'));
  try {
    const file = path.join(folder, 'books.journal');
    writeFileSync(file, journal);
    const { status, stdout, stderr, error } = spawnSync(program, ['-f', file, ...parameters], {
      encoding: 'utf8',
      env: environment,
      maxBuffer: 100_000_000,
    });
    if (error) throw error;
    if (status !== 0) throw new Error(stderr);
    return stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
