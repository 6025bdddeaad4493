import { SystemClock } from '#calendar';
import type { Log } from './log.js';

/** A database that is away is told of once a minute. */
const warnEveryMs = 60_000;

/** Logs errors of work that goes on, under one message. */
export function warnRarely(log: Log, message: string): (error: unknown) => void {
  const machine = new SystemClock();
  let warnedAt = 0;
  return (error) => {
    const now = machine.now().getTime();
    if (now - warnedAt < warnEveryMs) return;
    warnedAt = now;
    log.warn(message, { error });
  };
}
