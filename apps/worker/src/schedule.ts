import type { DueWork, Schedule } from '#jobs';

/** When each task is begun, in UTC. What falls due by the clock is looked for every minute. */
export function createSchedule(dueWork: readonly DueWork[]): Schedule {
  return [
    { cron: '7 * * * *', task: 'verify-ledger' },
    { cron: '*/5 * * * *', task: 'advance-checkpoints' },
    { cron: '23 3 * * *', task: 'prune-idempotency-keys' },
    ...dueWork.map(({ name }) => ({ cron: '* * * * *', task: name })),
  ];
}
