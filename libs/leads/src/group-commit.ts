/** Thrown when more work waits than the queue may hold. The edge answers 429 with Retry-After. */
export class Overloaded extends Error {
  override name = 'Overloaded';
}

export interface GroupCommitOptions {
  /** Items in one commit. */
  readonly maxBatch: number;
  /** Items that may wait; beyond it the queue refuses instead of growing. */
  readonly maxWaiting: number;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Natural group commit: one batch is in flight, and whatever arrives meanwhile is the next batch. There is no timer,
 * so an idle system commits a single item at once and a busy one shares a commit among many.
 * A batch that fails is tried again item by item, so that one bad item fails alone.
 */
export class GroupCommit<Item, Result> {
  private readonly waiting: Waiting<Item, Result>[] = [];
  private running = false;

  constructor(
    private readonly commit: (items: readonly Item[]) => Promise<readonly Result[]>,
    private readonly options: GroupCommitOptions,
  ) {}

  /** How many more items fit. */
  get room(): number {
    return this.options.maxWaiting - this.waiting.length;
  }

  /** Resolves after the commit that holds the item; rejects with {@link Overloaded} when the queue is full. */
  async submit(item: Item): Promise<Result> {
    if (this.room <= 0) throw new Overloaded('too many items wait');
    return await new Promise<Result>((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      if (!this.running) void this.drain();
    });
  }

  private async drain(): Promise<void> {
    this.running = true;
    // The items of one tick go together: a request of fifty leads is one batch, not one and forty-nine.
    await Promise.resolve();
    while (this.waiting.length > 0) await this.commitBatch(this.waiting.splice(0, this.options.maxBatch));
    this.running = false;
  }

  private async commitBatch(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.commit(batch.map(({ item }) => item));
      batch.forEach(({ resolve, reject }, index) => {
        const result = results[index];
        if (result === undefined) reject(new Error('a commit gave no result for an item'));
        else resolve(result);
      });
    } catch (error) {
      const [only] = batch;
      if (batch.length === 1 && only) only.reject(error);
      else for (const one of batch) await this.commitBatch([one]);
    }
  }
}
