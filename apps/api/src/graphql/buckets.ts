/**
 * Leaky buckets, one per key, in this process: N processes let a caller have N times as much, which is the price of not asking a
 * shared store on the hot path. The table is bounded in two generations: a key that was not used while the young one filled up twice
 * is forgotten, and begins with a full bucket when it comes back. That costs one look-up and no bookkeeping per use.
 */
export interface BucketOptions {
  /** What a full bucket holds. */
  readonly capacity: number;
  readonly refillPerSecond: number;
}

export interface Receipt {
  readonly allowed: boolean;
  /** What is left now, not rounded. */
  readonly available: number;
  /** Until the refused amount would be there; 0 when allowed. */
  readonly retryAfterSeconds: number;
}

interface Bucket {
  available: number;
  atMs: number;
}

export class BucketTable {
  private young = new Map<string, Bucket>();
  private old = new Map<string, Bucket>();

  /** `now` in milliseconds of any steady clock; not the sandbox clock, which jumps. */
  constructor(
    readonly options: BucketOptions,
    private readonly now: () => number,
    private readonly maxKeys = 10_000,
  ) {}

  get size(): number {
    return this.young.size + this.old.size;
  }

  /** Takes an amount if it is there. More than a full bucket is taken as a full one, or it could never be had. */
  take(key: string, amount: number): Receipt {
    const bucket = this.bucket(key);
    const wanted = Math.min(amount, this.options.capacity);
    if (bucket.available >= wanted) {
      bucket.available -= wanted;
      return { allowed: true, available: bucket.available, retryAfterSeconds: 0 };
    }
    const missing = wanted - bucket.available;
    const retryAfterSeconds = Math.max(1, Math.ceil(missing / this.options.refillPerSecond));
    return { allowed: false, available: bucket.available, retryAfterSeconds };
  }

  /** Gives back what was taken for something that then did not happen. */
  giveBack(key: string, amount: number): void {
    const bucket = this.bucket(key);
    bucket.available = Math.min(this.options.capacity, bucket.available + amount);
  }

  private bucket(key: string): Bucket {
    const now = this.now();
    const known = this.young.get(key) ?? this.old.get(key);
    const bucket = known ?? { available: this.options.capacity, atMs: now };
    if (now > bucket.atMs) {
      const refill = ((now - bucket.atMs) * this.options.refillPerSecond) / 1_000;
      bucket.available = Math.min(this.options.capacity, bucket.available + refill);
      bucket.atMs = now;
    }
    if (!this.young.has(key)) {
      if (this.young.size >= this.maxKeys / 2) {
        this.old = this.young;
        this.young = new Map();
      }
      this.young.set(key, bucket);
    }
    return bucket;
  }
}
