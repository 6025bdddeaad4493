/**
 * GraphQL over HTTP as its specification has it, where Apollo does otherwise. A caller of `application/json` gets 200 for a document
 * that cannot be parsed, validated or coerced (the older clients behind it read the body only on 200); limits keep their 400 and
 * errors that name a status keep that. Cross-site requests are refused where they can do harm: Apollo's own prevention also turns
 * away plain GETs without a cookie, which the specification's audits send.
 */
import type { ApolloServerPlugin, GraphQLRequestContext, GraphQLRequestListener } from '@apollo/server';
import type { GraphQLError } from 'graphql';
import type { FastifyRequest } from 'fastify';
import { noteError } from './error-notes.js';
import { publicError } from './errors.js';
import type { LogError } from './format-error.js';
import type { GraphqlContext } from './graphql-context.js';
import { chooseMediaType, jsonType } from './media-type.js';
import { literalOf, pathOfLiteral } from './safe-messages.js';

/** Errors about the document or its variables, which the specification lets an `application/json` caller have with 200. */
const documentCodes: ReadonlySet<unknown> = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
]);

export function httpSemanticsPlugin(logError: LogError): ApolloServerPlugin<GraphqlContext> {
  const listener: GraphQLRequestListener<GraphqlContext> = {
    async didEncounterErrors({ errors, document, contextValue }) {
      for (const error of errors) annotate(error, document, contextValue.requestId);
    },
    async willSendResponse(context) {
      settleResponse(context);
    },
  };
  return {
    async requestDidStart() {
      return listener;
    },
    async unexpectedErrorProcessingRequest({ requestContext, error }) {
      logError(error, requestContext.contextValue.requestId);
    },
  };
}

function annotate(
  error: GraphQLError,
  document: GraphQLRequestContext<GraphqlContext>['document'],
  requestId: string,
): void {
  const literal = document && literalOf(error);
  const path = literal && pathOfLiteral(document, literal);
  noteError(error, path === undefined ? { requestId } : { requestId, path });
}

function settleResponse({ request, response }: GraphQLRequestContext<GraphqlContext>): void {
  const { http, body } = response;
  http.headers.set('cache-control', 'no-store');
  if (body?.kind !== 'single') return;
  const type = chooseMediaType(request.http?.headers.get('accept'));
  if (type === undefined) return;
  http.headers.set('content-type', type);
  if (type !== jsonType) return;
  const { data, errors } = body.singleResult;
  if (data === undefined && errors?.every((error) => documentCodes.has(error.extensions?.['code'])))
    http.status = 200;
}

/**
 * Refuses what a foreign page could make a browser send without asking: a POST whose type needs no preflight (only JSON is taken, with
 * or without a cookie), and a GET that rides on a cookie without a header that forces one.
 */
export function refuseCrossSite({ method, headers }: Pick<FastifyRequest, 'method' | 'headers'>): void {
  const isJson = /^application\/json\s*(?:;|$)/i.test(headers['content-type'] ?? '');
  if (method === 'POST' && !isJson) {
    throw publicError('UNSUPPORTED_MEDIA_TYPE', 'Send the request as application/json.', { status: 415 });
  }
  if (headers.cookie === undefined || isJson) return;
  if (headers['apollo-require-preflight'] || headers['x-apollo-operation-name']) return;
  throw publicError(
    'CSRF_REFUSED',
    'A request with a cookie needs the content type application/json or the header apollo-require-preflight.',
    { status: 400 },
  );
}

/** Apollo finds out that it cannot answer only after the operation ran; a mutation must not be done and then answered with 406. */
export function refuseUnacceptable({ headers }: Pick<FastifyRequest, 'headers'>): void {
  if (chooseMediaType(headers.accept) !== undefined) return;
  throw publicError(
    'BAD_REQUEST',
    'Answers are application/json or application/graphql-response+json; accept one of them.',
    {
      status: 406,
    },
  );
}
