/**
 * What the HTTP server itself must refuse before any of our code runs. `bodyLimit` answers 413 above one megabyte; the request id is
 * made where the request is, so that even an unreadable body is answered with one; and a `Host` header that is no host is refused
 * here, because the URL that Apollo's integration builds from it would throw (a 500 for a caller's mistake).
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import { asOneReader } from '#database';
import { Turns } from '../turns.js';
import { maxBodyBytes } from './body-limit.js';
import { edgeAnswerOf } from './edge-exception.filter.js';
import { requestIdHeader, requestIdOf } from './request-id.js';

/** Options for `new FastifyAdapter(fastifyOptions)`. */
export const fastifyOptions = {
  bodyLimit: maxBodyBytes,
  /** Fastify would take the caller's header unchecked. */
  requestIdHeader: false,
  genReqId: (request: { headers: IncomingHttpHeaders }): string =>
    requestIdOf(request.headers[requestIdHeader]),
  /** An address that no route can have (an escape that is none, a segment that is too long): Fastify would repeat it. */
  frameworkErrors: (_error: Error, request: FastifyRequest, reply: FastifyReply): void => {
    const { status, code, message } = edgeAnswerOf({ statusCode: 404 });
    void reply
      .code(status)
      .headers({ [requestIdHeader]: request.id, 'cache-control': 'no-store' })
      .send({ statusCode: status, code, message, requestId: request.id });
  },
} as const;

const hostPattern = /^(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?$/;

/** The part of a Fastify instance that the hooks need; Nest's adapter hands out the whole. */
interface HookTarget {
  addHook(
    name: 'onRequest' | 'preHandler',
    hook: (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void,
  ): unknown;
}

/** Call once, before `app.init()`: `installEdgeHooks(app.getHttpAdapter().getInstance())`. */
export function installEdgeHooks(server: HookTarget): void {
  const turns = new Turns();
  server.addHook('onRequest', (request, reply, done) => {
    reply.header(requestIdHeader, request.id);
    const host = request.headers.host;
    if (host !== undefined && !hostPattern.test(host)) {
      reply
        .code(400)
        .send({ statusCode: 400, code: 'BAD_REQUEST', message: 'The Host header is not valid.' });
      return;
    }
    turns.take(done);
  });
  // Not earlier: what runs while a body is read does not go on where the hook has begun.
  server.addHook('preHandler', (request, reply, done) => {
    if (reply.raw.destroyed || !mayReadMuch(request)) {
      done();
      return;
    }
    void asOneReader(
      () =>
        new Promise<void>((resolve) => {
          reply.raw.once('close', resolve);
          done();
        }),
    );
  });
}

const partOfList = /\b(?:nodes|edges)\b/;

/** Lists are what reads much: a document that names neither of their parts selects none. A hash may stand for any document. */
function mayReadMuch({ url, body }: FastifyRequest): boolean {
  if (!url.startsWith('/graphql')) return false;
  const query: unknown =
    typeof body === 'object' && body !== null && 'query' in body ? body.query : undefined;
  return typeof query !== 'string' || partOfList.test(query);
}
