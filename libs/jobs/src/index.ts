export {
  type JobPayload,
  type Schedule,
  type ScheduleEntry,
  type TaskHandler,
  type TaskTable,
} from './task-table.js';
export { doDueWork, doDueWorkToTheEnd, type DueWork, type DueWorkDone } from './due-work.js';
export { type RunningLoop, takeTurns } from './take-turns.js';
export { enqueue, type EnqueueOptions } from './job-queue.store.js';
export {
  type JobEvent,
  migrateJobs,
  runDue,
  type RunningWorker,
  startWorker,
  type WorkerOptions,
} from './run-jobs.store.js';
