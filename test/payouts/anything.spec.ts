/**
 * Whatever happens to statements, in whatever order: nothing is sent twice, nothing that an agency earned gets lost, and
 * the books match the payment provider to the cent.
 */
import fc from 'fast-check';
import { runs } from '../support/runs.js';
import { type Contract, dayMs, type Delivered, hourMs, type Market, openMarket } from './market.js';

const steps = [
  'deliver',
  'deliver',
  'win',
  'closeDay',
  'closeDay',
  'pass',
  'passLong',
  'refund',
  'restate',
  'dispute',
  'winDispute',
  'loseDispute',
  'returnDebit',
  'saveMethod',
  'restrict',
  'complete',
  'reverse',
  'drain',
  'fund',
] as const;
type Step = (typeof steps)[number];

interface Sold {
  readonly delivered: Delivered;
  readonly deal: string;
}

/** Somebody who does things at random, as far as they can be done. */
class Chance {
  private readonly deliveries: Delivered[] = [];
  private readonly deals: Sold[] = [];
  private readonly disputes: string[] = [];

  constructor(
    private readonly market: Market,
    private readonly contracts: readonly Contract[],
  ) {}

  async take(step: Step, pick: number): Promise<void> {
    const { market } = this;
    const { control } = market.sandbox;
    switch (step) {
      case 'deliver':
        this.deliveries.push(await market.deliver(this.one(this.contracts, pick)));
        return;
      case 'win':
        return await this.win(pick);
      case 'closeDay':
        await market.closeDay();
        return await market.pump();
      case 'pass':
        return await market.pass(2 * dayMs);
      case 'passLong':
        return await market.pass(9 * dayMs);
      case 'refund':
      case 'restate':
        return await this.correct(step, pick);
      case 'dispute':
        return await this.dispute(pick);
      case 'winDispute':
      case 'loseDispute':
        return await this.resolve(step === 'winDispute');
      case 'returnDebit':
        return await this.returnDebit(pick);
      case 'saveMethod':
        return await market.saveMethod(this.one(this.contracts, pick).buyerId, 'pm_card_visa');
      case 'restrict':
        control.restrictAccount({ account: await market.accountOf(this.one(this.contracts, pick).agencyId) });
        return;
      case 'complete':
        control.completeAccount({ account: await market.accountOf(this.one(this.contracts, pick).agencyId) });
        return;
      case 'reverse':
        return await this.reverse(pick);
      case 'drain':
        control.payOut({ account: 'acct_1SandboxPlatform00' });
        return;
      case 'fund':
        control.fund({ amount: 200_000, currency: 'usd' });
        return;
    }
  }

  private one<T>(from: readonly T[], pick: number): T {
    const found = from[pick % from.length];
    if (found === undefined) throw new Error('there is none');
    return found;
  }

  private async win(pick: number): Promise<void> {
    const delivered = this.deliveries.at(-1 - (pick % 3));
    if (!delivered) return;
    this.deals.push({ delivered, deal: await this.market.win(delivered, BigInt(50_000 + pick * 37)) });
  }

  private async correct(step: 'refund' | 'restate', pick: number): Promise<void> {
    const sold = this.deals[pick % Math.max(1, this.deals.length)];
    if (!sold) return;
    if (step === 'restate')
      return await this.market.restateDeal(sold.delivered, sold.deal, BigInt(10_000 + pick * 91));
    this.deals.splice(this.deals.indexOf(sold), 1);
    await this.market.refundDeal(sold.delivered, sold.deal);
  }

  private async charges(method: string): Promise<readonly string[]> {
    const rows = await this.market.database.query<{ id: string }>(
      `select provider_charge_id as id from collections where state = 'SUCCEEDED' and method = $1 order by id`,
      [method],
    );
    return rows.map(({ id }) => id);
  }

  private async dispute(pick: number): Promise<void> {
    const charges = await this.charges('CARD');
    const charge = charges[pick % Math.max(1, charges.length)];
    if (charge === undefined) return;
    try {
      const { id } = this.market.sandbox.control.openDispute({ charge }) as { id: string };
      this.disputes.push(id);
    } catch {
      // It is contested already, or given back.
    }
    await this.market.pass(hourMs);
  }

  private async resolve(won: boolean): Promise<void> {
    const dispute = this.disputes.shift();
    if (dispute === undefined) return;
    try {
      this.market.sandbox.control.resolveDispute({ dispute, won });
    } catch {
      // The bank has decided by itself.
    }
    await this.market.pass(hourMs);
  }

  private async returnDebit(pick: number): Promise<void> {
    const charges = await this.charges('BANK_DEBIT');
    const charge = charges[pick % Math.max(1, charges.length)];
    if (charge === undefined) return;
    try {
      this.market.sandbox.control.returnDebit({ charge });
    } catch {
      // It went back before.
    }
    await this.market.pass(hourMs);
  }

  private async reverse(pick: number): Promise<void> {
    const transfers = await this.market.database.query<{ id: string }>(
      `select provider_transfer_id as id from payouts where state = 'SUCCEEDED' order by id`,
    );
    const transfer = transfers[pick % Math.max(1, transfers.length)];
    if (!transfer) return;
    await fetch(`${this.market.sandbox.url}/v1/transfers/${transfer.id}/reversals`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk_test_dashboard' },
      body: new URLSearchParams({ amount: String(100 + pick) }),
    });
    await this.market.pass(hourMs);
  }
}

async function play(taken: readonly (readonly [Step, number])[]): Promise<void> {
  const market = await openMarket({ funds: 300_000 });
  try {
    market.sandbox.control.setSettings({ automaticPayouts: false });
    const agencies = [await market.agency(), await market.agency()];
    const buyers = [await market.buyer(), await market.buyer('pm_usBankAccount_success')];
    const contracts: Contract[] = [];
    for (const [index, agencyId] of agencies.entries()) {
      for (const buyerId of buyers) {
        const clawbackMethod = index === 0 ? 'NETTING' : 'TRANSFER_REVERSAL';
        contracts.push(
          await market.contract(agencyId, buyerId, { holdDays: 3, clawbackMethod, feePpm: 50_000 }),
        );
      }
    }
    const chance = new Chance(market, contracts);
    for (const [step, pick] of taken) await chance.take(step, pick);
    await market.pump();
    await market.verify();
    for (const agencyId of agencies) {
      // What the provider has sent is what the books say, and everything that is over is over.
      const [sum] = await market.database.query<{ sent: string }>(
        `select coalesce(sum(amount_minor - reversed_minor), 0) as sent from payouts
         where agency_id = $1 and state = 'SUCCEEDED'`,
        [agencyId],
      );
      expect(BigInt(sum?.sent ?? 0)).toBe(await market.sent(agencyId));
    }
  } finally {
    await market.stop();
  }
}

it('any sequence of what can happen', async () => {
  const step = fc.tuple(fc.constantFrom(...steps), fc.nat(1_000));
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 35 }), play), {
    numRuns: runs(3),
    endOnFailure: true,
  });
}, 900_000);
