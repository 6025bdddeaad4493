import { Field, ID, ObjectType, registerEnumType } from '@nestjs/graphql';
import { type ChargeComponent, chargeComponents, type PriceExplanation } from '#contracts';
import type { ExplainedCharge } from '#deals';
import { formatAmount } from '#money';
import { DateTimeScalar, encodeId, MoneyType } from '../graphql/index.js';

export const ChargeComponentType = Object.fromEntries(
  chargeComponents.map((value) => [value, value]),
) as Record<ChargeComponent, ChargeComponent>;
registerEnumType(ChargeComponentType, {
  name: 'ChargeComponent',
  description: 'What an amount is owed for. New components may be added at any time.',
});

@ObjectType('PriceFactor', { description: 'A value that a price was computed from.' })
export class PriceFactorType {
  @Field(() => String)
  name: string;

  @Field(() => String)
  value: string;
}

@ObjectType('PriceExplanation', { description: 'Why an amount is owed, for people.' })
export class PriceExplanationType {
  @Field(() => String, { description: 'Such as "20 % of $2,000.00 = $400.00".' })
  text: string;

  @Field(() => String, { description: 'The clause of the contract that it rests on.' })
  clause: string;

  @Field(() => [PriceFactorType])
  inputs: PriceExplanation['inputs'];

  @Field(() => String, { nullable: true, description: 'How it was rounded; null where nothing had to be.' })
  rounding: string | null;
}

@ObjectType('Charge', { description: 'An amount that was charged or taken back because of an act.' })
export class ChargeType {
  @Field(() => ID, { description: 'Also the id of its line in the settlement.' })
  id: string;

  @Field(() => ChargeComponentType)
  component: ChargeComponent;

  @Field(() => MoneyType, { description: 'Negative when it is taken back.' })
  amount: MoneyType;

  @Field(() => DateTimeScalar, { description: 'When the fact happened that made it owed.' })
  effectiveAt: Date;

  @Field(() => PriceExplanationType)
  explanation: PriceExplanationType;
}

/** Domain to API type. */
export function chargeTypeOf(charge: ExplainedCharge): ChargeType {
  return {
    id: encodeId('chg', charge.id),
    component: charge.component,
    amount: { amount: formatAmount(charge.amountMinor, charge.currency), currency: charge.currency },
    effectiveAt: charge.effectiveAt,
    explanation: charge.explanation,
  };
}
