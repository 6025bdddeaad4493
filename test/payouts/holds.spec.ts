import {
  type Contract,
  codesOf,
  dayMs,
  type Delivered,
  hourMs,
  type Market,
  openMarket,
  valueOf,
} from './market.js';
import { outOfBandPayload, writeOffPayload } from '#collections';
import { newId } from '#database';
import { asCurrency } from '#money';
import { DecideFinanceRequest, RequestFinanceAct } from '#payments';
import { AdjustmentQueries, showAdjustment } from '#payouts';

let market: Market;
beforeEach(async () => {
  market = await openMarket();
});
afterEach(() => market.verifyAndStop());

/** One statement of this many leads, collected and held; with the deals of each lead. */
async function collected(contract: Contract, leads = 1): Promise<Delivered[]> {
  const delivered: Delivered[] = [];
  for (let count = 0; count < leads; count += 1) delivered.push(await market.deliver(contract));
  await market.closeDay();
  await market.pump();
  return delivered;
}

async function chargeOf(): Promise<string> {
  const [row] = await market.database.query<{ id: string }>(
    'select provider_charge_id as id from collections where provider_charge_id is not null order by id desc limit 1',
  );
  return row?.id ?? '';
}

/** "REASON amount agencyAmount: words" of all of an agency's statements. */
async function adjustments(agencyId: string): Promise<readonly string[]> {
  const refs = (await market.settlements(agencyId)).map(({ id }) => ({ agencyId, id }));
  const found = await market.context.get(AdjustmentQueries).ofSettlements(refs);
  return found.map(
    (each) => `${each.reason} ${each.amountMinor} ${each.agencyMinor}: ${showAdjustment(each)}`,
  );
}

async function rounds(agencyId: string): Promise<readonly string[]> {
  const rows = await market.database.query<Record<string, string | null>>(
    `select round, amount_minor as amount, released_minor as released, undone_at is not null as undone,
       paid_at is not null as paid from holds where agency_id = $1 order by settlement_id, round`,
    [agencyId],
  );
  return rows.map(
    ({ round, amount, released, undone, paid }) =>
      `${round} ${amount} ${released ?? '-'}${undone ? ' undone' : ''}${paid ? ' paid' : ''}`,
  );
}

/** A dispute of everything that the charge brought, opened and seen. */
async function dispute(charge: string): Promise<string> {
  const { id } = market.sandbox.control.openDispute({ charge }) as { id: string };
  await market.pass(5 * 60_000);
  return id;
}

it('what a buyer paid is held until its day, then sent, and then paid', async () => {
  const agencyId = await market.agency();
  await collected(await market.contract(agencyId, await market.buyer()));
  expect(await market.states(agencyId)).toEqual(['HOLDING']);
  expect(await market.balances(agencyId)).toEqual({ held: 10_000n });

  await market.pass(14 * dayMs - hourMs);
  expect(await market.states(agencyId)).toEqual(['HOLDING']);
  await market.pass(2 * hourMs);
  expect(await market.states(agencyId)).toEqual(['PAID']);
  expect(await market.payouts(agencyId)).toEqual(['SUCCEEDED 10000 10000/0/0']);
  expect(await market.balances(agencyId)).toEqual({});
  expect(await market.sent(agencyId)).toBe(10_000n);
});

it('the longest hold of its lines holds all of a statement', async () => {
  const [agencyId, buyerId] = [await market.agency(), await market.buyer()];
  await market.deliver(await market.contract(agencyId, buyerId, { holdDays: 3 }));
  await collected(await market.contract(agencyId, buyerId, { holdDays: 20 }));
  await market.pass(19 * dayMs);
  expect(await market.states(agencyId)).toEqual(['HOLDING']);
  await market.pass(2 * dayMs);
  expect(await market.states(agencyId)).toEqual(['PAID']);
});

it('two people end a hold early, and one does not', async () => {
  const agencyId = await market.agency();
  await collected(await market.contract(agencyId, await market.buyer()));
  const [settlement] = await market.settlements(agencyId);
  const payload = { agencyId, settlementId: settlement?.id ?? '' };
  const asked = valueOf(
    await market.context.get(RequestFinanceAct).execute(market.approver, {
      kind: 'HOLD_OVERRIDE',
      payload,
      reason: 'Known well.',
      idempotencyKey: newId(),
    }),
  );
  const decide = market.context.get(DecideFinanceRequest);
  const approval = { requestId: asked.id, idempotencyKey: newId() };
  expect(codesOf(await decide.approve(market.approver, approval))).toEqual(['SELF_APPROVAL']);
  await market.pump();
  expect(await market.states(agencyId)).toEqual(['HOLDING']);

  await market.requestAndApprove('HOLD_OVERRIDE', payload);
  await market.pump();
  expect(await market.states(agencyId)).toEqual(['PAID']);
  const [hold] = await market.database.query<object>(
    'select overridden_by as by, override_approved_by as also from holds',
  );
  expect(hold).toEqual({ by: market.preparer.id, also: market.approver.id });

  const again = await market.context
    .get(RequestFinanceAct)
    .execute(market.preparer, { kind: 'HOLD_OVERRIDE', payload, reason: 'Again.', idempotencyKey: newId() });
  expect(codesOf(again)).toEqual(['NOT_ON_HOLD']);
});

