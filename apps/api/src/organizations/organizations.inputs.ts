import { Field, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsDate,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import {
  type KeyMode,
  maxOverlapHours,
  type OrganizationKind,
  type Permission,
  permissions,
  type Role,
  roles,
} from '#organizations';
import { DateTimeScalar, UserError } from '../graphql/index.js';
import {
  type AnyOrganization,
  ApiKeyType,
  KeyModeEnum,
  OrganizationKindEnum,
  OrganizationType,
  RoleEnum,
  UserType,
} from './organizations.types.js';

@InputType()
export class CreateOrganizationInput {
  @IsIn(Object.values(OrganizationKindEnum))
  @Field(() => OrganizationKindEnum)
  kind: OrganizationKind;

  @IsString()
  @MaxLength(1_000)
  @Field(() => String)
  name: string;

  @IsString()
  @Field(() => String)
  idempotencyKey: string;
}

@ObjectType()
export class CreateOrganizationPayload {
  @Field(() => OrganizationType, { nullable: true })
  organization: AnyOrganization | null;

  @Field(() => Boolean)
  replayed: boolean;

  @Field(() => [UserError])
  userErrors: UserError[];
}

@InputType()
export class CreateUserInput {
  @IsString()
  @Field(() => ID)
  organizationId: string;

  @IsString()
  @MaxLength(1_000)
  @Field(() => String)
  email: string;

  @IsString()
  @MaxLength(1_000)
  @Field(() => String)
  name: string;

  @IsString()
  @MaxLength(1_000)
  @Field(() => String, { description: '12 to 256 characters.' })
  password: string;

  @IsIn(roles, { each: true })
  @ArrayUnique()
  @ArrayMaxSize(roles.length)
  @Field(() => [RoleEnum])
  roles: Role[];

  @IsString()
  @Field(() => String)
  idempotencyKey: string;
}

@ObjectType()
export class CreateUserPayload {
  @Field(() => UserType, { nullable: true })
  user: UserType | null;

  @Field(() => Boolean)
  replayed: boolean;

  @Field(() => [UserError])
  userErrors: UserError[];
}

@InputType()
export class CreateApiKeyInput {
  @IsOptional()
  @IsString()
  @Field(() => ID, { nullable: true, description: 'Your own organization when it is left out.' })
  organizationId?: string | null;

  @IsOptional()
  @IsString()
  @Field(() => ID, {
    nullable: true,
    description: 'The person as whom the key acts: yourself. Left out, it is a machine’s key.',
  })
  userId?: string | null;

  @IsString()
  @MaxLength(1_000)
  @Field(() => String)
  name: string;

  @IsIn(Object.values(KeyModeEnum))
  @Field(() => KeyModeEnum, { defaultValue: KeyModeEnum.LIVE })
  mode: KeyMode;

  @IsIn(roles, { each: true })
  @ArrayUnique()
  @ArrayMaxSize(roles.length)
  @Field(() => [RoleEnum])
  roles: Role[];

  @IsOptional()
  @IsIn(permissions, { each: true })
  @ArrayUnique()
  @ArrayMaxSize(permissions.length)
  @Field(() => [String], {
    nullable: true,
    description: 'Permissions to limit the key to; left out, all that its roles allow.',
  })
  scopes?: Permission[] | null;

  @IsOptional()
  @IsDate()
  @Field(() => DateTimeScalar, { nullable: true, description: 'Left out, it does not expire.' })
  expiresAt?: Date | null;

  @IsString()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType()
export class RotateApiKeyInput {
  @IsString()
  @Field(() => ID)
  keyId: string;

  @IsInt()
  @Min(0)
  @Max(maxOverlapHours)
  @Field(() => Int, {
    defaultValue: 24,
    description: `For how many hours the old key stays right, 0 to ${maxOverlapHours}.`,
  })
  overlapHours: number;

  @IsString()
  @Field(() => String)
  idempotencyKey: string;
}

@ObjectType({ isAbstract: true })
abstract class NewApiKeyPayload {
  @Field(() => ApiKeyType, { nullable: true })
  apiKey: ApiKeyType | null;

  @Field(() => String, {
    nullable: true,
    description: 'The whole key; null in a replay, because nobody knows it any more.',
  })
  token: string | null;

  @Field(() => Boolean)
  replayed: boolean;

  @Field(() => [UserError])
  userErrors: UserError[];
}

@ObjectType()
export class CreateApiKeyPayload extends NewApiKeyPayload {}

@ObjectType()
export class RotateApiKeyPayload extends NewApiKeyPayload {
  @Field(() => ApiKeyType, { nullable: true, description: 'The old key with the end of its overlap.' })
  oldApiKey: ApiKeyType | null;
}

@InputType()
export class RevokeApiKeyInput {
  @IsString()
  @Field(() => ID)
  keyId: string;

  @IsString()
  @Field(() => String)
  idempotencyKey: string;
}

@ObjectType()
export class RevokeApiKeyPayload {
  @Field(() => ApiKeyType, { nullable: true })
  apiKey: ApiKeyType | null;

  @Field(() => Boolean)
  replayed: boolean;

  @Field(() => [UserError])
  userErrors: UserError[];
}
