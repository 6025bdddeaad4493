import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Actor } from '#organizations';
import { unauthenticated, unavailable } from '../graphql/errors.js';
import { isConnectionFailure } from '#database';
import { ApiKeyStrategy, type Credentials } from './api-key.strategy.js';

/** The part of a passport strategy that passport's middleware sets for one request. */
interface Attempt {
  success(actor: Actor): void;
  fail(): void;
  error(error: unknown): void;
  authenticate(credentials: Credentials): void;
}

/**
 * Runs the passport strategy for a request, once per request. Passport's own middleware is left out: it is made for
 * Express, patches every request with log-in functions, and costs about as much as the rest of authentication; the
 * contract between it and a strategy (four functions on an object that inherits from it) is all that is used.
 */
@Injectable()
export class RequestAuthenticator {
  constructor(private readonly strategy: ApiKeyStrategy) {}

  /** The actor; undefined without credentials. Throws UNAUTHENTICATED (401) for bad ones, the same for each kind of bad, and UNAVAILABLE (503). */
  async authenticate(request: Pick<FastifyRequest, 'id' | 'headers'>): Promise<Actor | undefined> {
    const { authorization } = request.headers;
    if (authorization === undefined) return undefined;
    const attempt = this.attempt({ id: request.id, headers: { authorization } });
    const actor = await attempt.catch((error: unknown) => {
      // The first that a request needs of the database: without it nothing has been done yet.
      throw isConnectionFailure(error) ? unavailable() : error;
    });
    if (!actor) throw unauthenticated();
    return actor;
  }

  private attempt(credentials: Credentials): Promise<Actor | undefined> {
    return new Promise((resolve, reject) => {
      const attempt = Object.create(this.strategy) as Attempt;
      attempt.success = resolve;
      attempt.fail = () => resolve(undefined);
      attempt.error = reject;
      attempt.authenticate(credentials);
    });
  }
}
