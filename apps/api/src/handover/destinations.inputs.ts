import { Type } from 'class-transformer';
import { ArgsType, Field, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { Allow, IsOptional, ValidateNested } from 'class-validator';
import { type MappedType, maxSecretOverlapHours } from '#handover';
import { ContractType } from '../contracts/contracts.types.js';
import { PageArgs, type UserError, UserError as UserErrorType } from '../graphql/index.js';
import { DeliveryType } from '../leads/leads.types.js';
import { DestinationType, MappedTypeEnum } from './destinations.types.js';
import { SampleLeadType } from './delivery-attempts.types.js';

@ArgsType()
export class DestinationsArgs extends PageArgs {
  @Allow()
  @Field(() => ID, {
    nullable: true,
    description: 'Of this buyer; your own organization when it is left out.',
  })
  buyerId?: string | null;
}

@InputType()
export class HeaderInput {
  @Allow()
  @Field(() => String, { description: 'Such as authorization.' })
  header: string;

  @Allow()
  @Field(() => String, {
    nullable: true,
    description: 'Not shown again. Left out in a change, the header keeps its value.',
  })
  value?: string | null;
}

@InputType({ description: 'One field of the body.' })
export class MappedFieldInput {
  @Allow()
  @Field(() => String, { description: 'Where it stands: person.email is email in the object person.' })
  path: string;

  @Allow()
  @Field(() => String, {
    description:
      'Fixed text, or with fields of the lead: "{{contact.givenName}}". docs/delivery.md lists them.',
  })
  value: string;

  @Allow()
  @Field(() => MappedTypeEnum, { defaultValue: MappedTypeEnum.TEXT })
  type: MappedType;
}

@InputType({
  description: 'How the JSON of an answer is read. Any 2xx takes the lead unless it says otherwise.',
})
export class AnswerRulesInput {
  @Allow()
  @Field(() => String, { nullable: true, description: '"status" when left out.' })
  verdictPath?: string | null;

  @Allow()
  @Field(() => String, { nullable: true, description: '"reason" when left out.' })
  reasonPath?: string | null;

  @Allow()
  @Field(() => [String], { nullable: true, description: '["rejected"] when left out.' })
  rejected?: string[] | null;

  @Allow()
  @Field(() => [String], { nullable: true, description: '["duplicate"] when left out.' })
  duplicate?: string[] | null;
}

@InputType()
export class WebhookTargetInput {
  @Allow()
  @Field(() => String, { description: 'https, on the public internet, without a user name.' })
  url: string;

  @IsOptional()
  @ValidateNested({ each: true })
  @Type(() => HeaderInput)
  @Field(() => [HeaderInput], { nullable: true, description: 'Headers of your own, at most 20.' })
  headers?: HeaderInput[] | null;

  @IsOptional()
  @ValidateNested({ each: true })
  @Type(() => MappedFieldInput)
  @Field(() => [MappedFieldInput], {
    nullable: true,
    description: 'The body, field by field; the standard body when left out.',
  })
  fields?: MappedFieldInput[] | null;

  @IsOptional()
  @ValidateNested()
  @Type(() => AnswerRulesInput)
  @Field(() => AnswerRulesInput, { nullable: true })
  answer?: AnswerRulesInput | null;
}

@InputType()
export class EmailTargetInput {
  @Allow()
  @Field(() => String)
  address: string;

  @Allow()
  @Field(() => String, { nullable: true, description: 'A template; a standard one when left out.' })
  subject?: string | null;

  @Allow()
  @Field(() => String, { nullable: true, description: 'A template; a standard one when left out.' })
  text?: string | null;
}

@InputType({ isOneOf: true, description: 'Where to: exactly one of these.' })
export class DestinationTargetInput {
  @IsOptional()
  @ValidateNested()
  @Type(() => WebhookTargetInput)
  @Field(() => WebhookTargetInput, { nullable: true })
  webhook?: WebhookTargetInput;

  @IsOptional()
  @ValidateNested()
  @Type(() => EmailTargetInput)
  @Field(() => EmailTargetInput, { nullable: true })
  email?: EmailTargetInput;
}

@InputType()
export class CreateDestinationInput {
  @Allow()
  @Field(() => String, { description: 'What it is for: 1 to 200 characters.' })
  name: string;

  @ValidateNested()
  @Type(() => DestinationTargetInput)
  @Field(() => DestinationTargetInput)
  target: DestinationTargetInput;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType({ isAbstract: true })
abstract class DestinationActInput {
  @Allow()
  @Field(() => ID)
  destinationId: string;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType()
export class UpdateDestinationInput extends DestinationActInput {
  @Allow()
  @Field(() => String, { nullable: true })
  name?: string | null;

  @IsOptional()
  @ValidateNested()
  @Type(() => DestinationTargetInput)
  @Field(() => DestinationTargetInput, {
    nullable: true,
    description:
      'As a whole. What becomes a webhook is signed with a secret that rotateDestinationSecret shows.',
  })
  target?: DestinationTargetInput | null;

  @Allow()
  @Field(() => Int, {
    nullable: true,
    description: 'Refused when the destination has another version by now.',
  })
  expectedVersion?: number | null;
}

@InputType()
export class EnableDestinationInput extends DestinationActInput {}

@InputType()
export class DisableDestinationInput extends DestinationActInput {}

@InputType()
export class DeleteDestinationInput extends DestinationActInput {}

@InputType()
export class RotateDestinationSecretInput extends DestinationActInput {
  @Allow()
  @Field(() => Int, {
    defaultValue: 24,
    description: `For how many hours leads are signed with the old secret as well, 0 to ${maxSecretOverlapHours}.`,
  })
  overlapHours: number;
}

@InputType()
export class SendSampleLeadInput extends DestinationActInput {
  @Allow()
  @Field(() => String, {
    nullable: true,
    description: 'Whose attributes the sample has; of the first contract whose leads go there when left out.',
  })
  vertical?: string | null;
}

@InputType()
export class SetDefaultDestinationInput {
  @Allow()
  @Field(() => ID, { nullable: true, description: 'Null: leads are fetched through the API.' })
  destinationId?: string | null;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType()
export class SetContractDestinationInput {
  @Allow()
  @Field(() => ID)
  contractId: string;

  @Allow()
  @Field(() => ID, { nullable: true, description: 'Null: they go where your other leads go.' })
  destinationId?: string | null;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType()
export class ResendDeliveryInput {
  @Allow()
  @Field(() => ID)
  deliveryId: string;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@ObjectType({ isAbstract: true })
abstract class HandoverPayload {
  @Field(() => Boolean, { description: 'The same act was done before; nothing happened now.' })
  replayed: boolean;

  @Field(() => [UserErrorType])
  userErrors: readonly UserError[];
}

@ObjectType({ isAbstract: true })
export abstract class DestinationPayload extends HandoverPayload {
  @Field(() => DestinationType, { nullable: true })
  destination: DestinationType | null;
}

@ObjectType({ isAbstract: true })
abstract class DestinationSecretPayload extends DestinationPayload {
  @Field(() => String, {
    nullable: true,
    description: 'What leads are signed with (whsec_…). Shown this once; null in a replay and for e-mail.',
  })
  secret: string | null;
}

@ObjectType()
export class CreateDestinationPayload extends DestinationSecretPayload {}

@ObjectType()
export class RotateDestinationSecretPayload extends DestinationSecretPayload {}

@ObjectType()
export class UpdateDestinationPayload extends DestinationPayload {}

@ObjectType()
export class EnableDestinationPayload extends DestinationPayload {}

@ObjectType()
export class DisableDestinationPayload extends DestinationPayload {}

@ObjectType()
export class DeleteDestinationPayload extends DestinationPayload {}

@ObjectType()
export class SetDefaultDestinationPayload extends DestinationPayload {}

@ObjectType()
export class SetContractDestinationPayload extends DestinationPayload {
  @Field(() => ContractType, { nullable: true })
  contract: ContractType | null;
}

@ObjectType()
export class SendSampleLeadPayload extends HandoverPayload {
  @Field(() => SampleLeadType, { nullable: true })
  sample: SampleLeadType | null;
}

@ObjectType()
export class ResendDeliveryPayload extends HandoverPayload {
  @Field(() => DeliveryType, { nullable: true })
  delivery: DeliveryType | null;
}
