import { type DestinationStream, pino } from 'pino';
import type { LogLevel } from '#config';
import { describeError } from './describe-error.js';

/**
 * What a line of any process may hold beside its message. An allow-list: whatever else is handed over is dropped, so
 * that a person's data cannot get into a log by being part of an object.
 */
const loggedFields = [
  'payoutId',
  'settlementId',
  'agencyId',
  'attempt',
  /** Of the payment provider, or of ours. */
  'code',
  'count',
  'eventId',
  /** Names of broken rules of the books. */
  'invariants',
  'jobId',
  /** Of an operation, an object or a movement at the payment provider. */
  'kind',
  'mode',
  /** The payment provider's id of an object or a movement. */
  'objectId',
  'operationId',
  /** Operations that are not sent yet; beside them those that are on their way, in doubt, or stopped. */
  'ready',
  'requestId',
  'sending',
  'signal',
  'stopped',
  'task',
  'unknown',
  'url',
  /** Ids of what breaks the rules. */
  'violations',
] as const;

export type LogFields = {
  readonly [name in (typeof loggedFields)[number]]?: string | number | undefined;
} & {
  /** Whatever was thrown; of foreign errors only the name, code and place are kept. */
  readonly error?: unknown;
};

/** ERROR wakes someone, WARN is for tomorrow, INFO is a milestone. */
export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** JSON lines, on standard output unless told otherwise. */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
  // Errors are described here; pino's own way with `err` would add what is left out.
  const options = { level, base: null, serializers: { err: (described: unknown) => described } };
  const logger = destination ? pino(options, destination) : pino(options);
  return {
    info: (message, fields) => logger.info(allowed(fields), message),
    warn: (message, fields) => logger.warn(allowed(fields), message),
    error: (message, fields) => logger.error(allowed(fields), message),
  };
}

function allowed(fields: LogFields = {}): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const name of loggedFields) if (fields[name] !== undefined) kept[name] = fields[name];
  if (fields.error !== undefined) kept['err'] = describeError(fields.error);
  return kept;
}
