import { ArgsType, Field, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { Allow } from 'class-validator';
import type { SettlementState } from '#settlements';
import { DateScalar, PageArgs, type UserError, UserError as UserErrorType } from '../graphql/index.js';
import { SettlementStatus, SettlementType } from './settlements.types.js';

@ArgsType()
export class SettlementsArgs extends PageArgs {
  @Allow()
  @Field(() => SettlementStatus, { nullable: true })
  status?: SettlementState | null;

  @Allow()
  @Field(() => ID, { nullable: true })
  agencyId?: string | null;

  @Allow()
  @Field(() => ID, { nullable: true })
  buyerId?: string | null;

  @Allow()
  @Field(() => DateScalar, { nullable: true, description: 'Only those whose period begins on this day.' })
  periodStart?: string | null;
}

@InputType()
export class PrepareSettlementsInput {
  @Allow()
  @Field(() => DateScalar)
  periodStart: string;

  @Allow()
  @Field(() => DateScalar, { description: 'The first day after the period.' })
  periodEnd: string;

  @Allow()
  @Field(() => ID, { nullable: true, description: 'Only settlements of this agency.' })
  agencyId?: string | null;

  @Allow()
  @Field(() => ID, { nullable: true, description: 'Only settlements of this buyer.' })
  buyerId?: string | null;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType({ isAbstract: true })
export abstract class SettlementActInput {
  @Allow()
  @Field(() => ID)
  settlementId: string;

  @Allow()
  @Field(() => Int, { nullable: true, description: 'The version that you have read.' })
  expectedVersion?: number | null;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType({ isAbstract: true })
export abstract class SettlementNotedInput extends SettlementActInput {
  @Allow()
  @Field(() => String, { description: 'Why, for the history: up to 2,000 characters.' })
  note: string;
}

@InputType()
export class SubmitSettlementInput extends SettlementActInput {}

@InputType()
export class ApproveSettlementInput extends SettlementActInput {}

@InputType()
export class RejectSettlementInput extends SettlementNotedInput {}

@InputType()
export class VoidSettlementInput extends SettlementNotedInput {}

@ObjectType()
export class PrepareSettlementsPayload {
  @Field(() => [SettlementType], {
    description: 'Those of the period that are closed, by this call or before; at most 500 of each.',
  })
  settlements: readonly SettlementType[];

  @Field(() => Int, {
    description: 'How many still gather: one call closes at most 500. Call again with another key.',
  })
  remaining: number;

  @Field(() => Boolean, { description: 'The same call was made before; nothing happened now.' })
  replayed: boolean;

  @Field(() => [UserErrorType])
  userErrors: readonly UserError[];
}

@ObjectType({ isAbstract: true })
export abstract class SettlementPayload {
  @Field(() => SettlementType, { nullable: true })
  settlement: SettlementType | null;

  @Field(() => Boolean, { description: 'The same act was done before; nothing happened now.' })
  replayed: boolean;

  @Field(() => [UserErrorType])
  userErrors: readonly UserError[];
}

@ObjectType()
export class SubmitSettlementPayload extends SettlementPayload {}

@ObjectType()
export class ApproveSettlementPayload extends SettlementPayload {}

@ObjectType()
export class RejectSettlementPayload extends SettlementPayload {}

@ObjectType()
export class VoidSettlementPayload extends SettlementPayload {
  @Field(() => SettlementType, {
    nullable: true,
    description: 'The revision that follows, with the same charges.',
  })
  successor: SettlementType | null;
}
