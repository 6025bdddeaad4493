export * from './clock.js';
export {
  type LocalDate,
  addDays,
  addDaysExact,
  asLocalDate,
  compareDates,
  daysBetween,
  isInstantInRange,
  parseLocalDate,
} from './local-date.js';
export { type WallTime, isTimeZone, localDateOf, startOfDay, wallTimeOf } from './time-zone.js';
export {
  type Period,
  type Schedule,
  boundariesAround,
  isPeriodOf,
  nextPeriod,
  periodContaining,
  periodEndsAt,
  periodIncludes,
  periodStartsAt,
  previousPeriod,
  schedules,
  schedulesMatching,
} from './schedule.js';
export * from './time-window.js';
export * from './weekly-hours.js';
