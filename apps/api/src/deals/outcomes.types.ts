import { Field, ID, InputType, ObjectType, registerEnumType } from '@nestjs/graphql';
import { Type } from 'class-transformer';
import { Allow, IsOptional, ValidateNested } from 'class-validator';
import { type OutcomeEvent, type OutcomeKind, type OutcomeProvenance, outcomeProvenances } from '#deals';
import { type OutcomeStage, outcomeStages } from '#leads';
import { formatAmount } from '#money';
import {
  Connection,
  DateTimeScalar,
  encodeId,
  MoneyInput,
  MoneyType,
  type UserError,
  UserError as UserErrorType,
} from '../graphql/index.js';
import { LeadType, OutcomeStageType } from '../leads/leads.types.js';
import { Node } from '../node/node.type.js';
import { ChargeType } from './charges.types.js';
import { DealType } from './deals.types.js';

export const OutcomeKindType = Object.fromEntries(
  [...outcomeStages, 'AMOUNT_RESTATED' as const].map((value) => [value, value]),
) as Record<OutcomeKind, OutcomeKind>;
registerEnumType(OutcomeKindType, {
  name: 'OutcomeKind',
  description: 'What happened: a stage was reached, or a deal was corrected.',
});

export const OutcomeProvenanceType = Object.fromEntries(
  outcomeProvenances.map((value) => [value, value]),
) as Record<OutcomeProvenance, OutcomeProvenance>;
registerEnumType(OutcomeProvenanceType, {
  name: 'OutcomeProvenance',
  description: 'How a fact came to be known.',
});

@ObjectType('OutcomeEvent', {
  implements: () => [Node],
  description: 'A dated fact about a delivered lead, as it was reported.',
})
export class OutcomeEventType extends Node {
  readonly __typename = 'OutcomeEvent' as const;

  /** What the type was made of; field resolvers load along these keys. */
  readonly of: OutcomeEvent;

  @Field(() => OutcomeKindType)
  kind: OutcomeKind;

  @Field(() => OutcomeProvenanceType)
  provenance: OutcomeProvenance;

  @Field(() => MoneyType, { nullable: true, description: "The deal's amount after this event." })
  amount: MoneyType | null;

  @Field(() => String, { nullable: true })
  reason: string | null;

  @Field(() => String, { nullable: true })
  note: string | null;

  @Field(() => DateTimeScalar, { description: 'When it happened.' })
  occurredAt: Date;

  @Field(() => DateTimeScalar, { description: 'When it was reported.' })
  recordedAt: Date;
}

export const OutcomeEventConnection = Connection(() => OutcomeEventType, 'OutcomeEvent');

@InputType({
  description: 'A stage that the lead has reached. A sale is reported as won, a lost lead as lost.',
})
export class StageInput {
  @Allow()
  @Field(() => OutcomeStageType)
  stage: OutcomeStage;

  @Allow()
  @Field(() => DateTimeScalar, { nullable: true, description: 'Now, when left out.' })
  occurredAt?: Date | null;

  @Allow()
  @Field(() => String, { nullable: true, description: 'Up to 2,000 characters.' })
  note?: string | null;
}

@InputType({ description: 'A sale. A lead may bring several.' })
export class WonInput {
  @ValidateNested()
  @Type(() => MoneyInput)
  @Field(() => MoneyInput, { description: 'In the currency of the contract.' })
  amount: MoneyInput;

  @Allow()
  @Field(() => DateTimeScalar, { nullable: true, description: 'Now, when left out.' })
  closedAt?: Date | null;

  @Allow()
  @Field(() => String, {
    nullable: true,
    description: 'Your own name for the deal, unique in the contract; one deal of a lead may go without.',
  })
  dealReference?: string | null;
}

@InputType({ description: 'The lead did not buy.' })
export class LostInput {
  @Allow()
  @Field(() => String, { description: 'Up to 2,000 characters.' })
  reason: string;

  @Allow()
  @Field(() => DateTimeScalar, { nullable: true, description: 'Now, when left out.' })
  closedAt?: Date | null;
}

@InputType({ isOneOf: true, description: 'What became of a lead: exactly one of these.' })
export class OutcomeInput {
  @IsOptional()
  @ValidateNested()
  @Type(() => StageInput)
  @Field(() => StageInput, { nullable: true })
  stage?: StageInput;

  @IsOptional()
  @ValidateNested()
  @Type(() => WonInput)
  @Field(() => WonInput, { nullable: true })
  won?: WonInput;

  @IsOptional()
  @ValidateNested()
  @Type(() => LostInput)
  @Field(() => LostInput, { nullable: true })
  lost?: LostInput;
}

@InputType()
export class ReportOutcomeInput {
  @Allow()
  @Field(() => ID)
  leadId: string;

  @ValidateNested()
  @Type(() => OutcomeInput)
  @Field(() => OutcomeInput)
  outcome: OutcomeInput;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@ObjectType()
export class ReportOutcomePayload {
  @Field(() => LeadType, { nullable: true })
  lead: LeadType | null;

  @Field(() => DealType, { nullable: true, description: 'The deal that was won.' })
  deal: DealType | null;

  @Field(() => OutcomeEventType, { nullable: true })
  outcome: OutcomeEventType | null;

  @Field(() => [ChargeType], { description: 'What was charged or taken back because of it.' })
  charges: readonly ChargeType[];

  @Field(() => [String], { description: 'Why a fact that was recorded has no price under the contract.' })
  notes: readonly string[];

  @Field(() => Boolean, { description: 'The same was reported before; nothing happened now.' })
  replayed: boolean;

  @Field(() => [UserErrorType])
  userErrors: readonly UserError[];
}

/** Domain to API type. */
export function outcomeEventTypeOf(event: OutcomeEvent): OutcomeEventType {
  const { amountMinor, currency } = event;
  const stated = amountMinor !== null && currency !== null;
  return {
    __typename: 'OutcomeEvent',
    of: event,
    id: encodeId('out', event.id),
    kind: event.kind,
    provenance: event.provenance,
    amount: stated ? { amount: formatAmount(amountMinor, currency), currency } : null,
    reason: event.reason,
    note: event.note,
    occurredAt: event.occurredAt,
    recordedAt: event.recordedAt,
  };
}
