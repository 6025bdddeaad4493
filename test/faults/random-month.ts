/**
 * Months in which anything happens: people sell, return, refund, restate, contest, pay late and write off; banks decline,
 * return and contest. What each agency must have at the end is counted beside, from what people did, in cents.
 */
import { clawbackWriteOffOf } from '#payouts';
import { invariant } from '#outcome';
import { asCurrency } from '#money';
import fc from 'fast-check';
import type { Branch } from './branch.js';
import { type Kept, keep } from './kept.js';
import { dailyTerms, type MoneyMarket, type Side } from './money-market.js';

export interface Cast {
  readonly agencies: readonly Side[];
  readonly buyers: readonly Side[];
  /** The vertical of each agency and buyer, in the order of the pairs. */
  readonly verticals: readonly string[];
}

const baseCents = 10_00;

/** Two agencies and two buyers who may trade, with accounts and methods: one pays by card, one is debited. */
export async function keepTraders(): Promise<Kept & { readonly built: Cast }> {
  return await keep(async (market) => {
    await market.app.advanceClock(`${market.period().end}T10:00:00Z`);
    const agencies = [market.seeded('agency'), market.seeded('otherAgency')];
    const buyers = [market.seeded('buyer'), market.seeded('otherBuyer')];
    for (const each of agencies) await market.onboard(each);
    for (const [index, each] of buyers.entries()) {
      await market.setTerms(each, 'AUTOPAY', { billingEmail: `${each.uuid}@buyer.example` });
      await market.saveMethod(each, index === 0 ? 'pm_card_visa' : 'pm_usBankAccount_success');
    }
    const verticals: string[] = [];
    for (const [index, agency] of agencies.entries()) {
      for (const buyer of buyers) {
        const terms = {
          holdDays: 1 + 2 * index,
          clawbackMethod: index === 0 ? 'NETTING' : 'TRANSFER_REVERSAL',
        };
        verticals.push((await market.between(agency, buyer).contract({ ...dailyTerms, ...terms })).vertical);
      }
    }
    await market.later(1);
    return { agencies, buyers, verticals };
  });
}

const pick = fc.nat({ max: 50 });
const dealDollars = fc.integer({ min: 5, max: 3_000 });

/** One kind of step, as often as its weight among the others. */
function kind<Does extends string, More extends object>(
  weight: number,
  does: Does,
  more: { [Name in keyof More]: fc.Arbitrary<More[Name]> },
): { weight: number; arbitrary: fc.Arbitrary<{ readonly does: Does; readonly pick: number } & More> } {
  const arbitrary = fc.record({ does: fc.constant(does), pick, ...more });
  return {
    weight,
    arbitrary: arbitrary as fc.Arbitrary<{ readonly does: Does; readonly pick: number } & More>,
  };
}

const step = fc.oneof(
  kind(2, 'sell', { dollars: dealDollars }),
  kind(5, 'pass', { days: fc.integer({ min: 1, max: 3 }) }),
  kind(3, 'refund', {}),
  kind(3, 'return', {}),
  kind(1, 'restate', { dollars: dealDollars }),
  kind(4, 'contest', { percent: fc.constantFrom(10, 37, 100) }),
  kind(4, 'judge', { won: fc.boolean() }),
  kind(4, 'returnDebit', {}),
  kind(2, 'decline', {}),
  kind(2, 'newMethod', { debit: fc.boolean() }),
  kind(1, 'payOnPage', {}),
  kind(1, 'topUp', { dollars: fc.integer({ min: 1, max: 900 }) }),
  kind(1, 'giveBack', { dollars: fc.integer({ min: 1, max: 100 }) }),
  kind(3, 'writeOff', {}),
  kind(2, 'forgive', {}),
  kind(1, 'reverse', { dollars: fc.integer({ min: 1, max: 50 }) }),
  kind(1, 'restrict', { isOver: fc.boolean() }),
);
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Everybody sells to everybody, and two thirds of it is paid by the time when anything happens. */
const opening: fc.Arbitrary<readonly Step[]> = fc
  .tuple(dealDollars, dealDollars, dealDollars, dealDollars)
  .map((each) => [
    ...each.map((dollars, pair): Step => ({ does: 'sell', pick: pair, dollars })),
    { does: 'topUp', pick: 0, dollars: 150 },
    { does: 'pass', pick: 0, days: 3 },
  ]);
