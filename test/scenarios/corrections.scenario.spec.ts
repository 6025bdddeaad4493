/**
 * What happens to money that was counted already: corrections before, during and after approval, late facts, statements
 * that are withdrawn or sent back. After each step the balances are compared with what the arithmetic beside it says.
 *
 * One lead under `withFee` is 10.00 + 1.00 fee; its deal of 2,000.00 adds 400.00 + 40.00 fee: 451.00 in all.
 */
import pg from 'pg';
import { startTestApp, type TestApp } from '../support/app.js';
import { OneDeal, usd, withFee } from './one-deal.js';

let app: TestApp;
let market: OneDeal;

beforeEach(async () => {
  app = await startTestApp({ environment: { LEADGER_LIMIT_COST_PER_SECOND: '1000000' } });
  market = new OneDeal(app);
});
afterEach(async () => {
  await app.verifyInvariants();
  await app.stop();
});

const billed = { RECEIVABLE: '451.00', HELD: '410.00', FEE_REVENUE: '41.00' };

it('a refund after approval takes both shares back, and the next bill uses the credit up', async () => {
  const month = await market.sold();
  expect(await market.balances()).toEqual({ UNBILLED: '451.00', ACCRUED: '410.00', FEE_DEFERRED: '41.00' });
  await market.close(month.period);
  expect(await market.balances()).toEqual(billed);
  await market.refund(month.deal);
  const credited = { RECEIVABLE: '451.00', BUYER_CREDIT: '440.00', HELD: '10.00', FEE_REVENUE: '1.00' };
  expect(await market.balances()).toEqual(credited);

  const next = market.currentPeriod();
  await market.submit(month.vertical, 1);
  const statement = await market.close(next);
  const late = month.period.start;
  // 10.00 + 1.00 − 400.00 − 40.00
  expect(statement).toMatchObject({
    total: usd('-429.00'),
    agencyTotal: usd('-390.00'),
    feeTotal: usd('-39.00'),
  });
  expect(await market.told(statement)).toEqual([
    'BASE 10.00 -',
    `CLAWBACK -40.00 ${late}`,
    `CLAWBACK -400.00 ${late}`,
    'PLATFORM_FEE 1.00 -',
  ]);
  // 11.00 are billed and paid from the credit at once.
  const after = { RECEIVABLE: '451.00', BUYER_CREDIT: '429.00', HELD: '20.00', FEE_REVENUE: '2.00' };
  expect(await market.balances()).toEqual(after);
});

it('a refund after a quiet month goes into the present statement, and opens none that has passed', async () => {
  const month = await market.sold();
  await market.close(month.period);
  await market.beginNextMonth();
  await market.refund(month.deal);
  const present = market.currentPeriod();
  const statement = await market.close(present);
  expect(statement).toMatchObject({ periodStart: present.start, total: usd('-440.00') });
});

it('a lead returned after approval gives back all that it cost', async () => {
  const { period, lead } = await market.settled();
  const next = market.currentPeriod();
  await market.returnLead(lead);
  const returned = { RECEIVABLE: '451.00', BUYER_CREDIT: '451.00' };
  expect(await market.balances()).toEqual(returned);
  const statement = await market.close(next);
  expect(statement).toMatchObject({ status: 'APPROVED', total: usd('-451.00') });
  expect(await market.told(statement)).toEqual(
    ['-1.00', '-10.00', '-40.00', '-400.00'].map((amount) => `RETURN_CREDIT ${amount} ${period.start}`),
  );
  expect(await market.balances()).toEqual(returned);
});

it('a deal restated down and up after approval', async () => {
  const { period, deal } = await market.settled();
  const next = market.currentPeriod();
  await market.restate(deal, '1500.00');
  // −100.00 and −10.00 fee, from what was approved.
  const down = { RECEIVABLE: '451.00', BUYER_CREDIT: '110.00', HELD: '310.00', FEE_REVENUE: '31.00' };
  expect(await market.balances()).toEqual(down);
  await market.restate(deal, '2500.00');
  // +200.00 and +20.00 fee, not billed yet.
  expect(await market.balances()).toEqual({
    ...down,
    UNBILLED: '220.00',
    ACCRUED: '200.00',
    FEE_DEFERRED: '20.00',
  });
  const statement = await market.close(next);
  expect(statement.total).toEqual(usd('110.00'));
  expect(await market.told(statement)).toEqual(
    ['-10.00', '-100.00', '20.00', '200.00'].map((amount) => `RESTATEMENT ${amount} ${period.start}`),
  );
  // 220.00 billed, 110.00 of it paid from the credit. In all 10.00 + 500.00 and a tenth of it.
  expect(await market.balances()).toEqual({ RECEIVABLE: '561.00', HELD: '510.00', FEE_REVENUE: '51.00' });
});

