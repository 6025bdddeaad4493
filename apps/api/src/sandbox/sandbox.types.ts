import { Field, InputType, ObjectType } from '@nestjs/graphql';
import { IsDate } from 'class-validator';
import { DateTimeScalar, UserError } from '../graphql/index.js';

@InputType()
export class AdvanceSandboxClockInput {
  @IsDate()
  @Field(() => DateTimeScalar, {
    description: 'What time it shall be: not before the present time of the sandbox.',
  })
  to: Date;
}

@ObjectType()
export class AdvanceSandboxClockPayload {
  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'The time in the sandbox, also when it was refused; null outside sandbox mode.',
  })
  now: Date | null;

  @Field(() => [UserError])
  userErrors: UserError[];
}
