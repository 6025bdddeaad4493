/**
 * Errors outside GraphQL: a body that is too large or no JSON, an unknown route, an exception in a controller. Nest's default filter
 * would repeat the exception's own text; here it is the same mask as in GraphQL, and `/graphql` answers in GraphQL's shape, so that a
 * caller reads one format. Exceptions of resolvers are handed on to Apollo and its formatter.
 */
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { maxBodyBytes } from './body-limit.js';
import { type PublicErrorCode } from './errors.js';
import { type LogError, maskedMessage } from './format-error.js';

interface Answer {
  readonly code: PublicErrorCode;
  readonly message: string;
}

const answers: ReadonlyMap<number, Answer> = new Map<number, Answer>([
  [400, { code: 'BAD_REQUEST', message: 'The request cannot be read. Send a JSON object as its body.' }],
  [401, { code: 'UNAUTHENTICATED', message: 'A valid API key is required.' }],
  [403, { code: 'FORBIDDEN', message: 'Your role or key does not allow this.' }],
  [404, { code: 'NOT_FOUND', message: 'There is nothing at this address.' }],
  [405, { code: 'BAD_REQUEST', message: 'This method is not allowed here.' }],
  [
    413,
    {
      code: 'PAYLOAD_TOO_LARGE',
      message: 'The body may have at most one megabyte. Send it in several requests.',
    },
  ],
  [415, { code: 'UNSUPPORTED_MEDIA_TYPE', message: 'Send the request as application/json.' }],
  [429, { code: 'THROTTLED', message: 'Too much for the moment. Try again later.' }],
  [503, { code: 'OVERLOADED', message: 'The system is busy. Send the request again in a moment.' }],
]);

/** Use as `app.useGlobalFilters(new EdgeExceptionFilter(logError))`. */
@Catch()
export class EdgeExceptionFilter implements ExceptionFilter {
  constructor(private readonly logError: LogError) {}

  catch(exception: unknown, host: ArgumentsHost): unknown {
    if (host.getType<string>() !== 'http') return asError(exception);
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const { status, code, message } = ownBound(request, exception) ?? edgeAnswerOf(exception);
    if (code === 'INTERNAL') this.logError(exception, request.id);
    const body = request.url.startsWith('/graphql')
      ? { errors: [{ message, extensions: { code, requestId: request.id } }] }
      : { statusCode: status, code, message, requestId: request.id };
    if (!reply.sent) void reply.code(status).header('cache-control', 'no-store').send(body);
    return undefined;
  }
}

export interface EdgeAnswer {
  readonly status: number;
  readonly code: PublicErrorCode;
  readonly message: string;
}

/** What a caller is told of an error outside GraphQL: by its status alone, never by its text. INTERNAL is to be logged. */
export function edgeAnswerOf(exception: unknown): EdgeAnswer {
  const status = statusOf(exception);
  const answer = answers.get(status) ?? (status < 500 ? answers.get(400) : undefined);
  return answer ? { status, ...answer } : { status: 500, code: 'INTERNAL', message: maskedMessage };
}

/** A route with a smaller bound than the others says which. */
function ownBound(request: FastifyRequest, exception: unknown): EdgeAnswer | undefined {
  const { bodyLimit } = request.routeOptions;
  if (statusOf(exception) !== 413 || bodyLimit === undefined || bodyLimit >= maxBodyBytes) return undefined;
  const message = `The body may have at most ${bodyLimit / 1024} kilobytes here.`;
  return { status: 413, code: 'PAYLOAD_TOO_LARGE', message };
}

/** Nest takes what a filter returns for the resolver's answer, unless it is an Error: a thrown string would be shown to the caller. */
function asError(exception: unknown): Error {
  return exception instanceof Error ? exception : new Error(`thrown, but not an Error: ${String(exception)}`);
}

/** The status an HTTP-shaped error names; 500 for everything else. */
function statusOf(exception: unknown): number {
  if (exception instanceof HttpException) return exception.getStatus();
  const named =
    typeof exception === 'object' && exception !== null && 'statusCode' in exception
      ? exception.statusCode
      : undefined;
  return typeof named === 'number' && named >= 400 && named <= 599 ? named : 500;
}
