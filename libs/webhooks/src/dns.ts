import { Resolver } from 'node:dns/promises';

export interface Resolved {
  readonly addresses: readonly string[];
  /** How long they may be kept, as the server of names says. */
  readonly ttlMs: number;
}

/** Gives every address of a name, or throws. Tests give their own. */
export type Resolve = (host: string) => Promise<Resolved>;

const nothing = new Set(['ENODATA', 'ENOTFOUND']);

/**
 * Asks the servers of names. Not getaddrinfo: that blocks one of four threads for as long as a server of names keeps silent, so
 * that one dead domain would hold up every other. The hosts file is not read, therefore.
 */
export function createResolve(): Resolve {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  return async (host) => {
    const answers = await Promise.allSettled([
      resolver.resolve4(host, { ttl: true }),
      resolver.resolve6(host, { ttl: true }),
    ]);
    const records = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    const failed = answers.find(
      (answer) => answer.status === 'rejected' && !nothing.has(codeOf(answer.reason)),
    );
    if (records.length === 0) throw failed?.status === 'rejected' ? failed.reason : new Error('no address');
    return {
      addresses: records.map(({ address }) => address),
      ttlMs: Math.min(...records.map(({ ttl }) => ttl)) * 1_000,
    };
  };
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
