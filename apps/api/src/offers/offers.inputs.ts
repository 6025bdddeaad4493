import { Field, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { Allow } from 'class-validator';
import { maxPingOverlapHours } from '#offers';
import { ContractType } from '../contracts/contracts.types.js';
import { type UserError, UserError as UserErrorType } from '../graphql/index.js';
import { LeadType } from '../leads/leads.types.js';
import { LeadPingType, SamplePingType } from './offers.types.js';

@InputType({ isAbstract: true })
abstract class PingAddressInput {
  @Allow()
  @Field(() => ID)
  contractId: string;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType()
export class SetPingAddressInput extends PingAddressInput {
  @Allow()
  @Field(() => String, { description: 'An https:// URL that answers within half a second.' })
  url: string;

  @Allow()
  @Field(() => Int, { nullable: true, description: 'The version that you have read, to change an address.' })
  expectedVersion?: number | null;
}

@InputType()
export class RemovePingAddressInput extends PingAddressInput {}

@InputType()
export class RotatePingSecretInput extends PingAddressInput {
  @Allow()
  @Field(() => Int, {
    nullable: true,
    description: `How long the old secret signs as well, 0 to ${maxPingOverlapHours}; 24 when left out.`,
  })
  overlapHours?: number | null;
}

@InputType()
export class SendSamplePingInput extends PingAddressInput {}

@InputType()
export class ClaimLeadInput {
  @Allow()
  @Field(() => ID)
  offerId: string;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@ObjectType({ isAbstract: true })
abstract class ReplayablePayload {
  @Field(() => Boolean, { description: 'The same act was done before; nothing happened now.' })
  replayed: boolean;

  @Field(() => [UserErrorType])
  userErrors: readonly UserError[];
}

@ObjectType({ isAbstract: true })
export abstract class PingAddressPayload extends ReplayablePayload {
  @Field(() => ContractType, { nullable: true })
  contract: ContractType | null;
}

@ObjectType({ isAbstract: true })
export abstract class PingSecretPayload extends PingAddressPayload {
  @Field(() => String, {
    nullable: true,
    description: 'What pings are signed with (whsec_…). Shown this once; null where none was made.',
  })
  secret: string | null;
}

@ObjectType()
export class SetPingAddressPayload extends PingSecretPayload {}

@ObjectType()
export class RotatePingSecretPayload extends PingSecretPayload {}

@ObjectType()
export class RemovePingAddressPayload extends PingAddressPayload {}

@ObjectType()
export class SendSamplePingPayload extends PingAddressPayload {
  @Field(() => SamplePingType, { nullable: true })
  answer: SamplePingType | null;
}

@ObjectType()
export class ClaimLeadPayload extends ReplayablePayload {
  @Field(() => LeadType, {
    nullable: true,
    description: 'Null when it was refused, and while it is on its way to your destination.',
  })
  lead: LeadType | null;

  @Field(() => ID, { nullable: true, description: 'Of the lead that is yours.' })
  leadId: string | null;
}

@ObjectType()
export class PingLeadPayload extends ReplayablePayload {
  @Field(() => LeadPingType, { nullable: true })
  ping: LeadPingType | null;
}
