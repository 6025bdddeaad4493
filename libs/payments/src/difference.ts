import type { CurrencyCode } from '#money';

/**
 * NOT_BOOKED: the provider moved money and no journal says so. BOOKED_OTHERWISE: the journals of a movement do not come
 * to it. NO_MOVEMENT: a journal moves money at the provider that the provider did not move. BALANCE: what is there is
 * not the sum of its movements. IN_TRANSIT: what is on its way to an agency is not what was asked for.
 */
export const differenceKinds = [
  'NOT_BOOKED',
  'BOOKED_OTHERWISE',
  'NO_MOVEMENT',
  'BALANCE',
  'IN_TRANSIT',
] as const;
export type DifferenceKind = (typeof differenceKinds)[number];

/** Where ledger and provider do not say the same. Minor units. */
export interface Difference {
  readonly kind: DifferenceKind;
  /** Whose money it is: an agency's, or the operator's when it is not one agency's alone. */
  readonly bookId: string;
  readonly currency: CurrencyCode;
  /** Where to look: `movement:…`, `journal:…`, or null. */
  readonly subject: string | null;
  /** The provider's object behind it. */
  readonly sourceId: string | null;
  readonly ledgerMinor: bigint;
  readonly providerMinor: bigint;
}

/** A line of the board: what the ledger says of an account, and what the provider says. */
export interface ComparedAccount {
  /** STRIPE: the balance, over all books. IN_TRANSIT: what is on its way to an agency. */
  readonly account: 'STRIPE' | 'IN_TRANSIT';
  /** Null for the balance, and for all agencies together to which nothing is on its way. */
  readonly bookId: string | null;
  readonly currency: CurrencyCode;
  readonly ledgerMinor: bigint;
  /** Of the balance: what it is; of what is on its way: the operations that have not come to their end. */
  readonly providerMinor: bigint;
  /** Of movements that are booked when their operation comes to its end: no difference. */
  readonly inFlightMinor: bigint;
}

/** One comparison of the ledger with the provider. */
export interface Reconciliation {
  readonly id: string;
  readonly finishedAt: Date;
  /** Movements that were new to us. */
  readonly found: number;
  readonly accounts: readonly ComparedAccount[];
  /** Empty: every account matches to the cent. */
  readonly differences: readonly Difference[];
}

/** Ledger less provider, less what is still to be booked. */
export function differenceOf(
  compared: Pick<ComparedAccount, 'ledgerMinor' | 'providerMinor' | 'inFlightMinor'>,
): bigint {
  return compared.ledgerMinor + compared.inFlightMinor - compared.providerMinor;
}
