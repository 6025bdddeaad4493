import { Field, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import {
  type AnswerRules,
  type Destination,
  type DestinationDisabledReason,
  destinationDisabledReasons,
  type DestinationKind,
  destinationKinds,
  type DestinationSettings,
  type DestinationState,
  destinationStates,
  type MappedField,
  type MappedType,
  mappedTypes,
} from '#handover';
import { Connection, DateTimeScalar, encodeId } from '../graphql/index.js';
import { Node } from '../node/node.type.js';

export function enumOf<Value extends string>(values: readonly Value[]): { readonly [V in Value]: V } {
  return Object.fromEntries(values.map((value) => [value, value])) as { readonly [V in Value]: V };
}

export const DestinationKindEnum = enumOf(destinationKinds);
registerEnumType(DestinationKindEnum, {
  name: 'DestinationKind',
  valuesMap: {
    WEBHOOK: { description: 'A signed request to a URL of the buyer.' },
    EMAIL: { description: 'A mail to an address.' },
  },
});

export const DestinationStatus = enumOf(destinationStates);
registerEnumType(DestinationStatus, { name: 'DestinationStatus' });

const DestinationDisabledReasonEnum = enumOf(destinationDisabledReasons);
registerEnumType(DestinationDisabledReasonEnum, {
  name: 'DestinationDisabledReason',
  valuesMap: {
    PERSON: { description: 'Somebody disabled it.' },
    GONE: { description: 'It answered 410.' },
  },
});

export const MappedTypeEnum = enumOf(mappedTypes);
registerEnumType(MappedTypeEnum, { name: 'MappedType', description: 'What a mapped value is in JSON.' });

@ObjectType('MappedField', { description: 'One field of the body that a buyer is sent.' })
export class MappedFieldType {
  @Field(() => String, { description: 'Where it stands: person.email is email in the object person.' })
  path: string;

  @Field(() => String, { description: 'Text with fields of the lead in double braces.' })
  value: string;

  @Field(() => MappedTypeEnum)
  type: MappedType;
}

@ObjectType('AnswerRules', { description: 'How the JSON of an answer is read.' })
export class AnswerRulesType {
  @Field(() => String, { description: 'Where the verdict stands: names with dots between them.' })
  verdictPath: string;

  @Field(() => String, { description: 'Where the reason stands.' })
  reasonPath: string;

  @Field(() => [String], { description: 'Words of a verdict that refuse the lead; case does not matter.' })
  rejected: readonly string[];

  @Field(() => [String], { description: 'Words of a verdict that say that the person is known.' })
  duplicate: readonly string[];
}

@ObjectType('WebhookTarget')
export class WebhookTargetType {
  @Field(() => String)
  url: string;

  @Field(() => [String], { description: 'Names of your own headers. Their values are not shown.' })
  headers: readonly string[];

  @Field(() => [MappedFieldType], { nullable: true, description: 'Null: the standard body.' })
  fields: readonly MappedField[] | null;

  @Field(() => AnswerRulesType)
  answer: AnswerRules;
}

@ObjectType('EmailTarget')
export class EmailTargetType {
  @Field(() => String)
  address: string;

  @Field(() => String, { description: 'A template.' })
  subject: string;

  @Field(() => String, { description: 'A template.' })
  text: string;
}

@ObjectType('Destination', {
  implements: () => [Node],
  description: 'Where and in what form a buyer receives leads. The secret is shown once, when it is made.',
})
export class DestinationType extends Node {
  readonly __typename = 'Destination' as const;
  /** For the fields that are resolved. */
  of: Destination;

  @Field(() => String)
  name: string;

  @Field(() => DestinationKindEnum)
  kind: DestinationKind;

  @Field(() => DestinationStatus)
  status: DestinationState;

  @Field(() => DestinationDisabledReasonEnum, { nullable: true })
  disabledReason: DestinationDisabledReason | null;

  @Field(() => Boolean, { description: 'Leads of contracts that have no destination of their own go here.' })
  isDefault: boolean;

  @Field(() => Int, { description: 'Counts the changes of name and target; send it as expectedVersion.' })
  version: number;

  @Field(() => WebhookTargetType, { nullable: true })
  webhook: WebhookTargetType | null;

  @Field(() => EmailTargetType, { nullable: true })
  email: EmailTargetType | null;

  @Field(() => DateTimeScalar)
  createdAt: Date;

  @Field(() => DateTimeScalar)
  changedAt: Date;
}

export function destinationTypeOf(of: Destination): DestinationType {
  const { name, settings, state: status, disabledBecause: disabledReason, isDefault, version } = of;
  const { createdAt, changedAt } = of;
  return Object.assign(new DestinationType(), {
    of,
    id: encodeId('dst', of.id),
    kind: settings.kind,
    ...{ name, status, disabledReason, isDefault, version, createdAt, changedAt },
    webhook: settings.kind === 'WEBHOOK' ? settings : null,
    email: settings.kind === 'EMAIL' ? settings : null,
  });
}

/** The names of the fields in which a lead went: of the standard body null, as docs/delivery.md has them. */
export function fieldsOf(settings: DestinationSettings): readonly string[] | null {
  if (settings.kind === 'WEBHOOK') return settings.fields?.map(({ path }) => path) ?? null;
  const places = `${settings.subject} ${settings.text}`.matchAll(/\{\{([^{}]*)\}\}/g);
  return [...new Set([...places].map(([, name = '']) => name.trim()))];
}

export const DestinationConnection = Connection(() => DestinationType, 'Destination');
