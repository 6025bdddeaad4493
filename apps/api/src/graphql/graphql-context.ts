/**
 * What a resolver gets beside its arguments. Loaders are made on first use: most requests (every lead) need none of them. The class
 * has no private (#) members, because Apollo and Nest copy the context with its prototype and its own properties.
 */
import type { Actor } from '#organizations';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Charged } from './rate-limits.js';

export class GraphqlContext<Loaders = unknown> {
  /** Set by the cost plugin, once the operation is known. */
  charged: Charged | undefined;
  private madeLoaders: Loaders | undefined;

  constructor(
    /** The name that Nest's guards and passport look for. */
    readonly req: FastifyRequest,
    readonly reply: FastifyReply,
    /** Who asks; undefined when the request came without credentials. */
    readonly actor: Actor | undefined,
    readonly requestId: string,
    /** Whose buckets pay: the API key's, or the address's of one who has none. */
    readonly bucketKey: string,
    private readonly makeLoaders: (actor: Actor | undefined) => Loaders,
  ) {}

  get request(): FastifyRequest {
    return this.req;
  }

  /** The request's own data loaders; never shared between requests, since visibility depends on the actor. */
  get loaders(): Loaders {
    return (this.madeLoaders ??= this.makeLoaders(this.actor));
  }
}
