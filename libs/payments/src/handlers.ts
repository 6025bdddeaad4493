import type { Transaction } from '#database';
import type { DueWork } from '#jobs';
import type { CurrencyCode } from '#money';
import type { Actor } from '#organizations';
import type { Outcome } from '#outcome';
import type { Operation } from './operation.js';
import type {
  FetchableKind,
  OperationKind,
  PaymentProvider,
  ProviderObject,
  SnapshotOf,
} from './provider.js';

/** A definite no to an operation: from the provider, or of ours before anything was sent. */
export interface OperationRefusal {
  readonly code: string;
  readonly declineCode: string | null;
  readonly object: ProviderObject | null;
}

/** What an operation's end means for the business. Both ends run once, in the transaction that ends the operation. */
export interface OperationHandler {
  readonly kinds: readonly OperationKind[];
  /** A last look before the first try, outside any transaction: a code stops it before anything is sent. */
  readonly mayBeSent?: (operation: Operation, provider: PaymentProvider) => Promise<string | null>;
  readonly succeeded: (
    tx: Transaction,
    operation: Operation,
    object: ProviderObject,
    now: Date,
  ) => Promise<void>;
  readonly refused: (
    tx: Transaction,
    operation: Operation,
    refusal: OperationRefusal,
    now: Date,
  ) => Promise<void>;
}

/**
 * Brings what we know of an object up to what the provider says. Called with every fetched snapshot, in any order and
 * any number of times: it only ever moves forward, and knows what is none of ours.
 */
export interface ObjectHandlerOf<Kind extends FetchableKind> {
  readonly kind: Kind;
  readonly apply: (tx: Transaction, snapshot: SnapshotOf<Kind>, now: Date) => Promise<void>;
}
export type ObjectHandler = { readonly [Kind in FetchableKind]: ObjectHandlerOf<Kind> }[FetchableKind];

/** Objects that are not finished, so that they are looked at when no webhook comes. */
export interface Unfinished {
  readonly name: string;
  /** It is in order, and only looked at in case something was done to it elsewhere: that can wait for the worker. */
  readonly isRoutine?: true;
  /** At most `limit` that are due for a look at `now`, and puts their next look off. */
  readonly due: (
    tx: Transaction,
    now: Date,
    limit: number,
  ) => Promise<
    readonly { readonly kind: FetchableKind; readonly id: string; readonly accountId: string | null }[]
  >;
}

export const financeRequestKinds = [
  'WRITE_OFF',
  'CLAWBACK_WRITE_OFF',
  'HOLD_OVERRIDE',
  'OUT_OF_BAND_PAYMENT',
  'REFUND',
  'BOOK_MOVEMENT',
  'TOP_UP',
] as const;
export type FinanceRequestKind = (typeof financeRequestKinds)[number];

/** What a request comes to: whose book it touches and how much it moves, in minor units above zero. */
export interface FinanceRequestMeasure {
  readonly bookId: string;
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
}

/** Plain JSON of ids, amounts as decimal text of minor units and short texts; hashed, so that what is approved is what was asked. */
export type FinanceRequestPayload = Readonly<Record<string, string | null>>;

/** A decision on money that takes two people: what it needs, and what it does once approved. */
export interface FinanceRequestHandler {
  readonly kind: FinanceRequestKind;
  /** Whether it could be done now, and what it comes to. Run when it is requested and again before it is done. */
  readonly measure: (
    tx: Transaction,
    payload: FinanceRequestPayload,
    now: Date,
  ) => Promise<Outcome<FinanceRequestMeasure>>;
  /** Does it, in the transaction of the approval. */
  readonly execute: (
    tx: Transaction,
    request: { readonly id: string; readonly payload: FinanceRequestPayload; readonly requestedBy: string },
    approver: Actor,
    now: Date,
  ) => Promise<Outcome<null>>;
}

/** Everything that a library contributes to payments; the process puts those of all libraries together. */
export interface PaymentHandlers {
  readonly operations: readonly OperationHandler[];
  readonly objects: readonly ObjectHandler[];
  readonly unfinished: readonly Unfinished[];
  readonly financeRequests: readonly FinanceRequestHandler[];
  /** In the order in which it is done. */
  readonly dueWork: readonly DueWork[];
}
