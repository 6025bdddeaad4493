import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Config } from '#config';
import type { Log } from '../../process/src/log.js';
import { ApiModule } from './api.module.js';
import { errorLog, NestLog } from './edge-log.js';
import { installFacade } from './facade/facade.js';
import { EdgeExceptionFilter, fastifyOptions, installEdgeHooks } from './graphql/index.js';
import { installImportRoutes } from './imports/import-routes.js';
import { Readiness } from './health/readiness.js';
import { installStripeWebhook } from './stripe-webhook/stripe-webhook.js';
import { InputRefusalFilter, InputValidationPipe } from './validation/index.js';

/** How long a load balancer may take to see that this process wants no more requests. */
const drainMs = 1_000;

/** The API, connected to its database and not listening yet. Throws when the database does not answer. */
export async function createApp(config: Config, log: Log): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    ...fastifyOptions,
    bodyLimit: config.limits.bodyBytes ?? fastifyOptions.bodyLimit,
    // Longer than a load balancer keeps idle connections, so that it never sends into one that we just closed.
    keepAliveTimeout: 65_000,
  });
  const nestLog = new NestLog(log);
  const app = await NestFactory.create<NestFastifyApplication>(ApiModule.of(config, log), adapter, {
    logger: nestLog,
    abortOnError: false,
  });
  adapter.getHttpServer().once('listening', () => nestLog.start());
  installEdgeHooks(adapter.getInstance());
  app.useGlobalFilters(new EdgeExceptionFilter(errorLog(log)), new InputRefusalFilter());
  app.useGlobalPipes(new InputValidationPipe());
  installStripeWebhook(app, log);
  installFacade(app, log);
  installImportRoutes(app, config, log);
  return app;
}

/**
 * Stops in the order in which nothing is lost: no longer ready, a moment for load balancers to notice, no new
 * connections and the running requests to their end, then GraphQL and the modules, and the pool last.
 */
export async function stopApp(app: NestFastifyApplication, { drain }: { drain: boolean }): Promise<void> {
  app.get(Readiness).stop();
  if (drain) await new Promise((resolve) => setTimeout(resolve, drainMs));
  // Before Nest's own order, which stops the GraphQL server while requests are still running.
  await app.getHttpAdapter().getInstance().close();
  await app.close();
}
