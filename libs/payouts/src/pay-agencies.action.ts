import { Database, newId, type Transaction, UnitOfWork } from '#database';
import { clawbackNetted, lockBooks, transferRequested } from '#ledger';
import { arePaymentsStopped, Operations, type PaymentProvider, ProviderUnavailable } from '#payments';
import { advanceSettlements, lockSettlements, type SettlementRef } from '#settlements';
import { done, invariant } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { showPortion } from './adjustment.js';
import { type Excluded, type PayoutCircumstances, situationsOf } from './book-situation.queries.js';
import { book, type Booking, payoutActor } from './booking.store.js';
import { markPaid, unpaidRounds, type UnpaidRound } from './hold.store.js';
import { inBatches } from './in-batches.js';
import { claimDues, type NextLook, type PayoutDue, putOffDues } from './payout-dues.store.js';
import type { PayoutLog } from './payout-log.js';
import type { PayoutSettings } from './payout-settings.js';
import { payoutNumber, type Unpaid, whoIsPaid } from './payout.js';
import { amountsUnderWay, insertPayouts, type NewPayout } from './payout.store.js';
import { showPayout } from './payout-words.js';
import { type BookSituation, type PayoutPlan, planPayout } from './plan.js';
import { isSameBook, lockedKinds } from './release-holds.action.js';
import { isFree, type Share, sharesOf } from './share.queries.js';
import { mustWaitAgain, takeBackAll } from './take-back.action.js';

const batchSize = 100;
/** Who could be paid but for the balance is looked at again after this time. */
export const shortForMs = 30_000;
/** And who has money between two parts of a large sum that may not be sent. */
const excludedForMs = 3_600_000;

type Sent = Extract<PayoutPlan, { is: 'SEND' }>;
type Netted = Extract<PayoutPlan, { is: 'NET' }>;
interface Planned<Plan = PayoutPlan> {
  readonly situation: BookSituation;
  readonly plan: Plan;
  /** Released money of it may not be sent now, and nothing else will bring it up again. */
  readonly isPart: boolean;
}

/** Sends what is payable: one transfer for each agency and currency, what the agency owes taken off before. */
@Injectable()
export class PayAgencies {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly database: Database,
    private readonly operations: Operations,
    @Inject('PaymentProvider') private readonly provider: PaymentProvider | null,
    @Inject('Config') private readonly settings: PayoutSettings,
    @Inject('Log') private readonly log: PayoutLog,
  ) {}

  /**
   * Looks at no more than `limit` agencies whose turn it is, who wait longest first, and gives the number of payouts that
   * were made. One that fails is put off for some minutes, and the others are paid. Nothing while payments are stopped.
   */
  async execute(now: Date, limit: number): Promise<number> {
    if (this.provider === null) return 0;
    if (await arePaymentsStopped(this.database)) return 0;
    let made = 0;
    let looked = 0;
    let available: Map<string, bigint> | null | undefined;
    while (looked < limit) {
      const size = Math.min(batchSize, limit - looked);
      const claimed = await this.unitOfWork.run(async (tx) => done(await claimDues(tx, now, size)));
      const dues = claimed.ok ? claimed.value : [];
      if (dues.length === 0) break;
      looked += dues.length;
      available ??= await this.balance();
      const money = available;
      made += await inBatches(dues, {
        size: batchSize,
        work: async (batch) => await this.pay(batch, money, now),
        failed: ({ bookId }, error) => this.log.error('an agency was not paid', { agencyId: bookId, error }),
      });
    }
    return made;
  }

  /** What can be sent by currency, without what is on its way already; null when the provider does not tell. */
  private async balance(): Promise<Map<string, bigint> | null> {
    if (this.provider === null) return null;
    const underWay = await amountsUnderWay(this.database);
    try {
      const balances = await this.provider.balances();
      return new Map(
        balances.map(({ currency, availableMinor }) => [
          currency,
          availableMinor - (underWay.get(currency) ?? 0n),
        ]),
      );
    } catch (error) {
      // A shortage is told by the transfer itself, too.
      if (!(error instanceof ProviderUnavailable)) throw error;
      return null;
    }
  }

  private async pay(
    dues: readonly PayoutDue[],
    available: Map<string, bigint> | null,
    now: Date,
  ): Promise<number> {
    const paid = await this.unitOfWork.run(async (tx) => {
      const { minimumPayout } = this.settings;
      const { planned, shares } = await planAll(tx, dues, { minimumPayout, halt: null, available }, now);
      const { sends, left, short } = shareOut(planned, available, now);
      const nets = planned.filter((each): each is Planned<Netted> => each.plan.is === 'NET');
      const payouts = [
        ...nets.map((each) => payoutFor(each, newId(), null, now)),
        ...(await this.requestAll(tx, sends, now)),
      ];
      await writeAll(tx, { payouts, shares }, now);
      await putOffDues(tx, now, looksAfter(planned, new Set(short), now));
      return done({ count: payouts.length, left });
    });
    if (!paid.ok) return 0;
    // Only what was written has been given out.
    for (const [currency, leftMinor] of paid.value.left) available?.set(currency, leftMinor);
    return paid.value.count;
  }

  private async requestAll(
    tx: Transaction,
    sends: readonly Planned<Sent>[],
    now: Date,
  ): Promise<readonly NewPayout[]> {
    const payouts: NewPayout[] = [];
    for (const each of sends) {
      const { situation, plan } = each;
      const id = newId();
      const { id: operationId } = await this.operations.request(tx, {
        request: {
          kind: 'TRANSFER',
          payoutId: id,
          accountId: plan.accountId,
          amountMinor: plan.size.amountMinor,
          currency: situation.currency,
          transferGroup: `payout:${id}`,
          sourceChargeId: plan.sourceChargeId,
        },
        subject: `payout:${id}`,
        bookId: situation.agencyId,
        idempotencyKey: `tr:${id}:a${plan.attempt}`,
        now,
      });
      payouts.push(payoutFor(each, id, operationId, now));
    }
    return payouts;
  }
}