const restatedThenTakenBack = [
  // −110.00 from approved money, then −440.00 (310.00 held are not enough for 400.00), and the −110.00 billed anew.
  {
    how: 'refunded',
    total: '-440.00',
    left: { BUYER_CREDIT: '440.00', HELD: '100.00', CLAWBACK_DUE: '90.00', FEE_REVENUE: '1.00' },
  },
  // The same and the base rate of 11.00.
  {
    how: 'returned',
    total: '-451.00',
    left: { BUYER_CREDIT: '451.00', HELD: '100.00', CLAWBACK_DUE: '100.00' },
  },
];

it.each(restatedThenTakenBack)('a deal restated down after approval and then $how', async (expected) => {
  const { deal, lead } = await market.settled();
  const next = market.currentPeriod();
  await market.restate(deal, '1500.00');
  await (expected.how === 'refunded' ? market.refund(deal) : market.returnLead(lead));
  const statement = await market.close(next);
  expect(statement.total).toEqual(usd(expected.total));
  expect(await market.balances()).toEqual({ RECEIVABLE: '451.00', ...expected.left });
});

it('a lead returned while its statement is in review: the mirror waits for the next, and both come to nothing', async () => {
  const { period, lead } = await market.sold();
  await market.endPeriod(period);
  const review = await market.inReview(period);
  const next = market.currentPeriod();
  await market.returnLead(lead);
  expect(await market.balances()).toEqual({});
  await market.endPeriod(next);
  const mirror = await market.inReview(next);
  expect(mirror.total).toEqual(usd('-451.00'));
  const early = await market.act('approver', 'approveSettlement', { settlementId: mirror.id }, 'replayed');
  expect(early.userErrors).toMatchObject([
    { code: 'ILLEGAL_TRANSITION', message: expect.stringContaining(review.number) as string },
  ]);
  await market.decide('approver', 'approveSettlement', review.id);
  const first = { ...billed, UNBILLED: '-451.00', ACCRUED: '-410.00', FEE_DEFERRED: '-41.00' };
  expect(await market.balances()).toEqual(first);
  await market.decide('approver', 'approveSettlement', mirror.id);
  expect(await market.balances()).toEqual({ RECEIVABLE: '451.00', BUYER_CREDIT: '451.00' });
});

it('a voided statement is followed by another of the same charges', async () => {
  const { period } = await market.sold();
  await market.endPeriod(period);
  const review = await market.inReview(period);
  const before = await market.lines(review.id);
  await market.decide('preparer', 'voidSettlement', review.id, { note: 'wrong address' });
  expect(await market.balances()).toEqual({ UNBILLED: '451.00', ACCRUED: '410.00', FEE_DEFERRED: '41.00' });
  expect(await market.lines(review.id)).toEqual([]);
  const again = await market.inReview(period);
  expect(again.id).not.toBe(review.id);
  expect(again.number).not.toBe(review.number);
  expect(again).toMatchObject({ total: review.total, contentHash: review.contentHash });
  expect(await market.lines(again.id)).toEqual(before);
  await market.decide('approver', 'approveSettlement', again.id);
  expect(await market.balances()).toEqual(billed);
});

it('a rejected statement opens again and takes a late line before it is approved', async () => {
  const { period, vertical } = await market.sold();
  const [other = ''] = await market.submit(vertical, 1);
  await market.endPeriod(period);
  const review = await market.inReview(period);
  expect(review.total).toEqual(usd('462.00'));
  await market.decide('approver', 'rejectSettlement', review.id, { note: 'a sale is missing' });
  await market.reportLate(other, period);
  const again = await market.inReview(period);
  expect(again.id).toBe(review.id);
  expect(again.contentHash).not.toBe(review.contentHash);
  // 451.00 + 11.00 + 200.00 + 20.00
  expect(again.total).toEqual(usd('682.00'));
  await market.decide('approver', 'approveSettlement', again.id);
  expect(await market.balances()).toEqual({ RECEIVABLE: '682.00', HELD: '620.00', FEE_REVENUE: '62.00' });
});

it('a deal of last month is last month’s while that gathers, and then a late line that says so', async () => {
  const { period, vertical } = await market.sold();
  const [second = '', third = ''] = await market.submit(vertical, 2);
  await market.endPeriod(period);
  await market.reportLate(second, period);
  const review = await market.inReview(period);
  // 451.00 + 2 × 11.00 + 220.00
  expect(review.total).toEqual(usd('693.00'));
  expect((await market.told(review)).filter((line) => !line.endsWith(' -'))).toEqual([]);
  await market.reportLate(third, period);
  const next = await market.close(market.currentPeriod());
  expect(await market.told(next)).toEqual([
    `COMMISSION_PER_DEAL 200.00 ${period.start}`,
    `PLATFORM_FEE 20.00 ${period.start}`,
  ]);
  const [line] = await market.lines(next.id);
  expect(line?.explanation.text).toContain(`belongs to the period that began on ${period.start}`);
  await market.decide('approver', 'approveSettlement', review.id);
  expect(await market.balances()).toEqual({ RECEIVABLE: '913.00', HELD: '830.00', FEE_REVENUE: '83.00' });
});

