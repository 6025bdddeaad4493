import type { FastifyReply, FastifyRequest } from 'fastify';
import { GraphQLError } from 'graphql';
import type { UserError } from '../graphql/index.js';
import {
  type EdgeAnswer,
  encodeId,
  edgeAnswerOf,
  isPublicErrorCode,
  type LogError,
  type PublicErrorCode,
} from '../graphql/index.js';
import type { LeadType, SubmitLeadPayload } from '../leads/leads.types.js';
import type { PingLeadPayload } from '../offers/offers.inputs.js';

/** A lead as /v1 shows it: how it stands, and nothing of the person. Instants are made text by JSON. */
export type LeadShown = Omit<LeadType, '__typename' | 'of' | 'attributes'>;

export function shownLead({
  id,
  externalId,
  vertical,
  status,
  quarantineReason,
  test,
  score,
  schemaVersion,
  receivedAt,
  erasedAt,
}: LeadType): LeadShown {
  return {
    id,
    externalId,
    vertical,
    status,
    quarantineReason,
    test,
    score,
    schemaVersion,
    receivedAt,
    erasedAt,
  };
}

/** The payload of submitLead without what only GraphQL has. `names` are those of attributes that came as an object. */
export function shownPayload(
  { lead, replayed, userErrors }: SubmitLeadPayload,
  names: readonly string[] | null = null,
): object {
  const errors = userErrors.map(shownError);
  return {
    lead: lead && shownLead(lead),
    replayed,
    userErrors: shownErrors(errors, names),
  };
}

/** The payload of pingLead without what only GraphQL has. */
export function shownPing(
  { ping, replayed, userErrors }: PingLeadPayload,
  names: readonly string[] | null = null,
): object {
  const errors = userErrors.map(shownError);
  return {
    ping: ping && {
      pingId: ping.id,
      price: ping.price,
      isBid: ping.isBid,
      expiresAt: ping.expiresAt,
      summary: ping.summary,
      entries: ping.entries.map(({ of, outcome, reason, price }) => ({
        contractId: encodeId('ctr', of.contractId),
        outcome,
        reason,
        price,
      })),
    },
    replayed,
    userErrors: shownErrors(errors, names),
  };
}

function shownErrors(errors: readonly Omit<UserError, 'kind'>[], names: readonly string[] | null) {
  if (!names) return errors;
  return errors.map((error) => ({ ...error, field: error.field && byName(error.field, names) }));
}

/** attributes.0.value as attributes.roof: whoever sent an object knows no places. */
function byName(field: readonly string[], names: readonly string[]): readonly string[] {
  const [part, place] = [field.at(-3), field.at(-2)];
  const name = part === 'attributes' ? names[Number(place)] : undefined;
  return name === undefined ? field : [...field.slice(0, -2), name];
}

export function shownError(error: UserError): Omit<UserError, 'kind'> {
  const { kind: _graphqlType, ...shown } = error;
  return shown;
}

interface Told extends EdgeAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly retryAfterSeconds?: number;
}

/** Every error in the shape that all have outside GraphQL, with the codes and the words that it has there. */
export function answerError(
  error: unknown,
  {
    request,
    reply,
    logError,
  }: { readonly request: FastifyRequest; readonly reply: FastifyReply; readonly logError: LogError },
): FastifyReply {
  const { status, code, message, headers, retryAfterSeconds } = toldOf(error);
  if (code === 'INTERNAL') logError(error, request.id);
  return reply
    .code(status)
    .headers(headers)
    .send({
      statusCode: status,
      code,
      message,
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      requestId: request.id,
    });
}

function toldOf(error: unknown): Told {
  if (error instanceof GraphQLError) {
    const { code, http, retryAfterSeconds } = error.extensions as {
      readonly code?: PublicErrorCode;
      readonly http?: { readonly status: number; readonly headers: ReadonlyMap<string, string> };
      readonly retryAfterSeconds?: number;
    };
    if (isPublicErrorCode(code) && http) {
      const headers = Object.fromEntries(http.headers);
      const told = { status: http.status, code, message: error.message, headers };
      return retryAfterSeconds === undefined ? told : { ...told, retryAfterSeconds };
    }
  }
  return { ...edgeAnswerOf(error), headers: {} };
}
