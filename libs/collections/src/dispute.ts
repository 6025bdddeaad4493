import { allocate, type CurrencyCode } from '#money';
import { invariant } from '#outcome';
import type { SettlementRef } from '#settlements';

/** INQUIRY: the bank asks, and nothing was withdrawn. */
export const disputeStates = ['INQUIRY', 'OPEN', 'WON', 'LOST'] as const;
export type DisputeState = (typeof disputeStates)[number];

/** RETURN: a bank debit came back and the buyer still owes it. DISPUTE: the buyer contests what it paid. */
export const disputeNatures = ['DISPUTE', 'RETURN'] as const;
export type DisputeNature = (typeof disputeNatures)[number];

export type DisputePartState = 'OPEN' | 'WON' | 'LOST';

/** A payment that a buyer's bank takes back, or wants to. Minor units. */
export interface Dispute {
  readonly id: string;
  readonly providerDisputeId: string;
  readonly providerChargeId: string;
  /** Null: the charge is not known to be one of ours (yet). */
  readonly collectionId: string | null;
  readonly buyerId: string | null;
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
  readonly state: DisputeState;
  readonly nature: DisputeNature;
  readonly reason: string;
  /** The provider's movements that are booked. */
  readonly movementIds: readonly string[];
  /** What of it concerns no statement but the buyer's balance; and what of that came back. */
  readonly balanceMinor: bigint;
  readonly balanceReturnedMinor: bigint;
  readonly balanceState: DisputePartState | null;
  readonly evidenceDueAt: Date | null;
  readonly openedAt: Date;
  readonly closedAt: Date | null;
}

/** What of a dispute concerns which settlement. */
export interface DisputePart extends SettlementRef {
  readonly amountMinor: bigint;
  /** What came back of it. */
  readonly returnedMinor: bigint;
  /** The agency's share of it: what the agency gives back when it is lost. */
  readonly agencyMinor: bigint;
  readonly state: DisputePartState;
}

/** What a dispute can fall on. */
export interface Contestable {
  readonly parts: readonly (SettlementRef & { readonly amountMinor: bigint })[];
  /** What went to the buyer's balance. */
  readonly balanceMinor: bigint;
}

const balanceId = 'balance';

/**
 * Spreads what was withdrawn over what the payment paid and no other dispute took, by largest remainder; what goes
 * beyond that falls on the buyer's balance.
 */
export function spreadDispute(amountMinor: bigint, { parts, balanceMinor }: Contestable): Contestable {
  const whole = parts.reduce((sum, part) => sum + part.amountMinor, balanceMinor);
  const within = amountMinor < whole ? amountMinor : whole;
  if (within <= 0n) return { parts: [], balanceMinor: amountMinor };
  const weights = [...parts.map((part) => part.amountMinor), balanceMinor];
  const shares = allocate(within, weights, [
    ...parts.map(({ agencyId, id }) => `${agencyId} ${id}`),
    balanceId,
  ]);
  return {
    parts: parts.flatMap((part, index) => {
      const share = shares[index] ?? 0n;
      return share > 0n ? [{ agencyId: part.agencyId, id: part.id, amountMinor: share }] : [];
    }),
    balanceMinor: (shares[parts.length] ?? 0n) + amountMinor - within,
  };
}

/** Spreads what came back over what is withdrawn, in the same way. Throws when that is less. */
export function spreadReturn(amountMinor: bigint, withdrawn: Contestable): Contestable {
  const whole = withdrawn.parts.reduce((sum, part) => sum + part.amountMinor, withdrawn.balanceMinor);
  invariant(amountMinor <= whole, 'more of a dispute came back than was withdrawn');
  return spreadDispute(amountMinor, withdrawn);
}
