import { join } from 'node:path';
import type { BenchHost, Undo } from '../host.js';
import { answers, becomesReady, type Service, type ServiceCommand, startService } from '../services.js';

export type { Service } from '../services.js';

export interface ServiceOptions {
  readonly databaseUrl: string;
  readonly port: number;
  readonly poolSize: number;
}

/** What only waits for its leg must not tidy up in that of another: it takes both processors for it. */
const stillFlag = '--no-memory-reducer';

/** Of a database that is thrown away. */
export const benchMasterKey = Buffer.alloc(32, 'bench').toString('base64');
// The highest that the settings take: the buckets stay in the path, and are never empty.
const noLimit = '2147483647';

/** The API as it runs in production, with limits so high that they refuse nothing. */
export async function startApi(
  host: BenchHost,
  undo: Undo,
  options: ServiceOptions & {
    readonly profileFolder?: string | undefined;
    /** Over those of production. */
    readonly settings?: Readonly<Record<string, string>>;
  },
): Promise<Service> {
  const { databaseUrl, port, poolSize, profileFolder, settings } = options;
  const flags = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
  const env = {
    NODE_ENV: 'production',
    LEADGER_MODE: 'production',
    LEADGER_MASTER_KEY: benchMasterKey,
    LEADGER_LOG_LEVEL: 'warn',
    LEADGER_POOL_SIZE: String(poolSize),
    LEADGER_LIMIT_LEADS_PER_SECOND: noLimit,
    LEADGER_LIMIT_COST_PER_SECOND: noLimit,
    DATABASE_URL: databaseUrl,
    PORT: String(port),
    ...settings,
  };
  const args = [...host.apiFlags, ...flags, host.apiEntryPoint];
  return await startAt(host, undo, {
    name: 'The API',
    url: `http://127.0.0.1:${port}/health/ready`,
    args,
    env,
  });
}

/** Apollo Server with one INSERT. */
export async function startBareApollo(
  host: BenchHost,
  undo: Undo,
  options: ServiceOptions,
): Promise<Service> {
  const { databaseUrl, port, poolSize } = options;
  return await startAt(host, undo, {
    name: 'The bare Apollo server',
    url: `http://127.0.0.1:${port}/?query=%7Bok%7D`,
    args: [stillFlag, join(import.meta.dirname, 'bare-apollo.js')],
    env: {
      NODE_ENV: 'production',
      DATABASE_URL: databaseUrl,
      PORT: String(port),
      POOL_SIZE: String(poolSize),
    },
  });
}

/** PostGraphile with one table. */
export async function startPostgraphile(
  host: BenchHost,
  undo: Undo,
  { server, ...options }: ServiceOptions & { readonly server: string },
): Promise<Service> {
  const { databaseUrl, port, poolSize } = options;
  return await startAt(host, undo, {
    name: 'PostGraphile',
    url: `http://127.0.0.1:${port}/graphql?query=%7B__typename%7D`,
    args: [stillFlag, server],
    env: {
      NODE_ENV: 'production',
      GRAPHILE_ENV: 'production',
      DATABASE_URL: databaseUrl,
      PORT: String(port),
      POOL_SIZE: String(poolSize),
    },
  });
}

async function startAt(
  host: BenchHost,
  undo: Undo,
  { name, url, ...command }: ServiceCommand & { readonly name: string; readonly url: string },
): Promise<Service> {
  const service = startService(host, undo, command);
  await becomesReady(name, service, () => answers(url));
  return service;
}
