export const deliveryStates = [
  'PENDING',
  'ACCEPTED',
  'REJECTED',
  'DUPLICATE',
  'TIMED_OUT',
  'FAILED',
  'CANCELED',
  'RETURNED',
] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** What the buyer last said became of the lead. REFUNDED and CANCELED: every deal it brought was taken back. */
export const outcomeStages = [
  'NEW',
  'ATTEMPTED',
  'CONTACTED',
  'QUALIFIED',
  'APPOINTMENT_SET',
  'APPOINTMENT_HELD',
  'PROPOSAL',
  'WON',
  'LOST',
  'UNREACHABLE',
  'NOT_INTERESTED',
  'DISQUALIFIED',
  'REFUNDED',
  'CANCELED',
] as const;
export type OutcomeStage = (typeof outcomeStages)[number];

/** One lead given to one buyer under one contract version. */
export interface Delivery {
  readonly agencyId: string;
  readonly id: string;
  readonly leadId: string;
  readonly buyerId: string;
  readonly contractId: string;
  /** The version in force when it was delivered; it is priced with these terms forever. */
  readonly contractVersion: number;
  readonly test: boolean;
  readonly state: DeliveryState;
  readonly stage: OutcomeStage;
  /** When it was first said to be of high quality; null while that does not hold. */
  readonly qualifiedAt: Date | null;
  readonly returnedAt: Date | null;
  /** When it was taken from its buyer for another one; null for a lead that its buyer gave back. */
  readonly reroutedAt: Date | null;
  /** When the buyer took it; as long as it has not, when it was offered. */
  readonly deliveredAt: Date;
  readonly contact: ContactClock;
}

/** How soon the buyer got in touch with the person, by its own reports. */
export interface ContactClock {
  readonly firstAttemptAt: Date | null;
  readonly firstContactAt: Date | null;
  /** Null: the terms set no time. */
  readonly dueAt: Date | null;
  /** When both sides were told that the time had run out; stays, whatever is reported afterwards. */
  readonly overdueAt: Date | null;
}
