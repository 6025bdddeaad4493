/**
 * The worked month: 100 leads delivered, base rate 10.00, commission 20 %, 20 leads of high quality, deals of
 * 2,000.00. Everything goes through the public API; the arithmetic stands beside each expectation.
 */
import type { Period } from '#calendar';
import { startTestApp, type TestApp } from '../support/app.js';
import { Marketplace, type Money, type Settlement, type Terms } from '../support/marketplace.js';

let app: TestApp;
let market: Marketplace;

beforeAll(async () => {
  app = await startTestApp();
  market = new Marketplace(app);
});
afterAll(async () => await app.stop());
afterEach(async () => await app.verifyInvariants());

const usd = (amount: string): Money => ({ amount, currency: 'USD' });
const flat: Terms = {
  baseRate: usd('10.00'),
  commissionBasis: 'NONE',
  commissionRatePpm: 0,
  commissionTrigger: 'QUALIFIED',
};
const perLead: Terms = { ...flat, commissionBasis: 'PER_LEAD', commissionRatePpm: 200_000 };
const perDeal: Terms = { ...perLead, commissionBasis: 'PER_DEAL', commissionTrigger: 'CONVERTED' };

interface Month {
  readonly period: Period;
  readonly leads: readonly string[];
}

/** A new month under these terms with its 100 leads. */
async function month(terms: Terms): Promise<Month> {
  const period = await market.beginNextMonth();
  const { vertical } = await market.contract(terms);
  return { period, leads: await market.submit(vertical, 100) };
}

async function qualify(leads: readonly string[]): Promise<void> {
  for (const lead of leads) await market.reportStage(lead, 'QUALIFIED');
}

async function win(leads: readonly string[], amount: Money): Promise<string[]> {
  const deals: string[] = [];
  for (const lead of leads) deals.push(await market.reportWon(lead, amount));
  return deals;
}

async function settle(period: Period): Promise<Settlement> {
  await market.endPeriod(period);
  return await market.settle(period);
}

