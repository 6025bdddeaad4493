/** What one leg of load has measured. */
export interface LegResult {
  readonly leadsPerSecond: number;
  /** Of one call or request, whatever number of leads it carries. Milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Leads that were acknowledged. */
  readonly accepted: number;
  /** Leads that were refused or whose request failed. */
  readonly errors: number;
  /** An answer that was not as expected. */
  readonly example: string | undefined;
}

/** One kind of load: runs for so many seconds, every lead with a name that begins with `name`. */
export type Load = (leg: {
  readonly name: string;
  readonly seconds: number;
  /** Requests; left out: as many as are answered. */
  readonly perSecond?: number;
}) => Promise<LegResult>;
