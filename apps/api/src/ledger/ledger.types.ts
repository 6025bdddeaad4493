import { Field, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { type AccountKind, accountKinds, type InvariantResult, type TrialBalance } from '#ledger';
import { type CurrencyCode, formatAmount } from '#money';
import type { BookedJournal } from '#settlements';
import { CurrencyCodeScalar, DateTimeScalar, encodeId, MoneyType } from '../graphql/index.js';
import { Node } from '../node/node.type.js';

export const AccountKindType = Object.fromEntries(
  Object.keys(accountKinds).map((kind) => [kind.toUpperCase(), kind]),
) as Record<Uppercase<AccountKind>, AccountKind>;
registerEnumType(AccountKindType, {
  name: 'AccountKind',
  description: 'What postings go between. New kinds may be added at any time.',
  valuesMap: Object.fromEntries(
    Object.entries(accountKinds).map(([kind, { meaning }]) => [
      kind.toUpperCase(),
      { description: `${meaning}.` },
    ]),
  ),
});

@ObjectType('Posting', { description: 'An amount that goes from one account to another.' })
export class PostingType {
  @Field(() => AccountKindType)
  debit: AccountKind;

  @Field(() => AccountKindType)
  credit: AccountKind;

  @Field(() => MoneyType, { description: 'Above zero.' })
  amount: MoneyType;
}

@ObjectType('Journal', {
  implements: () => [Node],
  description: 'What was booked at once; it never changes.',
})
export class JournalType extends Node {
  readonly __typename = 'Journal' as const;

  @Field(() => String, { description: 'What happened.' })
  kind: string;

  @Field(() => ID, { nullable: true, description: 'The journal that this one takes back, exactly.' })
  reverses: string | null;

  @Field(() => DateTimeScalar, { description: 'When it happened.' })
  effectiveAt: Date;

  @Field(() => DateTimeScalar, { description: 'When it was booked.' })
  recordedAt: Date;

  @Field(() => [PostingType])
  postings: readonly PostingType[];
}

/** Domain to API type. */
export function journalTypeOf(journal: BookedJournal): JournalType {
  return {
    __typename: 'Journal',
    id: encodeId('jrn', journal.id),
    kind: journal.kind,
    reverses: journal.reverses === null ? null : encodeId('jrn', journal.reverses),
    effectiveAt: journal.effectiveAt,
    recordedAt: journal.recordedAt,
    postings: journal.postings.map(({ debit, credit, amountMinor, currency }) => ({
      debit,
      credit,
      amount: { amount: formatAmount(amountMinor, currency), currency },
    })),
  };
}

@ObjectType('AccountTotals', { description: 'All accounts of one kind.' })
export class AccountTotalsType {
  @Field(() => AccountKindType)
  kind: AccountKind;

  @Field(() => MoneyType)
  debit: MoneyType;

  @Field(() => MoneyType)
  credit: MoneyType;

  @Field(() => MoneyType, { description: 'On the side on which accounts of this kind grow.' })
  balance: MoneyType;
}

@ObjectType('TrialBalance', {
  description: 'Everything that was ever booked in one currency, by kind of account.',
})
export class TrialBalanceType {
  @Field(() => CurrencyCodeScalar)
  currency: string;

  @Field(() => [AccountTotalsType])
  accounts: readonly AccountTotalsType[];

  @Field(() => MoneyType)
  totalDebit: MoneyType;

  @Field(() => MoneyType)
  totalCredit: MoneyType;

  @Field(() => Boolean, { description: 'Both totals are the same.' })
  balanced: boolean;
}

/** Domain to API type; without a balance nothing was booked in the currency yet. */
export function trialBalanceTypeOf(
  currency: CurrencyCode,
  balance: TrialBalance | undefined,
): TrialBalanceType {
  const money = (amountMinor: bigint): MoneyType => ({
    amount: formatAmount(amountMinor, currency),
    currency,
  });
  const { kinds, debitsMinor, creditsMinor } = balance ?? { kinds: [], debitsMinor: 0n, creditsMinor: 0n };
  return {
    currency,
    accounts: kinds.map((kind) => ({
      kind: kind.kind,
      debit: money(kind.debitsMinor),
      credit: money(kind.creditsMinor),
      balance: money(kind.balanceMinor),
    })),
    totalDebit: money(debitsMinor),
    totalCredit: money(creditsMinor),
    balanced: debitsMinor === creditsMinor,
  };
}

@ObjectType('LedgerInvariant', { description: 'A rule of the books, checked now.' })
export class LedgerInvariantType implements InvariantResult {
  @Field(() => String, { description: 'I1, I2 …; several rules may share one.' })
  name: string;

  @Field(() => String, { description: 'The rule in a sentence.' })
  title: string;

  @Field(() => Boolean)
  holds: boolean;

  @Field(() => Int)
  violations: number;

  @Field(() => [String], { description: 'What violates it, at most twenty.' })
  examples: readonly string[];
}
