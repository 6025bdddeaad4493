/**
 * Refusals of the domain as the API shows them: one interface, and a few types that carry what helps the caller on (the allowed
 * transitions, the current version, the caller's own earlier object). The codes are those of the domain, so a code that is added
 * there is in the schema without a second list.
 */
import { type Refusal, type RefusalCode, refusalCodes, refusalMessages } from '#outcome';
import { Field, ID, Int, InterfaceType, ObjectType, registerEnumType } from '@nestjs/graphql';
import { encodeId, type IdPrefix } from './ids.js';

/** The enum of the schema; its values are the keys of `refusalMessages`. */
export const UserErrorCode = Object.fromEntries(refusalCodes.map((code) => [code, code])) as {
  readonly [Code in RefusalCode]: Code;
};

registerEnumType(UserErrorCode, {
  name: 'UserErrorCode',
  description: 'Why an act was refused. New codes may be added at any time.',
  valuesMap: Object.fromEntries(refusalCodes.map((code) => [code, { description: refusalMessages[code] }])),
});

@InterfaceType('UserError', {
  description:
    'An expected refusal: what went against a rule, and where. A bad value is named by its path, never repeated.',
  resolveType: (value: UserError) => value.kind,
})
export abstract class UserError {
  abstract readonly kind: string;

  @Field(() => UserErrorCode)
  code: RefusalCode;

  @Field(() => String, { description: 'What to do, in a sentence.' })
  message: string;

  @Field(() => [String], {
    nullable: true,
    description: 'Path of the input that was refused, such as ["input", "contact", "phone"].',
  })
  field: readonly string[] | null;

  constructor(refusal: Refusal) {
    this.code = refusal.code;
    this.message = refusal.message;
    this.field = refusal.field ?? null;
  }
}

@ObjectType({ implements: () => [UserError], description: 'A refusal without further data.' })
export class ValidationError extends UserError {
  readonly kind = 'ValidationError';
}

@ObjectType({ implements: () => [UserError], description: 'The present state does not allow this change.' })
export class TransitionError extends UserError {
  readonly kind = 'TransitionError';

  @Field(() => [String], { description: 'What the present state does allow.' })
  allowed: readonly string[];

  constructor(refusal: Refusal, allowed: readonly string[]) {
    super(refusal);
    this.allowed = allowed;
  }
}

@ObjectType({ implements: () => [UserError], description: 'The object changed since it was read.' })
export class VersionError extends UserError {
  readonly kind = 'VersionError';

  @Field(() => Int)
  currentVersion: number;

  constructor(refusal: Refusal, currentVersion: number) {
    super(refusal);
    this.currentVersion = currentVersion;
  }
}

@ObjectType({
  implements: () => [UserError],
  description: "The caller's own earlier object stands in the way.",
})
export class ExistingObjectError extends UserError {
  readonly kind = 'ExistingObjectError';

  @Field(() => ID, { description: 'The earlier object; read it with node(id:).' })
  existing: string;

  constructor(refusal: Refusal, existing: string) {
    super(refusal);
    this.existing = existing;
  }
}

/** Types that are reached only through the interface; the schema builder must be told of them. */
export const userErrorTypes = [ValidationError, TransitionError, VersionError, ExistingObjectError];

/**
 * Maps refusals to `userErrors`. `existing` is the kind of object that `data.existingId` (a UUID) belongs to; without it that id is
 * left out, because a bare UUID is no id of the API.
 */
export function toUserErrors(refusals: readonly Refusal[], existing?: IdPrefix): UserError[] {
  return refusals.map((refusal) => toUserError(refusal, existing));
}

function toUserError(refusal: Refusal, existing: IdPrefix | undefined): UserError {
  const data = refusal.data;
  if (data?.allowed) return new TransitionError(refusal, data.allowed);
  if (data?.currentVersion !== undefined) return new VersionError(refusal, data.currentVersion);
  if (data?.existingId !== undefined && existing)
    return new ExistingObjectError(refusal, encodeId(existing, data.existingId));
  return new ValidationError(refusal);
}
