import {
  AdvanceCheckpoints,
  advanceCheckpoint,
  agencyShareCorrected,
  balancesOfBook,
  booksWithAccounts,
  chargeAccrued,
  ledgerInvariants,
  lockAndBalance,
  type NewJournal,
  postJournals,
  runInvariants,
  settlementApproved,
  splitFromAgency,
  trialBalances,
} from '#ledger';
import { done } from '#outcome';
import {
  book,
  booker,
  checkpointAll,
  count,
  journal,
  noon,
  openLedger,
  type OpenLedger,
  valueOf,
} from './open-ledger.js';

let ledger: OpenLedger;

beforeEach(async () => {
  ledger = await openLedger();
});

afterEach(async () => {
  const broken = (await runInvariants(ledger.database, ledgerInvariants)).filter(({ holds }) => !holds);
  await ledger.close();
  expect(broken).toEqual([]);
});

const charge = (amountMinor: bigint, more: Partial<NewJournal> = {}) =>
  journal(ledger, chargeAccrued({ payee: 'AGENCY', buyerId: ledger.buyerId, amountMinor }), more);
const approve = (agencyMinor: bigint) =>
  journal(
    ledger,
    settlementApproved({ buyerId: ledger.buyerId, agencyMinor, feeMinor: 0n, creditAppliedMinor: 0n }),
  );
const advance = async (bookId = ledger.agencyId) =>
  valueOf(await ledger.unitOfWork.run(async (tx) => done(await advanceCheckpoint(tx, bookId, noon))));

async function balances(): Promise<Record<string, bigint>> {
  const rows = await balancesOfBook(ledger.database, ledger.agencyId, { currency: 'USD' });
  return Object.fromEntries(rows.map(({ kind, balanceMinor }) => [kind, balanceMinor]));
}

/** A transaction that has posted and stays open until it is told to commit. */
async function openTransaction(posting: NewJournal): Promise<{ commit: () => Promise<void> }> {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  let isPosted: () => void = () => undefined;
  const posted = new Promise<void>((resolve) => (isPosted = resolve));
  const committed = ledger.unitOfWork.run(async (tx) => {
    const outcome = await postJournals(tx, booker, noon, [posting]);
    isPosted();
    await released;
    return outcome;
  });
  await posted;
  const commit = async (): Promise<void> => {
    release();
    valueOf(await committed);
  };
  return { commit };
}

describe('balances', () => {
  it('are in the direction of the normal side, and may be asked for by kind', async () => {
    await book(ledger, charge(1000n), charge(500n), charge(-200n), approve(1000n));
    // unbilled = accrued = 1000 + 500 - 200 - 1000; receivable = held = 1000
    expect(await balances()).toEqual({ unbilled: 300n, accrued: 300n, receivable: 1000n, held: 1000n });
    const [held, ...others] = await balancesOfBook(ledger.database, ledger.agencyId, { kinds: ['held'] });
    expect(others).toEqual([]);
    expect(held).toMatchObject({ partyId: null, currency: 'USD', debitsMinor: 0n, creditsMinor: 1000n });
  });

  it('hold more than a bigint of the database', async () => {
    const largest = 2n ** 63n - 1n;
    await book(ledger, charge(largest), charge(largest));
    expect((await balances())['unbilled']).toBe(2n * largest);
    await checkpointAll(ledger);
    expect((await balances())['unbilled']).toBe(2n * largest);
  });

  it('are the same before, at and after a checkpoint', async () => {
    expect(await advance()).toBe(true);
    await book(ledger, charge(1000n));
    const before = await balances();
    await checkpointAll(ledger);
    expect(await balances()).toEqual(before);
    expect(await count(ledger, 'ledger_checkpoint_balances')).toBe(2);
    await book(ledger, charge(10n));
    expect(await balances()).toEqual({ unbilled: 1010n, accrued: 1010n });
    await checkpointAll(ledger);
    await checkpointAll(ledger);
    expect(await balances()).toEqual({ unbilled: 1010n, accrued: 1010n });
  });

  it('count what the own transaction has just posted', async () => {
    await advance();
    const seen = await ledger.unitOfWork.run(async (tx) => {
      await postJournals(tx, booker, noon, [charge(5n)]);
      return done((await balancesOfBook(tx, ledger.agencyId)).map(({ balanceMinor }) => balanceMinor));
    });
    expect(valueOf(seen)).toEqual([5n, 5n]);
  });
});

