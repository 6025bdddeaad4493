import { newId } from '#database';
import { HoldQueries } from '#payouts';
import { type Contract, dayMs, hourMs, type Market, openMarket, valueOf } from './market.js';

let market: Market;

async function open(options: Parameters<typeof openMarket>[0] = {}): Promise<void> {
  market = await openMarket(options);
}
afterEach(() => market.verifyAndStop());

const minuteMs = 60_000;
/** The operator's own account in the sandbox. */
const operatorAccount = 'acct_1SandboxPlatform00';

/** A statement of so many leads is collected, and its hold over; nothing is sent yet. */
async function release(...contracts: Contract[]): Promise<void> {
  for (const contract of contracts) await market.deliver(contract);
  await market.closeDay();
  await market.pump();
  market.advance(14 * dayMs);
  await market.run('release-holds');
}

/** "REASON: words" of the holds of an agency's statements. */
async function reasons(agencyId = ''): Promise<readonly string[]> {
  const refs = (await market.settlements(agencyId)).map(({ id }) => ({ agencyId, id }));
  const held = await market.context.get(HoldQueries).holdsOf(refs);
  return held.flatMap(({ holds }) => holds.map(({ reason, words }) => `${reason}: ${words}`));
}

describe('a payout', () => {
  beforeEach(() => open());

  it('waits for the account, and goes as soon as that can receive', async () => {
    const agencyId = await market.agency({ isOnboarded: false });
    await release(await market.contract(agencyId, await market.buyer()));
    await market.pass(hourMs);
    expect(await market.states(agencyId)).toEqual(['HOLDING']);
    await market.onboard(agencyId);
    await market.pump();
    expect(await market.states(agencyId)).toEqual(['PAID']);
  });

  it('is refused before it is sent when the account was restricted since', async () => {
    const agencyId = await market.agency();
    await release(await market.contract(agencyId, await market.buyer()));
    expect(await market.run('pay-agencies')).toBe(1);
    expect(await market.balances(agencyId)).toEqual({ in_transit: 10_000n });
    market.sandbox.control.restrictAccount({ account: await market.accountOf(agencyId) });
    await market.pump();
    expect(await market.states(agencyId)).toEqual(['TRANSFER_FAILED']);
    expect(await reasons(agencyId)).toEqual([
      "ACCOUNT_RESTRICTED: The payment provider has restricted the agency's account.",
    ]);
    expect(await market.balances(agencyId)).toEqual({ payable: 10_000n });
    expect(market.sandbox.control.requests({ method: 'POST', path: '/v1/transfers' })).toEqual([]);

    await market.pass(3 * hourMs);
    expect(await market.payouts(agencyId)).toHaveLength(1);
    market.sandbox.control.completeAccount({ account: await market.accountOf(agencyId) });
    await market.pass(hourMs);
    expect(await market.states(agencyId)).toEqual(['PAID']);
    expect(await market.payouts(agencyId)).toEqual(['FAILED 10000 10000/0/0', 'SUCCEEDED 10000 10000/0/0']);
    expect(await market.sent(agencyId)).toBe(10_000n);
  });

  it('below the minimum is carried until there is more', async () => {
    const agencyId = await market.agency();
    const little = { baseMinor: 3_000n };
    const contract = await market.contract(agencyId, await market.buyer(), little);
    await release(contract);
    await market.pass(hourMs);
    expect(await market.states(agencyId)).toEqual(['HOLDING']);
    expect(await market.balances(agencyId)).toEqual({ payable: 3_000n });
    await release(contract);
    await market.pump();
    expect(await market.states(agencyId)).toEqual(['PAID', 'PAID']);
    expect(await market.payouts(agencyId)).toEqual(['SUCCEEDED 6000 6000/0/0']);
  });

  it('of what was too little goes at once when there is enough', async () => {
    const agencyId = await market.agency();
    const little = { baseMinor: 3_000n };
    await market.deliver(await market.contract(agencyId, await market.buyer(), little));
    await market.deliver(await market.contract(agencyId, await market.buyer(), little));
    await market.closeDay();
    await market.pump();
    const [first, second] = await market.settlements(agencyId);
    await market.requestAndApprove('HOLD_OVERRIDE', { agencyId, settlementId: first?.id ?? '' });
    await market.pump();
    expect(await market.balances(agencyId)).toEqual({ held: 3_000n, payable: 3_000n });
    // No time has passed since it was looked at.
    await market.requestAndApprove('HOLD_OVERRIDE', { agencyId, settlementId: second?.id ?? '' });
    await market.pump();
    expect(await market.payouts(agencyId)).toEqual(['SUCCEEDED 6000 6000/0/0']);
  });

  it('is one for each agency and currency, of all its buyers', async () => {
    const [agencyId, otherId] = [await market.agency(), await market.agency()];
    const [buyerId, otherBuyer] = [await market.buyer(), await market.buyer()];
    market.sandbox.control.fund({ amount: 50_000, currency: 'eur' });
    await release(
      await market.contract(agencyId, buyerId),
      await market.contract(agencyId, otherBuyer),
      await market.contract(agencyId, buyerId, { currency: 'EUR' }),
      await market.contract(otherId, buyerId),
    );
    await market.pump();
    expect([...(await market.payouts(agencyId))].sort()).toEqual([
      'SUCCEEDED 10000 10000/0/0',
      'SUCCEEDED 20000 20000/0/0',
    ]);
    expect(await market.payouts(otherId)).toEqual(['SUCCEEDED 10000 10000/0/0']);
    expect(await market.states(agencyId)).toEqual(['PAID', 'PAID', 'PAID']);
  });

  it('is one, however many runs there are at the same time', async () => {
    const agencyId = await market.agency();
    await release(await market.contract(agencyId, await market.buyer()));
    const runs = await Promise.all(Array.from({ length: 20 }, async () => await market.run('pay-agencies')));
    expect(runs.reduce((sum, each) => sum + each, 0)).toBe(1);
    await Promise.all(Array.from({ length: 20 }, async () => await market.run('send')));
    await market.pump();
    expect(await market.payouts(agencyId)).toEqual(['SUCCEEDED 10000 10000/0/0']);
    expect(await market.sent(agencyId)).toBe(10_000n);
  });

  it('is one, also when every run looks at the same agency', async () => {
    const agencyId = await market.agency();
    await release(await market.contract(agencyId, await market.buyer()));
    // As if each of them had been told to look.
    const lookAgain = async (): Promise<void> => {
      await market.database.query('update payout_dues set look_at = $1', [market.now()]);
    };
    const runs = Array.from({ length: 20 }, async () => {
      await lookAgain();
      return await market.run('pay-agencies');
    });
    expect((await Promise.all(runs)).reduce((sum, each) => sum + each, 0)).toBe(1);
    await market.pump();
    expect(await market.sent(agencyId)).toBe(10_000n);
  });

  it('does not go while payments are stopped, and what was asked for is not sent', async () => {
    const [agencyId, otherId] = [await market.agency(), await market.agency()];
    const buyerId = await market.buyer();
    await release(await market.contract(agencyId, buyerId));
    expect(await reasons(agencyId)).toEqual([
      'NEXT_PAYOUT: It goes out with the next payout, within minutes.',
    ]);
    await market.run('pay-agencies');
    valueOf(
      await market.control.stop(market.preparer, { reason: 'Something is wrong.', idempotencyKey: newId() }),
    );
    await release(await market.contract(otherId, buyerId));
    expect(await market.run('pay-agencies')).toBe(0);
    await market.pass(hourMs);
    expect(await market.sent(agencyId)).toBe(0n);
    expect(await market.balances(agencyId)).toEqual({ in_transit: 10_000n });

    valueOf(await market.control.resume(market.approver, { idempotencyKey: newId() }));
    await market.pass(20 * dayMs);
    expect(await market.states(agencyId)).toEqual(['PAID']);
    expect(await market.states(otherId)).toEqual(['PAID']);
  });

  it('does not go while the books do not match, and says so', async () => {
    const agencyId = await market.agency();
    await release(await market.contract(agencyId, await market.buyer()));
    await market.database.query(
      `insert into account_freezes (id, book_id, currency, reason, frozen_at) values ($1, $2, 'USD', 'test', $3)`,
      [newId(), market.operatorId, market.now()],
    );
    await market.pump();
    expect(await reasons(agencyId)).toEqual([
      'BOOKS_FROZEN: The books and the payment provider do not match. Nothing leaves until they do.',
    ]);
    await market.database.query('update account_freezes set lifted_at = frozen_at');
    await market.pass(hourMs);
    expect(await market.states(agencyId)).toEqual(['PAID']);
  });

  it('of more than eight digits goes in parts, and its settlement is paid with the last', async () => {
    const agencyId = await market.agency();
    const contract = await market.contract(agencyId, await market.buyer(), { baseMinor: 70_000_000n });
    await market.deliver(contract);
    await market.deliver(contract);
    await market.closeDay();
    await market.pass(3 * dayMs);
    expect(await market.states(agencyId)).toEqual(['HOLDING']);
    market.sandbox.control.fund({ amount: 99_999_999, currency: 'usd' });
    market.advance(14 * dayMs);
    await market.run('release-holds');
    await market.run('pay-agencies');
    await market.run('send');
    expect(await market.payouts(agencyId)).toEqual(['SUCCEEDED 99999999 99999999/0/0']);
    expect(await market.states(agencyId)).toEqual(['TRANSFERRING']);
    await market.pump();
    expect(await market.payouts(agencyId)).toEqual([
      'SUCCEEDED 99999999 99999999/0/0',
      'SUCCEEDED 40000001 40000001/0/0',
    ]);
    expect(await market.states(agencyId)).toEqual(['PAID']);
  });

  it('that the provider refuses goes back, and is tried again under another key', async () => {
    const agencyId = await market.agency();
    await release(await market.contract(agencyId, await market.buyer()));
    await market.run('pay-agencies');
    // The money is gone when it comes to be sent.
    market.sandbox.control.payOut({ account: operatorAccount });
    await market.pump();
    expect(await market.states(agencyId)).toEqual(['TRANSFER_FAILED']);
    expect(await reasons(agencyId)).toEqual([
      expect.stringMatching(/^TRANSFER_RETRY: .+ The next try is on /),
    ]);
    expect(await market.balances(agencyId)).toEqual({ payable: 10_000n });
    await market.pass(2 * hourMs);
    expect(await market.payouts(agencyId)).toHaveLength(1);

    market.sandbox.control.fund({ amount: 20_000, currency: 'usd' });
    await market.pass(2 * minuteMs);
    expect(await market.states(agencyId)).toEqual(['PAID']);
    const keys = await market.database.query<{ key: string }>(
      `select substring(idempotency_key from 'a[0-9]+$') as key from stripe_operations where kind = 'TRANSFER' order by id`,
    );
    expect(keys.map(({ key }) => key)).toEqual(['a1', 'a2']);
    expect(await market.sent(agencyId)).toBe(10_000n);
  });
});

