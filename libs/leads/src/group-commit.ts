/** Thrown when more work waits than the queue may hold. The edge answers 429 with Retry-After. */
export class Overloaded extends Error {
  override name = 'Overloaded';
}

export interface GroupCommitOptions<Item> {
  /** Items in one commit. */
  readonly maxBatch: number;
  /** Items of one part that may wait; beyond it the queue refuses instead of growing. */
  readonly maxWaiting: number;
  /** Into how many parts the work falls. */
  readonly parts: number;
  /** Which of them an item belongs to, from 0. Items of one part are never in two commits at the same time. */
  readonly partOf: (item: Item) => number;
  /** So many items of a part are worth a commit beside one of others; fewer wait until that has ended, and join the next. */
  readonly worthOwn: number;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Natural group commit: whatever arrives while a batch is in flight is the next batch. There is no timer, so an idle
 * system commits a single item at once and a busy one shares a commit among many. A commit costs much however few are in it:
 * while little waits, all of it goes together; when much does, its parts go beside each other, so that one is filled
 * while the database works on another. A batch that fails is tried again item by item, so that one bad item fails alone.
 */
export class GroupCommit<Item, Result> {
  private readonly queues: readonly Waiting<Item, Result>[][];
  private readonly inFlight = new Set<number>();
  private isWoken = false;

  constructor(
    private readonly commit: (items: readonly Item[]) => Promise<readonly Result[]>,
    private readonly options: GroupCommitOptions<Item>,
  ) {
    this.queues = Array.from({ length: options.parts }, () => []);
  }

  /** How many more items of a part fit. */
  room(part: number): number {
    return this.options.maxWaiting - (this.queues[part]?.length ?? 0);
  }

  /** Resolves after the commit that holds the item; rejects with {@link Overloaded} when its part has no room. */
  async submit(item: Item): Promise<Result> {
    const part = this.options.partOf(item);
    if (this.room(part) <= 0) throw new Overloaded('too many items wait');
    return await new Promise<Result>((resolve, reject) => {
      this.queues[part]?.push({ item, resolve, reject });
      this.wake();
    });
  }

  /**
   * What has arrived by now goes together, also what nobody has read yet: a request of fifty leads is one batch, not one and
   * forty-nine, and neither are fifty requests whose senders were all answered at once.
   */
  private wake(): void {
    if (this.isWoken) return;
    this.isWoken = true;
    setImmediate(() => {
      this.isWoken = false;
      this.begin();
    });
  }

  /** Begins whatever may and should go out now. */
  private begin(): void {
    const free = [...this.queues.keys()].filter((part) => !this.inFlight.has(part));
    const worthOwn = free.filter((part) => (this.queues[part]?.length ?? 0) >= this.options.worthOwn);
    const isAlone = this.inFlight.size === 0;
    if (isAlone && worthOwn.length < free.length) void this.commitNext(free);
    else for (const part of worthOwn) void this.commitNext([part]);
  }

  /** Commits what waits of these parts, as much as fits, together. */
  private async commitNext(parts: readonly number[]): Promise<void> {
    const { maxBatch } = this.options;
    const batch = parts.flatMap((part) => this.queues[part]?.splice(0, maxBatch) ?? []);
    if (batch.length === 0) return;
    for (const part of parts) this.inFlight.add(part);
    const answers = await this.commitBatch(batch);
    for (const part of parts) this.inFlight.delete(part);
    const answerAll = () => answers.forEach((answer) => answer());
    const waits = this.queues.reduce((sum, queue) => sum + queue.length, 0);
    if (waits * 2 < batch.length) {
      // Mostly those who are answered now will ask again: they go along.
      answerAll();
      this.wake();
    } else {
      // What waits is on its way to the database before the answers are written.
      this.begin();
      setImmediate(answerAll);
    }
  }

  /** Gives what is to be told to each. */
  private async commitBatch(batch: readonly Waiting<Item, Result>[]): Promise<(() => void)[]> {
    try {
      const results = await this.commit(batch.map(({ item }) => item));
      return batch.map(({ resolve, reject }, index) => () => {
        const result = results[index];
        if (result === undefined) reject(new Error('a commit gave no result for an item'));
        else resolve(result);
      });
    } catch (error) {
      const [only] = batch;
      if (batch.length === 1 && only) return [() => only.reject(error)];
      const answers: (() => void)[] = [];
      for (const one of batch) answers.push(...(await this.commitBatch([one])));
      return answers;
    }
  }
}
