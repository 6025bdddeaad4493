import { UnitOfWork } from '#database';
import { done } from '#outcome';
import { Injectable } from '@nestjs/common';

/** Past the end of a window by so much, in case clocks of processes differ. */
const kept = `interval '1 day'`;

/**
 * Forgets counters of caps whose window is over: nobody counts in it any more, and a sale that comes to nothing later has no room
 * to give back there. Decisions, and the states that they rested on, are kept: they hold what the counters were, so everything can
 * still be explained and made again.
 */
@Injectable()
export class TidyCounters {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** At most so many; how many. What somebody holds just now is left for the next time. */
  async execute(now: Date, limit: number): Promise<number> {
    const outcome = await this.unitOfWork.run(async (tx) => {
      const rows = await tx.query(
        `delete from cap_counters c using (
           select agency_id, contract_id, window_key from cap_counters
           where ends_at < $1::timestamptz - ${kept} order by ends_at limit $2 for update skip locked) o
         where c.agency_id = o.agency_id and c.contract_id = o.contract_id and c.window_key = o.window_key returning 1`,
        [now, limit],
      );
      return done(rows.length);
    });
    return outcome.ok ? outcome.value : 0;
  }
}
