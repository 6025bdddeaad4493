import type { DueWork, Schedule } from '#jobs';

/** When each task is begun, in UTC. What falls due by the clock is looked for every minute. */
export function createSchedule(dueWork: readonly DueWork[], hasPayments = false): Schedule {
  return [
    { cron: '7 * * * *', task: 'verify-ledger' },
    { cron: '*/5 * * * *', task: 'advance-checkpoints' },
    { cron: '23 3 * * *', task: 'prune-idempotency-keys' },
    ...(hasPayments ? paymentSchedule : []),
    ...dueWork.map(({ name }) => ({ cron: '* * * * *', task: name })),
  ];
}

/** The comparison comes every night, when little moves; the loop does everything else. */
const paymentSchedule: Schedule = [
  { cron: '41 2 * * *', task: 'reconcile-payments' },
  { cron: '53 3 * * *', task: 'prune-events' },
];
