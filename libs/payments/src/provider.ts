import type { CurrencyCode } from '#money';

/**
 * What leaves or enters a balance at the payment provider: one line of its account statement. Signed minor units;
 * what was paid in is positive. Source: Stripe's balance transactions.
 */
export interface FundsMovement {
  readonly id: string;
  readonly type: string;
  /** Before the fee. */
  readonly amountMinor: bigint;
  /** Not negative unless a fee is given back. */
  readonly feeMinor: bigint;
  /** amount − fee: what the balance changes by. */
  readonly netMinor: bigint;
  readonly currency: CurrencyCode;
  /** The object that it belongs to; null for what has none, such as a fee of the provider. */
  readonly sourceId: string | null;
  readonly createdAt: Date;
  /** From when on it can be sent. */
  readonly availableAt: Date;
}

/** Why a payment did not come about, as codes of the provider; words for people are made from them. */
export interface PaymentFailure {
  readonly code: string;
  /** The bank's own code, when it gave one. */
  readonly declineCode: string | null;
}

export type PaymentMethodKind = 'CARD' | 'BANK_DEBIT';

export interface PaymentSnapshot {
  readonly object: 'payment';
  readonly id: string;
  readonly operationId: string | null;
  readonly state: 'PROCESSING' | 'NEEDS_ACTION' | 'SUCCEEDED' | 'FAILED' | 'CANCELED';
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
  readonly chargeId: string | null;
  readonly method: PaymentMethodKind | null;
  /** How it arrived in the balance; null until it has. */
  readonly funds: FundsMovement | null;
  readonly failure: PaymentFailure | null;
  /** Money that came in and went back, because the bank returned the debit days after its success. */
  readonly returnedFunds: FundsMovement | null;
}

export interface InvoiceSnapshot {
  readonly object: 'invoice';
  readonly id: string;
  readonly operationId: string | null;
  readonly state: 'DRAFT' | 'OPEN' | 'PAID' | 'VOID' | 'UNCOLLECTIBLE';
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
  /** Where the buyer pays it, 3-D Secure included. */
  readonly hostedUrl: string | null;
  readonly dueAt: Date | null;
  /** The payment that paid it; null until then. */
  readonly payment: PaymentSnapshot | null;
}

export interface ReversalSnapshot {
  readonly object: 'reversal';
  readonly id: string;
  readonly operationId: string | null;
  readonly transferId: string;
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
  readonly funds: FundsMovement;
}

export interface TransferSnapshot {
  readonly object: 'transfer';
  readonly id: string;
  readonly operationId: string | null;
  readonly accountId: string;
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
  readonly funds: FundsMovement;
  /** All of them, oldest first. */
  readonly reversals: readonly ReversalSnapshot[];
  /** How it looks in the agency's own account, which its bank payouts list. */
  readonly destinationPaymentId: string | null;
}

export interface RefundSnapshot {
  readonly object: 'refund';
  readonly id: string;
  readonly operationId: string | null;
  readonly chargeId: string;
  readonly state: 'PENDING' | 'SUCCEEDED' | 'FAILED' | 'CANCELED';
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
  readonly funds: FundsMovement | null;
  /** What came back, when a refund failed after it had left the balance. */
  readonly failedFunds: FundsMovement | null;
  readonly failureCode: string | null;
}

export interface DisputeSnapshot {
  readonly object: 'dispute';
  readonly id: string;
  readonly chargeId: string;
  /** INQUIRY: nothing was withdrawn (yet). */
  readonly state: 'INQUIRY' | 'OPEN' | 'WON' | 'LOST';
  /** Decided, or an inquiry that came to nothing: no more is to be expected of it. */
  readonly isOver: boolean;
  readonly reason: string;
  readonly method: PaymentMethodKind | null;
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
  /** Until when evidence is taken. */
  readonly evidenceDueAt: Date | null;
  readonly openedAt: Date;
  /** Withdrawals (negative, their fee the dispute fee) and reinstatements (positive), oldest first. */
  readonly movements: readonly FundsMovement[];
}

export interface BuyerSnapshot {
  readonly object: 'buyer';
  readonly id: string;
  readonly operationId: string | null;
}

/** Something that an agency has to do before money can be sent to it. */
export interface AccountRequirement {
  /** The provider's name of it, such as individual.verification.document. */
  readonly field: string;
  /** Until when; null: now. */
  readonly dueAt: Date | null;
  readonly overdue: boolean;
  /** Why what was handed in was refused; null when nothing was. */
  readonly errorCode: string | null;
}

export interface AccountSnapshot {
  readonly object: 'account';
  readonly id: string;
  readonly operationId: string | null;
  /** Transfers to it are accepted. */
  readonly transfersActive: boolean;
  /** Its balance goes on to its bank. */
  readonly payoutsEnabled: boolean;
  /** The provider will not have it (any more). */
  readonly rejected: boolean;
  readonly requirements: readonly AccountRequirement[];
}

