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
  readonly deliveredAt: Date;
}