it('leads of two contract versions in one month are each priced with their own terms', async () => {
  const { period, contractId, vertical, lead } = await market.sold();
  await market.newVersion(contractId, 2, { ...withFee, baseRate: usd('12.50'), commissionRatePpm: 100_000 });
  const [newer = ''] = await market.submit(vertical, 1);
  await market.reportWon(newer, usd('1000.00'));
  // Reported under the second version, delivered under the first.
  await market.reportWon(lead, usd('1000.00'));
  await market.newVersion(contractId, 3, { ...withFee, baseRate: { amount: '9.00', currency: 'EUR' } });
  await market.submit(vertical, 1);
  await market.endPeriod(period);
  const statements = await market.prepare(period);
  const inDollars = statements.find(({ total }) => total.currency === 'USD');
  const inEuros = statements.find(({ total }) => total.currency === 'EUR');
  expect(statements).toHaveLength(2);
  // 451.00 + 200.00 + 20.00, and 12.50 + 1.25 + 100.00 + 10.00
  expect(inDollars?.total).toEqual(usd('794.75'));
  expect(inEuros?.total).toEqual({ amount: '9.90', currency: 'EUR' });
  for (const { id } of statements) {
    await market.decide('preparer', 'submitSettlement', id);
    await market.decide('approver', 'approveSettlement', id);
  }
  expect(await market.balances()).toEqual({ RECEIVABLE: '794.75', HELD: '722.50', FEE_REVENUE: '72.25' });
  expect(await market.balances('EUR')).toEqual({ RECEIVABLE: '9.90', HELD: '9.00', FEE_REVENUE: '0.90' });
});

it('a deal outside the attribution window is explained and costs nothing', async () => {
  const period = await market.beginNextMonth();
  const { vertical } = await market.contract({ ...withFee, attributionWindowDays: 10 });
  const [lead = ''] = await market.submit(vertical, 1);
  await app.advanceClock(new Date(app.now().getTime() + 11 * 86_400_000));
  const reported = await market.done<{ charges: object[]; notes: string[] }>(
    'buyer',
    'reportOutcome',
    { leadId: lead, outcome: { won: { amount: usd('2000.00') } } },
    'charges { id } notes replayed',
  );
  expect(reported.charges).toEqual([]);
  expect(reported.notes).toEqual([expect.stringContaining('outside the attribution window of 10 days')]);
  expect((await market.close(period)).total).toEqual(usd('11.00'));
});

/** Twenty of the same at once: how many were done now, how many were told what was done, and the codes of the rest. */
async function twenty(
  who: 'buyer' | 'preparer' | 'approver',
  name: string,
  input: Record<string, unknown>,
  selection = 'replayed',
): Promise<{ done: number; replayed: number; codes: string[] }> {
  const payloads = await Promise.all(
    Array.from({ length: 20 }, async () => await market.act(who, name, input, selection)),
  );
  const codes = payloads.flatMap(({ userErrors }) => userErrors.map(({ code }) => code));
  const replayed = payloads.filter((payload) => payload.replayed).length;
  return { done: 20 - replayed - codes.length, replayed, codes: [...new Set(codes)] };
}

it('twenty of the same at once have one effect each', async () => {
  const once = { done: 1, replayed: 19, codes: [] };
  const period = await market.beginNextMonth();
  const { vertical } = await market.contract(withFee);
  const [leadId = ''] = await market.submit(vertical, 1);
  const won = { amount: usd('2000.00'), dealReference: 'one deal' };
  expect(await twenty('buyer', 'reportOutcome', { leadId, outcome: { won }, idempotencyKey: 'won' })).toEqual(
    once,
  );
  // The same deal under twenty keys is still that deal.
  const repeated = { done: 0, replayed: 20, codes: [] };
  expect(await twenty('buyer', 'reportOutcome', { leadId, outcome: { won } })).toEqual(repeated);
  expect(await market.balances()).toEqual({ UNBILLED: '451.00', ACCRUED: '410.00', FEE_DEFERRED: '41.00' });

  await market.endPeriod(period);
  const bounds = { periodStart: period.start, periodEnd: period.end };
  expect(await twenty('preparer', 'prepareSettlements', { ...bounds, idempotencyKey: 'prepare' })).toEqual(
    once,
  );
  expect((await twenty('preparer', 'prepareSettlements', bounds)).codes).toEqual([]);
  const [draft, ...others] = await market.prepare(period);
  expect(others).toEqual([]);
  expect(draft).toMatchObject({ status: 'DRAFT', version: 2 });
  const settlementId = draft?.id ?? '';
  expect(await twenty('preparer', 'submitSettlement', { settlementId, idempotencyKey: 'submit' })).toEqual(
    once,
  );
  const approvals = await twenty('approver', 'approveSettlement', { settlementId });
  expect(approvals).toEqual({ done: 1, replayed: 0, codes: ['ILLEGAL_TRANSITION'] });
  expect(await market.balances()).toEqual(billed);
});

