import {
  type Contract,
  type ContractWanted,
  dayMs,
  type Delivered,
  hourMs,
  type Market,
  openMarket,
} from './market.js';

let market: Market;
beforeEach(async () => {
  market = await openMarket({ funds: 500_000 });
  // What an agency was sent stays in its account until it is said otherwise.
  market.sandbox.control.setSettings({ automaticPayouts: false });
});
afterEach(() => market.verifyAndStop());

const minuteMs = 60_000;

interface Paid {
  readonly agencyId: string;
  readonly contract: Contract;
  readonly delivered: Delivered;
  readonly deal: string;
}

/** A statement of 100.00 and a deal's 400.00 is paid to the agency. */
async function paid(wanted: ContractWanted = {}, method?: string): Promise<Paid> {
  const agencyId = await market.agency();
  const contract = await market.contract(agencyId, await market.buyer(method), wanted);
  const delivered = await market.deliver(contract);
  const deal = await market.win(delivered, 200_000n);
  await nextStatement();
  await market.pass(15 * dayMs);
  expect(await market.states(agencyId)).toEqual(['PAID']);
  expect(await market.sent(agencyId)).toBe(50_000n);
  return { agencyId, contract, delivered, deal };
}

async function nextStatement(): Promise<void> {
  await market.closeDay();
  await market.pump();
}

async function reversals(): Promise<readonly string[]> {
  const rows = await market.database.query<Record<string, string | null>>(
    `select state, amount_minor as amount, owed_minor as owed, operation_id is not null as asked
     from transfer_reversals order by id`,
  );
  return rows.map(
    ({ state, amount, owed, asked }) => `${state} ${amount} ${owed ?? '-'}${asked ? '' : ' elsewhere'}`,
  );
}

async function transferId(): Promise<string> {
  const [row] = await market.database.query<{ id: string }>(
    'select provider_transfer_id as id from payouts where provider_transfer_id is not null order by id desc limit 1',
  );
  return row?.id ?? '';
}

/** Somebody takes money back in the provider's dashboard. */
async function reverseElsewhere(amount: number): Promise<void> {
  const response = await fetch(`${market.sandbox.url}/v1/transfers/${await transferId()}/reversals`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk_test_dashboard' },
    body: new URLSearchParams({ amount: String(amount) }),
  });
  expect(response.status).toBe(200);
}

describe('a deal that is refunded after its statement was paid', () => {
  it('is a line of −400.00 in the next statement, owed, and netted before the next transfer', async () => {
    const { agencyId, contract, delivered, deal } = await paid();
    await market.refundDeal(delivered, deal);
    expect(await market.balances(agencyId)).toEqual({ clawback_due: 40_000n });
    for (let count = 0; count < 6; count += 1) await market.deliver(contract);
    await nextStatement();
    const [line] = await market.database.query<object>(
      `select component, amount_minor as amount, after_approval as booked from charges
       where amount_minor < 0`,
    );
    expect(line).toEqual({ component: 'CLAWBACK', amount: '-40000', booked: true });
    await market.pass(16 * dayMs);
    expect(await market.payouts(agencyId)).toEqual([
      'SUCCEEDED 50000 50000/0/0',
      'SUCCEEDED 20000 60000/40000/0',
    ]);
    expect(await market.balances(agencyId)).toEqual({});
    expect(await market.sent(agencyId)).toBe(70_000n);
    expect(new Set(await market.states(agencyId))).toEqual(new Set(['PAID']));
  });

  it('takes all of what comes next where it is more, and leaves the rest owed', async () => {
    const { agencyId, contract, delivered, deal } = await paid();
    await market.refundDeal(delivered, deal);
    await market.deliver(contract);
    await nextStatement();
    await market.pass(16 * dayMs);
    expect((await market.payouts(agencyId)).at(-1)).toBe('NETTED 0 10000/10000/0');
    expect(await market.balances(agencyId)).toEqual({ clawback_due: 30_000n });
    expect(new Set(await market.states(agencyId))).toEqual(new Set(['PAID']));
  });

  it('is given up by two people, as far as they say', async () => {
    const { agencyId, contract, delivered, deal } = await paid();
    await market.refundDeal(delivered, deal);
    await market.requestAndApprove('CLAWBACK_WRITE_OFF', { agencyId, amountMinor: '35000', currency: 'USD' });
    expect(await market.balances(agencyId)).toEqual({ clawback_due: 5_000n });
    await market.deliver(contract);
    await nextStatement();
    await market.pass(16 * dayMs);
    expect((await market.payouts(agencyId)).at(-1)).toBe('SUCCEEDED 5000 10000/5000/0');
  });
});

