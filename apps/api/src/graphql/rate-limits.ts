/**
 * Whose buckets pay for what, whichever way it came: GraphQL and the routes below /v1 draw from the same. Says what is left in the
 * RateLimit headers of draft-ietf-httpapi-ratelimit-headers.
 */
import type { Actor } from '#organizations';
import type { GraphQLError } from 'graphql';
import { type BucketOptions, BucketTable, type Receipt } from './buckets.js';
import type { OperationCost } from './cost.js';
import { limitError, throttled } from './errors.js';

export interface CostLimits {
  /** Points that one operation may cost. */
  readonly perQuery: number;
  readonly queries: BucketOptions;
  /** Counted in leads. */
  readonly leads: BucketOptions;
}

export const defaultCostLimits: CostLimits = {
  perQuery: 5_000,
  queries: { capacity: 100_000, refillPerSecond: 10_000 },
  leads: { capacity: 200_000, refillPerSecond: 20_000 },
};

/** What an operation cost and what that left in the buckets. */
export interface Charged {
  readonly cost: OperationCost;
  readonly query: Receipt;
  readonly leads: Receipt | undefined;
}

/** The key of the buckets: the API key's id, or the address of one who has none. */
export function bucketKeyOf(actor: Actor | undefined, address: string): string {
  return actor ? (actor.keyId ?? actor.id) : `address:${address}`;
}

export class RateLimits {
  private readonly queries: BucketTable;
  private readonly leads: BucketTable;
  /** The header RateLimit-Policy. */
  readonly policy: string;

  /** `now` in milliseconds of a steady clock. */
  constructor(
    readonly limits: CostLimits,
    now: () => number,
  ) {
    this.queries = new BucketTable(limits.queries, now);
    this.leads = new BucketTable(limits.leads, now);
    this.policy = [policyOf('cost', limits.queries), policyOf('leads', limits.leads)].join(', ');
  }

  /** Takes what an operation costs, from both buckets or from none; with `refusal` it may not run. */
  take(key: string, cost: OperationCost): { readonly charged: Charged; readonly refusal?: GraphQLError } {
    if (cost.points > this.limits.perQuery) {
      return {
        charged: { cost, query: this.queries.take(key, 1), leads: undefined },
        refusal: limitError(
          'QUERY_TOO_EXPENSIVE',
          `The query would cost ${cost.points} points of at most ${this.limits.perQuery}. Ask for smaller pages.`,
          this.limits.perQuery,
        ),
      };
    }
    const leads = cost.leads > 0 ? this.leads.take(key, cost.leads) : undefined;
    if (leads && !leads.allowed) {
      const charged = { cost, query: this.queries.take(key, 0), leads };
      return { charged, refusal: throttled(leads.retryAfterSeconds) };
    }
    const query = this.queries.take(key, cost.points);
    if (query.allowed) return { charged: { cost, query, leads } };
    if (leads) this.leads.giveBack(key, cost.leads);
    const left = leads && this.leads.take(key, 0);
    return { charged: { cost, query, leads: left }, refusal: throttled(query.retryAfterSeconds) };
  }

  /** For what was refused before it was an operation (syntax, types): that has cost something too. */
  takeForRefused(key: string): Charged {
    return { cost: { points: 0, leads: 0 }, query: this.queries.take(key, 1), leads: undefined };
  }

  /** The header RateLimit. */
  remaining({ query, leads }: Charged): string {
    const cost = remainingOf('cost', query, this.limits.queries);
    return leads ? `${cost}, ${remainingOf('leads', leads, this.limits.leads)}` : cost;
  }
}

/** `"cost";q=20000;w=10`: a full bucket, and the seconds that an empty one takes to fill. */
function policyOf(name: string, { capacity, refillPerSecond }: BucketOptions): string {
  return `"${name}";q=${capacity};w=${Math.ceil(capacity / refillPerSecond)}`;
}

/** `"cost";r=19990;t=1`: what is left, and the seconds until the bucket is full again. */
function remainingOf(
  name: string,
  { available }: Receipt,
  { capacity, refillPerSecond }: BucketOptions,
): string {
  return `"${name}";r=${Math.floor(available)};t=${Math.ceil((capacity - available) / refillPerSecond)}`;
}