/** Amounts by component, as many as there are: [['BASE', '10.00', 100], …]. */
async function groups(settlement: Settlement): Promise<(readonly [string, string, number])[]> {
  const counts = new Map<string, number>();
  for (const { component, amount } of await market.lines(settlement.id)) {
    const key = `${component} ${amount.amount}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].sort().map(([key, count]) => {
    const [component = '', amount = ''] = key.split(' ');
    return [component, amount, count] as const;
  });
}

describe('the worked month', () => {
  it('G1 flat: 100 × 10.00 = 1,000.00', async () => {
    const { period } = await month(flat);
    const settlement = await settle(period);
    expect(settlement).toMatchObject({ status: 'APPROVED', total: usd('1000.00'), feeTotal: usd('0.00') });
    expect(await groups(settlement)).toEqual([['BASE', '10.00', 100]]);
  });

  it('G2 per lead: 80 × 10.00 + 20 × (10.00 + 2.00) = 1,040.00', async () => {
    const { period, leads } = await month(perLead);
    await qualify(leads.slice(0, 20));
    const settlement = await settle(period);
    expect(settlement.total).toEqual(usd('1040.00'));
    expect(await groups(settlement)).toEqual([
      ['BASE', '10.00', 100],
      ['COMMISSION_PER_LEAD', '2.00', 20],
    ]);
  });

  it('G3 per deal: 80 × 10.00 + 20 × (10.00 + 400.00) = 9,000.00', async () => {
    const { period, leads } = await month(perDeal);
    await win(leads.slice(0, 20), usd('2000.00'));
    const settlement = await settle(period);
    expect(settlement.total).toEqual(usd('9000.00'));
    expect(await groups(settlement)).toEqual([
      ['BASE', '10.00', 100],
      ['COMMISSION_PER_DEAL', '400.00', 20],
    ]);
    const lines = await market.lines(settlement.id);
    const texts = new Set(lines.map(({ explanation }) => explanation.text));
    expect(texts).toContain('20 % of $2,000.00 = $400.00');
  });

  it('G4 per lead on conversion, 15 of the 20 convert: 100 × 10.00 + 15 × 2.00 = 1,030.00', async () => {
    const { period, leads } = await month({ ...perLead, commissionTrigger: 'CONVERTED' });
    await qualify(leads.slice(0, 20));
    await win(leads.slice(0, 15), usd('2000.00'));
    expect((await settle(period)).total).toEqual(usd('1030.00'));
  });

  it('G5 per deal, 15 close: 100 × 10.00 + 15 × 400.00 = 7,000.00', async () => {
    const { period, leads } = await month(perDeal);
    await win(leads.slice(0, 15), usd('2000.00'));
    expect((await settle(period)).total).toEqual(usd('7000.00'));
  });

  it('G6 one standard lead returned in its window: 9,000.00 − 10.00 = 8,990.00', async () => {
    const { period, leads } = await month(perDeal);
    await win(leads.slice(0, 20), usd('2000.00'));
    await market.returnLead(leads[50] ?? '');
    expect((await settle(period)).total).toEqual(usd('8990.00'));
  });

  it('G7 one closed lead returned before approval: 9,000.00 − 410.00 = 8,590.00', async () => {
    const { period, leads } = await month(perDeal);
    await win(leads.slice(0, 20), usd('2000.00'));
    await market.returnLead(leads[0] ?? '');
    const settlement = await settle(period);
    expect(settlement.total).toEqual(usd('8590.00'));
    expect(await groups(settlement)).toContainEqual(['RETURN_CREDIT', '-400.00', 1]);
  });

  it('G8 a deal refunded after approval: the next statement carries −400.00, the base stays', async () => {
    const { period, leads } = await month(perDeal);
    const deals = await win(leads.slice(0, 20), usd('2000.00'));
    const approved = await settle(period);
    expect(approved.total).toEqual(usd('9000.00'));
    await market.done(
      'buyer',
      'cancelDeal',
      { dealId: deals[0], kind: 'REFUNDED', reason: 'refunded' },
      'replayed',
    );
    const next = market.currentPeriod();
    const settlement = await settle(next);
    expect(settlement.total).toEqual(usd('-400.00'));
    const [line, ...others] = await market.lines(settlement.id);
    expect(others).toEqual([]);
    expect(line).toMatchObject({
      component: 'CLAWBACK',
      amount: usd('-400.00'),
      latePeriodStart: period.start,
    });
    const original = (await market.lines(approved.id)).find(({ id }) => id === line?.reverses?.id);
    expect(original).toMatchObject({ component: 'COMMISSION_PER_DEAL', amount: usd('400.00') });
  });

  it('G9 one deal restated 2,000 → 1,500 before approval: 9,000.00 − 100.00 = 8,900.00', async () => {
    const { period, leads } = await month(perDeal);
    const deals = await win(leads.slice(0, 20), usd('2000.00'));
    const amount = usd('1500.00');
    await market.done('buyer', 'restateDeal', { dealId: deals[0], amount, reason: 'discount' }, 'replayed');
    const settlement = await settle(period);
    expect(settlement.total).toEqual(usd('8900.00'));
    expect(await groups(settlement)).toContainEqual(['RESTATEMENT', '-100.00', 1]);
  });
});

it.each([
  // 100 × 100.00 are not above 10,000.00, 100 × 100.01 are; of yen, 10,000 are not and 10,100 are.
  [usd('100.00'), '10000.00', 1],
  [usd('100.01'), '10001.00', 2],
  [{ amount: '100', currency: 'JPY' }, '10000', 1],
  [{ amount: '101', currency: 'JPY' }, '10100', 2],
])('a month of 100 leads at %j comes to %s, and %d must approve', async (baseRate, total, people) => {
  const { period } = await month({ ...flat, baseRate });
  const settlement = await settle(period);
  expect(settlement).toMatchObject({
    status: 'APPROVED',
    total: { ...baseRate, amount: total },
    approvalsNeeded: people,
  });
  expect(new Set(settlement.approvals.map(({ by }) => by)).size).toBe(people);
});

describe('in other currencies', () => {
  // The same numbers in a currency without decimals and one with three.
  const currencies = [
    { currency: 'JPY', base: '10', deal: '2000', g2: '1040', g3: '9000' },
    { currency: 'KWD', base: '10.000', deal: '2000.000', g2: '1040.000', g3: '9000.000' },
  ];

  it.each(currencies)('G2 in $currency', async ({ currency, base, g2 }) => {
    const { period, leads } = await month({ ...perLead, baseRate: { amount: base, currency } });
    await qualify(leads.slice(0, 20));
    expect((await settle(period)).total).toEqual({ amount: g2, currency });
  });

  it.each(currencies)('G3 in $currency', async ({ currency, base, deal, g3 }) => {
    const { period, leads } = await month({ ...perDeal, baseRate: { amount: base, currency } });
    await win(leads.slice(0, 20), { amount: deal, currency });
    expect((await settle(period)).total).toEqual({ amount: g3, currency });
  });
});
