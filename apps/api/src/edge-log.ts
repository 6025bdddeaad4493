import type { LoggerService } from '@nestjs/common';
import type { Log } from '../../process/src/log.js';
import type { LogError } from './graphql/index.js';

/** What the GraphQL edge calls for every error that it masks. */
export function errorLog(log: Log): LogError {
  return (error, requestId) => log.error('unexpected error', { requestId, error });
}

/**
 * Nest's own lines: its chatter is left out, its complaints are kept, except those about a failed start. That failure
 * is thrown as well, and whoever started the process is told once, in one line.
 */
export class NestLog implements LoggerService {
  private started = false;

  constructor(private readonly to: Log) {}

  start(): void {
    this.started = true;
  }

  log(): void {}

  warn(message: unknown): void {
    this.to.warn(textOf(message));
  }

  error(message: unknown): void {
    if (this.started)
      this.to.error(textOf(message), { error: message instanceof Error ? message : undefined });
  }

  fatal(message: unknown): void {
    this.error(message);
  }
}

function textOf(message: unknown): string {
  return typeof message === 'string' ? message : 'framework';
}
