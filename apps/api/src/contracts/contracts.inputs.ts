import { ArgsType, Field, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { Type } from 'class-transformer';
import { Allow, IsIn, IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';
import type { Schedule } from '#calendar';
import {
  type ClawbackMethod,
  type CommissionBasis,
  type CommissionTrigger,
  type ContractState,
  contractStates,
} from '#contracts';
import { MoneyInput, PageArgs, UserError } from '../graphql/index.js';
import {
  ClawbackMethodEnum,
  CommissionBasisEnum,
  CommissionTriggerEnum,
  ContractStatusEnum,
  ContractType,
  SettlementScheduleEnum,
} from './contracts.types.js';

/** Checked as a whole by the domain, which answers everything that is wrong at once; so the decorators only let pass. */
@InputType({ description: 'Terms to propose. What is left out takes the default.' })
export class ContractTermsInput {
  @ValidateNested()
  @Type(() => MoneyInput)
  @Field(() => MoneyInput, { description: 'Owed for every delivered lead; above zero.' })
  baseRate: MoneyInput;

  @Allow()
  @Field(() => CommissionBasisEnum, {
    description: "PER_LEAD: a share of the base rate. PER_DEAL: a share of each deal's amount.",
  })
  commissionBasis: CommissionBasis;

  @Allow()
  @Field(() => Int, {
    description: 'Parts per million, 0 to 1000000: 200000 is 20 %. Without effect when the basis is NONE.',
  })
  commissionRatePpm: number;

  @Allow()
  @Field(() => CommissionTriggerEnum, { description: 'CONVERTED when the basis is PER_DEAL.' })
  commissionTrigger: CommissionTrigger;

  @Allow()
  @Field(() => String, { description: 'IANA name, such as America/New_York.' })
  timeZone: string;

  @Allow()
  @Field(() => SettlementScheduleEnum, { nullable: true, defaultValue: SettlementScheduleEnum.MONTHLY })
  settlementSchedule?: Schedule | null;

  @Allow()
  @Field(() => Int, { nullable: true, description: '0 to 365; 7 when left out. 0: no returns.' })
  returnWindowDays?: number | null;

  @Allow()
  @Field(() => Int, { nullable: true, description: '0 to 3650; 90 when left out.' })
  attributionWindowDays?: number | null;

  @Allow()
  @Field(() => Int, { nullable: true, description: '0 to 365; 14 when left out.' })
  holdDays?: number | null;

  @Allow()
  @Field(() => Int, { nullable: true, description: '0 to 3650; 90 when left out.' })
  clawbackWindowDays?: number | null;

  @Allow()
  @Field(() => ClawbackMethodEnum, {
    nullable: true,
    defaultValue: ClawbackMethodEnum.NETTING,
    description:
      'How money already paid to the agency is taken back when a refund, a return or a dispute takes its ground away.',
  })
  clawbackMethod?: ClawbackMethod | null;

  @Allow()
  @Field(() => Int, { nullable: true, description: '0 to 365; 30 when left out.' })
  outcomeSlaDays?: number | null;

  @Allow()
  @Field(() => Int, {
    nullable: true,
    description:
      'Within how many seconds of taking a lead the buyer must reach the person, 30 to 2592000; no time is set when left out.',
  })
  contactSlaSeconds?: number | null;

  @Allow()
  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description:
      'A lead whose person the buyer has not reached in that time is taken from it, uncharged, and goes to the next buyer of its route.',
  })
  contactSlaReroute?: boolean | null;

  @Allow()
  @Field(() => Int, {
    nullable: true,
    description: 'Parts per million on top of each charge; 0 when left out.',
  })
  platformFeeRatePpm?: number | null;

  @Allow()
  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description: 'Deliver only leads that say what the person agreed to, and when.',
  })
  consentRequired?: boolean | null;

  @Allow()
  @Field(() => Int, {
    nullable: true,
    description:
      'For how many days a person whom the buyer had is not delivered again, 0 to 365. Left out: as the vertical says, whoever had them.',
  })
  dedupeWindowDays?: number | null;
}

@InputType()
export class ProposeContractInput {
  @IsString()
  @Field(() => ID)
  agencyId: string;

  @IsString()
  @Field(() => ID)
  buyerId: string;

  @IsString()
  @Field(() => String, { description: 'The industry, 1 to 64 characters.' })
  vertical: string;

  @ValidateNested()
  @Type(() => ContractTermsInput)
  @Field(() => ContractTermsInput)
  terms: ContractTermsInput;

  @IsString()
  @Field(() => String)
  idempotencyKey: string;
}

/** What every act on an existing contract names. */
@InputType({ isAbstract: true })
abstract class ContractActInputType {
  @IsString()
  @Field(() => ID)
  contractId: string;

  @IsOptional()
  @IsInt()
  @Field(() => Int, { nullable: true, description: 'The version of the contract object that you read.' })
  expectedVersion?: number | null;

  @IsString()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType()
export class ProposeContractVersionInput extends ContractActInputType {
  @ValidateNested()
  @Type(() => ContractTermsInput)
  @Field(() => ContractTermsInput)
  terms: ContractTermsInput;
}

@InputType()
export class AcceptContractInput extends ContractActInputType {
  @IsInt()
  @Field(() => Int, { description: 'Number of the contract version that you accept.' })
  version: number;
}

@InputType()
export class DeclineContractInput extends ContractActInputType {
  @IsInt()
  @Field(() => Int, { description: 'Number of the contract version that you decline.' })
  version: number;
}

@InputType()
export class PauseContractInput extends ContractActInputType {}

@InputType()
export class ResumeContractInput extends ContractActInputType {}

@InputType()
export class TerminateContractInput extends ContractActInputType {}

@ObjectType({ isAbstract: true })
export abstract class ContractPayload {
  @Field(() => ContractType, { nullable: true })
  contract: ContractType | null;

  @Field(() => Boolean, { description: 'The same act was done before; nothing happened now.' })
  replayed: boolean;

  @Field(() => [UserError])
  userErrors: UserError[];
}

@ObjectType()
export class ProposeContractPayload extends ContractPayload {}

@ObjectType()
export class ProposeContractVersionPayload extends ContractPayload {}

@ObjectType()
export class AcceptContractPayload extends ContractPayload {}

@ObjectType()
export class DeclineContractPayload extends ContractPayload {}

@ObjectType()
export class PauseContractPayload extends ContractPayload {}

@ObjectType()
export class ResumeContractPayload extends ContractPayload {}

@ObjectType()
export class TerminateContractPayload extends ContractPayload {}

@ArgsType()
export class ContractsArgs extends PageArgs {
  @IsOptional()
  @IsIn(contractStates)
  @Field(() => ContractStatusEnum, { nullable: true })
  status?: ContractState | null;

  @IsOptional()
  @IsString()
  @Field(() => ID, { nullable: true, description: 'Only contracts of this agency.' })
  agencyId?: string | null;

  @IsOptional()
  @IsString()
  @Field(() => ID, { nullable: true, description: 'Only contracts of this buyer.' })
  buyerId?: string | null;

  @IsOptional()
  @IsString()
  @Field(() => String, { nullable: true })
  vertical?: string | null;
}
