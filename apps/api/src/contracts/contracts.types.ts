import { Field, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { type Schedule, schedules } from '#calendar';
import {
  type ClawbackMethod,
  clawbackMethods,
  type CommissionBasis,
  type CommissionTrigger,
  commissionBases,
  commissionTriggers,
  type Contract,
  type ContractState,
  contractStates,
  type ContractTerms,
  type ContractVersion,
  type ContractVersionState,
  contractVersionStates,
  describeTerms,
} from '#contracts';
import { formatAmount } from '#money';
import { Connection, DateTimeScalar, encodeId, MoneyType } from '../graphql/index.js';
import { Node } from '../node/node.type.js';

function enumOf<T extends string>(
  values: readonly T[],
  name: string,
  descriptions: Readonly<Partial<Record<T, string>>>,
): Readonly<Record<T, T>> {
  const members = Object.fromEntries(values.map((value) => [value, value])) as Record<T, T>;
  const valuesMap = Object.fromEntries(
    Object.entries<string | undefined>(descriptions).map(([value, description]) => [value, { description }]),
  ) as Partial<Record<T, { description: string }>>;
  registerEnumType(members, { name, valuesMap });
  return members;
}

export const CommissionBasisEnum = enumOf(commissionBases, 'CommissionBasis', {
  NONE: 'No commission.',
  PER_LEAD: 'A share of the base rate, once per lead.',
  PER_DEAL: "A share of each deal's amount.",
});
export const CommissionTriggerEnum = enumOf(commissionTriggers, 'CommissionTrigger', {
  QUALIFIED: 'The buyer says that the lead is qualified, or reports a later stage or a sale.',
  CONVERTED: 'A deal was won.',
});
export const SettlementScheduleEnum = enumOf(schedules, 'SettlementSchedule', {
  DAILY: 'Each day.',
  WEEKLY: 'Monday to Monday.',
  SEMI_MONTHLY: 'From the 1st and from the 16th.',
  MONTHLY: 'Each calendar month.',
});
export const ClawbackMethodEnum = enumOf(clawbackMethods, 'ClawbackMethod', {
  NETTING: "Netted from the agency's next payout.",
  TRANSFER_REVERSAL: 'By reversing the transfer, at once.',
});
export const ContractStatusEnum = enumOf(contractStates, 'ContractStatus', {
  DRAFT: 'Nothing is proposed now, and nothing was ever accepted.',
  PROPOSED: 'The first version waits for the answer of the other side.',
  ACTIVE: 'Takes leads.',
  PAUSED: 'Takes no leads until it is resumed.',
  EXPIRED: 'Has ended.',
  TERMINATED: 'Was ended by one side or the operator, for good.',
});
export const ContractVersionStatusEnum = enumOf(contractVersionStates, 'ContractVersionStatus', {
  PROPOSED: 'Waits for the answer of the other side.',
  IN_FORCE: 'Prices the leads that are delivered now.',
  SUPERSEDED: 'Prices the leads that were delivered while it was in force.',
  DECLINED: 'Was never in force.',
});

@ObjectType('ContractTerms', { description: 'What is owed for leads, and under which conditions.' })
export class ContractTermsType {
  @Field(() => MoneyType, { description: 'Owed for every delivered lead.' })
  baseRate: MoneyType;

  @Field(() => CommissionBasisEnum)
  commissionBasis: CommissionBasis;

  @Field(() => Int, { description: 'Parts per million: 200000 is 20 %.' })
  commissionRatePpm: number;

  @Field(() => CommissionTriggerEnum)
  commissionTrigger: CommissionTrigger;

  @Field(() => String, { description: 'IANA name; periods begin and end at midnight there.' })
  timeZone: string;

  @Field(() => SettlementScheduleEnum)
  settlementSchedule: Schedule;

  @Field(() => Int)
  returnWindowDays: number;

  @Field(() => Int, { description: 'A deal that closes later after delivery brings no commission.' })
  attributionWindowDays: number;

  @Field(() => Int)
  holdDays: number;

  @Field(() => Int)
  clawbackWindowDays: number;

  @Field(() => ClawbackMethodEnum, {
    description:
      'How money already paid to the agency is taken back when a refund, a return or a dispute takes its ground away.',
  })
  clawbackMethod: ClawbackMethod;

  @Field(() => Int)
  outcomeSlaDays: number;

  @Field(() => Int, {
    nullable: true,
    description:
      'Within how many seconds of taking a lead the buyer must have reached the person; null: no time is set.',
  })
  contactSlaSeconds: number | null;

  @Field(() => Boolean, {
    description:
      'A lead whose person the buyer has not reached in that time is taken from it, uncharged, and goes to the next buyer of its route.',
  })
  contactSlaReroute: boolean;

  @Field(() => Int, { description: "The operator's fee on top of each charge, in parts per million." })
  platformFeeRatePpm: number;

  @Field(() => Boolean, {
    description: 'Only leads that say what the person agreed to, and when, are delivered.',
  })
  consentRequired: boolean;

  @Field(() => Int, {
    nullable: true,
    description:
      'For how many days a person whom the buyer had is not delivered again. Null: as the vertical says, whoever had them.',
  })
  dedupeWindowDays: number | null;
}

@ObjectType('ContractVersion', { description: 'Immutable terms of a contract, and when they were in force.' })
export class ContractVersionType {
  /** What the type was made of; field resolvers load along its keys. */
  readonly of: ContractVersion;

  @Field(() => Int, { description: 'Its number in the contract, from 1.' })
  version: number;

  @Field(() => ContractVersionStatusEnum)
  status: ContractVersionState;

  @Field(() => ContractTermsType)
  terms: ContractTermsType;

  @Field(() => String, { description: 'The terms in plain words, in short.' })
  summary: string;

  @Field(() => [String], { description: 'The terms in plain words, clause by clause.' })
  clauses: readonly string[];

  @Field(() => DateTimeScalar)
  proposedAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was accepted or declined.' })
  answeredAt: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'The first instant at which it is in force.' })
  effectiveFrom: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'The first instant at which it no longer is; null while it is.',
  })
  effectiveTo: Date | null;
}

