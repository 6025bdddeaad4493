import type { EventFact } from '#events';
import type { Return } from './return.js';

/** What both sides are told of a return, as it is after the fact. The notes of people are not told. */
export function returnEvent(
  type: 'return.requested' | 'return.decided',
  of: Return,
  { occurredAt, test }: { readonly occurredAt: Date; readonly test: boolean },
): EventFact {
  const { id: returnId, leadId, deliveryId, agencyId, buyerId, state, reason, decideBy } = of;
  return {
    type,
    occurredAt,
    test,
    payload: { returnId, leadId, deliveryId, agencyId, buyerId, state, reason, decideBy },
  };
}
