/**
 * Charges every operation to its caller's buckets before it runs, and says so in every answer: `extensions.cost` and the RateLimit
 * headers. The listener keeps no state of its own, so a request allocates little.
 */
import type { ApolloServerPlugin, GraphQLRequestContext, GraphQLRequestListener } from '@apollo/server';
import type { BucketOptions, Receipt } from './buckets.js';
import { costOf } from './cost.js';
import type { GraphqlContext } from './graphql-context.js';
import type { RateLimits } from './rate-limits.js';

export function costPlugin(rates: RateLimits): ApolloServerPlugin<GraphqlContext> {
  const listener: GraphQLRequestListener<GraphqlContext> = {
    async didResolveOperation({ schema, document, operation, request, contextValue }) {
      if (!operation) return;
      const cost = costOf(schema, document, operation, request.variables);
      const { charged, refusal } = rates.take(contextValue.bucketKey, cost);
      contextValue.charged = charged;
      if (refusal) throw refusal;
    },
    async willSendResponse(context) {
      report(rates, context);
    },
  };
  return {
    async requestDidStart() {
      return listener;
    },
  };
}

function report(rates: RateLimits, { contextValue, response }: GraphQLRequestContext<GraphqlContext>): void {
  const charged = (contextValue.charged ??= rates.takeForRefused(contextValue.bucketKey));
  const { cost, query, leads } = charged;
  const { limits } = rates;
  if (response.body?.kind === 'single') {
    const result = response.body.singleResult;
    result.extensions = {
      ...result.extensions,
      cost: {
        requestedQueryCost: cost.points,
        actualQueryCost: cost.points,
        throttleStatus: statusOf(query, limits.queries),
        ...(leads ? { leads: { requested: cost.leads, throttleStatus: statusOf(leads, limits.leads) } } : {}),
      },
    };
  }
  const headers = response.http.headers;
  headers.set('ratelimit-policy', rates.policy);
  headers.set('ratelimit', rates.remaining(charged));
}

function statusOf({ available }: Receipt, { capacity, refillPerSecond }: BucketOptions) {
  return {
    maximumAvailable: capacity,
    currentlyAvailable: Math.floor(available),
    restoreRate: refillPerSecond,
  };
}
