import { Field, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { type CurrencyCode, formatAmount } from '#money';
import {
  type AccountFreeze,
  type ComparedAccount,
  type Difference,
  type DifferenceKind,
  differenceKinds,
  differenceOf,
  type Operation,
  type OperationState,
  operationStates,
  type PaymentControl,
  type Reconciliation,
} from '#payments';
import { Connection, CurrencyCodeScalar, DateTimeScalar, encodeId, MoneyType } from '../graphql/index.js';
import { Node } from '../node/node.type.js';
import { publicActorId } from '../settlements/settlements.types.js';
import { publicSubject } from './public-subject.js';

export function enumOf<T extends string>(
  name: string,
  values: readonly T[],
  description: string,
): Record<T, T> {
  const members = Object.fromEntries(values.map((value) => [value, value])) as Record<T, T>;
  registerEnumType(members, { name, description });
  return members;
}

export function moneyOf(amountMinor: bigint, currency: CurrencyCode): MoneyType {
  return { amount: formatAmount(amountMinor, currency), currency };
}

export const PaymentOperationStatus = enumOf(
  'PaymentOperationStatus',
  operationStates,
  'READY: to be sent. SENDING: on its way. UNKNOWN: sent, and nobody knows what it did; the same key is sent again, then it is looked for. STOPPED: needs a person.',
);
export const DifferenceKindType = enumOf(
  'ReconciliationDifferenceKind',
  differenceKinds,
  'NOT_BOOKED: the provider moved money and no journal says so. BOOKED_OTHERWISE: its journals come to another amount. NO_MOVEMENT: a journal moves money that the provider did not move. BALANCE: the balance is not the sum of its movements. IN_TRANSIT: what is on its way is not what was asked for.',
);
const comparedAccounts = ['STRIPE', 'IN_TRANSIT'] as const;
export const ComparedAccountKind = enumOf(
  'ComparedAccountKind',
  comparedAccounts,
  'STRIPE: the balance at the payment provider, over all books. IN_TRANSIT: what is on its way to an agency.',
);

@ObjectType('PaymentOperation', {
  implements: () => [Node],
  description: 'One effect that the payment provider is asked for, at most once.',
})
export class PaymentOperationType extends Node {
  readonly __typename = 'PaymentOperation' as const;

  @Field(() => String, { description: 'Such as PAYMENT, INVOICE, TRANSFER, TRANSFER_REVERSAL or REFUND.' })
  kind: string;

  @Field(() => PaymentOperationStatus)
  status: OperationState;

  @Field(() => String, { description: 'What it is for, as type:id.' })
  subject: string;

  @Field(() => ID, { description: 'The organization whose money it moves, or that it is about.' })
  organizationId: string;

  @Field(() => MoneyType, { nullable: true, description: 'What it moves; null when it moves nothing.' })
  amount: MoneyType | null;

  @Field(() => String, {
    description: "The key under which it is sent; the provider's log is searched by it.",
  })
  idempotencyKey: string;

  @Field(() => String, {
    nullable: true,
    description: "The provider's id of what came out of it.",
  })
  providerObjectId: string | null;

  @Field(() => Int)
  tries: number;

  @Field(() => Boolean, { description: 'An earlier try may have acted: its money stays where it is.' })
  inDoubt: boolean;

  @Field(() => String, { nullable: true, description: 'The last code of the provider, or of ours.' })
  lastCode: string | null;

  @Field(() => DateTimeScalar, { nullable: true })
  firstSentAt: Date | null;

  @Field(() => DateTimeScalar)
  nextTryAt: Date;

  @Field(() => DateTimeScalar)
  createdAt: Date;

  @Field(() => DateTimeScalar, { nullable: true })
  finishedAt: Date | null;
}

export const PaymentOperationConnection = Connection(() => PaymentOperationType, 'PaymentOperation');

/** Domain to API type. */
export function operationTypeOf(operation: Operation): PaymentOperationType {
  const { amountMinor, currency } = operation;
  return {
    __typename: 'PaymentOperation',
    id: encodeId('opn', operation.id),
    kind: operation.kind,
    status: operation.state,
    subject: publicSubject(operation.subject),
    organizationId: encodeId('org', operation.bookId),
    amount: amountMinor === null || currency === null ? null : moneyOf(amountMinor, currency),
    idempotencyKey: operation.idempotencyKey,
    providerObjectId: operation.objectId,
    tries: operation.tries,
    inDoubt: operation.inDoubt,
    lastCode: operation.lastCode,
    firstSentAt: operation.firstSentAt,
    nextTryAt: operation.nextTryAt,
    createdAt: operation.createdAt,
    finishedAt: operation.finishedAt,
  };
}

@ObjectType('AccountFreeze', {
  description: 'Money that does not match the payment provider: nothing of it is sent until it does.',
})
export class AccountFreezeType {
  /** The book. */
  readonly bookId: string;

  @Field(() => CurrencyCodeScalar)
  currency: string;

  @Field(() => DifferenceKindType)
  reason: string;

  @Field(() => DateTimeScalar)
  frozenAt: Date;
}

@ObjectType('UnfinishedOperations', { description: 'How many operations have not come to their end.' })
export class UnfinishedOperationsType {
  @Field(() => Int)
  ready: number;

  @Field(() => Int)
  sending: number;

  @Field(() => Int)
  unknown: number;

  @Field(() => Int, { description: 'They need a person: see retryOperation.' })
  stopped: number;
}

@ObjectType('PaymentControl', { description: 'What holds for all payments.' })
export class PaymentControlType {
  @Field(() => Boolean, { description: 'False: no payment provider is set up here.' })
  isOn: boolean;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'The emergency stop: since when nothing is sent that was not sent before.',
  })
  stoppedAt: Date | null;

  @Field(() => String, { nullable: true })
  stoppedBy: string | null;

  @Field(() => String, { nullable: true })
  stopReason: string | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Since when the provider refuses our key; one operation a minute tries it.',
  })
  breakerOpenedAt: Date | null;

  @Field(() => String, { nullable: true })
  breakerCode: string | null;

  @Field(() => [AccountFreezeType])
  freezes: readonly AccountFreezeType[];

  @Field(() => UnfinishedOperationsType)
  operations: UnfinishedOperationsType;

  @Field(() => Int, { description: 'Events of the provider that wait to be applied.' })
  waitingEvents: number;

  @Field(() => Int, { description: 'Events of the provider that were given up within the last ninety days.' })
  failedEvents: number;
}

