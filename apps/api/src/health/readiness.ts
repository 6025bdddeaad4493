import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { pendingMigrations } from '../../../process/src/pending-migrations.js';

export type ReadinessState = 'ready' | 'stopping' | 'no-database' | 'not-migrated';

/** A database that has not answered by then is as good as none. */
const answerWithinMs = 2_000;

/** Whether this process can do its work. */
@Injectable()
export class Readiness {
  private stopping = false;
  private migrated = false;

  constructor(private readonly database: Database) {}

  /** From now on no new work, please: asked for before anything is closed. */
  stop(): void {
    this.stopping = true;
  }

  async state(): Promise<ReadinessState> {
    if (this.stopping) return 'stopping';
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<ReadinessState>((resolve) => {
      timer = setTimeout(() => resolve('no-database'), answerWithinMs);
    });
    try {
      return await Promise.race([this.ask(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  private async ask(): Promise<ReadinessState> {
    try {
      // A migration that has run stays; after that one round trip is enough.
      this.migrated ||= (await pendingMigrations(this.database)).length === 0;
      if (this.migrated) await this.database.query('select 1');
      return this.migrated ? 'ready' : 'not-migrated';
    } catch {
      return 'no-database';
    }
  }
}
