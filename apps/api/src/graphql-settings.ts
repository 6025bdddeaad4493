import type { ApolloDriverConfig } from '@nestjs/apollo';
import type { BuildSchemaOptions } from '@nestjs/graphql';
import type { Config, LimitOverrides } from '#config';
import type { Log } from '../../process/src/log.js';
import { RequestLoaders } from './access/index.js';
import type { RequestAuthenticator } from './access/request-authenticator.js';
import { errorLog } from './edge-log.js';
import {
  defaultGraphqlLimits,
  type GraphqlLimits,
  graphqlOptions,
  type GraphqlSettings,
  RateLimits,
} from './graphql/index.js';
import { organizationTypes } from './organizations/organizations.types.js';

/** The options of the GraphQL server, from the settings of the process and what it authenticates with. */
export function graphqlSettings(
  config: Config,
  log: Log,
  requests: RequestAuthenticator,
  rates: RateLimits,
): ApolloDriverConfig {
  return optionsOf({
    sandbox: config.sandbox,
    limits: limitsOf(config.limits),
    rates,
    logError: errorLog(log),
    authenticate: (request) => requests.authenticate(request),
    loaders: (actor) => new RequestLoaders(actor),
  });
}

/** The buckets of this process, for everything that callers pay for. */
export function rateLimits(config: Config): RateLimits {
  return new RateLimits(limitsOf(config.limits).cost, () => performance.now());
}

/** How the schema is built, for those who build it without serving it. */
export function schemaOptions(): BuildSchemaOptions {
  return optionsOf({ sandbox: true, logError: () => undefined }).buildSchemaOptions ?? {};
}

function optionsOf(settings: GraphqlSettings<RequestLoaders>): ApolloDriverConfig {
  const options = graphqlOptions(settings);
  const { orphanedTypes = [], ...build } = options.buildSchemaOptions ?? {};
  return {
    ...options,
    buildSchemaOptions: { ...build, orphanedTypes: [...orphanedTypes, ...organizationTypes] },
  };
}

function limitsOf(overrides: LimitOverrides): GraphqlLimits {
  const { document, cost } = defaultGraphqlLimits;
  const perSecond = (
    limit: { capacity: number; refillPerSecond: number },
    refillPerSecond: number | undefined,
  ) =>
    refillPerSecond === undefined
      ? limit
      : // A bucket keeps its depth in seconds.
        { capacity: Math.ceil((limit.capacity / limit.refillPerSecond) * refillPerSecond), refillPerSecond };
  return {
    document: {
      ...document,
      depth: overrides.depth ?? document.depth,
      aliases: overrides.aliases ?? document.aliases,
      tokens: overrides.tokens ?? document.tokens,
    },
    cost: {
      perQuery: overrides.cost ?? cost.perQuery,
      queries: perSecond(cost.queries, overrides.costPerSecond),
      leads: perSecond(cost.leads, overrides.leadsPerSecond),
    },
  };
}
