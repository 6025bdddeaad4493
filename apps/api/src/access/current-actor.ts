import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Actor } from '#organizations';
import { invariant } from '#outcome';
import type { GraphqlContext } from '../graphql/graphql-context.js';
import type { RequestLoaders } from './request-loaders.js';

/** Where the guard leaves the actor of an HTTP route; of a GraphQL operation it is in the context. */
export const actorOfRequest = new WeakMap<FastifyRequest, Actor>();

/** Third of a resolver's four arguments. Nest's own GqlExecutionContext makes two objects to come to the same. */
export function graphqlContextOf(context: ExecutionContext): GraphqlContext<RequestLoaders> {
  return context.getArgByIndex<GraphqlContext<RequestLoaders>>(2);
}

function actorOf(context: ExecutionContext): Actor | undefined {
  if (context.getType<string>() === 'graphql') return graphqlContextOf(context).actor;
  return actorOfRequest.get(context.switchToHttp().getRequest<FastifyRequest>());
}

/** The parameter is the actor, which the guard has made sure of: `@CurrentActor() actor: Actor`. */
export const CurrentActor = createParamDecorator((_data: unknown, context: ExecutionContext): Actor => {
  const actor = actorOf(context);
  invariant(actor, 'a public handler asks for an actor');
  return actor;
});

/** The request's data loaders: `@Loaders() loaders: RequestLoaders`. */
export const Loaders = createParamDecorator(
  (_data: unknown, context: ExecutionContext): RequestLoaders => graphqlContextOf(context).loaders,
);
