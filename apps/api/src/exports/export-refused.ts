import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Refusal } from '#outcome';
import type { PublicErrorCode } from '../graphql/index.js';

interface Answer {
  readonly status: number;
  readonly code: PublicErrorCode;
  readonly message: string;
  /** The path segment or the query parameter that was refused. */
  readonly argument?: string;
  readonly retryAfterSeconds?: number;
}

/** Why a file is not given out, told before its first byte. */
export class ExportRefused extends Error {
  override name = 'ExportRefused';

  constructor(readonly answer: Answer) {
    super(answer.code);
  }
}

/** 400: an address with a parameter that is not known, or not understood. */
export function badArgument(argument: string, message: string): ExportRefused {
  return new ExportRefused({ status: 400, code: 'BAD_USER_INPUT', message, argument });
}

/** 503: as many files are being written as this process can bear. */
export function tooBusy(): ExportRefused {
  return new ExportRefused({
    status: 503,
    code: 'OVERLOADED',
    message: 'Other exports are being written. Ask again in a moment.',
    retryAfterSeconds: 5,
  });
}

/** 429: the caller's organization takes as many files at once as one may. */
export function tooManyAtOnce(): ExportRefused {
  return new ExportRefused({
    status: 429,
    code: 'THROTTLED',
    message: 'Your organization takes several exports at this moment. Ask again when one has ended.',
    retryAfterSeconds: 5,
  });
}

/** 503: the database does not answer. */
export function databaseGone(): ExportRefused {
  return new ExportRefused({
    status: 503,
    code: 'UNAVAILABLE',
    message: 'The system is not available at the moment. Send the request again in a while.',
    retryAfterSeconds: 1,
  });
}

/** A refusal of the library in the words of HTTP. */
export function exportRefusal({ code, message, field }: Refusal): ExportRefused {
  if (code === 'NOT_FOUND') return new ExportRefused({ status: 404, code: 'NOT_FOUND', message });
  if (code === 'NOT_PERMITTED') {
    const why = 'Your role or key does not allow this. A test key sees no money.';
    return new ExportRefused({ status: 403, code: 'FORBIDDEN', message: why });
  }
  return badArgument(field?.join('.') ?? '', message);
}

/** The same shape as every other error outside GraphQL. */
@Catch(ExportRefused)
export class ExportRefusedFilter implements ExceptionFilter<ExportRefused> {
  catch({ answer }: ExportRefused, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const { status, code, message, argument, retryAfterSeconds } = answer;
    if (reply.sent) return;
    if (retryAfterSeconds !== undefined) void reply.header('retry-after', String(retryAfterSeconds));
    void reply
      .code(status)
      .header('cache-control', 'no-store')
      .send({
        statusCode: status,
        code,
        message,
        ...(argument === undefined ? {} : { argument }),
        requestId: request.id,
      });
  }
}
