import { ArgsType, Field, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { Type } from 'class-transformer';
import { Allow, IsOptional, ValidateNested } from 'class-validator';
import type { BillingTerms, DisputeState, InvoiceState, RefundState } from '#collections';
import { MoneyInput, PageArgs, type UserError, UserError as UserErrorType } from '../graphql/index.js';
import { FinanceRequestPayload } from '../payments/finance-requests.types.js';
import { BillingProfileType, BillingTermsType } from './billing-profiles.types.js';
import { DisputeStatus, RefundStatus } from './disputes.types.js';
import { CollectionType, InvoiceStatus, InvoiceType } from './invoices.types.js';

const ownBuyer = 'Left out by a buyer: itself.';

@ArgsType()
export class InvoicesArgs extends PageArgs {
  @Allow()
  @Field(() => InvoiceStatus, { nullable: true })
  status?: InvoiceState | null;

  @Allow()
  @Field(() => ID, { nullable: true })
  buyerId?: string | null;
}

@ArgsType()
export class DisputesArgs extends PageArgs {
  @Allow()
  @Field(() => DisputeStatus, { nullable: true })
  status?: DisputeState | null;

  @Allow()
  @Field(() => ID, { nullable: true })
  buyerId?: string | null;
}

@ArgsType()
export class RefundsArgs extends PageArgs {
  @Allow()
  @Field(() => RefundStatus, { nullable: true })
  status?: RefundState | null;

  @Allow()
  @Field(() => ID, { nullable: true })
  buyerId?: string | null;
}

@InputType({ description: 'How a balance fills up by itself.' })
export class BalanceRechargeInput {
  @ValidateNested()
  @Type(() => MoneyInput)
  @Field(() => MoneyInput, { description: 'Once the balance is below this …' })
  below: MoneyInput;

  @ValidateNested()
  @Type(() => MoneyInput)
  @Field(() => MoneyInput, { description: '… it is filled up by so much.' })
  amount: MoneyInput;
}

@InputType({
  description: 'What is left out stays as it is; null takes a limit, a recharge or an address away.',
})
export class SetBillingProfileInput {
  @Allow()
  @Field(() => ID, { nullable: true, description: ownBuyer })
  buyerId?: string | null;

  @Allow()
  @Field(() => BillingTermsType, { nullable: true, description: "Set by the operator's finance." })
  terms?: BillingTerms | null;

  @Allow()
  @Field(() => Int, {
    nullable: true,
    description: "Days from the invoice to its due date, 0 to 180. Set by the operator's finance.",
  })
  netTermsDays?: number | null;

  @IsOptional()
  @ValidateNested()
  @Type(() => MoneyInput)
  @Field(() => MoneyInput, {
    nullable: true,
    description: "May be zero. Set by the operator's finance.",
  })
  creditLimit?: MoneyInput | null;

  @IsOptional()
  @ValidateNested()
  @Type(() => BalanceRechargeInput)
  @Field(() => BalanceRechargeInput, { nullable: true })
  recharge?: BalanceRechargeInput | null;

  @Allow()
  @Field(() => String, { nullable: true, description: 'Where invoices are sent.' })
  billingEmail?: string | null;

  @Allow()
  @Field(() => Int, { nullable: true, description: 'The version that you have read.' })
  expectedVersion?: number | null;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType()
export class BeginPaymentSetupInput {
  @Allow()
  @Field(() => ID, { nullable: true, description: ownBuyer })
  buyerId?: string | null;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType()
export class TopUpBalanceInput {
  @Allow()
  @Field(() => ID, { nullable: true, description: ownBuyer })
  buyerId?: string | null;

  @ValidateNested()
  @Type(() => MoneyInput)
  @Field(() => MoneyInput)
  amount: MoneyInput;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType()
export class CollectInvoiceInput {
  @Allow()
  @Field(() => ID)
  invoiceId: string;

  @Allow()
  @Field(() => Boolean, {
    nullable: true,
    description: 'Asks for a page on which the buyer pays, instead of charging the saved method.',
  })
  onPage?: boolean | null;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType()
export class CancelCollectionInput {
  @Allow()
  @Field(() => ID)
  collectionId: string;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType({ isAbstract: true })
export abstract class RequestInput {
  @Allow()
  @Field(() => String, { description: 'For who decides: up to 2,000 characters.' })
  reason: string;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType()
export class RequestWriteOffInput extends RequestInput {
  @Allow()
  @Field(() => ID)
  settlementId: string;
}

@InputType()
export class RecordOutOfBandPaymentInput extends RequestInput {
  @Allow()
  @Field(() => ID)
  invoiceId: string;

  @ValidateNested()
  @Type(() => MoneyInput)
  @Field(() => MoneyInput, { description: 'At most what is open.' })
  amount: MoneyInput;

  @Allow()
  @Field(() => String, {
    description: "How the payment is found in the bank's statement: up to 200 characters.",
  })
  reference: string;
}

@InputType()
export class RequestRefundInput extends RequestInput {
  @Allow()
  @Field(() => ID)
  buyerId: string;

  @Allow()
  @Field(() => ID, {
    nullable: true,
    description: 'Whose corrections the credit is for; left out: what the buyer has prepaid.',
  })
  agencyId?: string | null;

  @ValidateNested()
  @Type(() => MoneyInput)
  @Field(() => MoneyInput, { description: 'At most the free credit, and no more than one payment brought.' })
  amount: MoneyInput;
}

@InputType()
export class RequestTopUpInput extends RequestInput {
  @Allow()
  @Field(() => ID)
  buyerId: string;

  @ValidateNested()
  @Type(() => MoneyInput)
  @Field(() => MoneyInput)
  amount: MoneyInput;
}

@ObjectType({ isAbstract: true })
export abstract class BillingPayload {
  @Field(() => Boolean, { description: 'The same act was done before; nothing happened now.' })
  replayed: boolean;

  @Field(() => [UserErrorType])
  userErrors: readonly UserError[];
}

@ObjectType()
export class SetBillingProfilePayload extends BillingPayload {
  @Field(() => BillingProfileType, { nullable: true })
  billingProfile: BillingProfileType | null;
}

@ObjectType()
export class BeginPaymentSetupPayload extends BillingPayload {
  @Field(() => BillingProfileType, { nullable: true })
  billingProfile: BillingProfileType | null;

  @Field(() => String, {
    nullable: true,
    description: "For the payment provider's form in the buyer's browser, and for nobody else.",
  })
  browserSecret: string | null;

  @Field(() => String, { nullable: true, description: 'A page that does the same, where there is one.' })
  url: string | null;
}

@ObjectType()
export class TopUpBalancePayload extends BillingPayload {
  @Field(() => CollectionType, { nullable: true })
  collection: CollectionType | null;
}

@ObjectType()
export class CollectInvoicePayload extends BillingPayload {
  @Field(() => InvoiceType, { nullable: true })
  invoice: InvoiceType | null;
}

@ObjectType()
export class CancelCollectionPayload extends BillingPayload {
  @Field(() => CollectionType, { nullable: true })
  collection: CollectionType | null;
}

@ObjectType()
export class RequestWriteOffPayload extends FinanceRequestPayload {}

@ObjectType()
export class RecordOutOfBandPaymentPayload extends FinanceRequestPayload {}

@ObjectType()
export class RequestRefundPayload extends FinanceRequestPayload {}

@ObjectType()
export class RequestTopUpPayload extends FinanceRequestPayload {}