export interface MethodSnapshot {
  readonly object: 'method';
  readonly id: string;
  /** The provider's id of the buyer that it belongs to; null: it was taken off. */
  readonly providerBuyerId: string | null;
  readonly kind: PaymentMethodKind;
  /** Such as visa, or the bank's name. */
  readonly brand: string;
  readonly last4: string;
  /** Cards: the first day of the month after which it is void, yyyy-mm; else null. */
  readonly expires: string | null;
  /** A bank debit whose mandate was withdrawn cannot be used. */
  readonly usable: boolean;
}

export interface SetupSnapshot {
  readonly object: 'setup';
  readonly id: string;
  readonly providerBuyerId: string | null;
  readonly state: 'OPEN' | 'SUCCEEDED' | 'CANCELED';
  readonly failure: PaymentFailure | null;
  readonly method: MethodSnapshot | null;
}

/** From the provider to a bank: of an agency's own account, or of the operator (accountId null). */
export interface BankPayoutSnapshot {
  readonly object: 'bank_payout';
  readonly id: string;
  readonly accountId: string | null;
  readonly state: 'PENDING' | 'IN_TRANSIT' | 'PAID' | 'FAILED' | 'CANCELED';
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
  readonly arrivesAt: Date;
  readonly failureCode: string | null;
  /** The payments of transfers that it carries on (`destinationPaymentId`); of the operator's own: empty. */
  readonly destinationPaymentIds: readonly string[];
}

export type ProviderObject =
  | PaymentSnapshot
  | InvoiceSnapshot
  | TransferSnapshot
  | ReversalSnapshot
  | RefundSnapshot
  | DisputeSnapshot
  | BuyerSnapshot
  | AccountSnapshot
  | MethodSnapshot
  | SetupSnapshot
  | BankPayoutSnapshot;
export type ProviderObjectKind = ProviderObject['object'];
export type SnapshotOf<Kind extends ProviderObjectKind> = Extract<ProviderObject, { readonly object: Kind }>;

/** Kinds that can be fetched by id; a reversal is fetched with its transfer. */
export type FetchableKind = Exclude<ProviderObjectKind, 'reversal' | 'buyer'>;

/** A line of an invoice that the provider issues. */
export interface InvoiceLine {
  /** Numbers of statements, never names of people. */
  readonly description: string;
  readonly amountMinor: bigint;
}

/** Everything that we ask the provider to do and that has an effect. Amounts in minor units, above zero. */
export type PaymentRequest =
  | {
      readonly kind: 'BUYER_CREATE';
      readonly buyerId: string;
      readonly name: string;
      readonly email: string | null;
    }
  | {
      readonly kind: 'ACCOUNT_CREATE';
      readonly agencyId: string;
      readonly name: string;
      readonly email: string;
      /** ISO 3166-1 alpha-2. */
      readonly country: string;
    }
  | {
      readonly kind: 'PAYMENT';
      readonly collectionId: string;
      readonly providerBuyerId: string;
      readonly methodId: string;
      readonly methodKind: PaymentMethodKind;
      readonly amountMinor: bigint;
      readonly currency: CurrencyCode;
      readonly transferGroup: string;
      readonly description: string;
    }
  | {
      readonly kind: 'INVOICE';
      readonly collectionId: string;
      readonly providerBuyerId: string;
      readonly lines: readonly InvoiceLine[];
      readonly currency: CurrencyCode;
      readonly daysUntilDue: number;
      readonly transferGroup: string;
    }
  | { readonly kind: 'PAYMENT_CANCEL'; readonly collectionId: string; readonly paymentId: string }
  | { readonly kind: 'INVOICE_VOID'; readonly collectionId: string; readonly invoiceId: string }
  | {
      readonly kind: 'TRANSFER';
      readonly payoutId: string;
      readonly accountId: string;
      readonly amountMinor: bigint;
      readonly currency: CurrencyCode;
      readonly transferGroup: string;
      /** The charge whose money it is, so that it need not be available yet; null: out of the balance. */
      readonly sourceChargeId: string | null;
    }
  | {
      readonly kind: 'TRANSFER_REVERSAL';
      readonly reversalId: string;
      readonly transferId: string;
      readonly amountMinor: bigint;
      readonly currency: CurrencyCode;
    }
  | {
      readonly kind: 'REFUND';
      readonly refundId: string;
      readonly chargeId: string;
      readonly amountMinor: bigint;
      readonly currency: CurrencyCode;
    };
export type OperationKind = PaymentRequest['kind'];

/** Plain JSON, exactly what the provider is sent: never changed once it is written. */
export type FrozenBody = Readonly<Record<string, unknown>>;