export const months = fc
  .tuple(opening, fc.array(step, { minLength: 10, maxLength: 20 }))
  .map(([first, rest]) => [...first, ...rest]);

interface Sold {
  readonly pair: number;
  readonly lead: string;
  readonly deal: string;
  dealCents: number;
  isReturned: boolean;
}

/** Plays a month, and counts what its agencies earn by it. Acts that are refused count for nothing. */
export class RandomMonth {
  private readonly sold: Sold[] = [];
  private readonly forgivenCents = new Map<string, number>();
  private readonly market: MoneyMarket;

  constructor(
    private readonly branch: Branch,
    private readonly cast: Cast,
  ) {
    this.market = branch.market;
  }

  async play(steps: readonly Step[]): Promise<void> {
    for (const each of steps) await this.take(each);
    // The last statements are closed, and what was sent is decided.
    await this.pass(1);
    for (let more = 0; more < 3; more += 1) await this.branch.later(72);
  }

  /** What an agency earned and was not taken back, by what was sold; without disputes and write-offs. */
  earnedCents(agency: Side): number {
    const sold = this.sold.filter(({ pair }) => this.sidesOf(pair).agency.uuid === agency.uuid);
    const earned = sold.reduce(
      (sum, each) => sum + (each.isReturned ? 0 : baseCents + each.dealCents / 5),
      0,
    );
    return earned + (this.forgivenCents.get(agency.uuid) ?? 0);
  }

  private sidesOf(pair: number): { readonly agency: Side; readonly buyer: Side } {
    const agency = this.cast.agencies[Math.floor(pair / 2)];
    const buyer = this.cast.buyers[pair % 2];
    invariant(agency && buyer, 'there is no such pair');
    return { agency, buyer };
  }

  private async take(step: Step): Promise<void> {
    switch (step.does) {
      case 'sell':
        return await this.sell(step.pick % 4, step.dollars * 100);
      case 'pass':
        return await this.pass(step.days);
      case 'refund':
        return await this.correct(step.pick, 0);
      case 'restate':
        return await this.correct(step.pick, step.dollars * 100);
      case 'return':
        return await this.giveLeadBack(step.pick);
      case 'topUp':
        return await tried(() => this.market.topUp(this.buyer(step.pick), step.dollars * 100));
      case 'giveBack':
        return await tried(async () => {
          await this.market.approve(
            await this.market.askRefund(this.buyer(step.pick), null, step.dollars * 100),
          );
        });
      case 'writeOff':
        return await this.writeOff(step.pick);
      case 'forgive':
        return await this.forgive(step.pick);
      default:
        return await this.happen(step);
    }
  }

  /** What happens at banks, and at the provider. */
  private async happen(
    step: Exclude<Step, { does: 'sell' | 'pass' | 'refund' | 'restate' | 'return' }>,
  ): Promise<void> {
    const { bank } = this.branch;
    switch (step.does) {
      case 'contest':
        return await this.contest(step.pick, step.percent);
      case 'judge': {
        const open = bank.rows({ table: 'disputes' }).filter(({ status }) => status === 'needs_response');
        const dispute = open[step.pick % Math.max(1, open.length)];
        if (dispute) bank.resolveDispute({ dispute: dispute.id, won: step.won });
        break;
      }
      case 'returnDebit':
        return await this.returnDebit(step.pick);
      case 'decline': {
        const method = await this.methodOf(this.buyer(step.pick));
        if (method?.startsWith('pm_')) {
          await tried(async () => bank.setBehaviour({ method, behaviour: 'pm_card_laterInsufficientFunds' }));
        }
        break;
      }
      case 'newMethod': {
        const method = step.debit ? 'pm_usBankAccount_success' : 'pm_card_visa';
        return await this.market.saveMethod(this.buyer(step.pick), method);
      }
      case 'payOnPage':
        return await this.payOnPage(step.pick);
      case 'restrict': {
        const accounts = bank.rows({ table: 'accounts' });
        const account = this.pick(accounts, step.pick)?.id ?? '';
        if (step.isOver) bank.completeAccount({ account });
        else bank.restrictAccount({ account, fields: ['individual.verification.document'] });
        break;
      }
      case 'reverse': {
        const transfers = bank.rows({ table: 'transfers' });
        const transfer = transfers[step.pick % Math.max(1, transfers.length)];
        if (!transfer) return;
        return await tried(() =>
          this.market.stripe.transfers.createReversal(transfer.id, { amount: step.dollars * 100 }),
        );
      }
      default:
    }
  }

