import { ArgsType, Field, ID, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { IsBoolean, IsOptional, IsString } from 'class-validator';
import {
  type Delivery,
  type DeliveryState,
  deliveryStates,
  type Lead,
  type LeadState,
  leadStates,
  type OutcomeStage,
  outcomeStages,
  type QuarantineReason,
  quarantineReasons,
} from '#leads';
import {
  Connection,
  DateTimeScalar,
  encodeId,
  MoneyInput,
  MoneyType,
  PageArgs,
  type UserError,
  UserError as UserErrorType,
} from '../graphql/index.js';
import { Node } from '../node/node.type.js';
import { ValidatedByHand } from '../validation/index.js';

function enumOf<T extends string>(name: string, values: readonly T[], description: string): Record<T, T> {
  const members = Object.fromEntries(values.map((value) => [value, value])) as Record<T, T>;
  registerEnumType(members, { name, description });
  return members;
}

export const LeadStatus = enumOf(
  'LeadStatus',
  leadStates,
  'Where a lead is on its way. SOLD: a buyer has it.',
);
export const QuarantineReasonType = enumOf(
  'QuarantineReason',
  quarantineReasons,
  'Why a lead that breaks no rule waits for somebody to look at it.',
);
export const DeliveryStatus = enumOf('DeliveryStatus', deliveryStates, 'Where a delivery is on its way.');
export const OutcomeStageType = enumOf('OutcomeStage', outcomeStages, 'What became of a delivered lead.');

@ObjectType({ description: 'The person. Null without the permission leads:contact, and of an erased one.' })
export class Contact {
  @Field(() => String, { nullable: true })
  email: string | null;

  @Field(() => String, { nullable: true })
  phone: string | null;

  @Field(() => String, { nullable: true })
  givenName: string | null;

  @Field(() => String, { nullable: true })
  familyName: string | null;

  @Field(() => String, { nullable: true })
  postalCode: string | null;

  @Field(() => String, { nullable: true, description: 'ISO 3166-1 alpha-2.' })
  country: string | null;
}

@ObjectType('Attribute')
export class AttributeType {
  @Field(() => String)
  key: string;

  @Field(() => String)
  value: string;
}

@ObjectType('LeadSource', { description: 'Where the agency got the lead, and what it paid for it.' })
export class LeadSourceType {
  @Field(() => String, { nullable: true })
  channel: string | null;

  @Field(() => String, { nullable: true })
  campaign: string | null;

  @Field(() => String, { nullable: true })
  subId: string | null;

  @Field(() => MoneyType, {
    nullable: true,
    description: "The agency's own cost; shown to the agency alone.",
  })
  cost: MoneyType | null;
}

@ObjectType('Consent', {
  description: 'Proof that the person asked. Null without the permission leads:contact.',
})
export class ConsentType {
  @Field(() => String, { nullable: true })
  text: string | null;

  @Field(() => DateTimeScalar, { nullable: true })
  capturedAt: Date | null;

  @Field(() => String, { nullable: true })
  ip: string | null;

  @Field(() => String, { nullable: true })
  certificateUrl: string | null;
}

@ObjectType('Lead', { implements: () => [Node], description: "A person's request, submitted by an agency." })
export class LeadType extends Node {
  readonly __typename = 'Lead' as const;

  /** What the type was made of; field resolvers load along these keys. */
  readonly of: Lead;

  @Field(() => String, { description: "The agency's own name for it." })
  externalId: string;

  @Field(() => String)
  vertical: string;

  @Field(() => LeadStatus)
  status: LeadState;

  @Field(() => QuarantineReasonType, {
    nullable: true,
    description: 'Why it is QUARANTINED, or was until somebody decided.',
  })
  quarantineReason: QuarantineReason | null;

  @Field(() => Boolean, { description: 'A test lead touches no money, caps or metrics.' })
  test: boolean;

  @Field(() => [AttributeType], {
    description:
      'Those about the person, and those that no schema names, only with the permission leads:contact.',
  })
  attributes: readonly AttributeType[];

  @Field(() => Int, { nullable: true, description: "The agency's own score, 0 to 100." })
  score: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'The version of the vertical’s lead schema that it was checked by; null when there was none.',
  })
  schemaVersion: number | null;

  @Field(() => DateTimeScalar)
  receivedAt: Date;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When the person was erased; the books are whole.',
  })
  erasedAt: Date | null;
}

@ObjectType('Delivery', { implements: () => [Node], description: 'One lead given to one buyer.' })
export class DeliveryType extends Node {
  readonly __typename = 'Delivery' as const;

  readonly of: Delivery;

  @Field(() => DeliveryStatus)
  status: DeliveryState;

  @Field(() => OutcomeStageType, { description: 'What the buyer last said became of the lead.' })
  stage: OutcomeStage;

  @Field(() => Int, { description: 'The contract version in force then; it prices the lead forever.' })
  contractVersion: number;

  @Field(() => DateTimeScalar, { description: 'When the buyer took it; until then, when it was offered.' })
  deliveredAt: Date;

  @Field(() => DateTimeScalar, { nullable: true })
  qualifiedAt: Date | null;

  @Field(() => DateTimeScalar, { nullable: true })
  returnedAt: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description:
      'When it was taken from its buyer, who had not reached the person in the time of the contract; null when it was given back.',
  })
  reroutedAt: Date | null;
}

export const DeliveryConnection = Connection(() => DeliveryType, 'Delivery');
export const LeadConnection = Connection(() => LeadType, 'Lead');

