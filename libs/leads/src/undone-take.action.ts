import type { Clock } from '#calendar';
import type { UnitOfWork } from '#database';
import { invariant, refused } from '#outcome';
import type { Pending } from './pending.js';
import { type Decisions, decisionsOf, type Prepared, type TakeLeads } from './take-leads.action.js';

/** What intake would have done with a batch, and what it had read for it. */
export interface UndoneTake {
  readonly decisions: Decisions;
  readonly prepared: Prepared;
}

const maxRounds = 6;

/**
 * Takes a batch as intake does, in a transaction that is rolled back: so what was decided is what would
 * happen, by any method, with caps, credit and rules as they are. Foretelling it otherwise would be a
 * second intake.
 */
export async function undoneTake(
  batch: readonly Pending[],
  tools: { readonly unitOfWork: UnitOfWork; readonly takeLeads: TakeLeads; readonly clock: Clock },
): Promise<UndoneTake> {
  const { unitOfWork, takeLeads, clock } = tools;
  for (let round = 0; ; round += 1) {
    invariant(round < maxRounds, 'contracts or settlements change faster than leads can be looked at');
    const prepared = await takeLeads.prepare(batch, clock.now(), round > 0);
    let decisions: Decisions | undefined;
    await unitOfWork.pipelined<null>(async (tx) => {
      decisions = await decisionsOf(await takeLeads.take(tx, batch, prepared));
      // Nothing of it stays.
      return refused();
    });
    if (decisions) return { decisions, prepared };
  }
}
