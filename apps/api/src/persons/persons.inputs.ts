import { Type } from 'class-transformer';
import { ArgsType, Field, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { Allow, IsOptional, ValidateNested } from 'class-validator';
import { maxNoteLength, maxSuppressions } from '#persons';
import { DateTimeScalar, PageArgs, type UserError, UserError as UserErrorType } from '../graphql/index.js';
import { LeadType } from '../leads/leads.types.js';
import { HeldLeadType } from './persons.types.js';

@ArgsType()
export class SuppressionsArgs extends PageArgs {
  @Allow()
  @Field(() => ID, { nullable: true, description: 'Your own organization when it is left out.' })
  organizationId?: string | null;
}

@InputType({ isOneOf: true, description: 'Whom an entry is about: exactly one of these.' })
export class SuppressedInput {
  @Allow()
  @Field(() => String, { nullable: true, description: 'With + and the country code.' })
  phone?: string;

  @Allow()
  @Field(() => String, { nullable: true })
  email?: string;

  @Allow()
  @Field(() => String, { nullable: true, description: 'Every address of it, and of none below it.' })
  domain?: string;
}

@InputType()
export class SuppressionEntryInput {
  @ValidateNested()
  @Type(() => SuppressedInput)
  @Field(() => SuppressedInput)
  who: SuppressedInput;

  @Allow()
  @Field(() => String, { nullable: true, description: `At most ${maxNoteLength} characters.` })
  note?: string | null;

  @Allow()
  @Field(() => DateTimeScalar, { nullable: true, description: 'Left out: until it is removed.' })
  expiresAt?: Date | null;
}

@InputType()
export class AddSuppressionsInput {
  @ValidateNested({ each: true })
  @Type(() => SuppressionEntryInput)
  @Field(() => [SuppressionEntryInput], { description: `1 to ${maxSuppressions}.` })
  entries: readonly SuppressionEntryInput[];

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType({ isOneOf: true, description: 'Which entry: exactly one of these.' })
export class RemovedSuppressionInput extends SuppressedInput {
  @Allow()
  @Field(() => ID, { nullable: true, description: 'The entry itself.' })
  suppressionId?: string;
}

@InputType()
export class RemoveSuppressionsInput {
  @ValidateNested({ each: true })
  @Type(() => RemovedSuppressionInput)
  @Field(() => [RemovedSuppressionInput], { description: `1 to ${maxSuppressions}.` })
  who: readonly RemovedSuppressionInput[];

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType({ description: 'By what a person is reached; leads with either are meant.' })
export class ReachedByInput {
  @Allow()
  @Field(() => String, { nullable: true, description: 'With + and the country code.' })
  phone?: string | null;

  @Allow()
  @Field(() => String, { nullable: true })
  email?: string | null;
}

@InputType({ isOneOf: true, description: 'Whose data is erased: exactly one of these.' })
export class PersonInput {
  @Allow()
  @Field(() => ID, { nullable: true, description: 'The person of this lead, in this lead.' })
  leadId?: string;

  @IsOptional()
  @ValidateNested()
  @Type(() => ReachedByInput)
  @Field(() => ReachedByInput, {
    nullable: true,
    description: 'In every lead of yours; the operator’s people reach those of every agency.',
  })
  reachedBy?: ReachedByInput;
}

@InputType()
export class ErasePersonInput {
  @ValidateNested()
  @Type(() => PersonInput)
  @Field(() => PersonInput)
  person: PersonInput;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType({ isAbstract: true })
abstract class LeadActInput {
  @Allow()
  @Field(() => ID)
  leadId: string;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType()
export class ReleaseLeadInput extends LeadActInput {}

@InputType()
export class RejectLeadInput extends LeadActInput {}

@InputType()
export class LiftLegalHoldInput extends LeadActInput {}

@InputType()
export class PlaceLegalHoldInput extends LeadActInput {
  @Allow()
  @Field(() => String, {
    description: 'Why the person is kept, as it may be told to them. 1 to 200 characters, and nobody’s data.',
  })
  reason: string;
}

@ObjectType({ isAbstract: true })
abstract class PersonPayload {
  @Field(() => Boolean, { description: 'The same act was done before; nothing happened now.' })
  replayed: boolean;

  @Field(() => [UserErrorType])
  userErrors: readonly UserError[];
}

@ObjectType()
export class AddSuppressionsPayload extends PersonPayload {
  @Field(() => Int)
  added: number;

  @Field(() => Int, { description: 'Entries that were there already: note and end are the new ones.' })
  changed: number;
}

@ObjectType()
export class RemoveSuppressionsPayload extends PersonPayload {
  @Field(() => Int)
  removed: number;
}

@ObjectType()
export class ErasePersonPayload extends PersonPayload {
  @Field(() => Int, { description: 'Leads whose person is gone now.' })
  erased: number;

  @Field(() => [HeldLeadType], { description: 'Leads whose person is kept.' })
  held: readonly HeldLeadType[];

  @Field(() => Boolean, { description: 'One call reaches 500 leads. Call again with another key.' })
  hasMore: boolean;
}

@ObjectType({ isAbstract: true })
export abstract class LeadActPayload extends PersonPayload {
  @Field(() => LeadType, { nullable: true })
  lead: LeadType | null;
}

@ObjectType()
export class ReleaseLeadPayload extends LeadActPayload {}

@ObjectType()
export class RejectLeadPayload extends LeadActPayload {}

@ObjectType()
export class PlaceLegalHoldPayload extends LeadActPayload {}

@ObjectType()
export class LiftLegalHoldPayload extends LeadActPayload {}
