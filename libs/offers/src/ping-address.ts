/** Where a buyer is asked for bids on leads of one contract. */
export interface PingAddress {
  readonly agencyId: string;
  readonly contractId: string;
  readonly buyerId: string;
  readonly url: string;
  /** Counts its changes. */
  readonly version: number;
  readonly createdAt: Date;
  readonly changedAt: Date;
}

/** How long the old secret may go on signing beside a new one, in hours. */
export const maxPingOverlapHours = 168;
