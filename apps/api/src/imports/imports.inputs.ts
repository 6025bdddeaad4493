import { Type } from 'class-transformer';
import { Field, ID, InputType, ObjectType } from '@nestjs/graphql';
import { Allow, ValidateNested } from 'class-validator';
import { type UserError, UserError as UserErrorType } from '../graphql/index.js';
import { LeadImportType } from './imports.types.js';

@InputType({ isAbstract: true })
abstract class ImportActInput {
  @Allow()
  @Field(() => ID)
  importId: string;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType()
export class LeadImportColumnInput {
  @Allow()
  @Field(() => String, { description: 'The name of a column of the file.' })
  column: string;

  @Allow()
  @Field(() => String, {
    description:
      'What it is: externalId, test, score, contact.email, source.channel, consent.text, attributes.roof … docs/imports.md lists all.',
  })
  field: string;
}

@InputType()
export class SaveImportMappingInput extends ImportActInput {
  @Allow()
  @Field(() => String, {
    defaultValue: 'default',
    description:
      'Under which it is remembered for the vertical, 1 to 100 characters; one of that name is replaced.',
  })
  name: string;

  @ValidateNested({ each: true })
  @Type(() => LeadImportColumnInput)
  @Field(() => [LeadImportColumnInput], { description: 'Columns that are not named are passed over.' })
  columns: readonly LeadImportColumnInput[];
}

@InputType()
export class StartLeadImportInput extends ImportActInput {
  @Allow()
  @Field(() => Boolean, { defaultValue: false, description: 'Check every row, and submit none.' })
  dryRun: boolean;
}

@InputType()
export class CancelLeadImportInput extends ImportActInput {}

@ObjectType({ isAbstract: true })
export abstract class ImportPayload {
  @Field(() => LeadImportType, { nullable: true })
  leadImport: LeadImportType | null;

  @Field(() => Boolean, { description: 'The same act was done before; nothing happened now.' })
  replayed: boolean;

  @Field(() => [UserErrorType])
  userErrors: readonly UserError[];
}

@ObjectType()
export class SaveImportMappingPayload extends ImportPayload {}

@ObjectType()
export class StartLeadImportPayload extends ImportPayload {}

@ObjectType()
export class CancelLeadImportPayload extends ImportPayload {}
