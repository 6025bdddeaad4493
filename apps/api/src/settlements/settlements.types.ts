import { Field, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import type { Approval } from '#approvals';
import type { Charge } from '#charges';
import type { ChargeComponent } from '#contracts';
import { type CurrencyCode, formatAmount } from '#money';
import {
  explainGroup,
  holdReasons,
  type LineGroup,
  type Settlement,
  type SettlementEvent,
  type SettlementState,
  settlementStates,
} from '#settlements';
import { ChargeComponentType } from '../deals/charges.types.js';
import {
  Connection,
  CurrencyCodeScalar,
  DateScalar,
  DateTimeScalar,
  encodeId,
  MoneyType,
} from '../graphql/index.js';
import { Node } from '../node/node.type.js';

function enumOf<T extends string>(name: string, values: readonly T[], description: string): Record<T, T> {
  const members = Object.fromEntries(values.map((value) => [value, value])) as Record<T, T>;
  registerEnumType(members, { name, description });
  return members;
}

export const SettlementStatus = enumOf(
  'SettlementStatus',
  settlementStates,
  'Where a settlement is on its way. OPEN: it gathers; DRAFT: its period is closed; IN_REVIEW: its content is frozen.',
);
export const HoldReasonType = enumOf(
  'HoldReason',
  holdReasons,
  'Why money that is earned is not payable yet.',
);

/** Domain to API type. */
export function moneyTypeOf(amountMinor: bigint, currency: CurrencyCode): MoneyType {
  return { amount: formatAmount(amountMinor, currency), currency };
}

/** Who acted, as the API names people and keys; system work is shown as it is (`system:settlement-run`). */
export function publicActorId(actorId: string): string {
  const [kind, uuid = ''] = actorId.split(':');
  if (kind === 'user' || kind === 'key') return encodeId(kind, uuid);
  return actorId;
}

@ObjectType('Settlement', {
  implements: () => [Node],
  description: 'What one buyer owes one agency for one period and currency, line by line.',
})
export class SettlementType extends Node {
  readonly __typename = 'Settlement' as const;

  /** What the type was made of; field resolvers load along these keys. */
  readonly of: Settlement;

  @Field(() => String, { description: 'What people call it; unique within an agency.' })
  number: string;

  @Field(() => SettlementStatus)
  status: SettlementState;

  @Field(() => Int, { description: 'Counts its changes; give it as expectedVersion.' })
  version: number;

  @Field(() => Int, {
    description: 'A settlement that is voided is followed by a new revision with the same charges.',
  })
  revision: number;

  @Field(() => String, { nullable: true, description: 'SHA-256 of what was closed; null while it gathers.' })
  contentHash: string | null;

  @Field(() => CurrencyCodeScalar)
  currency: string;

  @Field(() => DateScalar)
  periodStart: string;

  @Field(() => DateScalar, { description: 'The first day after the period.' })
  periodEnd: string;

  @Field(() => String, { description: 'The IANA zone in which its days begin and end.' })
  timeZone: string;

  @Field(() => String, { nullable: true, description: 'Who closed the period.' })
  preparedBy: string | null;

  @Field(() => DateTimeScalar, { nullable: true })
  preparedAt: Date | null;

  @Field(() => String, { nullable: true })
  submittedBy: string | null;

  @Field(() => DateTimeScalar, { nullable: true })
  submittedAt: Date | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The last who approved, another person than who prepared and who submitted it; `approvals` has everybody.',
  })
  approvedBy: string | null;

  @Field(() => DateTimeScalar, { nullable: true })
  approvedAt: Date | null;
}

export const SettlementConnection = Connection(() => SettlementType, 'Settlement');

/** Domain to API type. */
export function settlementTypeOf(settlement: Settlement): SettlementType {
  const { preparedBy, submittedBy, approvedBy } = settlement;
  return {
    __typename: 'Settlement',
    of: settlement,
    id: encodeId('stl', settlement.id),
    number: settlement.number,
    status: settlement.state,
    version: settlement.version,
    revision: settlement.revision,
    contentHash: settlement.contentHash,
    currency: settlement.currency,
    periodStart: settlement.periodStart,
    periodEnd: settlement.periodEnd,
    timeZone: settlement.timeZone,
    preparedBy: preparedBy === null ? null : publicActorId(preparedBy),
    preparedAt: settlement.preparedAt,
    submittedBy: submittedBy === null ? null : publicActorId(submittedBy),
    submittedAt: settlement.submittedAt,
    approvedBy: approvedBy === null ? null : publicActorId(approvedBy),
    approvedAt: settlement.approvedAt,
  };
}

