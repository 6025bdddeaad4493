import { Field, ID, ObjectType, registerEnumType } from '@nestjs/graphql';
import { consentYears } from '#leads';
import { type Suppression, type SuppressionKind, suppressionKinds } from '#persons';
import { Connection, DateTimeScalar, encodeId } from '../graphql/index.js';
import { Node } from '../node/node.type.js';

export const SuppressionKindEnum = Object.fromEntries(suppressionKinds.map((kind) => [kind, kind])) as Record<
  SuppressionKind,
  SuppressionKind
>;
registerEnumType(SuppressionKindEnum, {
  name: 'SuppressionKind',
  description: 'What an entry of a suppression list is about.',
  valuesMap: {
    PHONE: { description: 'One phone.' },
    EMAIL: { description: 'One mailbox.' },
    DOMAIN: { description: 'Every e-mail address of a domain.' },
  },
});

@ObjectType('Suppression', {
  implements: () => [Node],
  description:
    'Somebody who must not be contacted. Kept as a keyed hash, so nobody can be read from it: whom it is about is known by who added it.',
})
export class SuppressionType extends Node {
  readonly __typename = 'Suppression' as const;

  @Field(() => SuppressionKindEnum)
  kind: SuppressionKind;

  @Field(() => String, { nullable: true, description: 'For its own organization only.' })
  note: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'From then on it does not count.' })
  expiresAt: Date | null;

  @Field(() => DateTimeScalar)
  addedAt: Date;
}

export const SuppressionConnection = Connection(() => SuppressionType, 'Suppression');

/** Domain to API type. */
export function suppressionTypeOf({ id, kind, note, expiresAt, addedAt }: Suppression): SuppressionType {
  return { __typename: 'Suppression', id: encodeId('sup', id), kind, note, expiresAt, addedAt };
}

@ObjectType('ConsentProof', {
  description: `What a person agreed to, kept apart from the lead and for ${consentYears} years, also when the person is erased.`,
})
export class ConsentProofType {
  @Field(() => String, { nullable: true })
  text: string | null;

  @Field(() => DateTimeScalar, { nullable: true })
  capturedAt: Date | null;

  @Field(() => String, { nullable: true })
  ip: string | null;

  @Field(() => String, { nullable: true })
  certificateUrl: string | null;

  @Field(() => DateTimeScalar)
  recordedAt: Date;

  @Field(() => DateTimeScalar, { description: 'Deleted then, unless a legal hold is on the lead.' })
  keptUntil: Date;
}

@ObjectType('HeldLead', { description: 'A lead whose person is kept because of a legal hold.' })
export class HeldLeadType {
  @Field(() => ID)
  leadId: string;

  @Field(() => String)
  reason: string;
}
