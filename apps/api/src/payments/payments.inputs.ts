import { ArgsType, Field, ID, InputType, ObjectType } from '@nestjs/graphql';
import { Allow } from 'class-validator';
import type { OperationState } from '#payments';
import { PageArgs, type UserError, UserError as UserErrorType } from '../graphql/index.js';
import {
  PaymentControlType,
  PaymentOperationStatus,
  PaymentOperationType,
  ReconciliationType,
} from './payments.types.js';

@ArgsType()
export class PaymentOperationsArgs extends PageArgs {
  @Allow()
  @Field(() => PaymentOperationStatus, { nullable: true })
  status?: OperationState | null;

  @Allow()
  @Field(() => String, { nullable: true, description: 'Only those for this, as type:id.' })
  subject?: string | null;
}

@InputType()
export class StopPaymentsInput {
  @Allow()
  @Field(() => String, { description: 'Why: up to 2,000 characters.' })
  reason: string;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType()
export class ResumePaymentsInput {
  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType()
export class ReconcilePaymentsInput {
  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType()
export class RetryOperationInput {
  @Allow()
  @Field(() => ID)
  operationId: string;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@ObjectType({ isAbstract: true })
export abstract class PaymentControlPayload {
  @Field(() => PaymentControlType, { nullable: true })
  paymentControl: PaymentControlType | null;

  @Field(() => Boolean, { description: 'The same act was done before; nothing happened now.' })
  replayed: boolean;

  @Field(() => [UserErrorType])
  userErrors: readonly UserError[];
}

@ObjectType()
export class StopPaymentsPayload extends PaymentControlPayload {}

@ObjectType()
export class ResumePaymentsPayload extends PaymentControlPayload {}

@ObjectType()
export class RetryOperationPayload {
  @Field(() => PaymentOperationType, { nullable: true })
  operation: PaymentOperationType | null;

  @Field(() => Boolean, { description: 'The same act was done before; nothing happened now.' })
  replayed: boolean;

  @Field(() => [UserErrorType])
  userErrors: readonly UserError[];
}

@ObjectType()
export class ReconcilePaymentsPayload {
  @Field(() => ReconciliationType, { nullable: true })
  reconciliation: ReconciliationType | null;

  @Field(() => Boolean, { description: 'The same call was made before; nothing happened now.' })
  replayed: boolean;

  @Field(() => [UserErrorType])
  userErrors: readonly UserError[];
}
