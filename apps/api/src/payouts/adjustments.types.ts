import { Field, ObjectType } from '@nestjs/graphql';
import type { CurrencyCode } from '#money';
import { type Adjustment, type AdjustmentReason, adjustmentReasons, showAdjustment } from '#payouts';
import { DateTimeScalar, MoneyType } from '../graphql/index.js';
import { enumOf, moneyOf } from '../payments/payments.types.js';

export const AdjustmentReasonType = enumOf(
  'AdjustmentReason',
  adjustmentReasons,
  "Why a statement is worth something else than what was approved. CORRECTION: a later statement takes lines back or restates them. DISPUTE_LOST: the buyer's bank gave the buyer its payment back for good. WRITTEN_OFF: the buyer did not pay, and two people gave it up.",
);

@ObjectType('SettlementAdjustment', { description: 'What has changed of a settlement since its approval.' })
export class SettlementAdjustmentType {
  @Field(() => AdjustmentReasonType)
  reason: AdjustmentReason;

  @Field(() => MoneyType, {
    description: 'By how much the buyer owes more, or has paid more in the end; below zero: less.',
  })
  amount: MoneyType;

  @Field(() => MoneyType, {
    nullable: true,
    description: 'By how much the agency earns more; below zero: what was taken from it. Null for a buyer.',
  })
  agencyAmount: MoneyType | null;

  @Field(() => String, { description: 'Why, in a sentence.' })
  words: string;

  @Field(() => DateTimeScalar, { description: 'When; of corrections in one statement, the last of them.' })
  at: Date;
}

/** Domain to API type, for who may see what the agency earns and for who may not. */
export function adjustmentTypeOf(
  adjustment: Adjustment,
  currency: CurrencyCode,
  { isForBuyer }: { readonly isForBuyer: boolean },
): SettlementAdjustmentType {
  const { reason, amountMinor, agencyMinor, at } = adjustment;
  return {
    reason,
    amount: moneyOf(amountMinor, currency),
    agencyAmount: isForBuyer ? null : moneyOf(agencyMinor, currency),
    words: showAdjustment(adjustment),
    at,
  };
}