/** What is sent: the same bytes under the same key at every try. */
export interface Sendable {
  readonly id: string;
  /** When it was written down: what it made is not older, give or take a day. Null: that is not known. */
  readonly createdAt: Date | null;
  readonly kind: OperationKind;
  readonly body: FrozenBody;
  readonly idempotencyKey: string;
}

/** How a try ended, by what may be concluded from it. Codes are the provider's, fit for a log. */
export type Answer =
  | { readonly class: 'SUCCEEDED'; readonly object: ProviderObject }
  /** It may have acted or not: connection lost, timed out, 5xx, a torn answer. */
  | { readonly class: 'UNKNOWN'; readonly code: string }
  /** It has not acted: too many requests, or the key is in use at the moment. */
  | { readonly class: 'NOT_EXECUTED'; readonly code: string; readonly retryAfterMs: number | null }
  /** A definite no. `object`: what was made all the same, such as a payment that was declined. */
  | {
      readonly class: 'REFUSED';
      readonly code: string;
      readonly declineCode: string | null;
      readonly object: ProviderObject | null;
    }
  /** Our key is wrong or may not do this: nothing else will work either. */
  | { readonly class: 'MISCONFIGURED'; readonly code: string }
  /** The same key was used with another body: a bug of ours. */
  | { readonly class: 'MISMATCH'; readonly code: string };

/** What a webhook says: something happened to this object. Never more than a hint. */
export interface ProviderEvent {
  readonly id: string;
  readonly type: string;
  /** The agency's account that it is about; null: the operator's own. */
  readonly accountId: string | null;
  /** Null when it is of no kind that we look at. */
  readonly objectKind: FetchableKind | null;
  readonly objectId: string | null;
  readonly createdAt: Date;
  readonly livemode: boolean;
}

export interface FundsPage {
  /** Newest first. */
  readonly movements: readonly FundsMovement[];
  /** Give it to get the next page; null: there is none. */
  readonly after: string | null;
}

export interface ProviderBalance {
  readonly currency: CurrencyCode;
  readonly availableMinor: bigint;
  readonly pendingMinor: bigint;
}

/** The provider did not answer, or not with sense: nothing is known. Reads throw it; its message has no personal data. */
export class ProviderUnavailable extends Error {
  override name = 'ProviderUnavailable';
  constructor(
    /** Of the provider or the network, fit for a log. */
    readonly code: string,
    /** It did answer, with a definite no: the same will not go better in a minute. */
    readonly isDefinite = false,
  ) {
    super(`the payment provider did not answer: ${code}`);
  }
}

/**
 * The one door to the payment provider; libs/stripe implements it. `freeze` and `readEvent` only compute. All others
 * go over the network: never inside a transaction. Reads throw {@link ProviderUnavailable}.
 */
export interface PaymentProvider {
  /** How the body of a request looks on the wire; `operationId` goes along as metadata, by which `find` finds it. */
  freeze(request: PaymentRequest, operationId: string): FrozenBody;
  /** Never throws for what the provider or the network does. */
  send(operation: Sendable): Promise<Answer>;
  /** Looks whether an operation had its effect, without its idempotency key; null: it certainly had not. */
  find(operation: Sendable): Promise<ProviderObject | null>;
  /** Null: there is no such object. `accountId`: in that agency's account. */
  retrieve<Kind extends FetchableKind>(
    kind: Kind,
    id: string,
    accountId?: string | null,
  ): Promise<SnapshotOf<Kind> | null>;
  /** The disputes of a charge, oldest first. */
  disputesOf(chargeId: string): Promise<readonly DisputeSnapshot[]>;
  /** The payment that a charge belongs to; null when it belongs to none. */
  paymentOfCharge(chargeId: string): Promise<PaymentSnapshot | null>;
  /** Movements of the operator's balance that were made at or after `since`, newest first. */
  funds(since: Date, after: string | null): Promise<FundsPage>;
  /** The transfer that the movement of a reversal belongs to; null: it is no reversal's. */
  transferOfMovement(movementId: string): Promise<string | null>;
  balances(): Promise<readonly ProviderBalance[]>;
  /** Bank payouts of an account made at or after `since`, at most a hundred, newest first. */
  bankPayouts(accountId: string | null, since: Date): Promise<readonly BankPayoutSnapshot[]>;
  /** A fresh page on which the agency tells what is missing. It can be used once and for some minutes. */
  onboardingLink(
    accountId: string,
    links: { readonly returnUrl: string; readonly refreshUrl: string },
  ): Promise<string>;
  /** Begins to save a payment method; the browser finishes it with the secret, or on the page when there is one. */
  beginSetup(
    providerBuyerId: string,
    idempotencyKey: string,
  ): Promise<{ readonly setupId: string; readonly browserSecret: string; readonly url: string | null }>;
  /** Null: not signed by the provider, too old, or too far ahead. The raw bytes as they came. */
  readEvent(rawBody: Buffer, signature: string, now: Date): ProviderEvent | null;
}