describe('a checkpoint', () => {
  it('never loses what was open when it was taken and commits later', async () => {
    await book(ledger, charge(1n));
    await checkpointAll(ledger);
    const early = await openTransaction(charge(10n));
    // Begun later, committed earlier: its transaction id is beyond the edge of the open one.
    await book(ledger, charge(100n));
    await advance();
    expect(await balances()).toEqual({ unbilled: 101n, accrued: 101n });
    const [edge] = await ledger.database.query(
      `select (select sum(debits_minor) from ledger_checkpoint_balances) as counted,
         through_xid <= (select max(xid) from postings) as is_before_later from ledger_checkpoints`,
    );
    expect(edge).toEqual({ counted: '1', is_before_later: true });
    await early.commit();
    expect(await balances()).toEqual({ unbilled: 111n, accrued: 111n });
    await checkpointAll(ledger);
    expect(await balances()).toEqual({ unbilled: 111n, accrued: 111n });
  });

  it('is right whatever is being booked while it advances, and however many advance it', async () => {
    await book(ledger, charge(1n));
    const booking = Array.from({ length: 8 }, async () => {
      for (let round = 0; round < 15; round += 1) valueOf(await book(ledger, charge(3n), charge(4n)));
    });
    const advancing = Array.from({ length: 4 }, async () => {
      for (let round = 0; round < 15; round += 1) {
        await advance();
        const seen = await balances();
        expect(seen['unbilled']).toBe(seen['accrued']);
      }
    });
    await Promise.all([...booking, ...advancing]);
    expect(await balances()).toEqual({ unbilled: 841n, accrued: 841n }); // 1 + 8 × 15 × (3 + 4)
    await checkpointAll(ledger);
    expect(await balances()).toEqual({ unbilled: 841n, accrued: 841n });
  });

  it('that came from another cluster, ahead of this one, is not believed and taken anew', async () => {
    await book(ledger, charge(1000n));
    await checkpointAll(ledger);
    await ledger.database.query(
      `update ledger_checkpoints set through_xid = ((pg_snapshot_xmax(pg_current_snapshot())::text)::bigint + 1000)::text::xid8`,
    );
    await book(ledger, charge(1n));
    expect(await balances()).toEqual({ unbilled: 1001n, accrued: 1001n });
    expect((await trialBalances(ledger.database))[0]?.debitsMinor).toBe(1001n);
    await advance();
    const [row] = await ledger.database.query(
      'select through_xid <= pg_snapshot_xmax(pg_current_snapshot()) as is_valid from ledger_checkpoints',
    );
    expect(row).toEqual({ is_valid: true });
    expect(await balances()).toEqual({ unbilled: 1001n, accrued: 1001n });
  });

  it('is advanced in each book by the action', async () => {
    await book(ledger, charge(1n), charge(2n, { bookId: ledger.otherAgencyId }));
    expect([...(await booksWithAccounts(ledger.database))].sort()).toEqual(
      [ledger.agencyId, ledger.otherAgencyId].sort(),
    );
    const action = new AdvanceCheckpoints(ledger.database, ledger.unitOfWork);
    expect(valueOf(await action.execute(noon))).toEqual({ books: 2, moved: 2 });
    expect(await count(ledger, 'ledger_checkpoints')).toBe(2);
  });
});