@ObjectType('Contract', {
  implements: () => [Node],
  description: 'What one agency and one buyer agreed on for leads of a vertical.',
})
export class ContractType extends Node {
  readonly __typename = 'Contract' as const;

  /** What the type was made of; field resolvers load along its keys. */
  readonly of: Contract;

  @Field(() => String)
  vertical: string;

  @Field(() => ContractStatusEnum)
  status: ContractState;

  @Field(() => Int, { description: 'Counts the changes of this object; send it as expectedVersion.' })
  version: number;

  @Field(() => Boolean, {
    description:
      "The buyer's balance is used up: live leads are refused with INSUFFICIENT_BALANCE until it is not. Does not change the version.",
  })
  creditBlocked: boolean;

  @Field(() => DateTimeScalar)
  createdAt: Date;

  @Field(() => DateTimeScalar)
  changedAt: Date;
}

export const ContractConnection = Connection(() => ContractType, 'Contract');
export const ContractVersionConnection = Connection(() => ContractVersionType, 'ContractVersion');

/** Domain to API type. */
export function contractTypeOf(contract: Contract): ContractType {
  return {
    __typename: 'Contract',
    of: contract,
    id: encodeId('ctr', contract.id),
    vertical: contract.vertical,
    status: contract.state,
    version: contract.rowVersion,
    // Only of a contract that both sides wanted: proposing one must not show how the buyer stands.
    creditBlocked: contract.creditBlockedAt !== null && contract.inForceVersion !== null,
    createdAt: contract.createdAt,
    changedAt: contract.changedAt,
  };
}

/** Domain to API type. */
export function contractVersionTypeOf(version: ContractVersion): ContractVersionType {
  const { summary, clauses } = describeTerms(version.terms);
  return {
    of: version,
    version: version.version,
    status: version.state,
    terms: termsTypeOf(version.terms),
    summary,
    clauses,
    proposedAt: version.proposedAt,
    answeredAt: version.answeredAt,
    effectiveFrom: version.effectiveFrom,
    effectiveTo: version.effectiveTo,
  };
}

/** Domain to API type. */
export function termsTypeOf(terms: ContractTerms): ContractTermsType {
  const { amountMinor, currency } = terms.baseRate;
  return { ...terms, baseRate: { amount: formatAmount(amountMinor, currency), currency } };
}
