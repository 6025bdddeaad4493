/** A schema small enough to read and large enough to reach every part of the edge: it is no part of the product. */
import {
  Connection,
  type ConnectionOf,
  type CursorSpec,
  DateScalar,
  DateTimeScalar,
  DecimalScalar,
  encodeId,
  MoneyInput,
  MoneyType,
  PageArgs,
  readPage,
  toConnection,
  toUserErrors,
  unauthenticated,
  UserError,
} from '../../../apps/api/src/graphql/index.js';
import { refusal } from '#outcome';
import { ForbiddenException } from '@nestjs/common';
import {
  Args,
  Field,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';

export const secretText = 'secret: postgres://root:hunter2@db/leadger';
export const leadCursor: CursorSpec = { list: 'leads', key: ['integer'] };
export const total = 45;

@ObjectType('Lead')
export class LeadType {
  @Field(() => ID)
  id: string;

  @Field(() => Int)
  number: number;

  @Field(() => MoneyType)
  price: MoneyType;
}

export const LeadConnection = Connection(() => LeadType, 'Lead');

function lead(number: number): LeadType {
  const uuid = `01890000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;
  return { id: encodeId('lead', uuid), number, price: { amount: '10.00', currency: 'USD' } };
}

@ObjectType('Thing')
export class ThingType {
  @Field(() => String)
  name: string;
}

@InputType()
export class ScoredLeadInput {
  @Field(() => String)
  externalId: string;

  @Field(() => Int, { nullable: true })
  score?: number | null;

  @Field(() => MoneyInput, { nullable: true })
  cost?: MoneyInput | null;
}

@InputType()
export class SubmitLeadsInput {
  @Field(() => [ScoredLeadInput])
  leads: ScoredLeadInput[];
}

@InputType()
export class EchoInput {
  @Field(() => DecimalScalar, { nullable: true })
  decimal?: string | null;

  @Field(() => DateTimeScalar, { nullable: true })
  instant?: Date | null;

  @Field(() => DateScalar, { nullable: true })
  day?: string | null;
}

@ObjectType('Echo')
export class EchoType {
  @Field(() => DecimalScalar, { nullable: true })
  decimal?: string | null;

  @Field(() => DateTimeScalar, { nullable: true })
  instant?: Date | null;

  @Field(() => DateScalar, { nullable: true })
  day?: string | null;
}

@ObjectType('SubmitLeadPayload')
export class SubmitLeadPayload {
  @Field(() => LeadType, { nullable: true })
  lead: LeadType | null;

  @Field(() => [UserError])
  userErrors: UserError[];
}

@Resolver(() => ThingType)
export class ThingResolver {
  @Query(() => ThingType)
  thing(): ThingType {
    return { name: 'thing' };
  }

  @ResolveField('thing', () => ThingType)
  inner(): ThingType {
    return { name: 'inner' };
  }

  @ResolveField('leads', () => LeadConnection)
  leads(@Args() args: PageArgs): ConnectionOf<LeadType> {
    return listLeads(args);
  }
}

@Resolver()
export class EdgeResolver {
  calls = 0;

  @Query(() => LeadConnection, { nullable: true })
  leads(@Args() args: PageArgs): ConnectionOf<LeadType> {
    return listLeads(args);
  }

  @Query(() => EchoType)
  echo(@Args('input', { type: () => EchoInput }) input: EchoInput): EchoType {
    return input;
  }

  @Query(() => String, { nullable: true })
  boom(): string {
    throw new Error(secretText);
  }

  @Query(() => String, { nullable: true })
  disguised(): string {
    // A library's error that happens to carry a public code must not pass for one of ours.
    throw Object.assign(new Error(secretText), { extensions: { code: 'FORBIDDEN' } });
  }

  @Query(() => String, { nullable: true })
  thrownText(): string {
    throw secretText;
  }

  @Query(() => String, { nullable: true })
  nestForbidden(): string {
    throw new ForbiddenException(secretText);
  }

  @Query(() => String, { nullable: true })
  private(): string {
    throw unauthenticated();
  }

  @Query(() => [UserError])
  refusals(): UserError[] {
    const uuid = '01890000-0000-7000-8000-000000000001';
    return toUserErrors(
      [
        refusal('INVALID_AMOUNT', { field: ['input', 'cost', 'amount'] }),
        refusal('ILLEGAL_TRANSITION', { data: { allowed: ['WON', 'LOST'] } }),
        refusal('STALE_VERSION', { data: { currentVersion: 3 } }),
        refusal('EXTERNAL_ID_REUSED', { data: { existingId: uuid } }),
      ],
      'lead',
    );
  }

  @Mutation(() => SubmitLeadPayload)
  submitLead(@Args('input', { type: () => ScoredLeadInput }) _input: ScoredLeadInput): SubmitLeadPayload {
    this.calls += 1;
    return { lead: lead(1), userErrors: [] };
  }

  @Mutation(() => SubmitLeadPayload)
  submitLeads(@Args('input', { type: () => SubmitLeadsInput }) _input: SubmitLeadsInput): SubmitLeadPayload {
    this.calls += 1;
    return { lead: lead(1), userErrors: [] };
  }

  @Mutation(() => Int)
  act(): number {
    this.calls += 1;
    return this.calls;
  }
}

function listLeads(args: PageArgs): ConnectionOf<LeadType> {
  const page = readPage(args, leadCursor);
  const numbers = Array.from({ length: total }, (_, index) => index + 1);
  if (page.backwards) numbers.reverse();
  const [after] = page.after ?? [];
  const [before] = page.before ?? [];
  const rows = numbers
    .filter(
      (number) =>
        (after === undefined || number > Number(after)) && (before === undefined || number < Number(before)),
    )
    .slice(0, page.limit + 1);
  return toConnection(rows, page, {
    keyOf: (number) => [String(number)],
    toNode: lead,
    countUpTo: (max) => Math.min(total, max),
  });
}
