import { invariant } from '#outcome';

/**
 * What a job is told: ids, nothing else. The queue is read by operators, kept after failures and written to backups,
 * so the handler reads everything else, personal data above all, from where it is meant to be.
 */
export type JobPayload = Readonly<Record<string, string>>;

/** What a task does. It may run more than once, also beside itself: its effects are idempotent. */
export type TaskHandler = (payload: JobPayload) => Promise<void>;

/** Every task that a process can do, by name. */
export type TaskTable = Readonly<Record<string, TaskHandler>>;

/** A task that is begun whenever the clock on the wall (UTC) matches a cron expression of five fields. */
export interface ScheduleEntry {
  readonly cron: string;
  readonly task: string;
}

export type Schedule = readonly ScheduleEntry[];

const idLike = /^[A-Za-z0-9][A-Za-z0-9:_.-]{0,99}$/;

/** Throws InvariantViolation when a value is not an id: no spaces, no @, no leading plus, at most a hundred characters. */
export function checkPayload(payload: JobPayload): void {
  for (const [key, value] of Object.entries(payload)) {
    invariant(typeof value === 'string' && idLike.test(value), `${key} in a job's payload is not an id`);
  }
}

/** The payload as it was given: what the queue adds for jobs of the schedule is not for handlers. */
export function payloadFrom(stored: unknown): JobPayload {
  invariant(typeof stored === 'object' && stored !== null, 'a job has no payload');
  const payload = Object.fromEntries(Object.entries(stored).filter(([key]) => key !== '_cron')) as JobPayload;
  checkPayload(payload);
  return payload;
}
