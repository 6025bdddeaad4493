import type { Delivery, OutcomeStage } from '#leads';

/** In the others the person was reached, or needs no call any more. The index of deliveries that wait says the same. */
const waitingStages: readonly OutcomeStage[] = ['NEW', 'ATTEMPTED', 'UNREACHABLE'];

/** The buyer has the lead, did not reach the person, and did not say that nobody needs to. */
export function waitsForContact({ state, stage, contact }: Delivery): boolean {
  return state === 'ACCEPTED' && waitingStages.includes(stage) && contact.firstContactAt === null;
}

/** The clock from when a buyer took a lead to when it reached the person, by the buyer's own reports. */
export interface SpeedToLead {
  readonly acceptedAt: Date;
  readonly firstAttemptAt: Date | null;
  readonly firstContactAt: Date | null;
  readonly secondsToContact: number | null;
  /** Null: the contract sets no time. */
  readonly slaSeconds: number | null;
  /** The time ran out before the person was reached; stays, whatever is reported afterwards. */
  readonly breached: boolean;
}

/** Null for a delivery that its buyer has not taken. */
export function speedToLead(delivery: Delivery, now: Date): SpeedToLead | null {
  const { state, deliveredAt, contact } = delivery;
  if (state !== 'ACCEPTED' && state !== 'RETURNED') return null;
  const { firstAttemptAt, firstContactAt, dueAt, overdueAt } = contact;
  const isLate = dueAt !== null && firstContactAt !== null && firstContactAt > dueAt;
  // It is told within a minute; who looks before that sees it all the same.
  return {
    acceptedAt: deliveredAt,
    firstAttemptAt,
    firstContactAt,
    secondsToContact: firstContactAt && secondsBetween(deliveredAt, firstContactAt),
    slaSeconds: dueAt && secondsBetween(deliveredAt, dueAt),
    breached: overdueAt !== null || isLate || (waitsForContact(delivery) && dueAt !== null && dueAt <= now),
  };
}

function secondsBetween(from: Date, to: Date): number {
  return Math.max(0, Math.round((to.getTime() - from.getTime()) / 1_000));
}
