import { Field, ObjectType } from '@nestjs/graphql';
import {
  type Dispute,
  type DisputeNature,
  disputeNatures,
  type DisputePart,
  type DisputeState,
  disputeStates,
  type Refund,
  type RefundState,
  refundStates,
} from '#collections';
import { Connection, DateTimeScalar, encodeId, MoneyType } from '../graphql/index.js';
import { Node } from '../node/node.type.js';
import { enumOf, moneyOf } from '../payments/payments.types.js';
import { SettlementType } from '../settlements/settlements.types.js';

export const DisputeStatus = enumOf(
  'DisputeStatus',
  disputeStates,
  'INQUIRY: the bank only asks, and nothing was withdrawn. LOST: the money is gone.',
);
export const DisputeNatureType = enumOf(
  'DisputeNature',
  disputeNatures,
  'DISPUTE: the buyer contests what it paid. RETURN: a bank debit came back, and the buyer still owes it.',
);
const partStates = ['OPEN', 'WON', 'LOST'] as const;
export const DisputePartStatus = enumOf('DisputePartStatus', partStates, 'How a part of a dispute ended.');
export const RefundStatus = enumOf(
  'RefundStatus',
  refundStates,
  'REQUESTED: to be sent. PENDING: on its way to the buyer.',
);

@ObjectType('DisputePart', { description: 'What of a dispute concerns which settlement.' })
export class DisputePartType {
  @Field(() => SettlementType)
  settlement: SettlementType;

  @Field(() => DisputePartStatus)
  status: DisputePart['state'];

  @Field(() => MoneyType)
  amount: MoneyType;

  @Field(() => MoneyType, { description: 'What came back of it.' })
  returned: MoneyType;

  @Field(() => MoneyType, { description: 'What of it the agency gives back when it is lost.' })
  agencyAmount: MoneyType;
}

/** Domain to API type. */
export function disputePartTypeOf(
  { state, amountMinor, returnedMinor, agencyMinor }: DisputePart,
  settlement: SettlementType,
): DisputePartType {
  const { currency } = settlement.of;
  return {
    settlement,
    status: state,
    amount: moneyOf(amountMinor, currency),
    returned: moneyOf(returnedMinor, currency),
    agencyAmount: moneyOf(agencyMinor, currency),
  };
}

@ObjectType('Dispute', {
  implements: () => [Node],
  description: "A payment that a buyer's bank takes back, or wants to.",
})
export class DisputeType extends Node {
  readonly __typename = 'Dispute' as const;

  /** What the type was made of; field resolvers load along these keys. */
  readonly of: Dispute;

  @Field(() => DisputeStatus)
  status: DisputeState;

  @Field(() => DisputeNatureType)
  nature: DisputeNature;

  @Field(() => MoneyType)
  amount: MoneyType;

  @Field(() => String, { description: "The bank's reason, such as fraudulent or product_not_received." })
  reason: string;

  @Field(() => DateTimeScalar)
  openedAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Until when evidence is taken.' })
  evidenceDueAt: Date | null;

  @Field(() => DateTimeScalar, { nullable: true })
  closedAt: Date | null;
}

export const DisputeConnection = Connection(() => DisputeType, 'Dispute');

/** Domain to API type. */
export function disputeTypeOf(dispute: Dispute): DisputeType {
  return {
    __typename: 'Dispute',
    of: dispute,
    id: encodeId('dsp', dispute.id),
    status: dispute.state,
    nature: dispute.nature,
    amount: moneyOf(dispute.amountMinor, dispute.currency),
    reason: dispute.reason,
    openedAt: dispute.openedAt,
    evidenceDueAt: dispute.evidenceDueAt,
    closedAt: dispute.closedAt,
  };
}

@ObjectType('Refund', {
  implements: () => [Node],
  description: "A buyer's credit that is given back the way one of its payments came.",
})
export class RefundType extends Node {
  readonly __typename = 'Refund' as const;

  /** What the type was made of; field resolvers load along these keys. */
  readonly of: Refund;

  @Field(() => RefundStatus)
  status: RefundState;

  @Field(() => MoneyType)
  amount: MoneyType;

  @Field(() => String, {
    nullable: true,
    description: 'Why it failed, in a sentence; the buyer has its credit again.',
  })
  failure: string | null;

  @Field(() => DateTimeScalar)
  requestedAt: Date;

  @Field(() => DateTimeScalar, { nullable: true })
  finishedAt: Date | null;
}

export const RefundConnection = Connection(() => RefundType, 'Refund');

/** Refunds fail in other ways than payments, with codes of their own. */
const refundFailures: ReadonlyMap<string, string> = new Map([
  ['charge_for_pending_refund_disputed', 'The buyer contests the payment at its bank.'],
  ['declined', 'The bank declined it.'],
  ['expired_or_canceled_card', 'The card has expired or was canceled.'],
  ['insufficient_funds', "There was not enough in the operator's balance at the payment provider."],
  ['lost_or_stolen_card', 'The card was reported lost or stolen.'],
  ['merchant_request', 'It was stopped at the payment provider.'],
]);

/** Domain to API type. */
export function refundTypeOf(refund: Refund): RefundType {
  const { failureCode, state } = refund;
  const words = refundFailures.get(failureCode ?? '') ?? 'The refund failed.';
  return {
    __typename: 'Refund',
    of: refund,
    id: encodeId('rfd', refund.id),
    status: state,
    amount: moneyOf(refund.amountMinor, refund.currency),
    failure: state === 'FAILED' ? words : null,
    requestedAt: refund.requestedAt,
    finishedAt: refund.finishedAt,
  };
}
