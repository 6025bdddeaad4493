import { Field, Int, ObjectType } from '@nestjs/graphql';
import {
  type AccountState,
  accountStates,
  type BankPayout,
  type FundingGap,
  type HoldShown,
  type PaymentAccount,
  type Payout,
  type PayoutPreview,
  type PayoutState,
  payoutStates,
  type RequirementShown,
  showAccountState,
  showFailure,
  showPayout,
  showRequirements,
  type WaitReason,
  waitReasons,
} from '#payouts';
import type { CurrencyCode } from '#money';
import type { HoldReason } from '#settlements';
import { Connection, CurrencyCodeScalar, DateTimeScalar, encodeId, MoneyType } from '../graphql/index.js';
import { Node } from '../node/node.type.js';
import { enumOf, moneyOf } from '../payments/payments.types.js';
import { HoldReasonType, SettlementType } from '../settlements/settlements.types.js';

export const PayoutStatus = enumOf(
  'PayoutStatus',
  payoutStates,
  'REQUESTED: a transfer is asked for and not decided. NETTED: there was nothing to send, since the agency owed it.',
);
const bankPayoutStates = ['PENDING', 'IN_TRANSIT', 'PAID', 'FAILED', 'CANCELED'] as const;
export const BankPayoutStatus = enumOf(
  'BankPayoutStatus',
  bankPayoutStates,
  'How far it is on its way to the bank.',
);
const shownAccountStates = ['NONE', ...accountStates] as const;
export const PaymentAccountStatus = enumOf(
  'PaymentAccountStatus',
  shownAccountStates,
  'NONE: the onboarding has not begun. ONBOARDING: the provider needs to know more. ACTIVE: money can be sent.',
);
export const PayoutWaitReason = enumOf(
  'PayoutWaitReason',
  waitReasons,
  'Why released money is not sent now.',
);

@ObjectType('BankPayout', {
  description:
    "What went on from the agency's account to its bank: another thing than the transfer to that account.",
})
export class BankPayoutType {
  @Field(() => BankPayoutStatus)
  status: BankPayout['state'];

  @Field(() => MoneyType, { description: 'It may carry several payouts.' })
  amount: MoneyType;

  @Field(() => DateTimeScalar, { description: 'When it is, or was, expected there.' })
  arrivesAt: Date;

  @Field(() => String, { nullable: true, description: 'A code of the provider.' })
  failureCode: string | null;
}

/** Domain to API type. */
export function bankPayoutTypeOf({
  state,
  amountMinor,
  currency,
  arrivesAt,
  failureCode,
}: BankPayout): BankPayoutType {
  return { status: state, amount: moneyOf(amountMinor, currency), arrivesAt, failureCode };
}

@ObjectType('Payout', {
  implements: () => [Node],
  description: 'What an agency is sent at once, in one currency, for one or more settlements.',
})
export class PayoutType extends Node {
  readonly __typename = 'Payout' as const;

  /** What the type was made of; field resolvers load along these keys. */
  readonly of: Payout;

  @Field(() => String, { description: 'What people call it; unique within an agency.' })
  number: string;

  @Field(() => PayoutStatus)
  status: PayoutState;

  @Field(() => String, {
    description: 'What became of it, in a sentence: also why there was nothing to send.',
  })
  words: string;

  @Field(() => MoneyType, { description: 'What is sent: released − netted + carried.' })
  amount: MoneyType;

  @Field(() => MoneyType, { description: 'What its settlements released.' })
  released: MoneyType;

  @Field(() => MoneyType, { description: 'What was taken off because the agency owed it.' })
  netted: MoneyType;

  @Field(() => MoneyType, {
    description: 'What else was payable; negative when corrections had taken from it.',
  })
  carried: MoneyType;

  @Field(() => MoneyType, { description: 'What was taken back of it by reversals.' })
  reversed: MoneyType;

  @Field(() => Int, { description: 'Each try is a payout of its own; they count from 1.' })
  attempt: number;

  @Field(() => String, { nullable: true, description: 'Why it failed, in a sentence.' })
  failure: string | null;

  @Field(() => String, { nullable: true, description: "The provider's id of the transfer." })
  transferId: string | null;

