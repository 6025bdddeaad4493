import { BenchFailure } from '../host.js';
import { childEnvironment, run } from '../processes.js';
import type { LegResult, Load } from './leg.js';

export interface WrkOptions {
  readonly wrk: string;
  /** leads.lua */
  readonly script: string;
  readonly url: string;
  readonly apiKeys: readonly string[];
  /** Open HTTP connections, each with one request in flight. */
  readonly connections: number;
  /** Leads in a request. */
  readonly batch: number;
  /** Of the mutation: the product's, or what PostGraphile makes of a table. */
  readonly shape?: 'product' | 'generated';
}

/** Leads over HTTP and GraphQL. */
export function wrkLoad(options: WrkOptions): Load {
  const { wrk, script, url, apiKeys, connections, batch, shape = 'product' } = options;
  return async ({ name, seconds, perSecond }) => {
    const env = childEnvironment({
      BENCH_KEYS: apiKeys.join(','),
      BENCH_BATCH: String(batch),
      BENCH_NAME: name,
      BENCH_SHAPE: shape,
      BENCH_RATE: perSecond === undefined ? '' : String(perSecond),
    });
    const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '-s', script, url];
    const { stdout } = await run(wrk, args, { env });
    return readResult(stdout, batch);
  };
}

function readResult(stdout: string, batch: number): LegResult {
  const line = /^BENCH (.*)$/m.exec(stdout)?.[1];
  if (line === undefined) throw new BenchFailure(`wrk said nothing to measure:\n${stdout}`, 1);
  const found = new Map(line.split(' ').map((part) => part.split('=') as [string, string]));
  const number = (name: string): number => {
    const value = Number(found.get(name));
    if (!Number.isFinite(value)) throw new BenchFailure(`wrk gave no ${name}.`, 1);
    return value;
  };
  const example = /^BENCH-EXAMPLE (.+)$/m.exec(stdout)?.[1];
  return {
    leadsPerSecond: number('accepted') / (number('micros') / 1e6),
    p50Ms: number('p50') / 1000,
    p99Ms: number('p99') / 1000,
    accepted: number('accepted'),
    errors: number('refused') + (number('failed') + number('timeouts')) * batch,
    example,
  };
}