  private async sell(pair: number, dealCents: number): Promise<void> {
    const { agency, buyer } = this.sidesOf(pair);
    const between = this.market.between(agency, buyer);
    const [lead = ''] = await between.submit(this.cast.verticals[pair] ?? '', 1);
    const deal = await between.reportWon(lead, { amount: (dealCents / 100).toFixed(2), currency: 'USD' });
    this.sold.push({ pair, lead, deal, dealCents, isReturned: false });
  }

  /** A refund, or another amount. */
  private async correct(picked: number, cents: number): Promise<void> {
    const sold = this.pick(
      this.sold.filter(({ dealCents, isReturned }) => dealCents > 0 && !isReturned),
      picked,
    );
    if (!sold) return;
    const { agency, buyer } = this.sidesOf(sold.pair);
    const between = this.market.between(agency, buyer);
    const amount = { amount: (cents / 100).toFixed(2), currency: 'USD' };
    const { userErrors } =
      cents === 0
        ? await between.act(
            'buyer',
            'cancelDeal',
            { dealId: sold.deal, kind: 'REFUNDED', reason: 'refunded' },
            'replayed',
          )
        : await between.act(
            'buyer',
            'restateDeal',
            { dealId: sold.deal, amount, reason: 'restated' },
            'replayed',
          );
    if (userErrors.length === 0) sold.dealCents = cents;
  }

  private async giveLeadBack(picked: number): Promise<void> {
    const sold = this.pick(
      this.sold.filter(({ isReturned }) => !isReturned),
      picked,
    );
    if (!sold) return;
    const { agency, buyer } = this.sidesOf(sold.pair);
    await this.market.between(agency, buyer).returnLead(sold.lead);
    sold.isReturned = true;
  }

  /** Days go by; each night the statements of the day are closed and approved. */
  private async pass(days: number): Promise<void> {
    for (let day = 0; day < days; day += 1) {
      await this.branch.later(24);
      const open = await this.branch.database.query<{
        agency_id: string;
        buyer_id: string;
        start: string;
        end: string;
      }>(
        `select agency_id, buyer_id, period_start::text as start, period_end::text as "end" from settlements
         where state = 'OPEN' and period_end <= $1::timestamptz::date order by id`,
        [this.branch.now()],
      );
      for (const { agency_id: agencyId, buyer_id: buyerId, start, end } of open) {
        const agency = this.cast.agencies.find(({ uuid }) => uuid === agencyId);
        const buyer = this.cast.buyers.find(({ uuid }) => uuid === buyerId);
        invariant(agency && buyer, 'a settlement of strangers');
        const statement = await this.market.inReview(agency, buyer, { start, end } as never);
        if (statement) await this.market.approveStatement(statement);
      }
    }
    await this.branch.doWhatIsDue();
  }

