import type { EventFact } from '#events';
import type { Deal } from './deal.js';

const types = {
  WON: 'deal.won',
  AMOUNT_RESTATED: 'deal.restated',
  REFUNDED: 'deal.refunded',
  CANCELED: 'deal.canceled',
} as const;

/** What both sides are told of a deal, as it is after the fact. */
export function dealEvent(
  kind: keyof typeof types,
  deal: Deal,
  { occurredAt, test }: { readonly occurredAt: Date; readonly test: boolean },
): EventFact {
  const { id: dealId, contractId, leadId, deliveryId, agencyId, buyerId, state, version, closedAt } = deal;
  const amount = { amountMinor: deal.amountMinor, currency: deal.currency };
  const ids = { dealId, contractId, leadId, deliveryId, agencyId, buyerId };
  return { type: types[kind], occurredAt, test, payload: { ...ids, state, version, amount, closedAt } };
}
