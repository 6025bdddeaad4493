/**
 * What routing looks at in a lead; it keeps none of it. The hashes and the attributes are about a person: they do not
 * leave memory by way of a decision.
 */
export interface RoutableLead {
  readonly leadId: string;
  /** From here on its age counts. */
  readonly receivedAt: Date;
  /** Takes the way of a live lead, but counts nowhere and is stopped by no cap and no balance. */
  readonly test: boolean;
  /** Only this contract is considered. Null: all of the route. */
  readonly contractId: string | null;
  /** Keys once each; values in any spelling that their type has. */
  readonly attributes: readonly AttributeValue[];
  readonly country: string | null;
  /** With or without the country before it. */
  readonly state: string | null;
  readonly postalCode: string | null;
  readonly source: {
    readonly channel: string | null;
    readonly campaign: string | null;
    readonly subId: string | null;
  } | null;
  /** 0 to 100. */
  readonly score: number | null;
  readonly hasConsent: boolean;
  /**
   * Keyed hashes of what the person can be reached by. Two leads of one batch that share one are of one person, and the
   * second is a duplicate for whoever gets the first. Earlier leads are told in `duplicateFor`.
   */
  readonly personKeys: readonly string[];
  /** Contracts whose buyer had the person within the contract's window. */
  readonly duplicateFor: readonly string[];
  /** Contracts whose buyer must not be given the person. */
  readonly suppressedFor: readonly string[];
  /** Contracts under which handing the lead over failed or was refused: they do not get it again. */
  readonly failedAt: readonly string[];
  /** Buyers who have the lead already; they count towards the buyers that it may be sold to. */
  readonly soldTo: readonly string[];
  /** PING_POST: what was bid for this lead; null before anyone was asked. Other methods ignore it. */
  readonly bids: readonly Bid[] | null;
  /** PING_POST: why there is no bid under a contract that was asked, see bidDetails. Left out: it is not known. */
  readonly bidFaults?: readonly BidFault[];
  /**
   * Routes by which the lead was offered, and that is over: they do not offer it again. Left out: none, but that `bids` are there
   * for PING_POST.
   */
  readonly offeredBy?: readonly string[];
}

/** One attribute as it was submitted, or in normal form. */
export interface AttributeValue {
  readonly key: string;
  readonly value: string | number | boolean;
}

/** Why nothing was bid under a contract. */
export interface BidFault {
  readonly contractId: string;
  /** One of bidDetails. */
  readonly detail: number;
}

/** What a buyer offers for one lead under a contract; the highest valid one of a contract counts. */
export interface Bid {
  readonly contractId: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  /** From then on it does not hold. */
  readonly expiresAt: Date;
  /** The buyer's own name for the bid, sent along when the lead is posted. */
  readonly bidId: string | null;
}