it('what the buyer has not paid cannot be let go early', async () => {
  const agencyId = await market.agency();
  await collected(await market.contract(agencyId, await market.buyer('pm_card_laterInsufficientFunds')));
  expect(await market.states(agencyId)).toEqual(['COLLECTION_FAILED']);
  const [settlement] = await market.settlements(agencyId);
  const payload = { agencyId, settlementId: settlement?.id ?? '' };
  const asked = await market.context
    .get(RequestFinanceAct)
    .execute(market.preparer, { kind: 'HOLD_OVERRIDE', payload, reason: 'Please.', idempotencyKey: newId() });
  expect(codesOf(asked)).toEqual(['NOT_ON_HOLD']);
});

it('a correction while it is held makes it less', async () => {
  const agencyId = await market.agency();
  const contract = await market.contract(agencyId, await market.buyer());
  const delivered = await market.deliver(contract);
  const deal = await market.win(delivered, 200_000n);
  await collected(contract);
  expect(await market.balances(agencyId)).toEqual({ held: 60_000n });
  await market.restateDeal(delivered, deal, 150_000n);
  expect(await market.balances(agencyId)).toEqual({ held: 50_000n });
  await market.pass(15 * dayMs);
  expect(await rounds(agencyId)).toEqual(['1 60000 50000 paid']);
  expect(await market.payouts(agencyId)).toEqual(['SUCCEEDED 50000 50000/0/0']);
});

it('what is taken for the sake of a paid statement comes out of the next release', async () => {
  const agencyId = await market.agency();
  const contract = await market.contract(agencyId, await market.buyer());
  const delivered = await market.deliver(contract);
  const deal = await market.win(delivered, 100_000n);
  await collected(contract, 0);
  await market.pass(15 * dayMs);
  expect(await market.states(agencyId)).toEqual(['PAID']);
  await collected(contract, 2);
  await collected(contract, 2);
  expect(await market.balances(agencyId)).toEqual({ held: 40_000n });
  await market.refundDeal(delivered, deal);
  expect(await market.balances(agencyId)).toEqual({ held: 20_000n });
  await market.pass(16 * dayMs);
  expect(await rounds(agencyId)).toEqual(['1 30000 30000 paid', '1 20000 0 paid', '1 20000 20000 paid']);
  expect(await market.sent(agencyId)).toBe(50_000n);
});

it('a dispute while it is held keeps it there until it is won', async () => {
  const agencyId = await market.agency();
  await collected(await market.contract(agencyId, await market.buyer()));
  await market.pass(10 * dayMs);
  const disputed = await dispute(await chargeOf());
  await market.pass(6 * dayMs);
  expect(await market.states(agencyId)).toEqual(['HOLDING']);
  market.sandbox.control.resolveDispute({ dispute: disputed, won: true });
  await market.pass(dayMs);
  expect(await market.states(agencyId)).toEqual(['PAID']);
  expect(await rounds(agencyId)).toEqual(['1 10000 10000 paid']);
});

it('a correction while it is held is told, with the statement that lists it, and no other is', async () => {
  const agencyId = await market.agency();
  const contract = await market.contract(agencyId, await market.buyer(), { feePpm: 100_000 });
  const delivered = await market.deliver(contract);
  const deal = await market.win(delivered, 200_000n);
  await collected(contract);
  await market.refundDeal(delivered, deal);
  const [, next] = await market.database.query<{ number: string }>(
    'select number from settlements where agency_id = $1 order by id',
    [agencyId],
  );
  expect(await adjustments(agencyId)).toEqual([
    `CORRECTION -44000 -40000: A deal was refunded after the approval: see statement ${next?.number}.`,
  ]);
});

it('a dispute that is lost while it is held leaves nothing to send', async () => {
  const agencyId = await market.agency();
  await collected(await market.contract(agencyId, await market.buyer(), { feePpm: 100_000 }));
  const disputed = await dispute(await chargeOf());
  market.sandbox.control.resolveDispute({ dispute: disputed, won: false });
  await market.pass(20 * dayMs);
  expect(await market.states(agencyId)).toEqual(['PAID']);
  expect(await rounds(agencyId)).toEqual(['1 10000 0 paid']);
  expect(await market.payouts(agencyId)).toEqual(['NETTED 0 0/0/0']);
  expect(await market.sent(agencyId)).toBe(0n);
});