/** Domain to API type. */
export function controlTypeOf(
  control: PaymentControl,
  rest: Pick<PaymentControlType, 'isOn' | 'operations' | 'waitingEvents' | 'failedEvents'> & {
    readonly freezes: readonly AccountFreeze[];
  },
): PaymentControlType {
  const { stoppedAt, stoppedBy, stopReason, breakerOpenedAt, breakerCode } = control;
  return {
    ...rest,
    stoppedAt,
    stoppedBy: stoppedBy === null ? null : publicActorId(stoppedBy),
    stopReason,
    breakerOpenedAt,
    breakerCode,
  };
}

@ObjectType('ComparedAccount', { description: 'What ledger and payment provider say of the same money.' })
export class ComparedAccountType {
  /** The book; null for the balance, and for all agencies together to which nothing is on its way. */
  readonly bookId: string | null;

  @Field(() => ComparedAccountKind)
  account: ComparedAccount['account'];

  @Field(() => MoneyType)
  ledger: MoneyType;

  @Field(() => MoneyType, {
    description: 'The balance; of what is on its way the operations that have not come to their end.',
  })
  provider: MoneyType;

  @Field(() => MoneyType, {
    description: 'What was moved by operations in doubt, and is booked when they come to their end.',
  })
  inFlight: MoneyType;

  @Field(() => MoneyType, { description: 'Zero, or the list of differences says why.' })
  difference: MoneyType;
}

@ObjectType('ReconciliationDifference', {
  description: 'Where ledger and payment provider do not say the same.',
})
export class DifferenceType {
  /** The book. */
  readonly bookId: string;

  @Field(() => DifferenceKindType)
  kind: DifferenceKind;

  @Field(() => String, {
    nullable: true,
    description: 'Where to look: movement:… names a balance transaction of the provider.',
  })
  subject: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The balance transaction, for requestMovementBooking; null when it is of none.',
  })
  movementId: string | null;

  @Field(() => String, { nullable: true, description: "The provider's object behind it." })
  sourceId: string | null;

  @Field(() => MoneyType)
  ledger: MoneyType;

  @Field(() => MoneyType)
  provider: MoneyType;

  @Field(() => String, { description: 'What to do about it, in a sentence.' })
  advice: string;
}

@ObjectType('Reconciliation', { description: 'A comparison of the ledger with the payment provider.' })
export class ReconciliationType {
  @Field(() => DateTimeScalar)
  finishedAt: Date;

  @Field(() => Boolean, { description: 'Every account matches to the cent.' })
  matches: boolean;

  @Field(() => Int, { description: 'Movements of the provider that were new to us.' })
  found: number;

  @Field(() => [ComparedAccountType])
  accounts: readonly ComparedAccountType[];

  @Field(() => [DifferenceType])
  differences: readonly DifferenceType[];
}

const advice: Readonly<Record<DifferenceKind, string>> = {
  NOT_BOOKED:
    'Somebody moved money at the provider by hand, or a handler failed: look at the source, then have two people say what it was (requestMovementBooking).',
  BOOKED_OTHERWISE: 'Compare the journals of the movement with it; nothing is sent of this book meanwhile.',
  NO_MOVEMENT: 'A journal says what the provider does not: find who booked it before anything else.',
  BALANCE: 'The provider’s own list does not add up to its balance: compare again, then ask the provider.',
  IN_TRANSIT: 'Compare the operations of kind TRANSFER of this agency with its payouts.',
};

/** Domain to API type. */
export function reconciliationTypeOf(reconciliation: Reconciliation): ReconciliationType {
  const { finishedAt, found, accounts, differences } = reconciliation;
  return {
    finishedAt,
    found,
    matches: differences.length === 0,
    accounts: accounts.map((each) => ({
      bookId: each.bookId,
      account: each.account,
      ledger: moneyOf(each.ledgerMinor, each.currency),
      provider: moneyOf(each.providerMinor, each.currency),
      inFlight: moneyOf(each.inFlightMinor, each.currency),
      difference: moneyOf(differenceOf(each), each.currency),
    })),
    differences: differences.map(differenceTypeOf),
  };
}

const movementPrefix = 'movement:';

function movementIn(subject: string | null): string | null {
  return subject?.startsWith(movementPrefix) === true ? subject.slice(movementPrefix.length) : null;
}

/** The id of a movement as people copy it out of a difference: with what it is a subject of, or without. */
export function movementIdOf(text: string): string {
  return movementIn(text) ?? text;
}

function differenceTypeOf(difference: Difference): DifferenceType {
  const { bookId, kind, subject, sourceId, currency } = difference;
  return {
    ...{ bookId, kind, subject, sourceId, movementId: movementIn(subject) },
    ledger: moneyOf(difference.ledgerMinor, currency),
    provider: moneyOf(difference.providerMinor, currency),
    advice: advice[kind],
  };
}