/** Locks what these books consist of, takes back what must not be sent, and says what is done with the rest. */
async function planAll(
  tx: Transaction,
  dues: readonly PayoutDue[],
  circumstances: PayoutCircumstances,
  now: Date,
): Promise<{ readonly planned: readonly Planned[]; readonly shares: readonly Share[] }> {
  const refs = refsOf(await unpaidRounds(tx, dues));
  await lockSettlements(tx, refs);
  await lockBooks(tx, dues, lockedKinds);
  const shares = await sharesOf(tx, refs);
  const retaken = await takeBackAll(tx, shares.filter(mustWaitAgain), now);
  const back = new Set(retaken.map(({ share }) => share.id));
  const free = new Set(
    shares.filter((share) => !back.has(share.id) && isSendable(share)).map(({ id }) => id),
  );
  const rounds = await unpaidRounds(tx, dues);
  const unpaid = rounds.filter(({ id }) => free.has(id)).map(unpaidOf);
  // Released since it was looked at, or contested between two parts of a large sum.
  const excluded = rounds.filter(({ id }) => !free.has(id)).map(excludedOf);
  const situations = await situationsOf(tx, dues, { unpaid, excluded }, circumstances);
  const planned = situations.map((situation) => ({
    situation,
    plan: planPayout(situation, now),
    isPart: excluded.some((each) =>
      isSameBook(each, { bookId: situation.agencyId, currency: situation.currency }),
    ),
  }));
  return { planned, shares };
}

/** A sum of more than eight digits goes in parts, one after the other: its settlement is under way meanwhile. */
export function isSendable(share: Share): boolean {
  const { state, disputedSince, missingMinor } = share;
  return isFree(share) || (state === 'TRANSFERRING' && disputedSince === null && missingMinor <= 0n);
}

export function unpaidOf(round: UnpaidRound): Unpaid & { readonly currency: string } {
  const { agencyId, id, round: number, releasedMinor, sentMinor, releasedAt, currency } = round;
  return { agencyId, id, round: number, leftMinor: releasedMinor - sentMinor, releasedAt, currency };
}

export function excludedOf({ agencyId, currency, releasedMinor, sentMinor }: UnpaidRound): Excluded {
  return { bookId: agencyId, currency, amountMinor: releasedMinor - sentMinor };
}

function refsOf(rounds: readonly UnpaidRound[]): readonly SettlementRef[] {
  return rounds.map(({ agencyId, id }) => ({ agencyId, id }));
}

