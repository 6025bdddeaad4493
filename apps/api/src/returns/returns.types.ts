import { ArgsType, Field, ID, InputType, ObjectType, registerEnumType } from '@nestjs/graphql';
import { Allow } from 'class-validator';
import {
  type Return,
  type ReturnDecision,
  type ReturnReason,
  returnReasons,
  type ReturnState,
  returnStates,
} from '#returns';
import { ChargeType } from '../deals/charges.types.js';
import {
  Connection,
  DateTimeScalar,
  encodeId,
  PageArgs,
  type UserError,
  UserError as UserErrorType,
} from '../graphql/index.js';
import { Node } from '../node/node.type.js';

export const ReturnReasonType = Object.fromEntries(returnReasons.map((value) => [value, value])) as Record<
  ReturnReason,
  ReturnReason
>;
registerEnumType(ReturnReasonType, {
  name: 'ReturnReason',
  description: 'What is wrong with the lead. A return is for a defect, never because the lead did not buy.',
});

export const ReturnStatus = Object.fromEntries(returnStates.map((value) => [value, value])) as Record<
  ReturnState,
  ReturnState
>;
registerEnumType(ReturnStatus, {
  name: 'ReturnStatus',
  description: 'Where a return is on its way. AUTO_APPROVED: nobody decided in time.',
});

export const ReturnDecisionType = { APPROVE: 'APPROVE', DENY: 'DENY' } as const;
registerEnumType(ReturnDecisionType, { name: 'ReturnDecision', description: 'The answer to a return.' });

@ObjectType('Return', {
  implements: () => [Node],
  description: 'A lead that the buyer gives back for credit.',
})
export class ReturnType extends Node {
  readonly __typename = 'Return' as const;

  /** What the type was made of; field resolvers load along these keys. */
  readonly of: Return;

  @Field(() => ReturnStatus)
  status: ReturnState;

  @Field(() => ReturnReasonType)
  reason: ReturnReason;

  @Field(() => String, { nullable: true })
  note: string | null;

  @Field(() => DateTimeScalar)
  requestedAt: Date;

  @Field(() => DateTimeScalar, { description: 'Undecided by then, it is approved.' })
  decideBy: Date;

  @Field(() => DateTimeScalar, { nullable: true })
  decidedAt: Date | null;

  @Field(() => String, { nullable: true, description: 'Why it was decided so.' })
  decisionNote: string | null;
}

export const ReturnConnection = Connection(() => ReturnType, 'Return');

@ArgsType()
export class ReturnsArgs extends PageArgs {
  @Allow()
  @Field(() => ReturnStatus, { nullable: true })
  status?: ReturnState | null;
}

@InputType()
export class RequestReturnInput {
  @Allow()
  @Field(() => ID)
  leadId: string;

  @Allow()
  @Field(() => ReturnReasonType)
  reason: ReturnReason;

  @Allow()
  @Field(() => String, { nullable: true, description: 'Up to 2,000 characters; required for OTHER.' })
  note?: string | null;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType()
export class DecideReturnInput {
  @Allow()
  @Field(() => ID)
  returnId: string;

  @Allow()
  @Field(() => ReturnDecisionType)
  decision: ReturnDecision;

  @Allow()
  @Field(() => String, { nullable: true, description: 'Up to 2,000 characters; required for DENY.' })
  note?: string | null;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@ObjectType()
export class RequestReturnPayload {
  @Field(() => ReturnType, { nullable: true })
  return: ReturnType | null;

  @Field(() => Boolean, { description: 'The same was requested before; nothing happened now.' })
  replayed: boolean;

  @Field(() => [UserErrorType])
  userErrors: readonly UserError[];
}

@ObjectType()
export class DecideReturnPayload {
  @Field(() => ReturnType, { nullable: true })
  return: ReturnType | null;

  @Field(() => [ChargeType], { description: 'What was credited because of it.' })
  charges: readonly ChargeType[];

  @Field(() => Boolean, { description: 'The same was decided before; nothing happened now.' })
  replayed: boolean;

  @Field(() => [UserErrorType])
  userErrors: readonly UserError[];
}

/** Domain to API type. */
export function returnTypeOf(found: Return): ReturnType {
  return {
    __typename: 'Return',
    of: found,
    id: encodeId('ret', found.id),
    status: found.state,
    reason: found.reason,
    note: found.note,
    requestedAt: found.requestedAt,
    decideBy: found.decideBy,
    decidedAt: found.decidedAt,
    decisionNote: found.decisionNote,
  };
}