it('twenty refunds and returns of one deal at once take it back once', async () => {
  const { deal, lead } = await market.settled();
  const refunds = twenty('buyer', 'cancelDeal', { dealId: deal, kind: 'REFUNDED', reason: 'refunded' });
  const returning = market.returnLead(lead);
  const { done, codes } = await refunds;
  await returning;
  expect(done).toBeLessThanOrEqual(1);
  expect(['DEAL_NOT_LIVE', 'LEAD_RETURNED']).toEqual(expect.arrayContaining(codes));
  expect(await market.balances()).toEqual({ RECEIVABLE: '451.00', BUYER_CREDIT: '451.00' });
});

/** Starts the acts while the rows of `table` are locked, each when the one before it waits, and lets them go at once. */
async function queueBehind(table: string, acts: readonly (() => Promise<unknown>)[]): Promise<void> {
  const client = new pg.Client({ connectionString: app.databaseUrl });
  await client.connect();
  try {
    await client.query('begin');
    await client.query(`select 1 from ${table} for update`);
    const started: Promise<unknown>[] = [];
    for (const start of acts) {
      started.push(start());
      for (let waiting = 0; waiting < started.length;) {
        const { rows } = await client.query<{ waiting: number }>(
          `select count(*)::int as waiting from pg_stat_activity
           where datname = current_database() and wait_event_type = 'Lock'`,
        );
        waiting = rows[0]?.waiting ?? 0;
      }
    }
    await client.query('commit');
    await Promise.all(started);
  } finally {
    await client.end();
  }
}

it('a refund that waits for a statement to be voided lies in the one that follows it', async () => {
  const { period, deal } = await market.sold();
  await market.endPeriod(period);
  const review = await market.inReview(period);
  const voiding = async () =>
    await market.decide('preparer', 'voidSettlement', review.id, { note: 'wrong address' });
  await queueBehind('settlements', [voiding, async () => await market.refund(deal)]);
  const again = await market.inReview(period);
  expect(again.total).toEqual(usd('11.00'));
  expect((await market.told(again)).filter((line) => !line.endsWith(' -'))).toEqual([]);
});

it('a lead that waits for other terms to be accepted is delivered under those', async () => {
  const { contractId, vertical } = await market.sold();
  const terms = { timeZone: 'America/New_York', ...withFee, baseRate: usd('20.00') };
  await market.done('agency', 'proposeContractVersion', { contractId, terms }, 'contract { id } replayed');
  const accept = async () =>
    await market.done('buyer', 'acceptContract', { contractId, version: 2 }, 'contract { id } replayed');
  await queueBehind('contracts', [accept, async () => await market.submit(vertical, 1)]);
  // 451.00 under the first version and 22.00 under the second.
  expect(await market.balances()).toMatchObject({ UNBILLED: '473.00' });
  const outside = await app.database.query(
    `select 1 from deliveries d join contract_versions v on v.agency_id = d.agency_id
       and v.contract_id = d.contract_id and v.version = d.contract_version
     where d.delivered_at < v.effective_from or d.delivered_at >= v.effective_to`,
  );
  expect(outside).toEqual([]);
});

it('a return that nobody decides is credited as of when the time to object ran out', async () => {
  const { lead } = await market.settled();
  const requested = await market.done<{ return: { decideBy: string } }>(
    'buyer',
    'requestReturn',
    { leadId: lead, reason: 'WRONG_PERSON' },
    'return { decideBy } replayed',
  );
  await app.advanceClock(new Date(app.now().getTime() + 20 * 86_400_000));
  expect(await market.balances()).toEqual({ RECEIVABLE: '451.00', BUYER_CREDIT: '451.00' });
  const credits = await app.database.query<{ effective_at: Date }>(
    `select distinct effective_at from charges where component = 'RETURN_CREDIT'`,
  );
  expect(credits.map(({ effective_at: at }) => at.toISOString())).toEqual([requested.return.decideBy]);
});