  @Field(() => DateTimeScalar)
  requestedAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Since when it is certain what became of it.' })
  finishedAt: Date | null;
}

export const PayoutConnection = Connection(() => PayoutType, 'Payout');

/** Domain to API type. */
export function payoutTypeOf(payout: Payout): PayoutType {
  const money = (amountMinor: bigint): MoneyType => moneyOf(amountMinor, payout.currency);
  return {
    __typename: 'Payout',
    of: payout,
    id: encodeId('pyo', payout.id),
    number: payout.number,
    status: payout.state,
    words: showPayout(payout),
    amount: money(payout.amountMinor),
    released: money(payout.releasedMinor),
    netted: money(payout.nettedMinor),
    carried: money(payout.carriedMinor),
    reversed: money(payout.reversedMinor),
    attempt: payout.attempt,
    failure: payout.failureCode === null ? null : showFailure(payout.failureCode),
    transferId: payout.providerTransferId,
    requestedAt: payout.requestedAt,
    finishedAt: payout.finishedAt,
  };
}

@ObjectType('Hold', { description: 'Why money that an agency earned is not sent yet.' })
export class HoldType {
  @Field(() => HoldReasonType)
  reason: HoldReason;

  @Field(() => DateTimeScalar)
  since: Date;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it ends by itself; null: that depends on somebody.',
  })
  until: Date | null;

  @Field(() => MoneyType, { description: 'What it holds.' })
  amount: MoneyType;

  @Field(() => String, { description: 'The same in a sentence.' })
  words: string;
}

/** Domain to API type. */
export function holdTypeOf(
  { reason, since, until, amountMinor, words }: HoldShown,
  currency: CurrencyCode,
): HoldType {
  return { reason, since, until, amount: moneyOf(amountMinor, currency), words };
}

@ObjectType('PaymentAccountRequirement', {
  description: 'Something that the agency has to do at the payment provider.',
})
export class RequirementType {
  @Field(() => String, { description: "The provider's name of it." })
  field: string;

  @Field(() => String, { description: 'Such as "A copy of an identity document of the owner, by 3 May".' })
  words: string;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Null: now.' })
  dueAt: Date | null;

  @Field(() => Boolean)
  overdue: boolean;
}

@ObjectType('PaymentAccount', {
  description: "An agency's account at the payment provider, as it was last seen.",
})
export class PaymentAccountType {
  /** Whose it is. */
  readonly agencyId: string;

  @Field(() => PaymentAccountStatus)
  status: AccountState | 'NONE';

  @Field(() => String, { description: 'What the status means, in a sentence.' })
  words: string;

  @Field(() => Boolean, { description: 'Money can be sent to it.' })
  transfersActive: boolean;

  @Field(() => Boolean, { description: 'What it gets goes on to the bank.' })
  payoutsEnabled: boolean;

  @Field(() => [RequirementType], { description: 'What is missing, the most urgent first.' })
  requirements: readonly RequirementShown[];

  @Field(() => String, { nullable: true, description: "The provider's id of it." })
  providerAccountId: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was last looked at.' })
  checkedAt: Date | null;
}

/** Domain to API type; null: there is none yet. */
export function accountTypeOf(
  agencyId: string,
  account: PaymentAccount | null,
  now: Date,
): PaymentAccountType {
  return {
    agencyId,
    status: account?.state ?? 'NONE',
    words: showAccountState(account),
    transfersActive: account?.transfersActive ?? false,
    payoutsEnabled: account?.payoutsEnabled ?? false,
    requirements: showRequirements(account?.requirements ?? [], now),
    providerAccountId: account?.providerAccountId ?? null,
    checkedAt: account?.checkedAt ?? null,
  };
}

@ObjectType('WaitingSettlement', { description: 'A settlement of which an agency has not got everything.' })
export class WaitingSettlementType {
  @Field(() => SettlementType)
  settlement: SettlementType;

  @Field(() => MoneyType, { description: 'What is still to come of it.' })
  amount: MoneyType;

  @Field(() => [HoldType], { description: 'Why; none: it goes with the next payout.' })
  holds: readonly HoldType[];
}

export const WaitingSettlementConnection = Connection(() => WaitingSettlementType, 'WaitingSettlement');

