import { Field, ID, InputType, ObjectType } from '@nestjs/graphql';
import { Type } from 'class-transformer';
import { IsOptional, IsString, ValidateNested } from 'class-validator';
import { MoneyInput, UserError } from '../graphql/index.js';
import { UserType } from './organizations.types.js';

@InputType()
export class SetApprovalLimitInput {
  @IsString()
  @Field(() => ID)
  userId: string;

  @IsOptional()
  @ValidateNested()
  @Type(() => MoneyInput)
  @Field(() => MoneyInput, {
    nullable: true,
    description:
      'For its currency; the limits in others stay. Null, or left out, takes every limit of the person away.',
  })
  limit?: MoneyInput | null;

  @IsString()
  @Field(() => String)
  idempotencyKey: string;
}

@ObjectType()
export class SetApprovalLimitPayload {
  @Field(() => UserType, { nullable: true })
  user: UserType | null;

  @Field(() => Boolean, { description: 'The same act was done before; nothing happened now.' })
  replayed: boolean;

  @Field(() => [UserError])
  userErrors: UserError[];
}
