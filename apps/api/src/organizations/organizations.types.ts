import { Field, ID, InterfaceType, ObjectType, registerEnumType } from '@nestjs/graphql';
import {
  type ApiKey,
  type Organization,
  type OrganizationKind,
  type Role,
  roles,
  type User,
} from '#organizations';
import { unreachable } from '#outcome';
import { Connection, DateTimeScalar, encodeId } from '../graphql/index.js';
import { Node } from '../node/node.type.js';

export const RoleEnum = Object.fromEntries(roles.map((role) => [role, role])) as { readonly [R in Role]: R };
registerEnumType(RoleEnum, { name: 'Role', description: 'What a person or a key is in their organization.' });

export const OrganizationKindEnum = { AGENCY: 'AGENCY', BUYER: 'BUYER', OPERATOR: 'OPERATOR' } as const;
registerEnumType(OrganizationKindEnum, { name: 'OrganizationKind' });

export const KeyModeEnum = { LIVE: 'live', TEST: 'test' } as const;
registerEnumType(KeyModeEnum, {
  name: 'KeyMode',
  description: 'LIVE moves money; what a TEST key does never touches money, caps or metrics.',
});

@InterfaceType('Organization', {
  implements: () => [Node],
  description: 'An agency, a buyer, or the operator.',
  resolveType: (value: OrganizationType) => value.__typename,
})
export abstract class OrganizationType extends Node {
  abstract override readonly __typename: 'Agency' | 'Buyer' | 'Operator';

  @Field(() => String)
  name: string;
}

@ObjectType('Agency', {
  implements: () => [OrganizationType, Node],
  description: 'Generates leads and submits them.',
})
export class AgencyType extends OrganizationType {
  readonly __typename = 'Agency' as const;
}

@ObjectType('Buyer', {
  implements: () => [OrganizationType, Node],
  description: 'Receives leads and reports what became of them.',
})
export class BuyerType extends OrganizationType {
  readonly __typename = 'Buyer' as const;
}

@ObjectType('Operator', {
  implements: () => [OrganizationType, Node],
  description: 'Runs the marketplace; finance acts for it.',
})
export class OperatorType extends OrganizationType {
  readonly __typename = 'Operator' as const;
}

/** Types that are reached only through an interface; the schema builder must be told of them. */
export const organizationTypes = [AgencyType, BuyerType, OperatorType];

export type AnyOrganization = AgencyType | BuyerType | OperatorType;

export function toOrganization({ id: uuid, kind, name }: Organization): AnyOrganization {
  return Object.assign(newOrganization(kind), { id: encodeId('org', uuid), name });
}

function newOrganization(kind: OrganizationKind): AnyOrganization {
  switch (kind) {
    case 'AGENCY':
      return new AgencyType();
    case 'BUYER':
      return new BuyerType();
    case 'OPERATOR':
      return new OperatorType();
    default:
      return unreachable(kind);
  }
}

@ObjectType('User', { implements: () => [Node], description: 'A person who acts for an organization.' })
export class UserType extends Node {
  readonly __typename = 'User' as const;
  /** UUIDs, for the fields `approvalLimits` and `organization`. */
  uuid: string;
  organizationUuid: string;

  @Field(() => String)
  email: string;

  @Field(() => String)
  name: string;

  @Field(() => [RoleEnum])
  roles: readonly Role[];

  @Field(() => DateTimeScalar)
  createdAt: Date;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Since when they and their keys may do nothing any more.',
  })
  disabledAt: Date | null;
}

export function toUser(user: User): UserType {
  const { id, organizationId, email, name, roles: held, createdAt, disabledAt } = user;
  return Object.assign(new UserType(), {
    id: encodeId('user', id),
    uuid: id,
    organizationUuid: organizationId,
    email,
    name,
    roles: held,
    createdAt,
    disabledAt,
  });
}

@ObjectType('ApiKey', {
  implements: () => [Node],
  description: 'A key for the API. The key itself is shown once, when it is made.',
})
export class ApiKeyType extends Node {
  readonly __typename = 'ApiKey' as const;
  /** UUIDs, for the fields `organization` and `user`. */
  organizationUuid: string;
  userUuid: string | null;

  @Field(() => String, { description: 'The part of the key that is not secret: ldg_live_{publicId}_…' })
  publicId: string;

  @Field(() => KeyModeEnum)
  mode: ApiKey['mode'];

  @Field(() => String)
  name: string;

  @Field(() => [RoleEnum])
  roles: readonly Role[];

  @Field(() => [String], {
    nullable: true,
    description: 'Permissions that it is limited to; null is all that its roles allow.',
  })
  scopes: readonly string[] | null;

  @Field(() => DateTimeScalar)
  createdAt: Date;

  @Field(() => DateTimeScalar, { nullable: true })
  expiresAt: Date | null;

  @Field(() => DateTimeScalar, { nullable: true })
  revokedAt: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Right to about a minute.' })
  lastUsedAt: Date | null;
}

export function toApiKey(key: ApiKey): ApiKeyType {
  const { id, organizationId, userId, ...shown } = key;
  return Object.assign(new ApiKeyType(), {
    ...shown,
    id: encodeId('key', id),
    organizationUuid: organizationId,
    userUuid: userId,
  });
}

@ObjectType({ description: 'Who sends this request, and what they may do.' })
export class Viewer {
  @Field(() => OrganizationType)
  organization: AnyOrganization;

  @Field(() => UserType, {
    nullable: true,
    description: 'The person as whom the key acts; null for a machine.',
  })
  user: UserType | null;

  @Field(() => ID, { nullable: true, description: 'The key in use.' })
  apiKeyId: string | null;

  @Field(() => KeyModeEnum)
  mode: ApiKey['mode'];

  @Field(() => [RoleEnum])
  roles: readonly Role[];

  @Field(() => [String], { description: 'Everything that this key may do, such as leads:submit.' })
  permissions: readonly string[];
}

export const OrganizationConnection = Connection(() => OrganizationType, 'Organization');
export const UserConnection = Connection(() => UserType, 'User');
export const ApiKeyConnection = Connection(() => ApiKeyType, 'ApiKey');
