import { Field, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { Allow } from 'class-validator';
import { type Weekday, weekdays, type WindowUnit, windowUnits } from '#calendar';
import { DateTimeScalar, MoneyInput, MoneyType } from '../graphql/index.js';

/** The members of a GraphQL enum by their names, as the decorators want them. */
export function enumOf<T extends string>(
  name: string,
  values: readonly T[],
  description: string,
): Record<T, T> {
  const members = Object.fromEntries(values.map((value) => [value, value])) as Record<T, T>;
  registerEnumType(members, { name, description });
  return members;
}

export const WeekdayEnum = enumOf('Weekday', weekdays, 'A day of the week.');
export const CapUnitEnum = enumOf(
  'CapUnit',
  windowUnits,
  'For how long a cap counts, by the clock and calendar of its zone.',
);
export const AttributeRuleKind = enumOf(
  'AttributeRuleKind',
  ['EQ', 'IN', 'RANGE', 'EXISTS', 'NOT', 'ANY', 'ALL'],
  'EQ: attribute, value. IN: attribute, values. RANGE: attribute, atLeast, atMost. EXISTS: attribute. NOT: rule. ANY, ALL: rules.',
);

// What is read has the shape of what is given, so that it can be given again; classes without money are both at once.

@ObjectType('AttributeRule', { description: 'A condition on the attributes of a lead.' })
@InputType('AttributeRuleInput')
export class AttributeRuleShape {
  @Allow()
  @Field(() => AttributeRuleKind)
  is: string;

  @Allow()
  @Field(() => String, { nullable: true, description: 'A key of the lead schema of the vertical.' })
  attribute?: string | null;

  @Allow()
  @Field(() => String, { nullable: true })
  value?: string | null;

  @Allow()
  @Field(() => [String], { nullable: true })
  values?: readonly string[] | null;

  @Allow()
  @Field(() => String, { nullable: true })
  atLeast?: string | null;

  @Allow()
  @Field(() => String, { nullable: true })
  atMost?: string | null;

  @Allow()
  @Field(() => AttributeRuleShape, { nullable: true })
  rule?: AttributeRuleShape | null;

  @Allow()
  @Field(() => [AttributeRuleShape], { nullable: true })
  rules?: readonly AttributeRuleShape[] | null;
}

@ObjectType('PostalRange', { description: 'Postal codes of one length, both ends included.' })
@InputType('PostalRangeInput')
export class PostalRangeShape {
  @Allow()
  @Field(() => String)
  from: string;

  @Allow()
  @Field(() => String)
  to: string;
}

@ObjectType('Area', { description: 'A country, or those parts of it that are named.' })
@InputType('AreaInput')
export class AreaShape {
  @Allow()
  @Field(() => String, { description: 'ISO 3166-1 alpha-2.' })
  country: string;

  @Allow()
  @Field(() => [String], {
    nullable: true,
    description:
      'ISO 3166-2, such as CA. Compared with the attribute `state` of a lead; refused where the schema of the vertical has none.',
  })
  states?: readonly string[] | null;

  @Allow()
  @Field(() => [String], { nullable: true })
  postalPrefixes?: readonly string[] | null;

  @Allow()
  @Field(() => [PostalRangeShape], { nullable: true })
  postalRanges?: readonly PostalRangeShape[] | null;
}

@ObjectType('Geography', { description: 'Where leads may come from; what is left out is anywhere.' })
@InputType('GeographyInput')
export class GeographyShape {
  @Allow()
  @Field(() => [AreaShape], { nullable: true })
  only?: readonly AreaShape[] | null;

  @Allow()
  @Field(() => [AreaShape], { nullable: true })
  except?: readonly AreaShape[] | null;
}

@ObjectType('SourceMatch', { description: 'A source in which everything that is given is the same.' })
@InputType('SourceMatchInput')
export class SourceMatchShape {
  @Allow()
  @Field(() => String, { nullable: true })
  channel?: string | null;

  @Allow()
  @Field(() => String, { nullable: true })
  campaign?: string | null;

  @Allow()
  @Field(() => String, { nullable: true })
  subId?: string | null;
}

@ObjectType('SourceRule', { description: 'Which sources are taken; what is left out is any.' })
@InputType('SourceRuleInput')
export class SourceRuleShape {
  @Allow()
  @Field(() => [SourceMatchShape], { nullable: true })
  only?: readonly SourceMatchShape[] | null;

  @Allow()
  @Field(() => [SourceMatchShape], { nullable: true })
  except?: readonly SourceMatchShape[] | null;
}

@ObjectType('OpenHours', {
  description:
    'Hours of some days, such as 08:00 to 18:00. An end that is not after the beginning is on the next day; 24:00 ends the day.',
})
@InputType('OpenHoursInput')
export class OpenHoursShape {
  @Allow()
  @Field(() => [WeekdayEnum])
  days: readonly Weekday[];

  @Allow()
  @Field(() => String)
  from: string;

  @Allow()
  @Field(() => String)
  to: string;
}

@ObjectType('Pause', { description: 'A time in which nothing is taken; without an end until it is lifted.' })
@InputType('PauseInput')
export class PauseShape {
  @Allow()
  @Field(() => DateTimeScalar)
  from: Date;

  @Allow()
  @Field(() => DateTimeScalar, { nullable: true })
  until?: Date | null;
}

@InputType({ description: 'The most that is taken: leads, or an amount; one of the two.' })
export class CapInput {
  @Allow()
  @Field(() => CapUnitEnum)
  unit: WindowUnit;

  @Allow()
  @Field(() => Int, { nullable: true })
  leads?: number | null;

  @Allow()
  @Field(() => MoneyInput, { nullable: true })
  amount?: MoneyInput | null;
}

@ObjectType('Cap', { description: 'The most that is taken in each hour, day, week or month.' })
export class CapType {
  @Field(() => CapUnitEnum)
  unit: WindowUnit;

  @Field(() => Int, { nullable: true })
  leads: number | null;

  @Field(() => MoneyType, { nullable: true })
  amount: MoneyType | null;
}

/** Every condition, without those that have money in them. */
@ObjectType({ isAbstract: true })
@InputType({ isAbstract: true })
abstract class CommonConditions {
  @Allow()
  @Field(() => [AttributeRuleShape], { nullable: true, description: 'All must hold. At most 30.' })
  rules?: readonly AttributeRuleShape[] | null;

  @Allow()
  @Field(() => GeographyShape, { nullable: true })
  geography?: GeographyShape | null;

  @Allow()
  @Field(() => SourceRuleShape, { nullable: true })
  sources?: SourceRuleShape | null;

  @Allow()
  @Field(() => [OpenHoursShape], { nullable: true, description: 'None: always.' })
  hours?: readonly OpenHoursShape[] | null;

  @Allow()
  @Field(() => Int, { nullable: true, description: '0 to 100; a lead without a score does not reach it.' })
  minScore?: number | null;

  @Allow()
  @Field(() => Int, { nullable: true, description: 'How old a lead may be, from when it was received.' })
  maxAgeSeconds?: number | null;

  @Allow()
  @Field(() => Boolean, { nullable: true })
  requiresConsent?: boolean | null;

  @Allow()
  @Field(() => PauseShape, { nullable: true })
  pause?: PauseShape | null;
}

@InputType({ isAbstract: true })
export abstract class ConditionsInput extends CommonConditions {
  @Allow()
  @Field(() => String, {
    nullable: true,
    description: "IANA name: hours, days and caps go by it. Left out: the contract's.",
  })
  timeZone?: string | null;

  @Allow()
  @Field(() => MoneyInput, {
    nullable: true,
    description: 'What is paid for a lead instead of the base rate. Only HIGHEST_BID looks at it.',
  })
  bid?: MoneyInput | null;

  @Allow()
  @Field(() => [CapInput], { nullable: true, description: 'At most 16.' })
  caps?: readonly CapInput[] | null;
}

@ObjectType({ isAbstract: true })
export abstract class ConditionsType extends CommonConditions {
  @Field(() => String)
  timeZone: string;

  @Field(() => MoneyType, { nullable: true })
  bid: MoneyType | null;

  @Field(() => [CapType])
  caps: readonly CapType[];
}
