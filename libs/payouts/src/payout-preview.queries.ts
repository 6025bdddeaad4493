import type { Clock } from '#calendar';
import { Database } from '#database';
import { balancesOfBooks, type BookCurrency } from '#ledger';
import { asCurrency, type CurrencyCode } from '#money';
import {
  arePaymentsStopped,
  type PaymentProvider,
  type ProviderBalance,
  ProviderUnavailable,
} from '#payments';
import { Inject, Injectable } from '@nestjs/common';
import type { PayoutSettings } from './payout-settings.js';
import { whoIsPaid } from './payout.js';
import { amountsUnderWay } from './payout.store.js';
import { type BookSituation, type PayoutPlan, planPayout, showWait, type WaitReason } from './plan.js';
import { isSameBook } from './release-holds.action.js';
import { situationsNow } from './situation-now.queries.js';

/** What an agency would be sent now in one currency, and why not (more). Minor units. */
export interface PayoutPreview {
  readonly agencyId: string;
  readonly currency: CurrencyCode;
  readonly heldMinor: bigint;
  readonly payableMinor: bigint;
  readonly owedBackMinor: bigint;
  readonly inTransitMinor: bigint;
  readonly wouldSendMinor: bigint;
  /** Null: nothing stands in the way, or nothing is there to send. */
  readonly waitsFor: WaitReason | null;
  readonly words: string;
  /** When the next of it is released by itself, or sent; null: that depends on somebody. */
  readonly nextExpectedAt: Date | null;
}

/** What is to be sent in one currency against what is there to send it from. Minor units. */
export interface FundingGap {
  readonly currency: CurrencyCode;
  /** Of the provider's balance; null: the provider does not tell. */
  readonly availableMinor: bigint | null;
  readonly pendingMinor: bigint | null;
  /** Released or on its way; and with what is released within so many days. */
  readonly dueNowMinor: bigint;
  readonly dueIn7DaysMinor: bigint;
  readonly dueIn30DaysMinor: bigint;
}

const kinds = ['held', 'payable', 'in_transit', 'clawback_due'] as const;
const booksAtOnce = 500;
const mostBooks = 20_000;

