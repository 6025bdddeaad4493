/** Counts requests to each endpoint over the last second of real time. */
export class RateLimit {
  private readonly times = new Map<string, number[]>();

  /** Whether one more is within the limit; only then it counts. `limit` 0 is without limit. */
  allows(endpoint: string, limit: number, nowMs: number): boolean {
    if (limit === 0) return true;
    const recent = (this.times.get(endpoint) ?? []).filter((time) => time > nowMs - 1000);
    this.times.set(endpoint, recent);
    if (recent.length >= limit) return false;
    recent.push(nowMs);
    return true;
  }
}
