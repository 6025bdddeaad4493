/**
 * A month of which the provider tells: a card payment and a debit, disputes that are won and lost, refunds of ours and of
 * somebody at the dashboard, transfers, a reversal, bank payouts, and a debit that is returned after the agency was paid.
 */
import { invariant } from '#outcome';
import type { Branch } from './branch.js';
import { type Kept, keep } from './kept.js';
import { dailyTerms, type MoneyMarket, type Side } from './money-market.js';

export interface Cast {
  readonly agency: Side;
  readonly other: Side;
  /** Pays by card. */
  readonly careful: Side;
  /** Has its bank account debited. */
  readonly debited: Side;
}

/** Up to the approval of three statements: what comes after is told by the provider. */
export async function keepMonth(): Promise<Kept & { readonly built: Cast }> {
  return await keep(build);
}

async function build(market: MoneyMarket): Promise<Cast> {
  await market.app.advanceClock(`${market.period().end}T10:00:00Z`);
  const cast: Cast = {
    agency: market.seeded('agency'),
    other: market.seeded('otherAgency'),
    careful: market.seeded('buyer'),
    debited: market.seeded('otherBuyer'),
  };
  const { agency, other, careful, debited } = cast;
  await market.onboard(agency);
  await market.onboard(other);
  await market.saveMethod(careful, 'pm_card_pendingRefund');
  await market.saveMethod(debited, 'pm_usBankAccount_success');
  const period = market.period();
  const sides = [
    [agency, careful, { holdDays: 6 }],
    [other, careful, { holdDays: 1 }],
    [agency, debited, { holdDays: 1, clawbackMethod: 'TRANSFER_REVERSAL' }],
  ] as const;
  for (const [seller, buyer, terms] of sides) {
    const between = market.between(seller, buyer);
    const { vertical } = await between.contract({ ...dailyTerms, ...terms });
    const [lead = ''] = await between.submit(vertical, 1);
    await between.reportWon(lead, { amount: '2000.00', currency: 'USD' });
  }
  await market.later(16);
  for (const [seller, buyer] of sides) {
    const statement = await market.inReview(seller, buyer, period);
    invariant(statement, 'nothing was gathered');
    await market.approveStatement(statement);
  }
  return cast;
}

/** Plays it. After what happens at the provider some minutes pass, in which it is heard of, or looked for. */
export async function playMonth(branch: Branch, cast: Cast): Promise<void> {
  const { market, bank } = branch;
  const happens = async (what: () => unknown): Promise<void> => {
    await what();
    await branch.later(minutes);
  };
  // Both buyers are billed: a card payment over two agencies, and a debit that is processing for days.
  await branch.later(1);
  await happens(() => market.topUp(cast.careful, 300_00));
  const card = await chargeOf(branch, cast.careful, 902_00);
  const prepaid = await chargeOf(branch, cast.careful, 300_00);
  await branch.later(12);
  const lost = bank.openDispute({ charge: card, amount: 100_00 });
  await branch.later(minutes);
  // A refund of ours that is pending at the bank for a day, and one that somebody makes at the dashboard.
  await happens(async () => await market.approve(await market.askRefund(cast.careful, null, 40_00)));
  await branch.later(24);
  const [pending] = bank.rows({ table: 'refunds' });
  await happens(() => bank.finishRefund({ refund: pending?.id ?? '' }));
  await happens(() => market.stripe.refunds.create({ charge: prepaid, amount: 25_00 }));
  await branch.later(24);
  await happens(() => bank.resolveDispute({ dispute: lost.id, won: false }));
  const won = bank.openDispute({ charge: prepaid, amount: 60_00 });
  // The debit succeeds, holds end, and who was paid has it in the bank two days later.
  await branch.later(48);
  await happens(() => bank.resolveDispute({ dispute: won.id, won: true }));
  await branch.later(72);
  // Somebody takes a part of a transfer back at the dashboard; it is sent again.
  const last = bank.rows({ table: 'transfers' }).at(-1);
  await happens(() => market.stripe.transfers.createReversal(last?.id ?? '', { amount: 60_00 }));
  await branch.later(24);
  const debit = await chargeOf(branch, cast.debited, 451_00);
  await happens(() => bank.returnDebit({ charge: debit, code: 'insufficient_funds' }));
  await branch.later(6);
  // Its bank takes no more debits: the buyer pays by card, and what the agency gave back is earned once more.
  await happens(() => market.saveMethod(cast.debited, 'pm_card_visa'));
  for (let day = 0; day < 10; day += 1) await branch.later(24);
}

const minutes = 0.2;

/**
 * Five things that happen at the provider while nobody is told: a debit succeeds, its bank returns it, a card payment is
 * contested, a transfer is reversed at the dashboard, and prepaid money is given back there. Gives an event of each.
 */
export async function fiveUntold(branch: Branch, cast: Cast): Promise<readonly string[]> {
  const { market, bank } = branch;
  await branch.later(1);
  await market.topUp(cast.careful, 300_00);
  await branch.later(minutes);
  // By then the other agency is paid and the debit is processing.
  await branch.later(36);
  const card = await chargeOf(branch, cast.careful, 902_00);
  const prepaid = await chargeOf(branch, cast.careful, 300_00);
  const debit = await chargeOf(branch, cast.debited, 451_00);
  bank.pauseWebhooks();
  bank.decideDebit({ charge: debit });
  bank.returnDebit({ charge: debit, code: 'insufficient_funds' });
  bank.openDispute({ charge: card, amount: 100_00 });
  const last = bank.rows({ table: 'transfers' }).at(-1);
  await market.stripe.transfers.createReversal(last?.id ?? '', { amount: 60_00 });
  await market.stripe.refunds.create({ charge: prepaid, amount: 25_00 });
  const waiting = bank.waitingWebhooks();
  return [
    ['payment_intent.succeeded', 'charge.dispute.closed', 'charge.dispute.created'],
    ['transfer.reversed', 'refund.created'],
  ]
    .flat()
    .map((wanted) => {
      // The dispute of the debit was created and closed before the card payment's was created.
      const found = waiting.filter(({ type }) => type === wanted).at(-1);
      invariant(found, `nothing of ${wanted} waits: ${waiting.map(({ type }) => type).join(', ')}`);
      return found.event;
    });
}

/** The charge of a buyer of so many cents. */
async function chargeOf({ database }: Branch, { uuid }: Side, cents: number): Promise<string> {
  const [row] = await database.query<{ id: string }>(
    'select provider_charge_id as id from collections where buyer_id = $1 and amount_minor = $2 and provider_charge_id is not null',
    [uuid, cents],
  );
  invariant(row, 'nothing was charged');
  return row.id;
}