describe('a balance that is short', () => {
  // 20.00 and what buyers pay, less the provider's fees.
  beforeEach(() => open({ funds: 2_000 }));

  it('pays who waits longest, as far as it goes, and the others when money comes in', async () => {
    const buyerId = await market.buyer();
    const agencies = [await market.agency(), await market.agency(), await market.agency()];
    for (const agencyId of agencies) {
      await market.deliver(await market.contract(agencyId, buyerId));
      await market.closeDay();
      await market.pump();
    }
    market.advance(20 * dayMs);
    market.sandbox.control.payOut({ account: operatorAccount });
    market.sandbox.control.fund({ amount: 25_000, currency: 'usd' });
    await market.pump();
    const states = async () => (await Promise.all(agencies.map((id) => market.states(id)))).flat();
    expect(await states()).toEqual(['PAID', 'PAID', 'HOLDING']);
    expect(await reasons(agencies[2])).toEqual([
      "FUNDS_SHORT: The operator's balance at the payment provider does not cover it yet.",
    ]);
    // Nothing was even tried.
    expect(market.sandbox.control.requests({ method: 'POST', path: '/v1/transfers' })).toHaveLength(2);
    market.sandbox.control.fund({ amount: 5_000, currency: 'usd' });
    await market.pass(minuteMs);
    expect(await states()).toEqual(['PAID', 'PAID', 'PAID']);
  });

  it('is not given out twice, while a transfer of it is not sent', async () => {
    const buyerId = await market.buyer();
    const agencies = [await market.agency(), await market.agency()];
    for (const agencyId of agencies) await market.deliver(await market.contract(agencyId, buyerId));
    await market.closeDay();
    await market.pump();
    market.advance(20 * dayMs);
    market.sandbox.control.payOut({ account: operatorAccount });
    market.sandbox.control.fund({ amount: 15_000, currency: 'usd' });
    await market.run('release-holds');
    expect(await market.run('pay-agencies', 1)).toBe(1);
    expect(await market.run('pay-agencies')).toBe(0);
  });

  it('is not needed for money that is not there yet and comes from one charge', async () => {
    market.sandbox.control.setSettings({ cardAvailableDays: 7 });
    const agencyId = await market.agency();
    const terms = { holdDays: 0, baseMinor: 50_000n };
    await market.deliver(await market.contract(agencyId, await market.buyer(), terms));
    await market.closeDay();
    await market.pump();
    expect(await market.states(agencyId)).toEqual(['PAID']);
    const [transfer] = market.sandbox.control.rows({ table: 'transfers' }) as readonly object[];
    expect(transfer).toMatchObject({ source_transaction: expect.stringMatching(/^ch_/) as string });
    await market.pass(8 * dayMs);
  });
});

