/**
 * A least-recently-used cache with a bound on entries and on weight, for parsed documents and persisted queries: anyone who can reach
 * the endpoint can fill them. Apollo's default cache weighs a document by serializing its whole tree on every insert; here the
 * weight is a number that is already known (the tokens of a document, the length of a text).
 */
export interface BoundedCacheOptions<V> {
  readonly maxEntries: number;
  readonly maxWeight: number;
  readonly weigh: (value: V) => number;
}

/** Fits Apollo's KeyValueCache; `ttl` is ignored, since entries are content-addressed and cannot go stale. */
export class BoundedCache<V> {
  private readonly entries = new Map<string, { readonly value: V; readonly weight: number }>();
  private weight = 0;

  constructor(private readonly options: BoundedCacheOptions<V>) {}

  get size(): number {
    return this.entries.size;
  }

  async get(key: string): Promise<V | undefined> {
    const entry = this.entries.get(key);
    if (!entry) return undefined;
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry.value;
  }

  async set(key: string, value: V): Promise<void> {
    await this.delete(key);
    const weight = this.options.weigh(value);
    if (weight > this.options.maxWeight) return;
    this.entries.set(key, { value, weight });
    this.weight += weight;
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= this.options.maxEntries && this.weight <= this.options.maxWeight) break;
      await this.delete(oldest);
    }
  }

  async delete(key: string): Promise<boolean> {
    const entry = this.entries.get(key);
    if (entry) this.weight -= entry.weight;
    return this.entries.delete(key);
  }
}
