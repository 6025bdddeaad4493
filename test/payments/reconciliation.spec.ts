import { newId } from '#database';
import { postJournals, sentToBank } from '#ledger';
import { differenceOf, type Difference } from '#payments';
import { platformId } from '../../apps/stripe-sandbox/src/tables.js';
import { made, openPayments, type PaymentsTest, usd } from './open-payments.js';

let payments: PaymentsTest;

beforeEach(async () => {
  payments = await openPayments();
  await payments.collect(1_000_00n);
});

afterEach(() => payments.stop());

/** What a person does in the provider's dashboard. */
async function byHand(path: string, parameters: Record<string, string>): Promise<string> {
  const response = await fetch(`${payments.sandbox.url}/v1/${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk_test_sandbox', 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(parameters),
  });
  const body = (await response.json()) as { id: string };
  if (!response.ok) throw new Error(JSON.stringify(body));
  return body.id;
}

async function differences(): Promise<readonly Difference[]> {
  return (await payments.reconcile.execute(payments.now())).differences;
}

async function bookedKinds(): Promise<readonly string[]> {
  const rows = await payments.database.query<{ kind: string }>(
    `select kind from journals where idempotency_key like 'funds:%' order by id`,
  );
  return rows.map(({ kind }) => kind);
}

describe('the mirror', () => {
  it('books what is the operator’s own, once', async () => {
    payments.sandbox.control.fund({ amount: 50_00, currency: 'usd' });
    payments.sandbox.control.payOut({ account: platformId });
    await payments.mirror.execute(payments.now());
    await payments.mirror.execute(payments.now());
    expect(await bookedKinds()).toEqual(expect.arrayContaining(['FUNDS_FROM_BANK', 'FUNDS_TO_BANK']));
    expect(await bookedKinds()).toHaveLength(2);
    expect(await differences()).toEqual([]);
    await payments.verify();
  });

  it('finds every movement, however many pages they fill', async () => {
    for (let index = 0; index < 230; index += 1)
      payments.sandbox.control.fund({ amount: 1, currency: 'usd' });
    expect((await payments.mirror.execute(payments.now())).found).toBe(230);
    await payments.mirror.execute(payments.now(), 'WHOLE');
    expect(await differences()).toEqual([]);
  });

  it('brings back a reversal that was made by hand and told by nobody', async () => {
    const { id } = await payments.requestTransfer(60_00n);
    await payments.send.execute(payments.now(), 10);
    const transferId = (await payments.operation(id)).objectId ?? '';
    await byHand(`transfers/${transferId}/reversals`, { amount: '1000' });
    expect(await differences()).toEqual([]);
    expect(payments.snapshots.at(-1)).toMatchObject({ id: transferId, reversals: [{ amountMinor: 10_00n }] });
    await payments.verify();
  });

  it('run by many at once books once', async () => {
    for (let index = 0; index < 10; index += 1) payments.sandbox.control.fund({ amount: 1, currency: 'usd' });
    await Promise.all([1, 2, 3, 4].map(() => payments.mirror.execute(payments.now())));
    expect(await bookedKinds()).toHaveLength(10);
    await payments.verify();
  });
});

describe('a comparison', () => {
  it('of books that match has no difference, account by account', async () => {
    await payments.requestTransfer(60_00n);
    const { accounts, differences: none } = await payments.reconcile.execute(payments.now());
    expect(none).toEqual([]);
    expect(accounts).toMatchObject([
      { account: 'STRIPE', currency: 'USD', ledgerMinor: 1_000_00n, providerMinor: 1_000_00n },
      { account: 'IN_TRANSIT', bookId: payments.agencyId, ledgerMinor: 60_00n, providerMinor: 60_00n },
    ]);
    expect(accounts.map(differenceOf)).toEqual([0n, 0n]);
    expect(await payments.queries.latestReconciliation()).toMatchObject({ differences: [], accounts });
  });

  it('names agencies to which something is on its way, and sums up those to which nothing is', async () => {
    await payments.requestTransfer(60_00n);
    await payments.send.execute(payments.now(), 10);
    const { accounts, differences: none } = await payments.reconcile.execute(payments.now());
    expect(none).toEqual([]);
    const nothing = { ledgerMinor: 0n, providerMinor: 0n, inFlightMinor: 0n };
    expect(accounts).toMatchObject([
      { account: 'STRIPE', ledgerMinor: 940_00n },
      { account: 'IN_TRANSIT', bookId: null, currency: 'USD', ...nothing },
    ]);
  });

  it('does not take for a difference what an operation in doubt has done', async () => {
    payments.sandbox.control.injectFault({ method: 'POST', path: '/v1/transfers', kind: 'error_after' });
    const { id } = await payments.requestTransfer(60_00n);
    await payments.send.execute(payments.now(), 10);
    const { accounts, differences: none } = await payments.reconcile.execute(payments.now());
    expect(none).toEqual([]);
    expect(accounts[0]).toMatchObject({
      ledgerMinor: 1_000_00n,
      inFlightMinor: -60_00n,
      providerMinor: 940_00n,
    });
    payments.advance(60_000);
    await payments.send.execute(payments.now(), 10);
    expect(await payments.operation(id)).toMatchObject({ state: 'SUCCEEDED' });
    expect(await differences()).toEqual([]);
  });

  it('does not take for a difference what moves while it looks', async () => {
    const { provider, sandbox } = payments;
    const balances = provider.balances.bind(provider);
    let moved = 0;
    // Money comes in right after the balance was read, twice.
    provider.balances = async () => {
      const read = await balances();
      if (moved < 2) sandbox.control.fund({ amount: 1_00, currency: 'usd' });
      moved += 1;
      return read;
    };
    const { found, differences: none, accounts } = await payments.reconcile.execute(payments.now());
    expect(none).toEqual([]);
    expect(found).toBe(2);
    expect(accounts).toMatchObject([{ ledgerMinor: 1_002_00n, providerMinor: 1_002_00n }]);
  });

  it('says so when money never stops moving', async () => {
    const { provider, sandbox } = payments;
    const balances = provider.balances.bind(provider);
    provider.balances = async () => {
      const read = await balances();
      sandbox.control.fund({ amount: 1_00, currency: 'usd' });
      return read;
    };
    await expect(payments.reconcile.execute(payments.now())).rejects.toThrow('BALANCE_MOVES');
    expect(await payments.queries.freezes()).toEqual([]);
  });

  it('shows a transfer that was made by hand, freezes the balance, and lets go when two people said what it was', async () => {
    await byHand('transfers', { amount: '700', currency: 'usd', destination: payments.accountId });
    const found = await differences();
    expect(found).toMatchObject([
      {
        kind: 'NOT_BOOKED',
        bookId: payments.operatorId,
        currency: 'USD',
        ledgerMinor: 0n,
        providerMinor: -7_00n,
      },
    ]);
    expect(payments.lines.filter(({ level }) => level === 50)).toHaveLength(1);
    expect(await payments.queries.freezes()).toMatchObject([
      { bookId: payments.operatorId, reason: 'NOT_BOOKED' },
    ]);
    // Nothing leaves the balance meanwhile.
    const { id } = await payments.requestTransfer(60_00n);
    expect(await payments.send.execute(payments.now(), 10)).toBe(0);
    expect(await payments.operation(id)).toMatchObject({ state: 'READY', tries: 0 });
    await differences();
    expect(await payments.queries.freezes()).toHaveLength(1);

    const movementId = found[0]?.subject?.replace('movement:', '') ?? '';
    const { requestFinance, decideFinance, people } = payments;
    const asked = made(
      await requestFinance.execute(people.preparer, {
        kind: 'BOOK_MOVEMENT',
        payload: { movementId, meaning: 'AGENCY', agencyId: payments.agencyId },
        reason: 'Sent by hand on Monday',
        idempotencyKey: newId(),
      }),
    );
    made(await decideFinance.approve(people.approver, { requestId: asked.id, idempotencyKey: newId() }));
    expect(await differences()).toEqual([]);
    expect(await payments.queries.freezes()).toEqual([]);
    expect(await payments.send.execute(payments.now(), 10)).toBe(1);
    await payments.verify();
  });

  it('shows a journal that the provider knows nothing of, and freezes its book alone', async () => {
    const journal = {
      ...{ bookId: payments.agencyId, id: newId(), kind: 'TEST', source: 'stripe:txn_made_up' },
      ...{ idempotencyKey: 'made-up', currency: 'USD', effectiveAt: payments.now(), reverses: null },
      postings: sentToBank(5_00n),
    };
    made(
      await payments.unitOfWork.run((tx) =>
        postJournals(tx, { id: 'system:test' }, payments.now(), [journal]),
      ),
    );
    expect(await differences()).toMatchObject([
      {
        kind: 'NO_MOVEMENT',
        bookId: payments.agencyId,
        subject: 'movement:txn_made_up',
        ledgerMinor: -5_00n,
      },
    ]);
    expect(await payments.queries.freezes()).toMatchObject([{ bookId: payments.agencyId }]);
    await expect(payments.verify()).rejects.toThrow('I10');
  });

  it('shows a journal under no movement at all', async () => {
    const journal = {
      ...{ bookId: payments.agencyId, id: newId(), kind: 'TEST', source: 'nothing:1' },
      ...{ idempotencyKey: 'nothing', currency: 'USD', effectiveAt: payments.now(), reverses: null },
      postings: sentToBank(5_00n),
    };
    made(
      await payments.unitOfWork.run((tx) =>
        postJournals(tx, { id: 'system:test' }, payments.now(), [journal]),
      ),
    );
    expect(await differences()).toMatchObject([{ kind: 'NO_MOVEMENT', subject: 'nothing:1' }]);
    await expect(payments.verify()).rejects.toThrow('I10');
  });

  it('shows a movement that is booked with another amount, or twice', async () => {
    payments.sandbox.control.fund({ amount: 50_00, currency: 'usd' });
    await payments.mirror.execute(payments.now());
    const [movement] = (await payments.provider.funds(payments.now(), null)).movements;
    const journal = {
      ...{
        bookId: payments.operatorId,
        id: newId(),
        kind: 'FUNDS_FROM_BANK',
        source: `stripe:${movement?.id ?? ''}`,
      },
      ...{ idempotencyKey: 'again', currency: 'USD', effectiveAt: payments.now(), reverses: null },
      postings: sentToBank(-50_00n),
    };
    made(
      await payments.unitOfWork.run((tx) =>
        postJournals(tx, { id: 'system:test' }, payments.now(), [journal]),
      ),
    );
    expect(await differences()).toMatchObject([
      { kind: 'BOOKED_OTHERWISE', bookId: payments.operatorId, ledgerMinor: 100_00n, providerMinor: 50_00n },
    ]);
    await expect(payments.verify()).rejects.toThrow('I11');
  });

  it('shows what is on its way without an operation', async () => {
    const journal = {
      ...{ bookId: payments.agencyId, id: newId(), kind: 'TEST', source: 'payout:made-up' },
      ...{ idempotencyKey: 'made-up', currency: 'USD', effectiveAt: payments.now(), reverses: null },
      postings: [
        {
          debit: { kind: 'payable', partyId: null },
          credit: { kind: 'in_transit', partyId: null },
          amountMinor: 9n,
        },
      ],
    } as const;
    made(
      await payments.unitOfWork.run((tx) =>
        postJournals(tx, { id: 'system:test' }, payments.now(), [journal]),
      ),
    );
    expect(await differences()).toMatchObject([
      { kind: 'IN_TRANSIT', bookId: payments.agencyId, ledgerMinor: 9n, providerMinor: 0n },
    ]);
    await expect(payments.verify()).rejects.toThrow('I9');
  });

  it('without an answer of the provider says so and changes nothing', async () => {
    await payments.sandbox.control.down();
    await expect(payments.reconcile.execute(payments.now())).rejects.toThrow('did not answer');
    expect(await payments.queries.latestReconciliation()).toBeUndefined();
    await payments.sandbox.control.up();
  });
});

describe('an account with a past', () => {
  it('has an opening balance, and its old movements are not differences', async () => {
    const old = await openPayments({ fundBefore: 77_00 });
    try {
      // Still in the second of what came before.
      await old.collect(10_00n);
      const { accounts, differences: none } = await old.reconcile.execute(old.now());
      expect(none).toEqual([]);
      expect(accounts).toMatchObject([{ ledgerMinor: 87_00n, providerMinor: 87_00n, currency: usd }]);
      await old.verify();
    } finally {
      await old.stop();
    }
  });
});