it('a dispute that is lost after the payout is owed by the agency, for its share', async () => {
  const { agencyId, contract } = await paid({ feePpm: 100_000 });
  const [charge] = await market.database.query<{ id: string }>(
    'select provider_charge_id as id from collections where provider_charge_id is not null',
  );
  const { id } = market.sandbox.control.openDispute({ charge: charge?.id ?? '' }) as { id: string };
  await market.pass(5 * minuteMs);
  expect(await market.states(agencyId)).toEqual(['PAID']);
  market.sandbox.control.resolveDispute({ dispute: id, won: false });
  await market.pass(hourMs);
  expect(await market.balances(agencyId)).toEqual({ clawback_due: 50_000n });
  for (let count = 0; count < 7; count += 1) await market.deliver(contract);
  await nextStatement();
  await market.pass(16 * dayMs);
  expect((await market.payouts(agencyId)).at(-1)).toBe('SUCCEEDED 20000 70000/50000/0');
});

describe('where the contract says so', () => {
  const reversing = { clawbackMethod: 'TRANSFER_REVERSAL' } as const;

  it('the transfer is reversed at once', async () => {
    const { agencyId, delivered, deal } = await paid(reversing);
    await market.refundDeal(delivered, deal);
    await market.pump();
    expect(await reversals()).toEqual(['SUCCEEDED 40000 40000']);
    expect(await market.balances(agencyId)).toEqual({});
    expect(await market.sent(agencyId)).toBe(10_000n);
    // Looked at once: nothing is taken a second time.
    await market.pass(3 * dayMs);
    expect(await reversals()).toHaveLength(1);
  });

  it('twenty that look at the same time reverse it once', async () => {
    const { agencyId, delivered, deal } = await paid(reversing);
    await market.refundDeal(delivered, deal);
    const all = await Promise.all(Array.from({ length: 20 }, async () => await market.run('claw-back')));
    expect(all.reduce((sum, each) => sum + each, 0)).toBe(1);
    await market.pump();
    expect(await reversals()).toEqual(['SUCCEEDED 40000 40000']);
    expect(await market.sent(agencyId)).toBe(10_000n);
  });

  it('what is still held or payable pays first', async () => {
    const { agencyId, contract, delivered, deal } = await paid(reversing);
    for (let count = 0; count < 3; count += 1) await market.deliver(contract);
    await nextStatement();
    expect(await market.balances(agencyId)).toEqual({ held: 30_000n });
    await market.refundDeal(delivered, deal);
    await market.pump();
    expect(await reversals()).toEqual(['SUCCEEDED 10000 10000']);
    expect(await market.balances(agencyId)).toEqual({});
  });

  it('what the provider refuses is netted from what comes next', async () => {
    const { agencyId, contract, delivered, deal } = await paid(reversing);
    // The agency's bank has it already.
    await market.pass(2 * dayMs);
    market.sandbox.control.payOut({ account: await market.accountOf(agencyId) });
    await market.refundDeal(delivered, deal);
    await market.pump();
    expect(await reversals()).toEqual(['FAILED 40000 -']);
    expect(await market.balances(agencyId)).toEqual({ clawback_due: 40_000n });
    for (let count = 0; count < 5; count += 1) await market.deliver(contract);
    await nextStatement();
    await market.pass(16 * dayMs);
    expect((await market.payouts(agencyId)).at(-1)).toBe('SUCCEEDED 10000 50000/40000/0');
    expect(await reversals()).toHaveLength(1);
  });

  it('it waits for a transfer that is on its way', async () => {
    const agencyId = await market.agency();
    const contract = await market.contract(agencyId, await market.buyer(), reversing);
    const delivered = await market.deliver(contract);
    const deal = await market.win(delivered, 200_000n);
    await nextStatement();
    market.advance(15 * dayMs);
    await market.run('release-holds');
    await market.run('pay-agencies');
    await market.refundDeal(delivered, deal);
    expect(await market.run('claw-back')).toBe(0);
    await market.pump();
    expect(await reversals()).toEqual(['SUCCEEDED 40000 40000']);
    expect(await market.sent(agencyId)).toBe(10_000n);
  });
});

