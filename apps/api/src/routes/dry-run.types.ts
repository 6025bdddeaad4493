import { ArgsType, Field, ID, Int, ObjectType } from '@nestjs/graphql';
import { Type } from 'class-transformer';
import { Allow, IsOptional, IsString, ValidateNested } from 'class-validator';
import { mostRedecided } from '#leads';
import { DateTimeScalar, MoneyType, type UserError, UserError as UserErrorType } from '../graphql/index.js';
import { ValidatedByHand } from '../validation/index.js';
import { RouteInput, RoutingDecisionType } from './routes.types.js';

@ValidatedByHand()
@ArgsType()
export class DryRunRouteArgs {
  @ValidateNested()
  @Type(() => RouteInput)
  @Field(() => RouteInput, {
    description: 'As defineRoute takes it. One of the name of a route is tried in its place.',
  })
  route: RouteInput;

  @Allow()
  @Field(() => Int, {
    nullable: true,
    description: `So many leads, the newest ones: 1 to ${mostRedecided}, 50 when left out.`,
  })
  last?: number | null;

  @IsOptional()
  @IsString()
  @Field(() => ID, { nullable: true, description: 'Only on leads that came before this one.' })
  before?: string | null;
}

@ObjectType('DryRunCount', { description: 'What became of leads, one way or the other.' })
export class DryRunCountType {
  @Field(() => Int, { description: 'Leads that are sold, to one buyer or more.' })
  sold: number;

  @Field(() => Int, {
    description: 'Leads that are offered: who takes them, and for how much, a dry run cannot tell.',
  })
  offered: number;

  @Field(() => Int)
  unsold: number;

  @Field(() => [MoneyType], { description: 'What buyers are charged for the sales, by currency.' })
  amounts: readonly MoneyType[];
}

@ObjectType('DryRunSales')
export class DryRunSalesType {
  @Field(() => Int)
  leads: number;

  @Field(() => [MoneyType], { description: 'By currency; none without leads.' })
  amounts: readonly MoneyType[];
}

@ObjectType('DryRunContract', {
  description: 'What is sold under one contract, as it was and as it would be.',
})
export class DryRunContractType {
  readonly of: string;

  @Field(() => DryRunSalesType)
  before: DryRunSalesType;

  @Field(() => DryRunSalesType)
  after: DryRunSalesType;
}

@ObjectType('DryRunDecision', { description: 'The last decision on a lead, as it was and as it would be.' })
export class DryRunDecisionType {
  @Field(() => ID)
  leadId: string;

  @Field(() => DateTimeScalar)
  decidedAt: Date;

  @Field(() => Boolean, { description: 'It goes to other contracts, or at other prices.' })
  isChanged: boolean;

  @Field(() => RoutingDecisionType)
  before: RoutingDecisionType;

  @Field(() => RoutingDecisionType, {
    description: 'What would be: nothing is sold, whatever the outcome is called.',
  })
  after: RoutingDecisionType;
}

@ObjectType('RouteDryRun', {
  description:
    'What a route would have made of the last leads of its vertical that named no contract. Nothing was written.',
})
export class RouteDryRunType {
  @Field(() => DryRunCountType)
  before: DryRunCountType;

  @Field(() => DryRunCountType)
  after: DryRunCountType;

  @Field(() => Int, { description: 'Leads that go to other contracts, or at other prices.' })
  changed: number;

  @Field(() => Int, { description: 'Leads that were left as they were: the person was erased since.' })
  unreadable: number;

  @Field(() => [DryRunContractType], {
    description: 'Contracts that something is sold under, one way or the other.',
  })
  contracts: readonly DryRunContractType[];

  @Field(() => [DryRunDecisionType], { description: 'The newest one first.' })
  decisions: readonly DryRunDecisionType[];

  @Field(() => [UserErrorType], { description: 'What is wrong with the route; then nothing was tried.' })
  userErrors: readonly UserError[];
}
