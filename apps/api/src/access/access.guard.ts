import {
  type CanActivate,
  type ExecutionContext,
  ForbiddenException,
  Injectable,
  ServiceUnavailableException,
  UnauthorizedException,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { GraphQLError, type GraphQLResolveInfo } from 'graphql';
import { type Actor, may } from '#organizations';
import { invariant } from '#outcome';
import { publicError, unauthenticated } from '../graphql/errors.js';
import { actorOfRequest, graphqlContextOf } from './current-actor.js';
import { RequestAuthenticator } from './request-authenticator.js';
import { type Requirement, requirementOf } from './requires.js';

/** The one global guard: what a handler requires against what the actor may do. A handler that says nothing is closed. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(private readonly requests: RequestAuthenticator) {}

  canActivate(context: ExecutionContext): true | Promise<true> {
    const requirement = requirementOf(context.getHandler());
    invariant(requirement, 'a handler has neither @Requires nor @Public');
    if (requirement === 'public') return true;
    if (context.getType<string>() !== 'graphql') return this.guardRoute(context, requirement);
    // Authenticated where the context is made: once per request, however many root fields it has.
    const graphql = graphqlContextOf(context);
    const { actor } = graphql;
    if (!actor) throw unauthenticated();
    if (!allows(actor, requirement)) {
      const message = `This needs the permission ${requirement}, which your role or key does not have.`;
      // 200: the rest of the answer stands, and a status of 403 would be about all of it.
      throw publicError('FORBIDDEN', message, { status: 200 });
    }
    if (context.getArgByIndex<GraphQLResolveInfo>(3).operation.operation === 'mutation')
      graphql.loaders.forget();
    return true;
  }

  private async guardRoute(context: ExecutionContext, requirement: Requirement): Promise<true> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const actor = await this.actorOf(request);
    if (!actor) throw new UnauthorizedException();
    if (!allows(actor, requirement)) throw new ForbiddenException();
    actorOfRequest.set(request, actor);
    return true;
  }

  private async actorOf(request: FastifyRequest): Promise<Actor | undefined> {
    try {
      return await this.requests.authenticate(request);
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      // A database that is gone says nothing about the key.
      throw error.extensions['code'] === 'UNAVAILABLE'
        ? new ServiceUnavailableException()
        : new UnauthorizedException();
    }
  }
}

function allows(actor: Actor, requirement: Requirement): boolean {
  return requirement === 'authenticated' || (requirement !== 'public' && may(actor, requirement));
}
