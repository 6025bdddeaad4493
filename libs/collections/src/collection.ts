import type { CurrencyCode } from '#money';
import type { SettlementRef } from '#settlements';

/** How money is taken. BALANCE: out of what the buyer has prepaid. OUT_OF_BAND: it came to the operator's bank. */
export const collectionMethods = ['CARD', 'BANK_DEBIT', 'HOSTED_INVOICE', 'BALANCE', 'OUT_OF_BAND'] as const;
export type CollectionMethod = (typeof collectionMethods)[number];

/**
 * REQUESTED: to be sent. PROCESSING: the bank takes its time. NEEDS_ACTION: the buyer pays on a page. SUCCEEDED: the
 * money is there. RETURNED: it was, and went back. A failure is not final: money that comes in later wins.
 */
export const collectionStates = [
  'REQUESTED',
  'PROCESSING',
  'NEEDS_ACTION',
  'SUCCEEDED',
  'FAILED',
  'CANCELED',
  'RETURNED',
] as const;
export type CollectionState = (typeof collectionStates)[number];

/** Of one invoice, or of one top-up of a buyer, there is at most one in these states. */
export const liveStates: readonly CollectionState[] = ['REQUESTED', 'PROCESSING', 'NEEDS_ACTION'];

export function isLive({ state }: Pick<Collection, 'state'>): boolean {
  return liveStates.includes(state);
}

/** One try at taking a buyer's money. */
export interface Collection {
  readonly id: string;
  readonly buyerId: string;
  /** Null: the buyer fills up its balance. */
  readonly invoiceId: string | null;
  readonly method: CollectionMethod;
  /** Which try it is, from 1. */
  readonly attempt: number;
  readonly state: CollectionState;
  /** What was asked for, in minor units. */
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
  readonly operationId: string | null;
  readonly providerPaymentId: string | null;
  readonly providerChargeId: string | null;
  readonly providerInvoiceId: string | null;
  readonly hostedUrl: string | null;
  readonly failureCode: string | null;
  readonly declineCode: string | null;
  readonly feeMinor: bigint | null;
  /** What came in and has not gone back. */
  readonly receivedMinor: bigint;
  /** Of it what no statement took: the buyer's balance has it. */
  readonly creditedMinor: bigint;
  readonly fundsId: string | null;
  readonly returnedFundsId: string | null;
  /** How a payment that came another way is found in the bank's statement. */
  readonly reference: string | null;
  readonly requestedAt: Date;
  readonly succeededAt: Date | null;
  /** From when on its money can be sent. */
  readonly availableAt: Date | null;
  readonly finishedAt: Date | null;
  readonly requestedBy: string;
  readonly approvedBy: string | null;
  readonly cancelRequestedAt: Date | null;
  readonly cancelTries: number;
}

/** Cents of a settlement, from `fromMinor` on: those that a collection pays, or that nobody does. */
export interface Part extends SettlementRef {
  readonly fromMinor: bigint;
  readonly amountMinor: bigint;
}

/** A part with the collection that it is of. Not live: it pays nothing (any more). */
export interface CollectionPart extends Part {
  readonly collectionId: string;
  readonly collectionState: CollectionState;
  readonly live: boolean;
}
