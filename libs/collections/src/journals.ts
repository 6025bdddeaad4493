import { newId } from '#database';
import {
  balanceFilled,
  bookAccount,
  buyerAccount,
  type AccountRef,
  collected,
  collectionReturned,
  disputeFee,
  disputeLost,
  disputeOpened,
  disputeWon,
  type AgencySplit,
  type NewJournal,
  type NewPosting,
  providerFee,
} from '#ledger';
import type { CurrencyCode } from '#money';
import type { FundsMovement } from '#payments';

/** A journal that is still without an id. */
export interface JournalOf {
  readonly bookId: string;
  readonly kind: string;
  readonly source: string;
  readonly key: string;
  readonly currency: CurrencyCode;
  readonly at: Date;
  readonly postings: readonly NewPosting[];
}

/** What is booked: nothing where nothing moves. */
export function journalsOf(wanted: readonly JournalOf[]): readonly NewJournal[] {
  return wanted
    .filter(({ postings }) => postings.length > 0)
    .map(({ bookId, kind, source, key, currency, at, postings }) => ({
      bookId,
      id: newId(),
      kind,
      source,
      idempotencyKey: key,
      currency,
      effectiveAt: at,
      reverses: null,
      postings,
    }));
}

/** Money of a buyer in the operator's book, in minor units: what it has prepaid, and what it owes of what was taken back. */
export interface BuyerBalance {
  readonly creditMinor: bigint;
  readonly owedMinor: bigint;
}

/** Money for a buyer's balance comes in: what it owes there is paid first. */
export function intoBalance(
  buyerId: string,
  amountMinor: bigint,
  { owedMinor }: BuyerBalance,
): readonly NewPosting[] {
  const paid = amountMinor < owedMinor ? amountMinor : owedMinor;
  return [...collected(buyerId, paid), ...balanceFilled(buyerId, amountMinor - paid)];
}

/** Money that was in a buyer's balance goes to another account: what is not there any more is owed. */
export function outOfBalance(
  buyerId: string,
  amountMinor: bigint,
  { creditMinor }: BuyerBalance,
  to: AccountRef = bookAccount('stripe'),
): readonly NewPosting[] {
  const there = amountMinor < creditMinor ? amountMinor : creditMinor;
  return [
    ...posting(buyerAccount('buyer_credit', buyerId), to, there),
    ...posting(buyerAccount('receivable', buyerId), to, amountMinor - there),
  ];
}

function posting(debit: AccountRef, credit: AccountRef, amountMinor: bigint): readonly NewPosting[] {
  return amountMinor > 0n ? [{ debit, credit, amountMinor }] : [];
}

/** What a movement of the provider is booked from. */
export interface MovementBooked {
  readonly buyerId: string;
  readonly operatorId: string;
  readonly funds: FundsMovement;
  /** Begins the keys: one thing that happened once. */
  readonly key: string;
  readonly kind: string;
  /** The part of it that concerns each agency's book. */
  readonly byAgency: ReadonlyMap<string, bigint>;
  /** The part that concerns the buyer's balance, and how that stands. */
  readonly balanceMinor: bigint;
  readonly balance: BuyerBalance;
}

function spread(
  booked: MovementBooked,
  of: {
    readonly agency: (amountMinor: bigint) => readonly NewPosting[];
    readonly balance: readonly NewPosting[];
    readonly fee: readonly NewPosting[];
  },
): readonly NewJournal[] {
  const { funds, key, kind, operatorId } = booked;
  const common = { source: `stripe:${funds.id}`, currency: funds.currency, at: funds.createdAt };
  const agencies = [...booked.byAgency].map(([bookId, amountMinor]) => ({
    ...common,
    ...{ bookId, kind, key, postings: of.agency(amountMinor) },
  }));
  return journalsOf([
    ...agencies,
    { ...common, bookId: operatorId, kind, key, postings: of.balance },
    { ...common, bookId: operatorId, kind: `${kind}_fee`, key: `${key}:fee`, postings: of.fee },
  ]);
}

