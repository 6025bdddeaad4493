import { ArgsType, Field, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { Type } from 'class-transformer';
import { Allow, IsOptional, IsString, ValidateNested } from 'class-validator';
import { ContractType } from '../contracts/contracts.types.js';
import { DateTimeScalar, PageArgs, type UserError, UserError as UserErrorType } from '../graphql/index.js';
import { LeadType } from '../leads/leads.types.js';
import { ValidatedByHand } from '../validation/index.js';
import { BuyingRulesInput, RouteInput, RouteType } from './routes.types.js';

@ArgsType()
export class RoutesArgs extends PageArgs {
  @IsOptional()
  @IsString()
  @Field(() => String, { nullable: true })
  vertical?: string | null;
}

@ValidatedByHand()
@InputType({ description: 'Checked as a whole, with a reason per field.' })
export class DefineRouteInput {
  @ValidateNested()
  @Type(() => RouteInput)
  @Field(() => RouteInput)
  route: RouteInput;

  @Allow()
  @Field(() => Boolean, {
    nullable: true,
    description: 'Left out: yes for the first route of a vertical, else as it is.',
  })
  isDefault?: boolean | null;

  @Allow()
  @Field(() => Int, { nullable: true, description: 'Needed to change a route, and left out to make one.' })
  expectedVersion?: number | null;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType()
export class RemoveRouteInput {
  @Allow()
  @Field(() => ID)
  routeId: string;

  @Allow()
  @Field(() => Int, { nullable: true })
  expectedVersion?: number | null;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@ValidatedByHand()
@InputType({ description: 'Checked as a whole, with a reason per field.' })
export class SetBuyingRulesInput {
  @Allow()
  @Field(() => ID)
  contractId: string;

  @ValidateNested()
  @Type(() => BuyingRulesInput)
  @Field(() => BuyingRulesInput)
  rules: BuyingRulesInput;

  @Allow()
  @Field(() => Int, { nullable: true, description: 'The version that you have read.' })
  expectedVersion?: number | null;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType()
export class PauseBuyingInput {
  @Allow()
  @Field(() => ID)
  contractId: string;

  @Allow()
  @Field(() => DateTimeScalar, { nullable: true, description: 'Left out: until it is resumed.' })
  until?: Date | null;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType()
export class ResumeBuyingInput {
  @Allow()
  @Field(() => ID)
  contractId: string;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType()
export class RouteLeadInput {
  @Allow()
  @Field(() => ID)
  leadId: string;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@ObjectType({ isAbstract: true })
abstract class ReplayablePayload {
  @Field(() => Boolean, { description: 'The same act was done before under this key; nothing happened now.' })
  replayed: boolean;

  @Field(() => [UserErrorType])
  userErrors: readonly UserError[];
}

@ObjectType()
export class DefineRoutePayload extends ReplayablePayload {
  @Field(() => RouteType, { nullable: true })
  route: RouteType | null;
}

@ObjectType()
export class RemoveRoutePayload extends ReplayablePayload {
  @Field(() => ID, { nullable: true })
  removedRouteId: string | null;
}

@ObjectType({ isAbstract: true })
export abstract class BuyingPayload extends ReplayablePayload {
  @Field(() => ContractType, { nullable: true })
  contract: ContractType | null;
}

@ObjectType()
export class RouteLeadPayload extends ReplayablePayload {
  @Field(() => LeadType, { nullable: true })
  lead: LeadType | null;
}

@ObjectType()
export class SetBuyingRulesPayload extends BuyingPayload {}

@ObjectType()
export class PauseBuyingPayload extends BuyingPayload {}

@ObjectType()
export class ResumeBuyingPayload extends BuyingPayload {}
