import { newId } from '#database';
import { type PaymentProvider, SendOperations } from '#payments';
import { until } from '../faults/gates.js';
import { dayMs, hourMs, type Market, openMarket, valueOf } from './market.js';

let market: Market;
let agencies: readonly string[];

/** Agencies with 100.00 each that is released; nothing is sent yet. */
async function open(count: number): Promise<void> {
  market = await openMarket({ funds: 90_000_000 });
  const buyerId = await market.buyer();
  agencies = await Promise.all(Array.from({ length: count }, async () => await market.agency()));
  for (const agencyId of agencies) await market.deliver(await market.contract(agencyId, buyerId));
  await market.closeDay();
  await market.pump();
  market.advance(14 * dayMs);
  await market.run('release-holds');
}
afterEach(() => market.verifyAndStop());

const transfers = { method: 'POST', path: '/v1/transfers' } as const;
const key = () => ({ idempotencyKey: newId() });

/** What several processes do at the same time, until nothing is left for any of them. */
async function sendTogether(senders: number): Promise<number> {
  const send = market.context.get(SendOperations);
  const sent = await Promise.all(Array.from({ length: senders }, () => send.execute(market.now(), 500)));
  return sent.reduce((sum, each) => sum + each, 0);
}

/** The number of transfers by agency, in the sandbox's own log. */
async function madeFor(): Promise<readonly number[]> {
  const made = market.sandbox.control.effects({ ...transfers, table: 'transfers', verb: 'created' });
  const rows = market.sandbox.control.rows({ table: 'transfers' }) as readonly {
    readonly id: string;
    readonly destination: string;
    readonly amount: number;
  }[];
  expect(rows.map(({ id }) => id).toSorted()).toEqual(made.map(({ id }) => id).toSorted());
  expect(new Set(rows.map(({ amount }) => amount))).toEqual(new Set([10_000]));
  const accounts = await Promise.all(agencies.map((agencyId) => market.accountOf(agencyId)));
  return accounts.map((account) => rows.filter(({ destination }) => destination === account).length);
}

async function statesOfAll(): Promise<ReadonlySet<string>> {
  return new Set((await Promise.all(agencies.map((agencyId) => market.states(agencyId)))).flat());
}

/** Of the transfers, those that some sender has taken since they were asked for. */
async function takenSoFar(): Promise<ReadonlySet<string>> {
  return await market.unitOfWork
    .run(async (tx) => {
      // Waits for whoever is taking one at this moment, and nobody takes another meanwhile.
      await tx.query('lock table stripe_operations in share row exclusive mode');
      const rows = await tx.query<{ id: string }>(
        `select book_id as id from stripe_operations where kind = 'TRANSFER' and tries > 0`,
      );
      return { ok: true, value: new Set(rows.map(({ id }) => id)) };
    })
    .then(valueOf);
}

/** From now on the provider has said how an account stands, and nobody hears it until it is let go. */
function holdLooks(): { readonly held: () => number; readonly letGo: () => void } {
  const { provider } = market;
  const retrieve = provider.retrieve.bind(provider);
  let held = 0;
  let letGo = (): void => undefined;
  const isOver = new Promise<void>((resolve) => (letGo = resolve));
  const late = async (...look: Parameters<PaymentProvider['retrieve']>) => {
    const found = await retrieve(...look);
    held += 1;
    await isOver;
    return found;
  };
  Object.assign(provider, { retrieve: late });
  return { held: () => held, letGo };
}

describe('sixty payouts in one run', () => {
  beforeEach(() => open(60), 120_000);

  it('are one transfer for each agency, however many senders there are', async () => {
    expect(await market.run('pay-agencies')).toBe(60);
    expect(await sendTogether(4)).toBe(60);
    expect(await statesOfAll()).toEqual(new Set(['PAID']));
    await market.pump();
    expect(await madeFor()).toEqual(agencies.map(() => 1));
    // Nobody was asked twice: no sender took what another one had.
    expect(market.sandbox.control.requests(transfers).length).toBe(60);
  });

  it('stop in the midst: what was taken is sent and booked, nothing else, and going on pays the rest', async () => {
    await market.run('pay-agencies');
    const sending = sendTogether(2);
    await market.sandbox.control.waitForRequest({ ...transfers, count: 12 });
    // So that the stop comes in the midst, however long it takes.
    const looks = holdLooks();
    valueOf(await market.control.stop(market.preparer, { reason: 'Something is odd.', ...key() }));
    const taken = await takenSoFar();
    looks.letGo();
    await sending;
    const isPaid = async () => (await madeFor()).map((count) => count === 1);
    const paid = await isPaid();
    expect(paid.filter(Boolean).length).toBeGreaterThanOrEqual(12);
    expect(agencies.filter((agencyId, index) => paid[index] && !taken.has(agencyId))).toEqual([]);
    // Each of two senders has eight on their way at most.
    expect(paid.filter((each) => !each).length).toBeGreaterThan(20);
    for (const [index, agencyId] of agencies.entries()) {
      expect(await market.states(agencyId)).toEqual([paid[index] ? 'PAID' : 'TRANSFERRING']);
      expect(await market.balances(agencyId)).toEqual(paid[index] ? {} : { in_transit: 10_000n });
    }

    market.advance(hourMs);
    await market.pump();
    expect(await isPaid()).toEqual(paid);
    valueOf(await market.control.resume(market.approver, key()));
    await sendTogether(2);
    expect(await madeFor()).toEqual(agencies.map(() => 1));
    expect(await statesOfAll()).toEqual(new Set(['PAID']));
  });

  it('stop also those that were taken, while the provider is slow to say how the account stands', async () => {
    await market.run('pay-agencies');
    const looks = holdLooks();
    const sending = sendTogether(1);
    await until(() => looks.held() === 8, 'all that are sent at once have been taken');
    valueOf(await market.control.stop(market.preparer, { reason: 'Something is odd.', ...key() }));
    looks.letGo();
    await sending;
    expect(market.sandbox.control.requests(transfers).length).toBe(0);

    valueOf(await market.control.resume(market.approver, key()));
    await market.pump();
    expect(await madeFor()).toEqual(agencies.map(() => 1));
  });
});

describe('the statements', () => {
  async function statementsOf(work: () => Promise<unknown>): Promise<number> {
    const before = market.statements;
    await work();
    return market.statements - before;
  }

  /** Of asking for all transfers, and of sending them. */
  async function measured(count: number): Promise<{ readonly asking: number; readonly sending: number }> {
    await open(count);
    const asking = await statementsOf(() => market.run('pay-agencies'));
    const sending = await statementsOf(() => market.run('send'));
    expect(await statesOfAll()).toEqual(new Set(['PAID']));
    return { asking, sending };
  }

  it('grow by a constant with each payout', async () => {
    const few = await measured(10);
    await market.verifyAndStop();
    const many = await measured(60);
    const growth = (of: (each: typeof few) => number) => (of(many) - of(few)) / 50;
    // Beside the one operation that is written for each.
    expect(growth(({ asking }) => asking)).toBeLessThan(2);
    expect(growth(({ sending }) => sending)).toBeLessThan(30);
  }, 120_000);
});
