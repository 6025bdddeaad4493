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

/** What there is of a series from some period on, by first days. */
export interface SeriesState {
  readonly open: ReadonlySet<string>;
  readonly closed: ReadonlySet<string>;
  /** In which it is now. */
  readonly present: Period;
}

/**
 * The period that takes a charge of `own`: that one, or, when it is closed, the earliest later one that is open already, else
 * the present one or the first after it that is not closed. A period that passed without a settlement is not opened any
 * more for what comes late: nobody would prepare it.
 */
export function gatheringPeriod(
  schedule: Schedule,
  own: Period,
  { open, closed, present }: SeriesState,
): Period {
  let period = own;
  while (
    closed.has(period.start) ||
    (period !== own && period.end <= present.start && !open.has(period.start))
  ) {
    period = nextPeriod(schedule, period);
  }
  return period;
}

/** What people call a settlement: the first day of its period and the end of its id, unique within an agency. */
export function settlementNumber(periodStart: string, settlementId: string): string {
  return `${periodStart.replaceAll('-', '')}-${settlementId.slice(-8).toUpperCase()}`;
}
