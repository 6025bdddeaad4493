import { addDaysExact } from '#calendar';
import { newId, type Transaction, UnitOfWork } from '#database';
import { creditApplied } from '#ledger';
import { asCurrency, type CurrencyCode } from '#money';
import { type Actor, systemActor } from '#organizations';
import { done } from '#outcome';
import { advanceSettlements, lockSettlements, type Settlement } from '#settlements';
import { Injectable } from '@nestjs/common';
import { canBeBilled } from './billing-profile.js';
import { book, type BuyerScope, openBuyer } from './buyer-scope.store.js';
import { Collector } from './collector.action.js';
import { inTurn } from './in-turn.js';
import { type Invoice, invoiceNumber } from './invoice.js';
import { insertInvoice, type NewInvoiceLine } from './invoice.store.js';
import { settleInvoice } from './invoice-progress.store.js';
import { journalsOf } from './journals.js';
import { approvedToBill, freeCredits } from './settlement-shares.store.js';

const actor: Actor = systemActor('billing');
/** An invoice at the provider takes so many lines; what is beyond them is on the next invoice. */
const mostLines = 100;

interface Waiting {
  readonly buyerId: string;
  readonly currency: CurrencyCode;
}

/** Asks buyers for what was approved: one invoice for all that waits in a currency, and the first try at collecting it. */
@Injectable()
export class BillBuyers {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly collector: Collector,
  ) {}

  /** At most `limit` buyers and currencies, each in a transaction of its own; gives the number of those that were billed. */
  async execute(now: Date, limit: number): Promise<number> {
    if (!this.collector.isOn) return 0;
    const waiting = await this.unitOfWork.run(async (tx) => done(await waitingToBeBilled(tx, limit)));
    return await inTurn(waiting.ok ? waiting.value : [], async ({ buyerId, currency }) => {
      const billed = await this.unitOfWork.run(async (tx) => {
        const scope = await openBuyer(tx, { buyerId, actor, now });
        return done(await this.bill(scope, currency));
      });
      return billed.ok && billed.value;
    });
  }

  private async bill(scope: BuyerScope, currency: CurrencyCode): Promise<boolean> {
    const { tx, now, profile } = scope;
    const { buyerId } = profile;
    const refs = await approvedToBill(tx, { buyerId, currency, limit: mostLines });
    const locked = (await lockSettlements(tx, refs)).filter(({ state }) => state === 'APPROVED');
    const toNothing = locked.filter((settlement) => dueOf(settlement) === 0n);
    await settleForNothing(scope, toNothing);
    const owed = locked.filter((settlement) => dueOf(settlement) > 0n);
    if (owed.length === 0 || !canBeBilled(profile)) return toNothing.length > 0;
    const lines = applyCredit(owed, await freeCredits(tx, { buyerId, currency }));
    const invoice = await this.issue(scope, currency, lines);
    const moves = owed.map(({ agencyId, id }) => ({ agencyId, id, note: invoice.number }));
    const step = { from: ['APPROVED'], to: 'COLLECTING' } as const;
    await advanceSettlements(tx, { actor, at: now, moves: moves.map((move) => ({ ...move, ...step })) });
    const settled = await settleInvoice(scope, invoice.id);
    if (settled.invoice.state === 'OPEN')
      await this.collector.collect(scope, settled.invoice, { byPerson: false });
    return true;
  }

  private async issue(
    scope: BuyerScope,
    currency: CurrencyCode,
    lines: readonly NewInvoiceLine[],
  ): Promise<Pick<Invoice, 'id' | 'number'>> {
    const { tx, now, profile } = scope;
    const id = newId();
    const number = invoiceNumber(now, id);
    const amountMinor = lines.reduce((sum, line) => sum + line.dueMinor - line.creditMinor, 0n);
    const dueAt = profile.terms === 'INVOICE' ? addDaysExact(now, profile.netTermsDays) : now;
    const dates = { dueAt, issuedAt: now, nextTryAt: null, paidAt: null };
    const { buyerId } = profile;
    await insertInvoice(tx, { id, number, buyerId, currency, amountMinor, state: 'OPEN', ...dates }, lines);
    const byBook = new Map<string, bigint>();
    for (const { agencyId, creditMinor } of lines) {
      byBook.set(agencyId, (byBook.get(agencyId) ?? 0n) + creditMinor);
    }
    const common = {
      kind: 'credit_applied',
      source: `invoice:${id}`,
      key: `invoice:${id}:credit`,
      currency,
      at: now,
    };
    await book(
      scope,
      journalsOf(
        [...byBook].map(([bookId, minor]) => ({
          ...common,
          bookId,
          postings: creditApplied(buyerId, minor),
        })),
      ),
    );
    return { id, number };
  }
}

/** What a statement asks of the buyer: the approval has applied its own corrections. */
function dueOf({ totals }: Settlement): bigint {
  const total = totals === null ? 0n : totals.agencyMinor + totals.feeMinor;
  return total > 0n ? total : 0n;
}

/** Credit pays the statements of its own book, the first first. */
function applyCredit(
  owed: readonly Settlement[],
  credits: ReadonlyMap<string, bigint>,
): readonly NewInvoiceLine[] {
  const left = new Map(credits);
  return [...owed]
    .sort((a, b) => (a.number < b.number ? -1 : 1))
    .map((settlement) => {
      const { agencyId, id } = settlement;
      const dueMinor = dueOf(settlement);
      const credit = left.get(agencyId) ?? 0n;
      const creditMinor = credit < dueMinor ? (credit > 0n ? credit : 0n) : dueMinor;
      left.set(agencyId, credit - creditMinor);
      return { agencyId, id, dueMinor, creditMinor };
    });
}

/** A statement that asks for nothing is collected as it is. */
async function settleForNothing({ tx, now }: BuyerScope, settlements: readonly Settlement[]): Promise<void> {
  const moved = async (from: 'APPROVED' | 'COLLECTING', to: 'COLLECTING' | 'COLLECTED'): Promise<void> => {
    const moves = settlements.map(({ agencyId, id }) => ({ agencyId, id, from: [from], to, note: null }));
    await advanceSettlements(tx, { actor, at: now, moves });
  };
  await moved('APPROVED', 'COLLECTING');
  await moved('COLLECTING', 'COLLECTED');
}

async function waitingToBeBilled(tx: Transaction, limit: number): Promise<readonly Waiting[]> {
  const rows = await tx.query<{ buyer_id: string; currency: string }>(
    `select distinct s.buyer_id, s.currency from settlements s left join billing_profiles p on p.buyer_id = s.buyer_id
     where s.state = 'APPROVED' and (s.agency_minor + s.fee_minor <= 0 or coalesce(p.terms, 'AUTOPAY') <> 'AUTOPAY'
       or (p.method_usable and p.method_refused_code is null and p.provider_buyer_id is not null))
     order by 1, 2 limit $1`,
    [limit],
  );
  return rows.map((row) => ({ buyerId: row.buyer_id, currency: asCurrency(row.currency) }));
}