describe('a reversal that somebody makes in the dashboard', () => {
  it('settles what the agency owes, and the rest is payable again', async () => {
    const { agencyId, delivered, deal } = await paid();
    await market.refundDeal(delivered, deal);
    await reverseElsewhere(15_000);
    await market.pass(minuteMs);
    expect(await reversals()).toEqual(['SUCCEEDED 15000 15000 elsewhere']);
    expect(await market.balances(agencyId)).toEqual({ clawback_due: 25_000n });
    await reverseElsewhere(30_000);
    await market.pass(minuteMs);
    expect(await reversals()).toEqual(['SUCCEEDED 15000 15000 elsewhere', 'SUCCEEDED 30000 25000 elsewhere']);
    expect(await market.balances(agencyId)).toEqual({ payable: 5_000n });
  });

  it('goes out with what comes next', async () => {
    const { agencyId, contract } = await paid();
    await reverseElsewhere(20_000);
    await market.pass(hourMs);
    expect(await market.balances(agencyId)).toEqual({ payable: 20_000n });
    await market.deliver(contract);
    await nextStatement();
    await market.pass(16 * dayMs);
    expect((await market.payouts(agencyId)).at(-1)).toBe('SUCCEEDED 30000 10000/0/20000');
  });

  it('is seen by the sweeper when the account statement is not looked at', async () => {
    await paid();
    await reverseElsewhere(1_000);
    market.advance(3 * dayMs);
    await market.run('sweep');
    expect(await reversals()).toEqual(['SUCCEEDED 1000 0 elsewhere']);
  });
});

describe('a bank debit that comes back', () => {
  it('after the payout is owed by the agency, and paid to it again when the buyer pays again', async () => {
    market.sandbox.control.setSettings({ debitReturnDays: 20 });
    const agencyId = await market.agency();
    const buyerId = await market.buyer('pm_usBankAccount_returnedLate');
    const contract = await market.contract(agencyId, buyerId, { holdDays: 2 });
    await market.deliver(contract);
    await nextStatement();
    await market.pass(12 * dayMs);
    expect(await market.states(agencyId)).toEqual(['PAID']);
    await market.pass(14 * dayMs);
    expect(await market.states(agencyId)).toEqual(['COLLECTION_FAILED']);
    expect(await market.balances(agencyId)).toEqual({ held: 10_000n, clawback_due: 10_000n });

    await market.saveMethod(buyerId, 'pm_card_visa');
    await market.pass(hourMs);
    expect(await market.states(agencyId)).toEqual(['HOLDING']);
    await market.pass(3 * dayMs);
    expect(await market.states(agencyId)).toEqual(['PAID']);
    expect(await market.payouts(agencyId)).toEqual(['SUCCEEDED 10000 10000/0/0', 'NETTED 0 10000/10000/0']);
    expect(await market.balances(agencyId)).toEqual({});
    expect(await market.sent(agencyId)).toBe(10_000n);
  });

  it('before it was sent waits again, for the buyer', async () => {
    market.sandbox.control.setSettings({ debitReturnDays: 20 });
    const agencyId = await market.agency({ isOnboarded: false });
    const buyerId = await market.buyer('pm_usBankAccount_returnedLate');
    await market.deliver(await market.contract(agencyId, buyerId, { holdDays: 2 }));
    await nextStatement();
    await market.pass(12 * dayMs);
    expect(await market.balances(agencyId)).toEqual({ payable: 10_000n });
    await market.pass(14 * dayMs);
    expect(await market.states(agencyId)).toEqual(['COLLECTION_FAILED']);
    expect(await market.balances(agencyId)).toEqual({ held: 10_000n });
    await market.onboard(agencyId);
    await market.pass(2 * hourMs);
    expect(await market.sent(agencyId)).toBe(0n);
    await market.saveMethod(buyerId, 'pm_card_visa');
    await market.pass(3 * dayMs);
    expect(await market.states(agencyId)).toEqual(['PAID']);
    expect(await market.sent(agencyId)).toBe(10_000n);
  });

  it('while its transfer is on its way is found when that has failed', async () => {
    market.sandbox.control.setSettings({ debitReturnDays: 20 });
    const agencyId = await market.agency();
    const buyerId = await market.buyer('pm_usBankAccount_success');
    await market.deliver(await market.contract(agencyId, buyerId, { holdDays: 2 }));
    await nextStatement();
    await market.pass(4 * dayMs);
    market.advance(3 * dayMs);
    await market.run('release-holds');
    await market.run('pay-agencies');
    const [charge] = await market.database.query<{ id: string }>(
      'select provider_charge_id as id from collections where provider_charge_id is not null',
    );
    market.sandbox.control.returnDebit({ charge: charge?.id ?? '' });
    market.sandbox.control.restrictAccount({ account: await market.accountOf(agencyId) });
    await market.run('mirror');
    expect(await market.states(agencyId)).toEqual(['TRANSFERRING']);
    await market.pump();
    expect(await market.states(agencyId)).toEqual(['COLLECTION_FAILED']);
    expect(await market.balances(agencyId)).toEqual({ held: 10_000n });
  });
});