it('a dispute takes released money back into waiting that was not sent yet', async () => {
  const agencyId = await market.agency({ isOnboarded: false });
  await collected(await market.contract(agencyId, await market.buyer()));
  await market.pass(15 * dayMs);
  expect(await market.balances(agencyId)).toEqual({ payable: 10_000n });
  const disputed = await dispute(await chargeOf());
  expect(await market.balances(agencyId)).toEqual({ held: 10_000n });
  await market.onboard(agencyId);
  await market.pass(2 * dayMs);
  expect(await market.states(agencyId)).toEqual(['HOLDING']);
  market.sandbox.control.resolveDispute({ dispute: disputed, won: true });
  await market.pass(dayMs);
  expect(await market.states(agencyId)).toEqual(['PAID']);
  expect(await rounds(agencyId)).toEqual(['1 10000 10000 undone', '2 10000 10000 paid']);
});

it('a run that pays looks for disputes itself', async () => {
  const agencyId = await market.agency({ isOnboarded: false });
  await collected(await market.contract(agencyId, await market.buyer()));
  await market.pass(15 * dayMs);
  await market.onboard(agencyId);
  market.sandbox.control.openDispute({ charge: await chargeOf() });
  market.advance(5 * 60_000);
  await market.run('mirror');
  expect(await market.run('pay-agencies')).toBe(0);
  expect(await market.balances(agencyId)).toEqual({ held: 10_000n });
});

it('a statement that only takes back is closed, and what it takes back is owed', async () => {
  const agencyId = await market.agency();
  const contract = await market.contract(agencyId, await market.buyer());
  const delivered = await market.deliver(contract);
  const deal = await market.win(delivered, 200_000n);
  await collected(contract, 0);
  await market.pass(15 * dayMs);
  await market.refundDeal(delivered, deal);
  await market.closeDay();
  await market.pump();
  // −400.00: nothing to collect, nothing to wait for.
  expect(await market.states(agencyId)).toEqual(['PAID', 'PAID']);
  expect(await market.balances(agencyId)).toEqual({ clawback_due: 40_000n });
});

it('of a statement that is given up in part the paid part is held, and sent', async () => {
  const agencyId = await market.agency();
  const buyerId = await market.buyer('pm_card_laterInsufficientFunds');
  await collected(await market.contract(agencyId, buyerId));
  const [settlement] = await market.settlements(agencyId);
  const ref = { agencyId, id: settlement?.id ?? '' };
  const [invoice] = await market.database.query<{ id: string }>('select id from invoices');
  const paid = { amountMinor: 6_000n, currency: asCurrency('USD') };
  const payment = {
    invoiceId: invoice?.id ?? '',
    amount: paid,
    reference: 'By wire.',
    receivedAt: market.now(),
  };
  await market.requestAndApprove('OUT_OF_BAND_PAYMENT', outOfBandPayload(payment));
  await market.requestAndApprove('WRITE_OFF', writeOffPayload(ref));
  await market.pump();
  expect(await market.states(agencyId)).toEqual(['WRITTEN_OFF']);
  expect(await market.balances(agencyId)).toEqual({ held: 6_000n });
  await market.pass(15 * dayMs);
  expect(await market.states(agencyId)).toEqual(['WRITTEN_OFF']);
  expect(await rounds(agencyId)).toEqual(['1 10000 6000 paid']);
  expect(await market.sent(agencyId)).toBe(6_000n);
  expect(await adjustments(agencyId)).toEqual([
    'WRITTEN_OFF -4000 -4000: The buyer did not pay it, and the operator gave it up.',
  ]);
});

it('begins holds once, however many begin them at the same time', async () => {
  const agencyId = await market.agency();
  await market.deliver(await market.contract(agencyId, await market.buyer()));
  await market.closeDay();
  await market.run('bill-buyers');
  await market.run('send');
  expect(await market.states(agencyId)).toEqual(['COLLECTED']);
  const twenty = Array.from({ length: 20 }, async () => await market.run('start-holds'));
  expect((await Promise.all(twenty)).reduce((sum, each) => sum + each, 0)).toBe(1);
  market.advance(14 * dayMs + hourMs);
  const releases = Array.from({ length: 20 }, async () => await market.run('release-holds'));
  expect((await Promise.all(releases)).reduce((sum, each) => sum + each, 0)).toBe(1);
  expect(await market.balances(agencyId)).toEqual({ payable: 10_000n });
});
