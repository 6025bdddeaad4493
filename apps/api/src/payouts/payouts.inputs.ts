import { ArgsType, Field, ID, InputType, ObjectType } from '@nestjs/graphql';
import { Type } from 'class-transformer';
import { Allow, ValidateNested } from 'class-validator';
import type { PayoutState } from '#payouts';
import { MoneyInput, PageArgs, type UserError, UserError as UserErrorType } from '../graphql/index.js';
import { FinanceRequestPayload } from '../payments/finance-requests.types.js';
import { PaymentAccountType, PayoutStatus } from './payouts.types.js';

@ArgsType()
export class PayoutsArgs extends PageArgs {
  @Allow()
  @Field(() => PayoutStatus, { nullable: true })
  status?: PayoutState | null;

  @Allow()
  @Field(() => ID, { nullable: true })
  agencyId?: string | null;
}

@InputType()
export class BeginOnboardingInput {
  @Allow()
  @Field(() => String, { description: 'Where the payment provider writes to the agency.' })
  email: string;

  @Allow()
  @Field(() => String, { description: "Where the agency's bank is: two letters, such as US or DE." })
  country: string;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType()
export class RefreshPaymentAccountInput {
  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType()
export class RequestHoldOverrideInput {
  @Allow()
  @Field(() => ID)
  settlementId: string;

  @Allow()
  @Field(() => String, { description: 'For who decides: up to 2,000 characters.' })
  reason: string;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType()
export class RequestClawbackWriteOffInput {
  @Allow()
  @Field(() => ID)
  agencyId: string;

  @ValidateNested()
  @Type(() => MoneyInput)
  @Field(() => MoneyInput, { description: 'At most what the agency owes.' })
  amount: MoneyInput;

  @Allow()
  @Field(() => String, { description: 'For who decides: up to 2,000 characters.' })
  reason: string;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@ObjectType()
export class BeginOnboardingPayload {
  @Field(() => PaymentAccountType, { nullable: true })
  account: PaymentAccountType | null;

  @Field(() => String, {
    nullable: true,
    description: 'A page of the payment provider, for one visit within minutes. Ask again for another one.',
  })
  url: string | null;

  @Field(() => Boolean, { description: 'The same call was made before; only the page is new.' })
  replayed: boolean;

  @Field(() => [UserErrorType])
  userErrors: readonly UserError[];
}

@ObjectType()
export class RefreshPaymentAccountPayload {
  @Field(() => PaymentAccountType, { nullable: true })
  account: PaymentAccountType | null;

  @Field(() => Boolean, { description: 'The same call was made before; nothing happened now.' })
  replayed: boolean;

  @Field(() => [UserErrorType])
  userErrors: readonly UserError[];
}

@ObjectType()
export class RequestHoldOverridePayload extends FinanceRequestPayload {}

@ObjectType()
export class RequestClawbackWriteOffPayload extends FinanceRequestPayload {}
