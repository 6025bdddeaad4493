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
export { isTimeZone, localDateOf, startOfDay } from './time-zone.js';
export * from './schedule.js';