@ObjectType('SettlementLine', {
  implements: () => [Node],
  description: 'One amount of a statement. It never changes: a correction is a line of its own.',
})
export class SettlementLineType extends Node {
  readonly __typename = 'SettlementLine' as const;

  /** What the type was made of; field resolvers load along these keys. */
  readonly of: Charge;

  @Field(() => ChargeComponentType)
  component: ChargeComponent;

  @Field(() => MoneyType, { description: 'Negative when it is taken back.' })
  amount: MoneyType;

  @Field(() => DateTimeScalar, { description: 'When the fact happened that made it owed.' })
  effectiveAt: Date;

  @Field(() => DateTimeScalar, { description: 'When it was charged.' })
  recordedAt: Date;

  @Field(() => Int, {
    description: 'The version of the contract that prices it: the one in force at delivery.',
  })
  contractVersion: number;

  @Field(() => DateScalar, {
    nullable: true,
    description: 'The first day of the period that it belongs to, when that was closed before it was known.',
  })
  latePeriodStart: string | null;
}

export const SettlementLineConnection = Connection(() => SettlementLineType, 'SettlementLine');

/** Domain to API type. */
export function lineTypeOf(line: Charge): SettlementLineType {
  return {
    __typename: 'SettlementLine',
    of: line,
    id: encodeId('chg', line.id),
    component: line.component,
    amount: moneyTypeOf(line.amountMinor, line.currency),
    effectiveAt: line.effectiveAt,
    recordedAt: line.recordedAt,
    contractVersion: line.contractVersion,
    latePeriodStart: line.latePeriodStart,
  };
}

@ObjectType('SettlementGroup', { description: 'Lines of one component and amount, summed up.' })
export class SettlementGroupType {
  @Field(() => ChargeComponentType)
  component: ChargeComponent;

  @Field(() => Int)
  count: number;

  @Field(() => MoneyType, {
    nullable: true,
    description: 'What each line is; null for the rest, of different amounts.',
  })
  unitAmount: MoneyType | null;

  @Field(() => MoneyType)
  amount: MoneyType;

  @Field(() => String, { description: 'Such as "80 × $10.00".' })
  text: string;
}

/** Domain to API type. */
export function groupTypeOf(group: LineGroup): SettlementGroupType {
  const { component, count, unitMinor, amountMinor, currency } = group;
  return {
    component,
    count,
    unitAmount: unitMinor === null ? null : moneyTypeOf(unitMinor, currency),
    amount: moneyTypeOf(amountMinor, currency),
    text: explainGroup(group),
  };
}

@ObjectType('SettlementApproval', { description: 'That a person approved what was submitted.' })
export class SettlementApprovalType {
  @Field(() => String)
  by: string;

  @Field(() => DateTimeScalar)
  at: Date;
}

/** Domain to API type. */
export function approvalTypeOf({ by, at }: Approval): SettlementApprovalType {
  return { by: publicActorId(by), at };
}

@ObjectType('SettlementEvent', { description: 'A change of the status of a settlement.' })
export class SettlementEventType {
  @Field(() => Int, { description: 'The version that it led to.' })
  version: number;

  @Field(() => SettlementStatus, { nullable: true })
  from: SettlementState | null;

  @Field(() => SettlementStatus)
  to: SettlementState;

  @Field(() => String)
  by: string;

  @Field(() => String, { nullable: true })
  note: string | null;

  @Field(() => DateTimeScalar)
  at: Date;
}

/** Domain to API type. */
export function eventTypeOf(event: SettlementEvent): SettlementEventType {
  const { version, from, to, actorId, note, occurredAt } = event;
  return { version, from, to, by: publicActorId(actorId), note, at: occurredAt };
}
