import type { Clock } from '#calendar';
import { Database, keyset, type KeysetPage } from '#database';
import { balancesOfBooks, type BookBalance, type BookCurrency } from '#ledger';
import { arePaymentsStopped, type PaymentProvider } from '#payments';
import type { SettlementRef } from '#settlements';
import { Inject, Injectable } from '@nestjs/common';
import { type HeldShare, type HoldShown, holdsOf } from './hold-reasons.js';
import { unpaidRounds, type UnpaidRound } from './hold.store.js';
import type { PaymentAccount } from './payment-account.js';
import { accountsOf } from './payment-account.store.js';
import { shortForMs } from './pay-agencies.action.js';
import { putOffBooks } from './payout-dues.store.js';
import { minimumOf } from './payout.js';
import type { PayoutSettings } from './payout-settings.js';
import { planPayout, showWait, type WaitReason } from './plan.js';
import { booksOf, isSameBook } from './release-holds.action.js';
import { type Share, sharesOf } from './share.queries.js';
import { waitingStates } from './share-sql.js';
import { situationsNow } from './situation-now.queries.js';

/** What is still to come of a settlement's agency share, and why it has not been sent. */
export interface HeldSettlement extends SettlementRef {
  readonly share: Share;
  /** Minor units. */
  readonly amountMinor: bigint;
  readonly holds: readonly HoldShown[];
}

interface Surroundings {
  readonly accounts: ReadonlyMap<string, PaymentAccount>;
  readonly balances: readonly BookBalance[];
  readonly unpaid: readonly UnpaidRound[];
  readonly since: ReadonlyMap<string, Date>;
  readonly waits: readonly (BookCurrency & { readonly waitsFor: HeldShare['waitsFor'] })[];
}

/** Why money that is earned is not sent yet. */
@Injectable()
export class HoldQueries {
  constructor(
    private readonly database: Database,
    @Inject('PaymentProvider') private readonly provider: PaymentProvider | null,
    @Inject('Config') private readonly settings: PayoutSettings,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /**
   * Of these settlements, as far as they are approved; a few statements however many they are. Not limited to an actor:
   * give settlements that the actor was shown.
   */
  async holdsOf(refs: readonly SettlementRef[]): Promise<readonly HeldSettlement[]> {
    const shares = await sharesOf(this.database, refs);
    const released = shares.filter(({ hold }) => hold !== null && hold.releasedAt !== null);
    const books = booksOf(released.filter(({ hold }) => hold?.paidAt === null));
    const around: Surroundings = {
      accounts: new Map(
        (await accountsOf(this.database, [...new Set(books.map(({ bookId }) => bookId))])).map((each) => [
          each.agencyId,
          each,
        ]),
      ),
      balances: await balancesOfBooks(this.database, books, ['payable', 'clawback_due']),
      unpaid: await unpaidRounds(this.database, books),
      since: await this.inStateSince(shares),
      waits: await this.waits(books),
    };
    return shares.map((share) => this.held(share, around));
  }

  /** A page of the settlements that an agency still waits for in a currency, by id; one more than the page's limit. */
  async waitingIds({ bookId, currency }: BookCurrency, page: KeysetPage): Promise<readonly SettlementRef[]> {
    const list = { column: 's.id', newestFirst: false, placeholder: '$3' } as const;
    const { condition, orderBy, key } = keyset(page, list);
    return await this.database.query<SettlementRef>(
      `select s.agency_id as "agencyId", s.id from settlements s where ${waiting} and ${condition}
       order by ${orderBy} limit $4`,
      [bookId, currency, key, page.limit + 1],
    );
  }

  async countWaiting({ bookId, currency }: BookCurrency, max: number): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `select count(*)::int as count from (select 1 from settlements s where ${waiting} limit $3) found`,
      [bookId, currency, max],
    );
    return row?.count ?? 0;
  }

  /** Why payouts of these books would not be made now. Without asking the provider: pages of settlements wait for this. */
  private async waits(books: readonly BookCurrency[]): Promise<Surroundings['waits']> {
    if (books.length === 0) return [];
    const now = this.clock.now();
    const isStopped = await arePaymentsStopped(this.database);
    const halt = this.provider === null ? 'OFF' : isStopped ? 'STOPPED' : null;
    const circumstances = { minimumPayout: this.settings.minimumPayout, halt, available: null } as const;
    const situations = await situationsNow(this.database, books, circumstances);
    // What could go and is put off for a moment was short of money when it was looked at.
    const short = await putOffBooks(this.database, books, { now, withinMs: shortForMs });
    return situations.map((situation) => {
      const { agencyId: bookId, currency, latest } = situation;
      const plan = planPayout(situation, now);
      const told = (reason: WaitReason, until: Date | null): HeldShare['waitsFor'] => {
        return { reason, until, words: showWait(reason, situation, now) };
      };
      if (plan.is === 'WAIT') {
        const until = plan.reason === 'RETRY_LATER' ? (latest?.retryAt ?? null) : null;
        return { bookId, currency, waitsFor: told(plan.reason, until) };
      }
      const isShort = plan.is === 'SEND' && short.some((each) => isSameBook(each, { bookId, currency }));
      return { bookId, currency, waitsFor: isShort ? told('FUNDS_SHORT', null) : null };
    });
  }

  private held(share: Share, { accounts, balances, unpaid, since, waits }: Surroundings): HeldSettlement {
    const { agencyId, id, currency, state, approvedAt, hold, disputedSince, missingMinor } = share;
    const book = { bookId: agencyId, currency };
    const balance = (kind: string): bigint =>
      balances.find((each) => each.kind === kind && isSameBook(each, book))?.balanceMinor ?? 0n;
    const restMinor = balance('payable') - balance('clawback_due');
    const round = unpaid.find((each) => each.id === id);
    const isReleased = hold !== null && hold.releasedAt !== null;
    const amountMinor = isReleased
      ? (round?.releasedMinor ?? 0n) - (round?.sentMinor ?? 0n)
      : share.expectedMinor;
    const holds = holdsOf(
      {
        ...{ state, currency, amountMinor, approvedAt, disputedSince, missingMinor },
        stateSince: since.get(id) ?? approvedAt,
        heldFrom: hold?.heldFrom ?? null,
        heldUntil: hold?.heldUntil ?? null,
        releasedAt: hold?.releasedAt ?? null,
        account: accounts.get(agencyId) ?? null,
        restMinor,
        minimumMinor: minimumOf(this.settings.minimumPayout, currency),
        waitsFor: waits.find((each) => isSameBook(each, book))?.waitsFor ?? null,
      },
      this.clock.now(),
    );
    return { agencyId, id, share, amountMinor, holds };
  }

  private async inStateSince(shares: readonly Share[]): Promise<ReadonlyMap<string, Date>> {
    const rows = await this.database.query<{ id: string; since: Date }>(
      `select s.id, e.occurred_at as since from unnest($1::uuid[], $2::uuid[]) as w (agency_id, id)
       join settlements s on s.agency_id = w.agency_id and s.id = w.id
       join settlement_events e on e.agency_id = s.agency_id and e.settlement_id = s.id and e.version = s.version`,
      [shares.map(({ agencyId }) => agencyId), shares.map(({ id }) => id)],
    );
    return new Map(rows.map(({ id, since }) => [id, since]));
  }
}

/** Of agency $1 and currency $2: what is approved and not on its way or sent, and worth something to the agency. */
const waiting = `s.agency_id = $1 and s.currency = $2 and s.state in (${waitingStates})
  and s.agency_minor - s.corrected_agency_minor > 0`;
