import { Field, InputType, Int, ObjectType } from '@nestjs/graphql';
import { Type } from 'class-transformer';
import { Allow, IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';
import type { AttributeType, ContactField } from '#verticals';
import { UserError } from '../graphql/index.js';
import { ContactFieldEnum, LeadAttributeTypeEnum, VerticalType } from './verticals.types.js';

/** Checked as a whole by the domain, which answers everything that is wrong at once; so the decorators only let pass. */
@InputType()
export class LeadAttributeInput {
  @Allow()
  @Field(() => String, { description: '1 to 64 characters, and no number. It keeps its type forever.' })
  key: string;

  @Allow()
  @Field(() => LeadAttributeTypeEnum)
  type: AttributeType;

  @Allow()
  @Field(() => Boolean, { nullable: true, defaultValue: false })
  required?: boolean | null;

  @Allow()
  @Field(() => String, { description: '1 to 200 characters.' })
  label: string;

  @Allow()
  @Field(() => String, { nullable: true })
  description?: string | null;

  @Allow()
  @Field(() => String, { nullable: true, description: 'Of an INTEGER, DECIMAL or DATE, as text.' })
  min?: string | null;

  @Allow()
  @Field(() => String, { nullable: true, description: 'Of an INTEGER, DECIMAL or DATE, as text.' })
  max?: string | null;

  @Allow()
  @Field(() => Int, { nullable: true, description: 'Of a TEXT: 1 to 2000.' })
  maxLength?: number | null;

  @Allow()
  @Field(() => [String], { nullable: true, description: 'Of an ENUM: 1 to 200 different ones.' })
  values?: readonly string[] | null;

  @Allow()
  @Field(() => String, { nullable: true, description: 'A value that the attribute takes.' })
  example?: string | null;

  @Allow()
  @Field(() => Boolean, { nullable: true, defaultValue: false, description: 'It stays so once it was set.' })
  personal?: boolean | null;
}

@InputType({ description: 'What leads of a vertical must be. What is left out demands nothing.' })
export class LeadSchemaInput {
  @ValidateNested({ each: true })
  @Type(() => LeadAttributeInput)
  @Field(() => [LeadAttributeInput], { nullable: true, defaultValue: [], description: 'At most 100.' })
  attributes?: readonly LeadAttributeInput[] | null;

  @Allow()
  @Field(() => [ContactFieldEnum], { nullable: true, defaultValue: [] })
  requiredContact?: readonly ContactField[] | null;

  @Allow()
  @Field(() => Boolean, { nullable: true, defaultValue: false })
  consentRequired?: boolean | null;

  @Allow()
  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description: 'Take attributes that the schema does not name, as they are.',
  })
  otherAttributes?: boolean | null;
}

@InputType()
export class DefineVerticalInput {
  @IsString()
  @Field(() => String, {
    description: 'Stable; 1 to 64 characters. Contracts and leads name the vertical by it.',
  })
  key: string;

  @IsString()
  @Field(() => String, { description: '1 to 200 characters.' })
  name: string;

  @IsOptional()
  @IsString()
  @Field(() => String, {
    nullable: true,
    description: 'ISO 3166-1: how national phone numbers and postal codes are read without a country.',
  })
  defaultCountry?: string | null;

  @IsOptional()
  @IsInt()
  @Field(() => Int, {
    nullable: true,
    description:
      'For how many days a person who was accepted counts as the same lead, 0 to 365; 30 when a new vertical says nothing.',
  })
  dedupeWindowDays?: number | null;

  @IsOptional()
  @IsInt()
  @Field(() => Int, {
    nullable: true,
    description:
      'More leads of one source within a minute are QUARANTINED, 1 to 100,000; left out, no number is.',
  })
  sourceLeadsPerMinute?: number | null;

  @IsOptional()
  @IsInt()
  @Field(() => Int, {
    nullable: true,
    description: 'The version that you read, to change a vertical; left out, to define a new one.',
  })
  expectedVersion?: number | null;

  @IsString()
  @Field(() => String)
  idempotencyKey: string;
}

@ObjectType()
export class DefineVerticalPayload {
  @Field(() => VerticalType, { nullable: true })
  vertical: VerticalType | null;

  @Field(() => Boolean)
  replayed: boolean;

  @Field(() => [UserError])
  userErrors: UserError[];
}

@InputType()
export class PublishLeadSchemaInput {
  @IsString()
  @Field(() => String, { description: 'The key of the vertical.' })
  vertical: string;

  @ValidateNested()
  @Type(() => LeadSchemaInput)
  @Field(() => LeadSchemaInput)
  schema: LeadSchemaInput;

  @IsOptional()
  @IsInt()
  @Field(() => Int, {
    nullable: true,
    description:
      'Where the new version takes less than the ones before: for how many days what they took is still taken, 0 to 365. 30 when left out, 0 for the first version.',
  })
  graceDays?: number | null;

  @IsOptional()
  @IsInt()
  @Field(() => Int, { nullable: true, description: 'The version of the vertical that you read.' })
  expectedVersion?: number | null;

  @IsString()
  @Field(() => String)
  idempotencyKey: string;
}

@ObjectType()
export class PublishLeadSchemaPayload {
  @Field(() => VerticalType, { nullable: true })
  vertical: VerticalType | null;

  @Field(() => [String], { description: 'What leads that were taken until now may be refused for.' })
  breakingChanges: readonly string[];

  @Field(() => Boolean)
  replayed: boolean;

  @Field(() => [UserError])
  userErrors: UserError[];
}
