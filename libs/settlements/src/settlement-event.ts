import type { EventFact, EventType } from '#events';
import { money } from '#money';
import type { Settlement, SettlementAct } from './settlement.js';

const types = {
  prepare: 'settlement.prepared',
  submit: 'settlement.submitted',
  approve: 'settlement.approved',
  reject: 'settlement.rejected',
  void: 'settlement.voided',
} as const satisfies Record<SettlementAct | 'prepare', EventType>;

/** What both sides are told of a settlement, as it is after the act. */
export function settlementEvent(
  act: SettlementAct | 'prepare',
  settlement: Settlement,
  occurredAt: Date,
): EventFact {
  const { id: settlementId, number, agencyId, buyerId, state, version, periodStart, periodEnd } = settlement;
  const { totals, currency } = settlement;
  return {
    type: types[act],
    occurredAt,
    test: false,
    payload: {
      settlementId,
      number,
      agencyId,
      buyerId,
      state,
      version,
      periodStart,
      periodEnd,
      lineCount: totals && totals.lineCount,
      total: totals && money(totals.agencyMinor + totals.feeMinor, currency),
      agencyTotal: totals && money(totals.agencyMinor, currency),
      feeTotal: totals && money(totals.feeMinor, currency),
    },
  };
}
