import type { Transaction } from '#database';
import type { FinanceRequestHandler, FinanceRequestPayload } from '#payments';
import { lockSettlements, type SettlementRef } from '#settlements';
import { done, type Outcome, refuse } from '#outcome';
import { type Share, sharesOf } from './share.queries.js';

const field = ['input', 'settlementId'];

/** What is asked for: the money of a statement need not wait for the end of its hold period. */
export function holdOverrideOf({ agencyId, id }: SettlementRef): FinanceRequestPayload {
  return { agencyId, settlementId: id };
}

/**
 * Ends a hold period early. Refuses NOT_FOUND, and NOT_ON_HOLD for what the buyer has not paid, what is released or
 * whose period is over: a dispute or an account that cannot receive is not overridden.
 */
export const overrideHold: FinanceRequestHandler = {
  kind: 'HOLD_OVERRIDE',
  measure: async (tx, payload, now) => {
    const share = await heldShare(tx, payload, now);
    if (!share.ok) return share;
    const { agencyId, expectedMinor, currency } = share.value;
    return done({ bookId: agencyId, amountMinor: expectedMinor, currency });
  },
  execute: async (tx, { payload, requestedBy }, approver, now) => {
    await lockSettlements(tx, [refOf(payload)]);
    const share = await heldShare(tx, payload, now);
    if (!share.ok) return share;
    const { agencyId, id } = share.value;
    await tx.query(
      `update holds set held_until = $3, overridden_by = $4, override_approved_by = $5
       where agency_id = $1 and settlement_id = $2 and released_at is null`,
      [agencyId, id, now, requestedBy, approver.id],
    );
    return done(null);
  },
};

async function heldShare(
  tx: Transaction,
  payload: FinanceRequestPayload,
  now: Date,
): Promise<Outcome<Share>> {
  const [share] = await sharesOf(tx, [refOf(payload)]);
  if (!share) return refuse('NOT_ON_HOLD', { field });
  const { hold, state, expectedMinor } = share;
  const isHeld =
    (state === 'HOLDING' || state === 'WRITTEN_OFF') &&
    hold !== null &&
    hold.releasedAt === null &&
    hold.heldUntil !== null &&
    hold.heldUntil.getTime() > now.getTime();
  return isHeld && expectedMinor > 0n ? done(share) : refuse('NOT_ON_HOLD', { field });
}

function refOf(payload: FinanceRequestPayload): SettlementRef {
  return { agencyId: payload['agencyId'] ?? '', id: payload['settlementId'] ?? '' };
}
