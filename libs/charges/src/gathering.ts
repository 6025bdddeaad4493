import { nextPeriod, type Period, type Schedule } from '#calendar';
import type { CurrencyCode } from '#money';

/** What all periods of one sequence of settlements have in common. */
export interface SettlementSeries {
  readonly agencyId: string;
  readonly buyerId: string;
  readonly currency: CurrencyCode;
  readonly schedule: Schedule;
  readonly timeZone: string;
}

/**
 * The first period from `own` on that still gathers: the own one, or, when that is closed, the earliest later one
 * that is open or has not begun. `closed` holds the first days of the closed periods of the series.
 */
export function gatheringPeriod(schedule: Schedule, own: Period, closed: ReadonlySet<string>): Period {
  let period = own;
  while (closed.has(period.start)) period = nextPeriod(schedule, period);
  return period;
}

/** What people call a settlement: the first day of its period and the end of its id, unique within an agency. */
export function settlementNumber(periodStart: string, settlementId: string): string {
  return `${periodStart.replaceAll('-', '')}-${settlementId.slice(-8).toUpperCase()}`;
}