/** A payment arrives: before the fee in each agency's book, the fee in the operator's. */
export function arrivalJournals(booked: MovementBooked): readonly NewJournal[] {
  const { buyerId, balanceMinor, balance, funds } = booked;
  return spread(booked, {
    agency: (amountMinor) => collected(buyerId, amountMinor),
    balance: intoBalance(buyerId, balanceMinor, balance),
    fee: providerFee(funds.feeMinor),
  });
}

/** A payment that arrived goes back to the bank. */
export function returnJournals(booked: MovementBooked): readonly NewJournal[] {
  const { buyerId, balanceMinor, balance, funds } = booked;
  return spread(booked, {
    agency: (amountMinor) => collectionReturned(buyerId, amountMinor),
    balance: outOfBalance(buyerId, balanceMinor, balance),
    fee: disputeFee(funds.feeMinor),
  });
}

/** The bank withdraws what is contested. */
export function disputeOpenedJournals(booked: MovementBooked): readonly NewJournal[] {
  const { buyerId, balanceMinor, funds } = booked;
  return spread(booked, {
    agency: (amountMinor) => disputeOpened(buyerId, amountMinor),
    balance: disputeOpened(buyerId, balanceMinor),
    fee: disputeFee(funds.feeMinor),
  });
}

/** The bank gives back what is contested, before it is decided otherwise. */
export function disputeWonJournals(booked: MovementBooked): readonly NewJournal[] {
  const { buyerId, balanceMinor, funds } = booked;
  return spread(booked, {
    agency: (amountMinor) => disputeWon(buyerId, amountMinor),
    balance: disputeWon(buyerId, balanceMinor),
    fee: disputeFee(funds.feeMinor),
  });
}

/** What a lost dispute takes in one agency's book. */
export interface LossInBook {
  readonly bookId: string;
  readonly split: AgencySplit;
  readonly operatorMinor: bigint;
}

/** It is lost: agencies give their shares back, the operator bears its own, and what was in the balance is owed. */
export function disputeLostJournals(lost: {
  readonly buyerId: string;
  readonly operatorId: string;
  readonly disputeId: string;
  readonly key: string;
  readonly currency: CurrencyCode;
  readonly at: Date;
  readonly losses: readonly LossInBook[];
  readonly balanceMinor: bigint;
  readonly balance: BuyerBalance;
}): readonly NewJournal[] {
  const { buyerId, operatorId, key, currency, at } = lost;
  const common = { kind: 'dispute_lost', source: `dispute:${lost.disputeId}`, key, currency, at };
  const contested = buyerAccount('dispute_held', buyerId);
  return journalsOf([
    ...lost.losses.map(({ bookId, split, operatorMinor }) => ({
      ...common,
      ...{ bookId, postings: disputeLost({ buyerId, split, operatorMinor }) },
    })),
    {
      ...common,
      bookId: operatorId,
      postings: outOfBalance(buyerId, lost.balanceMinor, lost.balance, contested),
    },
  ]);
}

/** What comes back in one agency's book of a dispute that was booked as lost. */
export interface RegainInBook {
  readonly bookId: string;
  /** Of the agency's share: what it still owes, and what it can be paid again. */
  readonly owedMinor: bigint;
  readonly payableMinor: bigint;
  readonly operatorMinor: bigint;
}

/** Against all expectation a lost dispute comes back: everybody gets back what they gave. */
export function disputeRegainedJournals(
  booked: MovementBooked,
  regains: readonly RegainInBook[],
): readonly NewJournal[] {
  const { buyerId, balanceMinor, balance, funds, key, kind } = booked;
  const stripe = bookAccount('stripe');
  const common = { source: `stripe:${funds.id}`, currency: funds.currency, at: funds.createdAt, key, kind };
  const agencies = regains.map(({ bookId, owedMinor, payableMinor, operatorMinor }) => ({
    ...common,
    bookId,
    postings: [
      ...posting(stripe, bookAccount('clawback_due'), owedMinor),
      ...posting(stripe, bookAccount('payable'), payableMinor),
      ...posting(stripe, bookAccount('bad_debt'), operatorMinor),
    ],
  }));
  const own = spread(
    { ...booked, byAgency: new Map() },
    {
      agency: () => [],
      balance: intoBalance(buyerId, balanceMinor, balance),
      fee: disputeFee(funds.feeMinor),
    },
  );
  return [...journalsOf(agencies), ...own];
}
