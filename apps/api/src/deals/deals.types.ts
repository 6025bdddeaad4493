import { ArgsType, Field, ID, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { Type } from 'class-transformer';
import { Allow, ValidateNested } from 'class-validator';
import type { Deal, DealEnd, DealState } from '#deals';
import { formatAmount } from '#money';
import {
  Connection,
  DateTimeScalar,
  encodeId,
  MoneyInput,
  MoneyType,
  PageArgs,
  type UserError,
  UserError as UserErrorType,
} from '../graphql/index.js';
import { Node } from '../node/node.type.js';
import { ChargeType } from './charges.types.js';

export const DealStatus = { WON: 'WON', REFUNDED: 'REFUNDED', CANCELED: 'CANCELED' } as const;
registerEnumType(DealStatus, {
  name: 'DealStatus',
  description: 'Whether a deal counts. REFUNDED, CANCELED: it was taken back.',
});

export const DealCancellation = { REFUNDED: 'REFUNDED', CANCELED: 'CANCELED' } as const;
registerEnumType(DealCancellation, {
  name: 'DealCancellation',
  description: 'How a deal is taken back.',
  valuesMap: {
    REFUNDED: { description: 'The buyer gave the money back.' },
    CANCELED: { description: 'The deal never came to be.' },
  },
});

@ObjectType('Deal', { implements: () => [Node], description: 'A sale that a lead brought.' })
export class DealType extends Node {
  readonly __typename = 'Deal' as const;

  /** What the type was made of; field resolvers load along these keys. */
  readonly of: Deal;

  @Field(() => String, { nullable: true, description: "The buyer's own name for it." })
  reference: string | null;

  @Field(() => MoneyType)
  amount: MoneyType;

  @Field(() => DealStatus)
  status: DealState;

  @Field(() => Int, { description: 'Counts the changes of the deal.' })
  version: number;

  @Field(() => DateTimeScalar)
  closedAt: Date;

  @Field(() => DateTimeScalar)
  reportedAt: Date;
}

export const DealConnection = Connection(() => DealType, 'Deal');

@ArgsType()
export class DealsArgs extends PageArgs {
  @Allow()
  @Field(() => DealStatus, { nullable: true })
  status?: DealState | null;
}

@InputType()
export class RestateDealInput {
  @Allow()
  @Field(() => ID)
  dealId: string;

  @ValidateNested()
  @Type(() => MoneyInput)
  @Field(() => MoneyInput, { description: 'What the amount should be, in the currency of the contract.' })
  amount: MoneyInput;

  @Allow()
  @Field(() => String, { description: 'Up to 2,000 characters.' })
  reason: string;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType()
export class CancelDealInput {
  @Allow()
  @Field(() => ID)
  dealId: string;

  @Allow()
  @Field(() => DealCancellation)
  kind: DealEnd;

  @Allow()
  @Field(() => String, { description: 'Up to 2,000 characters.' })
  reason: string;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@ObjectType()
export class RestateDealPayload {
  @Field(() => DealType, { nullable: true })
  deal: DealType | null;

  @Field(() => [ChargeType], { description: 'What was charged or taken back because of it.' })
  charges: readonly ChargeType[];

  @Field(() => Boolean, { description: 'The same was done before; nothing happened now.' })
  replayed: boolean;

  @Field(() => [UserErrorType])
  userErrors: readonly UserError[];
}

@ObjectType()
export class CancelDealPayload {
  @Field(() => DealType, { nullable: true })
  deal: DealType | null;

  @Field(() => [ChargeType], { description: 'What was taken back because of it.' })
  charges: readonly ChargeType[];

  @Field(() => [String], { description: 'Why a commission stays, in words.' })
  notes: readonly string[];

  @Field(() => Boolean, { description: 'The same was done before; nothing happened now.' })
  replayed: boolean;

  @Field(() => [UserErrorType])
  userErrors: readonly UserError[];
}

/** Domain to API type. */
export function dealTypeOf(deal: Deal): DealType {
  return {
    __typename: 'Deal',
    of: deal,
    id: encodeId('deal', deal.id),
    reference: deal.reference,
    amount: { amount: formatAmount(deal.amountMinor, deal.currency), currency: deal.currency },
    status: deal.state,
    version: deal.version,
    closedAt: deal.closedAt,
    reportedAt: deal.reportedAt,
  };
}