@InputType()
export class ContactInput {
  @Field(() => String, { nullable: true })
  email?: string | null;

  @Field(() => String, { nullable: true })
  phone?: string | null;

  @Field(() => String, { nullable: true })
  givenName?: string | null;

  @Field(() => String, { nullable: true })
  familyName?: string | null;

  @Field(() => String, { nullable: true })
  postalCode?: string | null;

  @Field(() => String, { nullable: true, description: 'ISO 3166-1 alpha-2, such as "US".' })
  country?: string | null;
}

@InputType()
export class AttributeInput {
  @Field(() => String)
  key: string;

  @Field(() => String)
  value: string;
}

@InputType()
export class LeadSourceInput {
  @Field(() => String, { nullable: true })
  channel?: string | null;

  @Field(() => String, { nullable: true })
  campaign?: string | null;

  @Field(() => String, { nullable: true })
  subId?: string | null;

  @Field(() => MoneyInput, { nullable: true })
  cost?: MoneyInput | null;
}

@InputType()
export class ConsentInput {
  @Field(() => String, { nullable: true })
  text?: string | null;

  @Field(() => DateTimeScalar, { nullable: true })
  capturedAt?: Date | null;

  @Field(() => String, { nullable: true })
  ip?: string | null;

  @Field(() => String, { nullable: true })
  certificateUrl?: string | null;
}

@InputType({ isAbstract: true })
abstract class LeadInput {
  @Field(() => String, { description: 'Your own name for the lead; sent again it gives the first answer.' })
  externalId: string;

  @Field(() => String)
  vertical: string;

  @Field(() => ID, { nullable: true, description: 'Needed only when several of your contracts match.' })
  contractId?: string | null;

  @Field(() => Boolean, { nullable: true, defaultValue: false })
  test?: boolean | null;

  @Field(() => ContactInput)
  contact: ContactInput;

  @Field(() => [AttributeInput], { nullable: true, defaultValue: [] })
  attributes?: readonly AttributeInput[] | null;

  @Field(() => LeadSourceInput, { nullable: true })
  source?: LeadSourceInput | null;

  @Field(() => ConsentInput, { nullable: true })
  consent?: ConsentInput | null;

  @Field(() => Int, { nullable: true, description: 'Your own score, 0 to 100.' })
  score?: number | null;
}

@ValidatedByHand()
@InputType({
  description:
    'A lead without its person: of contact only country and postalCode, of consent no ip and no certificateUrl.',
})
export class PingLeadInput extends LeadInput {}

@ValidatedByHand()
@InputType({ description: 'Checked as a whole, with a reason per field.' })
export class SubmitLeadInput extends LeadInput {
  @Field(() => ID, {
    nullable: true,
    description:
      'The ping that it was asked for by: its bids count while they live, and each is for one lead.',
  })
  pingId?: string | null;
}

@ValidatedByHand()
@InputType()
export class SubmitLeadsInput {
  @Field(() => [SubmitLeadInput], { description: 'At most 500.' })
  leads: readonly SubmitLeadInput[];
}

@ObjectType()
export class SubmitLeadPayload {
  @Field(() => LeadType, { nullable: true })
  lead: LeadType | null;

  @Field(() => Boolean, { description: 'The same submission was taken before; nothing happened now.' })
  replayed: boolean;

  @Field(() => [UserErrorType])
  userErrors: readonly UserError[];
}

@ObjectType()
export class SubmitLeadsPayload {
  @Field(() => [SubmitLeadPayload], { description: 'In the order of the input, each on its own.' })
  results: readonly SubmitLeadPayload[];

  @Field(() => [UserErrorType], { description: 'What is wrong with the request as a whole.' })
  userErrors: readonly UserError[];
}

@ArgsType()
export class LeadsArgs extends PageArgs {
  @IsOptional()
  @IsString()
  @Field(() => LeadStatus, { nullable: true })
  status?: LeadState | null;

  @IsOptional()
  @IsString()
  @Field(() => String, { nullable: true })
  vertical?: string | null;

  @IsOptional()
  @IsBoolean()
  @Field(() => Boolean, { nullable: true, description: 'Only test leads, or none; both without it.' })
  test?: boolean | null;

  @IsOptional()
  @IsString()
  @Field(() => ID, { nullable: true, description: 'Only leads of this agency.' })
  agencyId?: string | null;
}

/** Domain to API type. */
export function leadTypeOf(lead: Lead): LeadType {
  return {
    __typename: 'Lead',
    of: lead,
    id: encodeId('lead', lead.id),
    externalId: lead.externalId,
    vertical: lead.vertical,
    status: lead.state,
    quarantineReason: lead.stateReason,
    test: lead.test,
    attributes: lead.attributes,
    score: lead.score,
    schemaVersion: lead.schemaVersion,
    receivedAt: lead.receivedAt,
    erasedAt: lead.erasedAt,
  };
}

/** Domain to API type. */
export function deliveryTypeOf(delivery: Delivery): DeliveryType {
  return {
    __typename: 'Delivery',
    of: delivery,
    id: encodeId('dlv', delivery.id),
    status: delivery.state,
    stage: delivery.stage,
    contractVersion: delivery.contractVersion,
    deliveredAt: delivery.deliveredAt,
    qualifiedAt: delivery.qualifiedAt,
    returnedAt: delivery.returnedAt,
    reroutedAt: delivery.reroutedAt,
  };
}
