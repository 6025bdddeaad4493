import { Field, ObjectType } from '@nestjs/graphql';
import { failureWords } from '#collections';
import { type FailingKind, failingKinds, type QueueItem, showFailure } from '#payouts';
import { Connection, DateTimeScalar, MoneyType } from '../graphql/index.js';
import { enumOf, moneyOf } from '../payments/payments.types.js';

export const FailingKindType = enumOf(
  'FailingKind',
  failingKinds,
  "COLLECTION: a buyer's payment failed. PAYMENT_METHOD: a buyer has no method that works. PAYOUT: a transfer to an agency failed.",
);

/** What every queue is made of: the lists are resolved apart. */
@ObjectType('SettlementQueue', { description: 'Settlements that finance looks at.' })
export class SettlementQueueType {
  readonly queue: 'PREPARE' | 'APPROVE' | 'HELD';
}

@ObjectType('FailingQueue', { description: 'What does not come right by itself, or has not yet.' })
export class FailingQueueType {
  readonly queue: 'FAILING';
}

@ObjectType('OperationQueue', { description: 'What nobody knows the end of, and what needs a person.' })
export class OperationQueueType {
  readonly queue: 'UNKNOWN';
}

@ObjectType('DisputeQueue', { description: 'Payments that buyers contest at their banks.' })
export class DisputeQueueType {
  readonly queue: 'DISPUTES';
}

@ObjectType('FinanceQueues', { description: "What the operator's finance looks at every day." })
export class FinanceQueuesType {
  @Field(() => SettlementQueueType, {
    description: 'Statements whose period has ended and that nobody has prepared: they still gather.',
  })
  toPrepare: SettlementQueueType;

  @Field(() => SettlementQueueType, { description: 'Statements in review.' })
  toApprove: SettlementQueueType;

  @Field(() => FailingQueueType)
  failing: FailingQueueType;

  @Field(() => SettlementQueueType, { description: 'Collected and not sent; each says why in its holds.' })
  held: SettlementQueueType;

  @Field(() => OperationQueueType)
  unknown: OperationQueueType;

  @Field(() => DisputeQueueType)
  disputes: DisputeQueueType;
}

@ObjectType('FailingItem', { description: 'Something that failed.' })
export class FailingItemType {
  /** What the type was made of; field resolvers load along these keys. */
  readonly of: QueueItem;

  @Field(() => FailingKindType)
  kind: FailingKind;

  @Field(() => String, { nullable: true, description: 'Of the invoice, the settlement or the payout.' })
  number: string | null;

  @Field(() => MoneyType, { nullable: true })
  amount: MoneyType | null;

  @Field(() => DateTimeScalar)
  since: Date;

  @Field(() => String)
  code: string;

  @Field(() => String, { description: 'What happened, in a sentence.' })
  words: string;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it is tried again; null: not by itself.',
  })
  nextTryAt: Date | null;
}

export const FailingItemConnection = Connection(() => FailingItemType, 'FailingItem');

/** Domain to API type. */
export function failingItemTypeOf(item: QueueItem): FailingItemType {
  const { number, since, nextAt } = item;
  const code = item.code ?? 'unknown';
  const kind = failingKinds.find((each) => each === item.kind) ?? 'COLLECTION';
  return {
    of: item,
    kind,
    number,
    amount: amountOf(item),
    since,
    code,
    words: wordsOf(kind, code),
    nextTryAt: nextAt,
  };
}

function wordsOf(kind: FailingKind, code: string): string {
  switch (kind) {
    case 'COLLECTION':
      return failureWords(code).what;
    case 'PAYMENT_METHOD':
      return 'The buyer has no payment method that can be used.';
    case 'PAYOUT':
      return showFailure(code);
  }
}

function amountOf({ amountMinor, currency }: QueueItem): MoneyType | null {
  return amountMinor === null || currency === null ? null : moneyOf(amountMinor, currency);
}

@ObjectType('ContestedPayment', { description: 'A payment that a buyer contests at its bank.' })
export class ContestedPaymentType {
  /** What the type was made of; field resolvers load along these keys. */
  readonly of: QueueItem;

  @Field(() => MoneyType, { nullable: true })
  amount: MoneyType | null;

  @Field(() => Boolean, { description: 'The bank only asks: nothing was withdrawn.' })
  isInquiry: boolean;

  @Field(() => String, { description: "The bank's reason, such as fraudulent or product_not_received." })
  reason: string;

  @Field(() => DateTimeScalar)
  openedAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Until when evidence is taken.' })
  evidenceDueAt: Date | null;
}

export const ContestedPaymentConnection = Connection(() => ContestedPaymentType, 'ContestedPayment');

/** Domain to API type. */
export function contestedPaymentTypeOf(item: QueueItem): ContestedPaymentType {
  const { kind, code, since, nextAt } = item;
  return {
    of: item,
    amount: amountOf(item),
    isInquiry: kind === 'INQUIRY',
    reason: code ?? 'general',
    openedAt: since,
    evidenceDueAt: nextAt,
  };
}
