import { Field, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import {
  type AttributeType,
  attributeTypes,
  type ContactField,
  contactFields,
  type LeadSchema,
  type Vertical,
} from '#verticals';
import { Connection, DateTimeScalar } from '../graphql/index.js';

export const LeadAttributeTypeEnum = Object.fromEntries(attributeTypes.map((type) => [type, type])) as {
  readonly [T in AttributeType]: T;
};
registerEnumType(LeadAttributeTypeEnum, {
  name: 'LeadAttributeType',
  description: 'How the text of an attribute is read. Every value travels as text.',
});

export const ContactFieldEnum = Object.fromEntries(contactFields.map((field) => [field, field])) as {
  readonly [F in ContactField]: F;
};
registerEnumType(ContactFieldEnum, {
  name: 'ContactField',
  description: 'A part of the contact that a lead schema may require.',
});

@ObjectType('LeadAttribute', { description: 'What leads of a vertical say beside the contact.' })
export class LeadAttributeType {
  @Field(() => String, { description: 'Stable, and of the same type forever.' })
  key: string;

  @Field(() => LeadAttributeTypeEnum)
  type: AttributeType;

  @Field(() => Boolean)
  required: boolean;

  @Field(() => String)
  label: string;

  @Field(() => String, { nullable: true })
  description: string | null;

  @Field(() => String, { nullable: true, description: 'Least value of an INTEGER, DECIMAL or DATE.' })
  min: string | null;

  @Field(() => String, { nullable: true, description: 'Greatest value of an INTEGER, DECIMAL or DATE.' })
  max: string | null;

  @Field(() => Int, { nullable: true, description: 'Of a TEXT; 2000 without it.' })
  maxLength: number | null;

  @Field(() => [String], { description: 'Of an ENUM; upper and lower case are one.' })
  values: readonly string[];

  @Field(() => String, { nullable: true })
  example: string | null;

  @Field(() => Boolean, { description: 'It is about the person, and kept as carefully as the contact.' })
  personal: boolean;
}

@ObjectType('LeadSchema', {
  description: 'One version of what leads of a vertical must be; it never changes.',
})
export class LeadSchemaType {
  @Field(() => Int)
  version: number;

  @Field(() => [LeadAttributeType])
  attributes: readonly LeadAttributeType[];

  @Field(() => [ContactFieldEnum])
  requiredContact: readonly ContactField[];

  @Field(() => Boolean, { description: 'The text that the person agreed to, and when.' })
  consentRequired: boolean;

  @Field(() => Boolean, {
    description: 'Attributes that it does not name are taken as they are, not refused.',
  })
  otherAttributes: boolean;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Until when what the versions before took is taken as well; null: this one takes all of it.',
  })
  previousAcceptedUntil: Date | null;

  @Field(() => DateTimeScalar)
  publishedAt: Date;
}

@ObjectType('Vertical', { description: 'An industry. Contracts and leads name it by its key.' })
export class VerticalType {
  /** What the type was made of. */
  readonly of: Vertical;

  @Field(() => String)
  key: string;

  @Field(() => String)
  name: string;

  @Field(() => String, {
    nullable: true,
    description:
      'ISO 3166-1: how national phone numbers and postal codes are read when a lead names no country.',
  })
  defaultCountry: string | null;

  @Field(() => Int, { description: 'Counts every change; give it as expectedVersion.' })
  version: number;

  @Field(() => Int, { nullable: true, description: 'The newest lead schema; null as long as there is none.' })
  schemaVersion: number | null;

  @Field(() => Int, {
    description:
      'For how many days a person who was accepted, from whomever, counts as the same lead; 0: never.',
  })
  dedupeWindowDays: number;

  @Field(() => Int, {
    nullable: true,
    description: 'More leads of one source within a minute are QUARANTINED; null: as many as come.',
  })
  sourceLeadsPerMinute: number | null;
}

export const VerticalConnection = Connection(() => VerticalType, 'Vertical');

/** Domain to API type. */
export function verticalTypeOf(vertical: Vertical): VerticalType {
  const { createdAt: _since, changedAt: _last, ...shown } = vertical;
  return { of: vertical, ...shown };
}

/** Domain to API type. */
export function leadSchemaTypeOf(schema: LeadSchema): LeadSchemaType {
  const { vertical: _key, publishedBy: _who, ...shown } = schema;
  return shown;
}