/** What would happen if payouts were made now; nothing is changed. */
@Injectable()
export class PayoutPreviews {
  constructor(
    private readonly database: Database,
    @Inject('PaymentProvider') private readonly provider: PaymentProvider | null,
    @Inject('Config') private readonly settings: PayoutSettings,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /** Of each currency in which the agency earns. Not limited to an actor: ask whether it sees the agency before. */
  async ofAgency(agencyId: string): Promise<readonly PayoutPreview[]> {
    const rows = await this.database.query<{ currency: string }>(
      `select distinct currency from accounts where book_id = $1 and kind in ('held', 'payable') order by 1`,
      [agencyId],
    );
    const books = rows.map(({ currency }) => ({ bookId: agencyId, currency }));
    if (books.length === 0) return [];
    const balances = await balancesOfBooks(this.database, books, kinds);
    const situations = await this.situations(books);
    const releases = await this.nextReleases(agencyId);
    const now = this.clock.now();
    return situations.map((situation) => {
      const plan = this.affordable(situation, planPayout(situation, now), now);
      const book = { bookId: agencyId, currency: situation.currency };
      const balance = (kind: string): bigint =>
        balances.find((each) => each.kind === kind && isSameBook(each, book))?.balanceMinor ?? 0n;
      return {
        agencyId,
        currency: situation.currency,
        heldMinor: balance('held'),
        payableMinor: balance('payable'),
        owedBackMinor: balance('clawback_due'),
        inTransitMinor: balance('in_transit'),
        ...shown(plan, situation, now),
        nextExpectedAt: nextOf(plan, releases.get(situation.currency) ?? null, now),
      };
    });
  }

  /** By currency, everything that is due or will be within thirty days. */
  async fundingGap(): Promise<readonly FundingGap[]> {
    const now = this.clock.now();
    const balances = await this.balances();
    const due = await this.dueNow();
    const underWay = await this.allUnderWay();
    const releases = await this.releasesWithin(now);
    const currencies = new Set<string>([
      ...(balances ?? []).map(({ currency }) => currency),
      ...[due, underWay].flatMap((each) => [...each.keys()]),
      ...releases.map(({ currency }) => currency),
    ]);
    return [...currencies].sort().map((text) => {
      const currency = asCurrency(text);
      const balance = balances?.find((each) => each.currency === currency);
      const soon = releases.find((each) => each.currency === currency);
      const dueNowMinor = (due.get(currency) ?? 0n) + (underWay.get(currency) ?? 0n);
      return {
        currency,
        availableMinor: balances === null ? null : (balance?.availableMinor ?? 0n),
        pendingMinor: balances === null ? null : (balance?.pendingMinor ?? 0n),
        dueNowMinor,
        dueIn7DaysMinor: dueNowMinor + (soon?.weekMinor ?? 0n),
        dueIn30DaysMinor: dueNowMinor + (soon?.monthMinor ?? 0n),
      };
    });
  }

  private async situations(books: readonly BookCurrency[]): Promise<readonly BookSituation[]> {
    return await situationsNow(this.database, books, {
      minimumPayout: this.settings.minimumPayout,
      halt: await this.halt(),
      available: await this.available(),
    });
  }

  private async halt(): Promise<'OFF' | 'STOPPED' | null> {
    if (this.provider === null) return 'OFF';
    return (await arePaymentsStopped(this.database)) ? 'STOPPED' : null;
  }

  private async balances(): Promise<readonly ProviderBalance[] | null> {
    try {
      return this.provider === null ? null : await this.provider.balances();
    } catch (error) {
      if (error instanceof ProviderUnavailable) return null;
      throw error;
    }
  }

  private async available(): Promise<ReadonlyMap<string, bigint> | null> {
    const balances = await this.balances();
    if (balances === null) return null;
    const underWay = await amountsUnderWay(this.database);
    return new Map(
      balances.map(({ currency, availableMinor }) => [
        currency,
        availableMinor - (underWay.get(currency) ?? 0n),
      ]),
    );
  }

  private affordable(situation: BookSituation, plan: PayoutPlan, now: Date): PayoutPlan {
    if (plan.is !== 'SEND') return plan;
    const { agencyId, availableMinor } = situation;
    const { amountMinor } = plan.size;
    const claim = {
      agencyId,
      amountMinor,
      releasedAt: plan.releasedAt,
      isFunded: plan.sourceChargeId !== null,
    };
    if (whoIsPaid([claim], availableMinor, now).paid.length === 1) return plan;
    const words = showWait('FUNDS_SHORT', situation, now);
    return { is: 'WAIT', reason: 'FUNDS_SHORT', restMinor: amountMinor, lookAt: now, words };
  }

  private async nextReleases(agencyId: string): Promise<ReadonlyMap<string, Date>> {
    const rows = await this.database.query<{ currency: string; at: Date }>(
      `select h.currency, min(h.held_until) as at from holds h
       join settlements s on s.agency_id = h.agency_id and s.id = h.settlement_id and s.state = 'HOLDING'
       where h.agency_id = $1 and h.released_at is null and h.held_until is not null and h.amount_minor > 0
         and not exists (
           select from dispute_parts p where p.agency_id = h.agency_id and p.settlement_id = h.settlement_id
             and p.state = 'OPEN')
       group by h.currency`,
      [agencyId],
    );
    return new Map(rows.map(({ currency, at }) => [currency, at]));
  }

  /** What is released and not sent, less what its agency owes, by currency. */
  private async dueNow(): Promise<ReadonlyMap<string, bigint>> {
    const dues = await this.database.query<BookCurrency>(
      `select agency_id as "bookId", currency from payout_dues order by since limit $1`,
      [mostBooks],
    );
    const sums = new Map<string, bigint>();
    for (let start = 0; start < dues.length; start += booksAtOnce) {
      const books = dues.slice(start, start + booksAtOnce);
      const balances = await balancesOfBooks(this.database, books, ['payable', 'clawback_due']);
      for (const book of books) {
        const balance = (kind: string): bigint =>
          balances.find((each) => each.kind === kind && isSameBook(each, book))?.balanceMinor ?? 0n;
        const restMinor = balance('payable') - balance('clawback_due');
        if (restMinor > 0n) sums.set(book.currency, (sums.get(book.currency) ?? 0n) + restMinor);
      }
    }
    return sums;
  }

  private async allUnderWay(): Promise<ReadonlyMap<string, bigint>> {
    const rows = await this.database.query<{ currency: string; amount: string }>(
      `select currency, sum(amount_minor) as amount from payouts where state = 'REQUESTED' group by 1`,
    );
    return new Map(rows.map(({ currency, amount }) => [currency, BigInt(amount)]));
  }

  private async releasesWithin(
    now: Date,
  ): Promise<
    readonly { readonly currency: string; readonly weekMinor: bigint; readonly monthMinor: bigint }[]
  > {
    const rows = await this.database.query<{ currency: string; week: string; month: string }>(
      `select h.currency, coalesce(sum(h.amount_minor) filter (where h.held_until <= $1::timestamptz + interval '7 days'), 0) as week,
         sum(h.amount_minor) as month
       from holds h join settlements s on s.agency_id = h.agency_id and s.id = h.settlement_id and s.state = 'HOLDING'
       where h.released_at is null and h.held_until <= $1::timestamptz + interval '30 days' group by 1`,
      [now],
    );
    return rows.map(({ currency, week, month }) => ({
      currency,
      weekMinor: BigInt(week),
      monthMinor: BigInt(month),
    }));
  }
}

function shown(
  plan: PayoutPlan,
  situation: BookSituation,
  now: Date,
): Pick<PayoutPreview, 'wouldSendMinor' | 'waitsFor' | 'words'> {
  switch (plan.is) {
    case 'SEND':
      return { wouldSendMinor: plan.size.amountMinor, waitsFor: null, words: 'It is sent now.' };
    case 'NET':
      return {
        wouldSendMinor: 0n,
        waitsFor: null,
        words: 'All of it settles what the agency owes.',
      };
    case 'WAIT': {
      const words = plan.reason === 'FUNDS_SHORT' ? showWait('FUNDS_SHORT', situation, now) : plan.words;
      return { wouldSendMinor: 0n, waitsFor: plan.reason, words };
    }
    case 'NOTHING':
      return { wouldSendMinor: 0n, waitsFor: null, words: 'Nothing is released at present.' };
  }
}

function nextOf(plan: PayoutPlan, nextRelease: Date | null, now: Date): Date | null {
  if (plan.is === 'SEND') return now;
  if (nextRelease === null) return null;
  return nextRelease.getTime() > now.getTime() ? nextRelease : now;
}
