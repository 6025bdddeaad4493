import type { AttributeRule, BuyingRules, Cap, Conditions } from '#routing';
import { formatAmount, type Money } from '#money';
import type { MoneyType } from '../graphql/index.js';
import type { AttributeRuleShape, CapType, ConditionsType } from './conditions.types.js';

/** Conditions in the shape in which they are given. */
export function conditionsTypeOf({ timeZone, bid, ...conditions }: BuyingRules): Required<ConditionsType> {
  return {
    timeZone,
    bid: bid && moneyOf(bid),
    ...shapeOf(conditions),
  };
}

function shapeOf(conditions: Conditions): Required<Omit<ConditionsType, 'timeZone' | 'bid'>> {
  const { geography, sources, minScore, maxAgeSeconds, requiresConsent, pause } = conditions;
  return {
    rules: conditions.rules.map(ruleShapeOf),
    geography,
    sources,
    hours: conditions.hours.map(({ days, fromMinute, toMinute }) => ({
      days,
      from: clock(fromMinute),
      to: clock(toMinute),
    })),
    caps: conditions.caps.map(capTypeOf),
    minScore,
    maxAgeSeconds,
    requiresConsent,
    pause,
  };
}

function ruleShapeOf(rule: AttributeRule): AttributeRuleShape {
  switch (rule.is) {
    case 'EQ':
      return { is: 'EQ', attribute: rule.attribute, value: rule.value };
    case 'IN':
      return { is: 'IN', attribute: rule.attribute, values: rule.values };
    case 'RANGE':
      return { is: 'RANGE', attribute: rule.attribute, atLeast: rule.atLeast, atMost: rule.atMost };
    case 'EXISTS':
      return { is: 'EXISTS', attribute: rule.attribute };
    case 'NOT':
      return { is: 'NOT', rule: ruleShapeOf(rule.rule) };
    case 'ANY':
    case 'ALL':
      return { is: rule.is, rules: rule.rules.map(ruleShapeOf) };
  }
}

function capTypeOf(cap: Cap): CapType {
  return cap.measure === 'LEADS'
    ? { unit: cap.unit, leads: cap.limit, amount: null }
    : { unit: cap.unit, leads: null, amount: moneyOf(cap.limit) };
}

function clock(minute: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

/** Domain to API type. */
export function moneyOf({ amountMinor, currency }: Money): MoneyType {
  return { amount: formatAmount(amountMinor, currency), currency };
}
