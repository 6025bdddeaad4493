import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Database } from '#database';

const onceInMs = 60_000;
/** Keys remembered as written lately; beyond that the map starts anew, at the price of a few more updates. */
const rememberedKeys = 10_000;

/**
 * When each key was used last, written at most once a minute and outside the request: one UPDATE for all keys that
 * are due, one under way at a time. A failed one is tried again with the next use; nothing rests on it.
 */
@Injectable()
export class LastUse implements BeforeApplicationShutdown {
  private readonly writtenAtMs = new Map<string, number>();
  private due = new Map<string, Date>();
  private writing: Promise<void> | undefined;

  constructor(private readonly database: Database) {}

  /** Takes note and returns at once. */
  note(keyId: string, at: Date): void {
    const nowMs = performance.now();
    const written = this.writtenAtMs.get(keyId);
    if (written !== undefined && nowMs - written < onceInMs) return;
    if (this.writtenAtMs.size >= rememberedKeys) this.writtenAtMs.clear();
    this.writtenAtMs.set(keyId, nowMs);
    this.due.set(keyId, at);
    this.writing ??= this.writeDue();
  }

  /** Resolves when everything noted so far is written. */
  async settled(): Promise<void> {
    await this.writing;
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.settled();
  }

  private async writeDue(): Promise<void> {
    // The request that brought the note goes first.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.due.size > 0) {
      const batch = this.due;
      this.due = new Map();
      await this.write(batch).catch(() => {
        for (const keyId of batch.keys()) this.writtenAtMs.delete(keyId);
      });
    }
    this.writing = undefined;
  }

  private async write(batch: ReadonlyMap<string, Date>): Promise<void> {
    // In the order of ids: two processes that write the same keys must not wait for each other in a circle.
    const ids = [...batch.keys()].toSorted();
    await this.database.query(
      `update api_keys k set last_used_at = u.at
       from (select id, at from unnest($1::uuid[], $2::timestamptz[]) as u (id, at) order by id) u
       where k.id = u.id and (k.last_used_at is null or k.last_used_at < u.at - interval '1 minute')`,
      [ids, ids.map((id) => batch.get(id))],
    );
  }
}