describe('the trial balance', () => {
  it('has both sides per currency and kind, over all books or one', async () => {
    await book(
      ledger,
      charge(1000n),
      charge(7n, { currency: 'JPY' }),
      charge(20n, { bookId: ledger.otherAgencyId }),
    );
    await checkpointAll(ledger);
    await book(ledger, charge(5n));
    const all = await trialBalances(ledger.database);
    expect(
      all.map(({ currency, debitsMinor, creditsMinor }) => [currency, debitsMinor, creditsMinor]),
    ).toEqual([
      ['JPY', 7n, 7n],
      ['USD', 1025n, 1025n],
    ]);
    expect(all[1]?.kinds).toEqual([
      { kind: 'accrued', debitsMinor: 0n, creditsMinor: 1025n, balanceMinor: 1025n },
      { kind: 'unbilled', debitsMinor: 1025n, creditsMinor: 0n, balanceMinor: 1025n },
    ]);
    const one = await trialBalances(ledger.database, { currency: 'USD', bookId: ledger.otherAgencyId });
    expect(one).toHaveLength(1);
    expect(one[0]?.debitsMinor).toBe(20n);
    expect(await trialBalances(ledger.database, { currency: 'EUR' })).toEqual([]);
  });
});

describe('taking from an agency', () => {
  const take = (amountMinor: bigint) =>
    ledger.unitOfWork.run(async (tx) => {
      const split = await splitFromAgency(tx, ledger.agencyId, 'USD', amountMinor);
      const correction = journal(ledger, agencyShareCorrected({ buyerId: ledger.buyerId, split }));
      const outcome = await postJournals(tx, booker, noon, [correction]);
      return outcome.ok ? done(split) : outcome;
    });

  it('takes held money, then payable, then lets the agency owe it', async () => {
    await book(ledger, charge(1000n), approve(1000n));
    await book(
      ledger,
      journal(ledger, [
        {
          debit: { kind: 'held', partyId: null },
          credit: { kind: 'payable', partyId: null },
          amountMinor: 400n,
        },
      ]),
    );
    // held 600, payable 400
    expect(valueOf(await take(500n))).toEqual({ heldMinor: 500n, payableMinor: 0n, clawbackDueMinor: 0n });
    expect(valueOf(await take(250n))).toEqual({ heldMinor: 100n, payableMinor: 150n, clawbackDueMinor: 0n });
    expect(valueOf(await take(300n))).toEqual({ heldMinor: 0n, payableMinor: 250n, clawbackDueMinor: 50n });
    expect(valueOf(await take(30n))).toEqual({ heldMinor: 0n, payableMinor: 0n, clawbackDueMinor: 30n });
    expect(await balances()).toMatchObject({ held: 0n, payable: 0n, clawback_due: 80n, buyer_credit: 1080n });
  });

  it('takes the same money once when twenty take at once', async () => {
    await book(ledger, charge(1000n), approve(1000n));
    const splits = (await Promise.all(Array.from({ length: 20 }, () => take(70n)))).map(valueOf);
    // 20 × 70 = 1400 of 1000: 400 is owed
    expect(splits.reduce((sum, { heldMinor }) => sum + heldMinor, 0n)).toBe(1000n);
    expect(await balances()).toMatchObject({ held: 0n, clawback_due: 400n, buyer_credit: 1400n });
  });

  it('waits for who took before, and does not keep others from adding', async () => {
    await book(ledger, charge(1000n), approve(1000n));
    const order: string[] = [];
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    let isLocked: () => void = () => undefined;
    const locked = new Promise<void>((resolve) => (isLocked = resolve));
    const first = ledger.unitOfWork.run(async (tx) => {
      await lockAndBalance(tx, ledger.agencyId, ['held', 'payable'], 'USD');
      isLocked();
      await released;
      order.push('first');
      return done(null);
    });
    await locked;
    const second = take(10n).then(() => order.push('second'));
    await book(ledger, charge(50n), approve(50n)); // credits held while it is locked
    release();
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second']);
    expect(await balances()).toMatchObject({ held: 1040n });
  });
});
