import { Field, Int, ObjectType } from '@nestjs/graphql';
import {
  type Collection,
  type CollectionMethod,
  collectionMethods,
  type CollectionState,
  collectionStates,
  failureCodeOf,
  failureWords,
  type Invoice,
  type InvoiceState,
  invoiceStates,
} from '#collections';
import { Connection, CurrencyCodeScalar, DateTimeScalar, encodeId, MoneyType } from '../graphql/index.js';
import { Node } from '../node/node.type.js';
import { enumOf, moneyOf } from '../payments/payments.types.js';

export const InvoiceStatus = enumOf(
  'InvoiceStatus',
  invoiceStates,
  'UNCOLLECTIBLE: nothing is left to collect, but some of it was written off.',
);
export const CollectionStatus = enumOf(
  'CollectionStatus',
  collectionStates,
  'PROCESSING: the bank takes its time. NEEDS_ACTION: the buyer pays on a page. RETURNED: the money was there, and went back.',
);
export const CollectionMethodType = enumOf(
  'CollectionMethod',
  collectionMethods,
  "BALANCE: out of what the buyer has prepaid. OUT_OF_BAND: it came to the operator's bank.",
);

@ObjectType('CollectionFailure', { description: "Why a buyer's money did not come in." })
export class CollectionFailureType {
  @Field(() => String, { description: "The bank's own code, or the provider's, or ours." })
  code: string;

  @Field(() => String, { description: 'What happened, in a sentence.' })
  words: string;

  @Field(() => String, { description: 'What the buyer can do about it, in a sentence.' })
  remedy: string;
}

/** A code in words; null for null. */
export function failureTypeOf(code: string | null): CollectionFailureType | null {
  if (code === null) return null;
  const { what, remedy } = failureWords(code);
  return { code, words: what, remedy };
}

@ObjectType('Invoice', {
  implements: () => [Node],
  description: 'What a buyer is asked to pay at once: one or more settlements, of one agency or several.',
})
export class InvoiceType extends Node {
  readonly __typename = 'Invoice' as const;

  /** What the type was made of; field resolvers load along these keys. */
  readonly of: Invoice;

  @Field(() => String, { description: 'What people call it.' })
  number: string;

  @Field(() => InvoiceStatus)
  status: InvoiceState;

  @Field(() => CurrencyCodeScalar)
  currency: string;

  @Field(() => MoneyType, {
    description: "What is to be paid, after the buyer's credit: paid + open + written off.",
  })
  total: MoneyType;

  @Field(() => DateTimeScalar)
  issuedAt: Date;

  @Field(() => DateTimeScalar)
  dueAt: Date;

  @Field(() => DateTimeScalar, { nullable: true })
  paidAt: Date | null;

  @Field(() => Int, { description: 'How often it was tried to collect it.' })
  tries: number;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it is tried again; null: not by itself.',
  })
  nextTryAt: Date | null;

  @Field(() => CollectionFailureType, {
    nullable: true,
    description: 'Why the last try failed; null when none did, or it has come right since.',
  })
  lastFailure: CollectionFailureType | null;
}

export const InvoiceConnection = Connection(() => InvoiceType, 'Invoice');

/** Domain to API type. */
export function invoiceTypeOf(invoice: Invoice): InvoiceType {
  const { currency } = invoice;
  return {
    __typename: 'Invoice',
    of: invoice,
    id: encodeId('inv', invoice.id),
    number: invoice.number,
    status: invoice.state,
    currency,
    total: moneyOf(invoice.amountMinor, currency),
    issuedAt: invoice.issuedAt,
    dueAt: invoice.dueAt,
    paidAt: invoice.paidAt,
    tries: invoice.tries,
    nextTryAt: invoice.nextTryAt,
    lastFailure: failureTypeOf(invoice.lastFailureCode),
  };
}

@ObjectType('Collection', {
  implements: () => [Node],
  description: "One try at taking a buyer's money, for an invoice or for its balance.",
})
export class CollectionType extends Node {
  readonly __typename = 'Collection' as const;

  /** What the type was made of; field resolvers load along these keys. */
  readonly of: Collection;

  @Field(() => CollectionMethodType)
  method: CollectionMethod;

  @Field(() => CollectionStatus)
  status: CollectionState;

  @Field(() => Int, { description: 'Each try is a collection of its own; they count from 1.' })
  attempt: number;

  @Field(() => MoneyType, { description: 'What was asked for.' })
  amount: MoneyType;

  @Field(() => MoneyType, { description: 'What came in and has not gone back.' })
  received: MoneyType;

  @Field(() => CollectionFailureType, { nullable: true })
  failure: CollectionFailureType | null;

  @Field(() => String, {
    nullable: true,
    description: 'The page on which the buyer pays, while that is what it waits for.',
  })
  payUrl: string | null;

  @Field(() => String, {
    nullable: true,
    description: "How a payment that came another way is found in the bank's statement.",
  })
  reference: string | null;

  @Field(() => DateTimeScalar)
  requestedAt: Date;

  @Field(() => DateTimeScalar, { nullable: true })
  succeededAt: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Somebody wants it stopped since then.' })
  cancelRequestedAt: Date | null;
}

export const CollectionConnection = Connection(() => CollectionType, 'Collection');

/** Domain to API type. */
export function collectionTypeOf(collection: Collection): CollectionType {
  const { currency, state, failureCode, declineCode } = collection;
  const code = failureCode === null ? null : failureCodeOf({ code: failureCode, declineCode });
  return {
    __typename: 'Collection',
    of: collection,
    id: encodeId('col', collection.id),
    method: collection.method,
    status: state,
    attempt: collection.attempt,
    amount: moneyOf(collection.amountMinor, currency),
    received: moneyOf(collection.receivedMinor, currency),
    failure: failureTypeOf(code),
    payUrl: state === 'NEEDS_ACTION' ? collection.hostedUrl : null,
    reference: collection.reference,
    requestedAt: collection.requestedAt,
    succeededAt: collection.succeededAt,
    cancelRequestedAt: collection.cancelRequestedAt,
  };
}
