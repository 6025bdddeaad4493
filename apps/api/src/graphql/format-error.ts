/**
 * The mask between errors and callers. It is an allow-list: an error is shown only when one of ours (or graphql-js, in words we
 * checked) made it for the caller; every other one is answered with one sentence and the request id, and logged once. Apollo's own
 * defaults show exception texts whatever NODE_ENV says.
 */
import { HttpException } from '@nestjs/common';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { type ErrorNote, noteOf } from './error-notes.js';
import { isPublicErrorCode, isLimitCode, type LimitCode, type PublicErrorCode } from './errors.js';
import { safeCoercionMessage, safeSyntaxMessage, safeValidationMessage } from './safe-messages.js';

export const maskedMessage = 'Something went wrong on our side. Quote the request id.';

export type LogError = (error: unknown, requestId: string | undefined) => void;

export interface FormatErrorOptions {
  /** In the sandbox graphql-js may suggest names of the schema. */
  readonly sandbox: boolean;
  readonly logError: LogError;
}

type FormatError = (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;

/** Extensions that may stay beside the code (see PublicErrorData). */
const shownExtensions = ['argument', 'limit', 'retryAfterSeconds'] as const;

/** Makes Apollo's `formatError`. Needs `autoTransformHttpErrors: false`, or Nest rewrites errors before they come here. */
export function createFormatError({ sandbox, logError }: FormatErrorOptions): FormatError {
  const logged = new WeakSet<object>();
  const mask = (
    formatted: GraphQLFormattedError,
    error: unknown,
    note: ErrorNote | undefined,
  ): GraphQLFormattedError => {
    const root = rootOf(error);
    const first = typeof root !== 'object' || root === null || !logged.has(root);
    if (typeof root === 'object' && root !== null) logged.add(root);
    // Apollo's own stand-in for an error that the HTTP plugin has logged already.
    const standIn = root instanceof Error && root.message === 'Internal server error' && !note;
    if (first && !standIn) logError(root, note?.requestId);
    return answer(formatted, maskedMessage, {
      code: 'INTERNAL',
      ...(note ? { requestId: note.requestId } : {}),
    });
  };

  return (formatted, error) => {
    const note = noteOf(error);
    if (error instanceof GraphQLError) {
      const shown = error.path === undefined ? documentError(error, note, sandbox) : undefined;
      const own = shown ?? argumentError(error) ?? ownError(error);
      if (own) return answer(formatted, own.message, { code: own.code, ...extensionsOf(rootOf(error)) });
    }
    const exception = httpException(rootOf(error));
    return exception
      ? answer(formatted, exception.message, { code: exception.code })
      : mask(formatted, error, note);
  };
}

interface Shown {
  readonly code: PublicErrorCode;
  readonly message: string;
}

/** Syntax, validation, coercion: errors of graphql-js about the request itself, which have no path of execution. */
function documentError(
  error: GraphQLError,
  note: ErrorNote | undefined,
  sandbox: boolean,
): Shown | undefined {
  switch (error.extensions.code) {
    case 'GRAPHQL_PARSE_FAILED':
      return /(?:tokens|comments|UTF-16 code units)\. Parsing aborted\.$/.test(error.message)
        ? {
            code: 'QUERY_TOO_LARGE',
            message: 'The document is too large. Use variables for values, and several requests.',
          }
        : { code: 'GRAPHQL_PARSE_FAILED', message: safeSyntaxMessage(error.message) };
    case 'GRAPHQL_VALIDATION_FAILED':
      return validationError(error, note, sandbox);
    case 'BAD_USER_INPUT':
      return error.message.startsWith('Variable "$')
        ? { code: 'BAD_USER_INPUT', message: safeCoercionMessage(error) }
        : undefined;
    case 'OPERATION_RESOLUTION_FAILURE':
      return {
        code: 'OPERATION_RESOLUTION_FAILURE',
        message: 'Name one operation of the document with operationName.',
      };
    case undefined:
      return error.message.startsWith('Too many errors processing variables')
        ? { code: 'BAD_USER_INPUT', message: 'There are more errors in the variables than are listed.' }
        : undefined;
    default:
      return undefined;
  }
}

function validationError(error: GraphQLError, note: ErrorNote | undefined, sandbox: boolean): Shown {
  const limit = limitCodeOf(error);
  if (limit) return { code: limit, message: error.message };
  if (error.extensions.validationErrorCode === 'INTROSPECTION_DISABLED') {
    return {
      code: 'INTROSPECTION_DISABLED',
      message: 'Introspection is off here. The schema is published as schema.graphql.',
    };
  }
  return { code: 'GRAPHQL_VALIDATION_FAILED', message: safeValidationMessage(error, note?.path, sandbox) };
}

/** Apollo gives every validation error its own code; the rule's stays on the error that it wraps. */
function limitCodeOf(error: GraphQLError): LimitCode | undefined {
  const root = rootOf(error);
  const code = root instanceof GraphQLError ? root.extensions.code : undefined;
  if (isLimitCode(code)) return code;
  return error.message === 'Maximum introspection depth exceeded' ? 'QUERY_TOO_DEEP' : undefined;
}

/** A null or missing argument that validation could not see, because it came in a nullable variable. */
function argumentError(error: GraphQLError): Shown | undefined {
  const root = rootOf(error);
  if (!(root instanceof GraphQLError) || root.extensions.code !== undefined) return undefined;
  const argument = /^Argument "(\w+)" (?:of (?:required|non-null) type "|has invalid value )/.exec(
    root.message,
  )?.[1];
  return argument
    ? { code: 'BAD_USER_INPUT', message: `${argument} is not valid here, or missing.` }
    : undefined;
}

/** Ours: a GraphQLError with a public code that no foreign exception hides behind. */
function ownError(error: GraphQLError): Shown | undefined {
  const root = rootOf(error);
  if (!(root instanceof GraphQLError)) return undefined;
  const code = root.extensions.code;
  return isPublicErrorCode(code) && code !== 'INTERNAL' ? { code, message: root.message } : undefined;
}

/** Nest's HTTP exceptions (a guard, a pipe): the status tells the code, the text is ours, because theirs may quote anything. */
function httpException(root: unknown): Shown | undefined {
  return root instanceof HttpException ? httpErrors.get(root.getStatus()) : undefined;
}

const httpErrors: ReadonlyMap<number, Shown> = new Map<number, Shown>([
  [400, { code: 'BAD_USER_INPUT', message: 'The input is not valid.' }],
  [401, { code: 'UNAUTHENTICATED', message: 'A valid API key is required.' }],
  [403, { code: 'FORBIDDEN', message: 'Your role or key does not allow this.' }],
  [404, { code: 'NOT_FOUND', message: 'There is no such object, or it is not yours to see.' }],
  [422, { code: 'BAD_USER_INPUT', message: 'The input is not valid.' }],
  [429, { code: 'THROTTLED', message: 'Too much for the moment. Try again later.' }],
  [503, { code: 'OVERLOADED', message: 'The system is busy. Send the request again in a moment.' }],
]);

/** The innermost error: what was thrown, before graphql-js and Apollo wrapped it. */
function rootOf(error: unknown): unknown {
  let root = error;
  while (root instanceof GraphQLError && root.originalError) root = root.originalError;
  return root;
}

function extensionsOf(root: unknown): Record<string, unknown> {
  if (!(root instanceof GraphQLError)) return {};
  const shown: Record<string, unknown> = {};
  for (const name of shownExtensions) {
    if (root.extensions[name] !== undefined) shown[name] = root.extensions[name];
  }
  return shown;
}

function answer(
  formatted: GraphQLFormattedError,
  message: string,
  extensions: Record<string, unknown>,
): GraphQLFormattedError {
  return {
    message,
    ...(formatted.locations ? { locations: formatted.locations } : {}),
    ...(formatted.path ? { path: formatted.path } : {}),
    extensions,
  };
}