/** Gives out the balance, currency by currency. */
function shareOut(
  planned: readonly Planned[],
  available: ReadonlyMap<string, bigint> | null,
  now: Date,
): {
  readonly sends: readonly Planned<Sent>[];
  readonly short: readonly Planned[];
  readonly left: ReadonlyMap<string, bigint>;
} {
  const claims = planned
    .filter((each): each is Planned<Sent> => each.plan.is === 'SEND')
    .map((each) => ({
      each,
      agencyId: each.situation.agencyId,
      amountMinor: each.plan.size.amountMinor,
      releasedAt: each.plan.releasedAt,
      isFunded: each.plan.sourceChargeId !== null,
    }));
  const left = new Map<string, bigint>();
  const currencies = [...new Set(claims.map(({ each }) => each.situation.currency))];
  const results = currencies.map((currency) => {
    const own = claims.filter(({ each }) => each.situation.currency === currency);
    const result = whoIsPaid(own, available === null ? null : (available.get(currency) ?? 0n), now);
    if (result.leftMinor !== null) left.set(currency, result.leftMinor);
    return result;
  });
  return {
    sends: results.flatMap(({ paid }) => paid.map(({ each }) => each)),
    short: results.flatMap(({ short }) => short.map(({ each }) => each)),
    left,
  };
}

function payoutFor(
  { situation, plan }: Planned<Sent | Netted>,
  id: string,
  operationId: string | null,
  now: Date,
): NewPayout {
  const { agencyId, currency } = situation;
  const isSent = plan.is === 'SEND';
  return {
    ...{ agencyId, id, currency, operationId, ...plan.size },
    number: payoutNumber(now, id),
    attempt: isSent ? plan.attempt : 1,
    providerAccountId: isSent ? plan.accountId : null,
    sourceChargeId: isSent ? plan.sourceChargeId : null,
  };
}

async function writeAll(
  tx: Transaction,
  { payouts, shares }: { readonly payouts: readonly NewPayout[]; readonly shares: readonly Share[] },
  now: Date,
): Promise<void> {
  if (payouts.length === 0) return;
  await insertPayouts(tx, payouts, now);
  await book(
    tx,
    payouts.flatMap((payout) => bookingsOf(payout, now)),
    now,
  );
  const byId = new Map(shares.map((share) => [share.id, share]));
  const moves = payouts.flatMap(({ number, portions }) =>
    portions.map(({ agencyId, id }) => ({
      ...{ agencyId, id, from: ['HOLDING', 'TRANSFER_FAILED'] as const, to: 'TRANSFERRING' as const },
      note: noteOf(number, byId.get(id)),
    })),
  );
  await advanceSettlements(tx, { actor: payoutActor, at: now, moves });
  const netted = payouts.filter(({ amountMinor }) => amountMinor === 0n);
  await closePaid(
    tx,
    netted.flatMap(({ portions }) => portions),
    now,
    new Map(netted.flatMap((payout) => payout.portions.map(({ id }) => [id, showPayout(payout)]))),
  );
}

function noteOf(payoutNumber: string, share: Share | undefined): string {
  invariant(share?.hold, 'what is paid out was never held');
  const { hold, takenBy } = share;
  const { amountMinor: shareMinor, releasedMinor } = hold;
  return showPortion({ payoutNumber, shareMinor, releasedMinor: releasedMinor ?? 0n, takenBy });
}

/** Settlements of these whose released money has all been sent or netted are paid; `notes` says more, by settlement. */
export async function closePaid(
  tx: Transaction,
  refs: readonly SettlementRef[],
  now: Date,
  notes: ReadonlyMap<string, string> = new Map(),
): Promise<void> {
  const paid = await markPaid(tx, refs, now);
  const moves = paid.map(({ agencyId, id }) => ({
    ...{ agencyId, id, from: ['TRANSFERRING'] as const, to: 'PAID' as const, note: notes.get(id) ?? null },
  }));
  await advanceSettlements(tx, { actor: payoutActor, at: now, moves });
}

function bookingsOf(payout: NewPayout, now: Date): readonly Booking[] {
  const { agencyId: bookId, id, currency, nettedMinor, amountMinor } = payout;
  const common = { bookId, currency, source: `payout:${id}`, at: now };
  return [
    {
      ...common,
      kind: 'clawback_netted',
      key: `payout:${id}:netted`,
      postings: clawbackNetted(nettedMinor),
    },
    {
      ...common,
      kind: 'transfer_requested',
      key: `payout:${id}:request`,
      postings: transferRequested(amountMinor),
    },
  ];
}

/** When each is looked at next: what was sent is looked at when that is decided. */
function looksAfter(
  planned: readonly Planned[],
  short: ReadonlySet<Planned>,
  now: Date,
): readonly NextLook[] {
  return planned.map((each) => {
    const { situation, plan, isPart } = each;
    const { agencyId: bookId, currency } = situation;
    if (plan.is === 'WAIT') return { bookId, currency, at: plan.lookAt, since: null };
    const afterMs = short.has(each) ? shortForMs : excludedForMs;
    const isLeft = short.has(each) || isPart;
    return { bookId, currency, at: isLeft ? new Date(now.getTime() + afterMs) : null, since: null };
  });
}