  private async contest(picked: number, percent: number): Promise<void> {
    const { bank } = this.branch;
    const contested = new Set(bank.rows({ table: 'disputes' }).map(({ charge }) => charge));
    const charges = bank
      .rows({ table: 'charges' })
      .filter(
        ({ id, status, amount_refunded: refunded }) =>
          status === 'succeeded' && refunded === 0 && !contested.has(id),
      );
    const charge = this.pick(charges, picked);
    if (!charge) return;
    const amount = Math.max(1, Math.floor((charge.amount * percent) / 100));
    await tried(async () => bank.openDispute({ charge: charge.id, amount }));
    await this.branch.later(0.2);
  }

  private async returnDebit(picked: number): Promise<void> {
    const { bank } = this.branch;
    const contested = new Set(bank.rows({ table: 'disputes' }).map(({ charge }) => charge));
    const debits = bank
      .rows({ table: 'charges' })
      .filter(
        ({ id, status, payment_method_details: how, amount_refunded: refunded }) =>
          status === 'succeeded' && how?.type === 'us_bank_account' && refunded === 0 && !contested.has(id),
      );
    const debit = this.pick(debits, picked);
    if (!debit) return;
    await tried(async () => bank.returnDebit({ charge: debit.id, code: 'insufficient_funds' }));
    await this.branch.later(0.2);
  }

  private async payOnPage(picked: number): Promise<void> {
    const pages = await this.branch.database.query<{ url: string }>(
      `select hosted_url as url from collections where state = 'NEEDS_ACTION' and hosted_url is not null order by id`,
    );
    const page = this.pick(pages, picked);
    if (!page) return;
    await this.market.fillIn(`${this.branch.sandbox.url}${new URL(page.url).pathname}`, 'pm_card_visa');
  }

  private async writeOff(picked: number): Promise<void> {
    const failed = await this.branch.database.query<{ agency_id: string; id: string }>(
      `select agency_id, id from settlements where state = 'COLLECTION_FAILED' order by id`,
    );
    const settlement = this.pick(failed, picked);
    const agency = this.cast.agencies.find(({ uuid }) => uuid === settlement?.agency_id);
    if (settlement && agency) await tried(() => this.market.writeOff(agency, settlement.id));
  }

  private async forgive(picked: number): Promise<void> {
    const agency = this.pick(this.cast.agencies, picked);
    invariant(agency, 'there are no agencies');
    const owed = await this.balanceOf(agency, 'clawback_due');
    if (owed <= 0n) return;
    const amountMinor = (owed + 1n) / 2n;
    const payload = clawbackWriteOffOf({ agencyId: agency.uuid, amountMinor, currency: asCurrency('USD') });
    await this.market.approve(await this.market.ask('CLAWBACK_WRITE_OFF', payload));
    this.forgivenCents.set(agency.uuid, (this.forgivenCents.get(agency.uuid) ?? 0) + Number(amountMinor));
  }

  /** In cents, of the side on which it grows. */
  async balanceOf(agency: Side, kind: string): Promise<bigint> {
    const [row] = await this.branch.database.query<{ balance: string | null }>(
      `select sum(case when a.id = p.debit_account_id then p.amount_minor else -p.amount_minor end)::text as balance
       from accounts a join postings p on p.book_id = a.book_id and a.id in (p.debit_account_id, p.credit_account_id)
       where a.book_id = $1 and a.kind = $2`,
      [agency.uuid, kind],
    );
    const debits = BigInt(row?.balance ?? 0);
    return kind === 'clawback_due' ? debits : -debits;
  }

  private async methodOf({ uuid }: Side): Promise<string | null> {
    const [row] = await this.branch.database.query<{ method: string | null }>(
      `select case when method_kind = 'CARD' then method_id end as method from billing_profiles where buyer_id = $1`,
      [uuid],
    );
    return row?.method ?? null;
  }

  private buyer(picked: number): Side {
    const buyer = this.pick(this.cast.buyers, picked);
    invariant(buyer, 'there are no buyers');
    return buyer;
  }

  private pick<T>(list: readonly T[], picked: number): T | undefined {
    return list[picked % Math.max(1, list.length)];
  }
}

/** What may be refused, because of what happened before. */
async function tried(act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'InvariantViolation') throw error;
  }
}
