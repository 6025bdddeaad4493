import { boundariesAround, type Period, periodEndsAt, type Schedule, schedulesMatching } from '#calendar';
import { done, type Outcome, refuse } from '#outcome';

export interface Series {
  readonly schedule: Schedule;
  readonly timeZone: string;
}

/**
 * Which of the series in use have this period, and have reached its end in their zone. Refuses PERIOD_NOT_ON_SCHEDULE
 * with the periods that exist around that date, and PERIOD_NOT_ENDED with when it ends, while it has ended nowhere.
 */
export function decidePeriod(
  period: Period,
  inUse: readonly Series[],
  now: Date,
): Outcome<readonly Series[]> {
  const schedules = schedulesMatching(period);
  const matching = inUse.filter(({ schedule }) => schedules.includes(schedule));
  if (matching.length === 0) {
    return refuse('PERIOD_NOT_ON_SCHEDULE', {
      field: ['input', 'periodStart'],
      message: whatExists(period, inUse),
    });
  }
  const ended = matching.filter(({ timeZone }) => periodEndsAt(period, timeZone).getTime() <= now.getTime());
  if (ended.length === 0) {
    const ends = matching.map(({ timeZone }) => periodEndsAt(period, timeZone).getTime());
    const first = new Date(Math.min(...ends)).toISOString();
    const message = `The period has not ended yet: it can be prepared from ${first} on.`;
    return refuse('PERIOD_NOT_ENDED', { field: ['input', 'periodEnd'], message });
  }
  return done(ended);
}

function whatExists(period: Period, inUse: readonly Series[]): string {
  const schedules = [...new Set(inUse.map(({ schedule }) => schedule))];
  if (schedules.length === 0)
    return 'No contract concerned has been in force yet, so there is no period to prepare.';
  const exist = schedules.map((schedule) => {
    const periods = boundariesAround(schedule, period.start).map(({ start, end }) => `${start} to ${end}`);
    return `${schedule}: ${periods.join(', ')}`;
  });
  return `This is not a period of a settlement schedule in use. Periods run up to, but not including, their end. ${exist.join('; ')}.`;
}
