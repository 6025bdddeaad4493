import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface PostgresServer {
  /** Of the superuser's own database. */
  readonly url: string;
  readonly dataDir: string;
  readonly stop: () => Promise<void>;
}

/** What the benchmarks need of the machine; scripts/bench.mjs hands it over. */
export interface BenchHost {
  readonly root: string;
  /** Where a checkout keeps its local state, results included. */
  readonly stateDir: string;
  readonly apiEntryPoint: string;
  /** Of Node, as the API is started with everywhere. */
  readonly apiFlags: readonly string[];
  /** A module that ends the process it is loaded into when its parent is gone. */
  readonly exitWithParent: string;
  /** A durable PostgreSQL with fresh data and these settings; stopping it removes the data. */
  readonly startServer: (settings: readonly string[]) => Promise<PostgresServer>;
  readonly freePort: () => Promise<number>;
  readonly say: (line: string) => void;
  readonly step: <T>(name: string, work: () => Promise<T>) => Promise<T>;
}

/** An expected end of the bench: one line, and the exit code that goes with it. */
export class BenchFailure extends Error {
  override name = 'BenchFailure';

  constructor(
    message: string,
    readonly exitCode: number,
  ) {
    super(message);
  }
}

/** What was begun and has to be ended, in reverse order, however the bench ends. */
export class Undo {
  private readonly steps: (() => Promise<unknown>)[] = [];

  add(step: () => Promise<unknown>): void {
    this.steps.push(step);
  }

  async run(): Promise<void> {
    for (let step = this.steps.pop(); step; step = this.steps.pop()) {
      await step().catch((error: unknown) => console.error(error));
    }
  }
}

/** A folder that goes with the bench. */
export function temporaryFolder(undo: Undo): string {
  const folder = mkdtempSync(join(tmpdir(), 'leadger-bench-'));
  undo.add(async () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