@ObjectType('PayoutPreview', {
  description: 'What an agency would be sent now in one currency, and why not the rest.',
})
export class PayoutPreviewType {
  /** What the type was made of; field resolvers load along these keys. */
  readonly of: PayoutPreview;

  @Field(() => CurrencyCodeScalar)
  currency: string;

  @Field(() => MoneyType, { description: 'Earned and approved, and waiting.' })
  held: MoneyType;

  @Field(() => MoneyType, { description: 'Released, and not asked for yet.' })
  payable: MoneyType;

  @Field(() => MoneyType, { description: 'What the agency owes; it is taken off before anything is sent.' })
  owedBack: MoneyType;

  @Field(() => MoneyType, { description: 'Asked for, and not decided.' })
  inTransit: MoneyType;

  @Field(() => MoneyType)
  wouldSend: MoneyType;

  @Field(() => PayoutWaitReason, { nullable: true, description: 'Why released money is not sent now.' })
  waitsFor: WaitReason | null;

  @Field(() => String, { description: 'The same in a sentence.' })
  words: string;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When money goes out next, as far as is known.',
  })
  nextExpectedAt: Date | null;
}

/** Domain to API type. */
export function previewTypeOf(preview: PayoutPreview): PayoutPreviewType {
  const money = (amountMinor: bigint): MoneyType => moneyOf(amountMinor, preview.currency);
  return {
    of: preview,
    currency: preview.currency,
    held: money(preview.heldMinor),
    payable: money(preview.payableMinor),
    owedBack: money(preview.owedBackMinor),
    inTransit: money(preview.inTransitMinor),
    wouldSend: money(preview.wouldSendMinor),
    waitsFor: preview.waitsFor,
    words: preview.words,
    nextExpectedAt: preview.nextExpectedAt,
  };
}

@ObjectType('FundingGap', {
  description: 'What is to be sent to agencies in one currency against what is there to send it from.',
})
export class FundingGapType {
  @Field(() => CurrencyCodeScalar)
  currency: string;

  @Field(() => MoneyType, {
    nullable: true,
    description:
      "The operator's balance at the payment provider that can be sent; null: the provider does not tell.",
  })
  available: MoneyType | null;

  @Field(() => MoneyType, { nullable: true, description: 'What becomes available within days.' })
  pending: MoneyType | null;

  @Field(() => MoneyType, { description: 'Released or on its way, less what its agency owes.' })
  dueNow: MoneyType;

  @Field(() => MoneyType, { description: 'The same with what is released within seven days.' })
  dueIn7Days: MoneyType;

  @Field(() => MoneyType, { description: 'The same with what is released within thirty days.' })
  dueIn30Days: MoneyType;

  @Field(() => MoneyType, { nullable: true, description: 'What is missing now; zero: nothing.' })
  missingNow: MoneyType | null;

  @Field(() => MoneyType, { nullable: true, description: 'What will be missing, with what is pending.' })
  missingIn7Days: MoneyType | null;

  @Field(() => MoneyType, { nullable: true })
  missingIn30Days: MoneyType | null;
}

/** Domain to API type. */
export function fundingGapTypeOf(gap: FundingGap): FundingGapType {
  const { currency, availableMinor, pendingMinor, dueNowMinor, dueIn7DaysMinor, dueIn30DaysMinor } = gap;
  const money = (amountMinor: bigint): MoneyType => moneyOf(amountMinor, currency);
  const missing = (dueMinor: bigint, thereMinor: bigint | null): MoneyType | null => {
    if (thereMinor === null) return null;
    return money(dueMinor > thereMinor ? dueMinor - thereMinor : 0n);
  };
  const laterMinor = availableMinor === null ? null : availableMinor + (pendingMinor ?? 0n);
  return {
    currency,
    available: availableMinor === null ? null : money(availableMinor),
    pending: pendingMinor === null ? null : money(pendingMinor),
    dueNow: money(dueNowMinor),
    dueIn7Days: money(dueIn7DaysMinor),
    dueIn30Days: money(dueIn30DaysMinor),
    missingNow: missing(dueNowMinor, availableMinor),
    missingIn7Days: missing(dueIn7DaysMinor, laterMinor),
    missingIn30Days: missing(dueIn30DaysMinor, laterMinor),
  };
}
