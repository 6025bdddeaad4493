/**
 * Charges every operation to its caller's buckets before it runs, and says so in every answer: `extensions.cost` and the RateLimit
 * headers of draft-ietf-httpapi-ratelimit-headers. The listener keeps no state of its own, so a request allocates little.
 */
import type { ApolloServerPlugin, GraphQLRequestContext, GraphQLRequestListener } from '@apollo/server';
import { type BucketOptions, BucketTable, type Receipt } from './buckets.js';
import { costOf, type OperationCost } from './cost.js';
import { limitError, throttled } from './errors.js';
import type { GraphqlContext } from './graphql-context.js';

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

export function costPlugin(limits: CostLimits, now: () => number): ApolloServerPlugin<GraphqlContext> {
  const charging = new Charging(limits, now);
  const listener: GraphQLRequestListener<GraphqlContext> = {
    async didResolveOperation({ schema, document, operation, request, contextValue }) {
      if (operation) charging.charge(contextValue, costOf(schema, document, operation, request.variables));
    },
    async willSendResponse(context) {
      charging.report(context);
    },
  };
  return {
    async requestDidStart() {
      return listener;
    },
  };
}

class Charging {
  private readonly queries: BucketTable;
  private readonly leads: BucketTable;
  private readonly policy: string;

  constructor(
    private readonly limits: CostLimits,
    now: () => number,
  ) {
    this.queries = new BucketTable(limits.queries, now);
    this.leads = new BucketTable(limits.leads, now);
    this.policy = [policyOf('cost', limits.queries), policyOf('leads', limits.leads)].join(', ');
  }

  charge(context: GraphqlContext, cost: OperationCost): void {
    const key = context.bucketKey;
    if (cost.points > this.limits.perQuery) {
      context.charged = { cost, query: this.queries.take(key, 1), leads: undefined };
      throw limitError(
        'QUERY_TOO_EXPENSIVE',
        `The query would cost ${cost.points} points of at most ${this.limits.perQuery}. Ask for smaller pages.`,
        this.limits.perQuery,
      );
    }
    const leads = cost.leads > 0 ? this.leads.take(key, cost.leads) : undefined;
    if (leads && !leads.allowed) {
      context.charged = { cost, query: this.queries.take(key, 0), leads };
      throw throttled(leads.retryAfterSeconds);
    }
    const query = this.queries.take(key, cost.points);
    context.charged = { cost, query, leads };
    if (query.allowed) return;
    if (leads) {
      this.leads.giveBack(key, cost.leads);
      context.charged = { cost, query, leads: this.leads.take(key, 0) };
    }
    throw throttled(query.retryAfterSeconds);
  }

  report({ contextValue, response }: GraphQLRequestContext<GraphqlContext>): void {
    // What was refused before it was an operation (syntax, validation) has cost something too.
    const charged = (contextValue.charged ??= {
      cost: { points: 0, leads: 0 },
      query: this.queries.take(contextValue.bucketKey, 1),
      leads: undefined,
    });
    const { cost, query, leads } = charged;
    if (response.body?.kind === 'single') {
      const result = response.body.singleResult;
      result.extensions = {
        ...result.extensions,
        cost: {
          requestedQueryCost: cost.points,
          actualQueryCost: cost.points,
          throttleStatus: statusOf(query, this.limits.queries),
          ...(leads
            ? { leads: { requested: cost.leads, throttleStatus: statusOf(leads, this.limits.leads) } }
            : {}),
        },
      };
    }
    const headers = response.http.headers;
    headers.set('ratelimit-policy', this.policy);
    const remaining = remainingOf('cost', query, this.limits.queries);
    headers.set(
      'ratelimit',
      leads ? `${remaining}, ${remainingOf('leads', leads, this.limits.leads)}` : remaining,
    );
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

function statusOf({ available }: Receipt, { capacity, refillPerSecond }: BucketOptions) {
  return {
    maximumAvailable: capacity,
    currentlyAvailable: Math.floor(available),
    restoreRate: refillPerSecond,
  };
}
