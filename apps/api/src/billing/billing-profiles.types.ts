import { Field, Int, ObjectType } from '@nestjs/graphql';
import {
  type BillingProfile,
  billingTerms,
  type BillingTerms,
  type BuyerStanding,
  methodToCharge,
  type SavedMethod,
} from '#collections';
import { CurrencyCodeScalar, DateTimeScalar, MoneyType } from '../graphql/index.js';
import { enumOf, moneyOf } from '../payments/payments.types.js';
import { CollectionFailureType, failureTypeOf } from './invoices.types.js';

export const BillingTermsType = enumOf(
  'BillingTerms',
  billingTerms,
  'AUTOPAY: the saved method is charged. INVOICE: the buyer pays by the due date. PREPAID: out of its balance first.',
);
const methodKinds = ['CARD', 'BANK_DEBIT'] as const;
export const PaymentMethodKindType = enumOf(
  'PaymentMethodKind',
  methodKinds,
  'What kind of payment method it is.',
);

@ObjectType('PaymentMethod', {
  description:
    'What a buyer has saved at the payment provider; no more of it than is needed to recognize it.',
})
export class PaymentMethodType {
  @Field(() => PaymentMethodKindType)
  kind: SavedMethod['kind'];

  @Field(() => String, { description: 'Such as "visa •4242".' })
  label: string;

  @Field(() => String, {
    nullable: true,
    description: 'Cards: the last month in which it works, as yyyy-mm.',
  })
  expires: string | null;

  @Field(() => Boolean, { description: 'It is charged when something is due.' })
  usable: boolean;

  @Field(() => CollectionFailureType, {
    nullable: true,
    description: 'The refusal after which it is not tried any more by itself.',
  })
  failure: CollectionFailureType | null;

  @Field(() => DateTimeScalar)
  savedAt: Date;
}

@ObjectType('BalanceRecharge', { description: 'How a prepaid balance fills up by itself.' })
export class BalanceRechargeType {
  @Field(() => MoneyType, { description: 'Once the balance is below this …' })
  below: MoneyType;

  @Field(() => MoneyType, { description: '… it is filled up by so much.' })
  amount: MoneyType;

  @Field(() => CollectionFailureType, { nullable: true, description: 'Why the last time failed.' })
  lastFailure: CollectionFailureType | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Not again before then; null: whenever it is due.',
  })
  nextTryAt: Date | null;
}

@ObjectType('BuyerBalance', { description: 'Where a buyer stands in one currency, over all its agencies.' })
export class BuyerBalanceType {
  @Field(() => CurrencyCodeScalar)
  currency: string;

  @Field(() => MoneyType, { description: 'What it has prepaid.' })
  balance: MoneyType;

  @Field(() => MoneyType, { description: 'What it has prepaid, and its credit for corrections.' })
  credit: MoneyType;

  @Field(() => MoneyType, { description: 'Charged, and in no approved statement yet.' })
  unbilled: MoneyType;

  @Field(() => MoneyType, { description: 'In approved statements, and not paid.' })
  owed: MoneyType;

  @Field(() => MoneyType, {
    description: 'What it would owe if everything were settled now: unbilled + owed − credit.',
  })
  exposure: MoneyType;

  @Field(() => MoneyType, {
    nullable: true,
    description: 'The most that the exposure may be; null: no limit.',
  })
  limit: MoneyType | null;
}

/** Domain to API type. */
export function balanceTypeOf(standing: BuyerStanding): BuyerBalanceType {
  const { currency, limitMinor } = standing;
  const money = (amountMinor: bigint): MoneyType => moneyOf(amountMinor, currency);
  return {
    currency,
    balance: money(standing.prepaidMinor),
    credit: money(standing.creditMinor),
    unbilled: money(standing.unbilledMinor),
    owed: money(standing.receivableMinor),
    exposure: money(standing.exposureMinor),
    limit: limitMinor === null ? null : money(limitMinor),
  };
}

@ObjectType('BillingProfile', { description: 'How a buyer pays.' })
export class BillingProfileType {
  /** What the type was made of; field resolvers load along these keys. */
  readonly of: BillingProfile;

  @Field(() => BillingTermsType)
  terms: BillingTerms;

  @Field(() => Int, { description: 'Days from the invoice to its due date.' })
  netTermsDays: number;

  @Field(() => MoneyType, {
    nullable: true,
    description:
      'What the buyer may owe beyond what it has prepaid; null: no limit, or with PREPAID none at all.',
  })
  creditLimit: MoneyType | null;

  @Field(() => BalanceRechargeType, { nullable: true })
  recharge: BalanceRechargeType | null;

  @Field(() => String, {
    nullable: true,
    description: 'Where invoices are sent; null: to who runs the buyer.',
  })
  billingEmail: string | null;

  @Field(() => PaymentMethodType, { nullable: true })
  method: PaymentMethodType | null;

  @Field(() => Boolean, { description: 'Its credit is used up, so that it gets no more leads.' })
  blocked: boolean;

  @Field(() => DateTimeScalar, { nullable: true })
  blockedAt: Date | null;

  @Field(() => Int, {
    description: 'Counts its changes; give it as expectedVersion. 0: nothing was ever set.',
  })
  version: number;
}

/** Domain to API type. */
export function profileTypeOf(profile: BillingProfile): BillingProfileType {
  const { currency, creditLimitMinor, recharge } = profile;
  const money = (amountMinor: bigint): MoneyType => moneyOf(amountMinor, currency);
  return {
    of: profile,
    terms: profile.terms,
    netTermsDays: profile.netTermsDays,
    creditLimit: creditLimitMinor === null ? null : money(creditLimitMinor),
    recharge: recharge && {
      below: money(recharge.belowMinor),
      amount: money(recharge.amountMinor),
      lastFailure: failureTypeOf(profile.rechargeFailureCode),
      nextTryAt: profile.rechargeNextAt,
    },
    billingEmail: profile.billingEmail,
    method: methodTypeOf(profile),
    blocked: profile.creditBlockedAt !== null,
    blockedAt: profile.creditBlockedAt,
    version: profile.version,
  };
}

function methodTypeOf(profile: BillingProfile): PaymentMethodType | null {
  const { method } = profile;
  if (method === null) return null;
  const { kind, brand, last4, expires, savedAt, refusedCode } = method;
  return {
    kind,
    label: `${brand} •${last4}`,
    expires,
    usable: methodToCharge(profile) !== null,
    failure: failureTypeOf(refusedCode),
    savedAt,
  };
}
