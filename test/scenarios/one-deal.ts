import { type Period, periodEndsAt } from '#calendar';
import { type Line, Marketplace, type Money, type Settlement, type Terms } from '../support/marketplace.js';

export const usd = (amount: string): Money => ({ amount, currency: 'USD' });
/** One lead is 10.00 + 1.00 fee; its deal of 2,000.00 adds 400.00 + 40.00 fee: 451.00 in all. */
export const withFee: Terms = {
  baseRate: usd('10.00'),
  commissionBasis: 'PER_DEAL',
  commissionRatePpm: 200_000,
  commissionTrigger: 'CONVERTED',
  platformFeeRatePpm: 100_000,
  returnWindowDays: 60,
};

/** What was sold in a month, by public ids. */
export interface Sold {
  readonly period: Period;
  readonly vertical: string;
  readonly contractId: string;
  readonly lead: string;
  readonly deal: string;
}

/** A marketplace whose months have one lead and one deal, and what becomes of their money. */
export class OneDeal extends Marketplace {
  /** Every account kind that is not at zero, on the side on which it grows; the books hold and balance. */
  async balances(currency = 'USD'): Promise<Record<string, string>> {
    await this.app.verifyInvariants();
    const { trialBalance } = await this.app.ask<{
      trialBalance: { balanced: boolean; accounts: { kind: string; balance: Money }[] };
    }>(
      this.app.keys.approver,
      `query ($currency: CurrencyCode!) {
        trialBalance(currency: $currency) { balanced accounts { kind balance { amount } } } }`,
      { currency },
    );
    expect(trialBalance.balanced).toBe(true);
    const moved = trialBalance.accounts.filter(({ balance }) => !/^-?0(\.0+)?$/.test(balance.amount));
    return Object.fromEntries(moved.map(({ kind, balance }) => [kind, balance.amount]));
  }

  /** A month in which one lead is delivered and brings a deal of 2,000.00. */
  async sold(terms: Terms = withFee): Promise<Sold> {
    const period = await this.beginNextMonth();
    const { contractId, vertical } = await this.contract(terms);
    const [lead = ''] = await this.submit(vertical, 1);
    return { period, contractId, vertical, lead, deal: await this.reportWon(lead, usd('2000.00')) };
  }

  /** The same with the month over and its statement approved. */
  async settled(): Promise<Sold> {
    const month = await this.sold();
    await this.endPeriod(month.period);
    expect((await this.settle(month.period)).total).toEqual(usd('451.00'));
    return month;
  }

  async close(period: Period): Promise<Settlement> {
    await this.endPeriod(period);
    return await this.settle(period);
  }

  async decide(
    key: 'preparer' | 'approver',
    name: string,
    id: string,
    more: object = {},
  ): Promise<Settlement> {
    const selection =
      'settlement { id number status version contentHash total { amount currency } } replayed';
    const input = { settlementId: id, ...more };
    return (await this.done<{ settlement: Settlement }>(key, name, input, selection)).settlement;
  }

  async inReview(period: Period): Promise<Settlement> {
    const [draft, ...others] = await this.prepare(period);
    expect(others).toEqual([]);
    return await this.decide('preparer', 'submitSettlement', draft?.id ?? '');
  }

  /** "COMPONENT amount late-period", sorted: what a statement says, whatever the order of its lines. */
  async told({ id }: Pick<Settlement, 'id'>): Promise<string[]> {
    const lines: Line[] = await this.lines(id);
    return lines
      .map(
        ({ component, amount, latePeriodStart }) => `${component} ${amount.amount} ${latePeriodStart ?? '-'}`,
      )
      .sort();
  }

  async restate(dealId: string, amount: string): Promise<void> {
    await this.done('buyer', 'restateDeal', { dealId, amount: usd(amount), reason: 'restated' }, 'replayed');
  }

  async refund(dealId: string): Promise<void> {
    await this.done('buyer', 'cancelDeal', { dealId, kind: 'REFUNDED', reason: 'refunded' }, 'replayed');
  }

  /** A deal of 1,000.00 that closed an hour before the period ended. */
  async reportLate(leadId: string, period: Period): Promise<void> {
    const closedAt = new Date(periodEndsAt(period, 'America/New_York').getTime() - 3_600_000).toISOString();
    const outcome = { won: { amount: usd('1000.00'), closedAt } };
    await this.done('buyer', 'reportOutcome', { leadId, outcome }, 'replayed');
  }

  /** Other terms for the contract from now on. */
  async newVersion(contractId: string, version: number, terms: Terms): Promise<void> {
    const input = { contractId, terms: { timeZone: 'America/New_York', ...terms } };
    await this.done('agency', 'proposeContractVersion', input, 'contract { id } replayed');
    await this.done('buyer', 'acceptContract', { contractId, version }, 'contract { id } replayed');
  }
}