describe('many agencies', () => {
  beforeEach(() => open({ funds: 90_000_000 }));

  let agencies: string[];

  beforeEach(async () => {
    const buyerId = await market.buyer();
    agencies = [];
    for (let count = 0; count < 30; count += 1) {
      const agencyId = await market.agency();
      agencies.push(agencyId);
      await market.deliver(await market.contract(agencyId, buyerId));
    }
    await market.closeDay();
    await market.pump();
    market.advance(14 * dayMs);
  });

  it('are paid in a few statements', async () => {
    const released = await statements(async () => await market.run('release-holds'));
    expect(released.result).toBe(30);
    expect(released.count).toBeLessThan(25);
    const paid = await statements(async () => await market.run('pay-agencies'));
    expect(paid.result).toBe(30);
    // One for each operation, and a few for all.
    expect(paid.count).toBeLessThan(30 + 45);
    await market.pump();
    const states = await Promise.all(agencies.map((id) => market.states(id)));
    expect(new Set(states.flat())).toEqual(new Set(['PAID']));
  });

  it('are paid, and one that cannot be keeps no other back', async () => {
    const [bad = '', ...others] = agencies;
    await market.database.query(
      `create function refuse_bad() returns trigger language plpgsql as
         $$ begin raise exception 'this one is bad'; end $$`,
    );
    await market.database.query(
      `create trigger refuse_bad before insert on payouts for each row when (new.agency_id = '${bad}')
       execute function refuse_bad()`,
    );
    await market.run('release-holds');
    expect(await market.run('pay-agencies')).toBe(29);
    expect(market.takeErrors()).toHaveLength(1);
    // It is put off, not tried again and again.
    expect(await market.run('pay-agencies')).toBe(0);
    expect(market.takeErrors()).toEqual([]);
    await market.pump();
    const states = await Promise.all(others.map((id) => market.states(id)));
    expect(new Set(states.flat())).toEqual(new Set(['PAID']));

    await market.database.query('drop trigger refuse_bad on payouts');
    await market.pass(hourMs);
    expect(await market.states(bad)).toEqual(['PAID']);
  });
});

/** What the work gives, and how many statements it took. */
async function statements<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly count: number }> {
  const before = market.statements;
  const result = await work();
  return { result, count: market.statements - before };
}
