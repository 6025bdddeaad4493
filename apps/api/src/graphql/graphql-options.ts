/**
 * The one place where the GraphQL server is put together. Everything that Apollo or Nest would do by default and should not (stack
 * traces, cache control hooks in every resolver, pages from a CDN, exception texts) is turned off here, with the reason beside it.
 */
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { Actor } from '#organizations';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { DocumentNode } from 'graphql';
import { BoundedCache } from './bounded-cache.js';
import { costPlugin } from './cost.plugin.js';
import { noteError } from './error-notes.js';
import { createFormatError, type LogError } from './format-error.js';
import { GraphqlContext } from './graphql-context.js';
import { httpSemanticsPlugin, refuseCrossSite, refuseUnacceptable } from './http-semantics.plugin.js';
import { landingPagePlugin, sandboxPage } from './landing-page.js';
import { defaultDocumentLimits, type DocumentLimits, documentLimitsRule, parserLimits } from './limits.js';
import { bucketKeyOf, type CostLimits, defaultCostLimits, RateLimits } from './rate-limits.js';
import { DateTimeScalar } from './scalars.js';
import { userErrorTypes } from './user-error.js';

export interface GraphqlLimits {
  readonly document: DocumentLimits;
  readonly cost: CostLimits;
}

export const defaultGraphqlLimits: GraphqlLimits = {
  document: defaultDocumentLimits,
  cost: defaultCostLimits,
};

export interface GraphqlSettings<Loaders> {
  /** Introspection, the landing page, and suggestions in messages. */
  readonly sandbox: boolean;
  readonly limits?: GraphqlLimits;
  /** Milliseconds of a steady clock, for the buckets. Not the sandbox clock: that one jumps, and buckets would fill with it. */
  readonly now?: () => number;
  /** Buckets that others draw from as well; else ones of its own, by `limits` and `now`. */
  readonly rates?: RateLimits;
  /** Called once for every masked error. */
  readonly logError: LogError;
  /** Reads credentials; undefined without any. Throws `unauthenticated()` for bad ones: it runs before the operation is looked at. */
  readonly authenticate?: (
    request: FastifyRequest,
    reply: FastifyReply,
  ) => Actor | undefined | Promise<Actor | undefined>;
  readonly loaders?: (actor: Actor | undefined) => Loaders;
  /** Instead of the built-in page; HTML that needs nothing from elsewhere. */
  readonly landingPage?: string;
}

/** Documents that were parsed and validated are kept; about 40 MB of trees at most. */
function documentCache(): BoundedCache<DocumentNode> {
  return new BoundedCache({
    maxEntries: 1_000,
    maxWeight: 200_000,
    weigh: (document) => document.loc?.end ?? 1_000,
  });
}

/** Automatic persisted queries are open to anyone who can reach the endpoint: two megabytes of text at most. */
function persistedQueryCache(): BoundedCache<string> {
  return new BoundedCache({ maxEntries: 1_000, maxWeight: 2_000_000, weigh: (text) => text.length });
}

export function graphqlOptions<Loaders = unknown>(settings: GraphqlSettings<Loaders>): ApolloDriverConfig {
  const { sandbox, logError, limits = defaultGraphqlLimits, now = () => performance.now() } = settings;
  return {
    driver: ApolloDriver,
    path: '/graphql',
    // Built in memory and sorted; the committed schema.graphql is printed from GraphQLSchemaHost.
    autoSchemaFile: true,
    sortSchema: true,
    buildSchemaOptions: {
      // An introspection of the whole, a third of the time that building takes; Apollo validates the schema itself.
      skipCheck: true,
      numberScalarMode: 'integer',
      noDuplicatedFields: true,
      addNewlineAtEnd: true,
      scalarsMap: [{ type: Date, scalar: DateTimeScalar }],
      orphanedTypes: userErrorTypes,
    },
    introspection: sandbox,
    graphiql: false,
    nodeEnv: 'production',
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: false, // Done in formatError, without one more plugin.
    formatError: createFormatError({ sandbox, logError }),
    autoTransformHttpErrors: false, // Would copy the exception's whole response into extensions.
    preserveHttpStatusForExecutionErrors: false, // Means the opposite of its name: true resets 401, 429 and 400 to 200.
    logger: apolloLogger(logError),
    context: contextFactory(settings),
    csrfPrevention: false, // refuseCrossSite() does it, and lets cookie-less GETs through.
    allowBatchedHttpRequests: false,
    stopOnTerminationSignals: false,
    documentStore: documentCache(),
    cache: persistedQueryCache(),
    parseOptions: parserLimits(limits.document),
    validationRules: [documentLimitsRule(limits.document)],
    validationOptions: { maxErrors: 20 },
    plugins: [
      httpSemanticsPlugin(logError),
      costPlugin(settings.rates ?? new RateLimits(limits.cost, now)),
      // Its hooks would wrap every resolver of the schema; answers are never cached.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      // Else an APOLLO_KEY in the environment would send operations or the schema to a third party.
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      ...(sandbox ? [landingPagePlugin(settings.landingPage ?? sandboxPage)] : []),
    ],
  };
}

function contextFactory<Loaders>({ authenticate, loaders }: GraphqlSettings<Loaders>) {
  const makeLoaders = loaders ?? (() => undefined as Loaders);
  return async (request: FastifyRequest, reply: FastifyReply): Promise<GraphqlContext<Loaders>> => {
    try {
      refuseCrossSite(request);
      refuseUnacceptable(request);
      const actor = await authenticate?.(request, reply);
      const bucketKey = bucketKeyOf(actor, request.ip);
      return new GraphqlContext(request, reply, actor, request.id, bucketKey, makeLoaders);
    } catch (error) {
      // No hook of Apollo's sees the request here; the formatter finds its id by the error.
      noteError(error, { requestId: request.id });
      throw error;
    }
  };
}

/** Apollo's own complaints. What it calls an unexpected error was logged with its request id by the HTTP plugin already. */
function apolloLogger(logError: LogError) {
  const log = (message?: unknown) => {
    const text = String(message);
    if (!text.startsWith('Unexpected error processing request'))
      logError(new Error(`Apollo: ${text}`), undefined);
  };
  return { debug: () => undefined, info: () => undefined, warn: log, error: log };
}
