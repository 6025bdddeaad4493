import { newId } from '#database';
import {
  accountKey,
  accountsOfContract,
  bookAccount,
  buyerAccount,
  chargeAccrued,
  ensureAccounts,
  inputHashOf,
  inputHashSql,
  ledgerInvariants,
  mirrorOf,
  postingText,
  postJournals,
  runInvariants,
} from '#ledger';
import { done } from '#outcome';
import { book, booker, count, journal, noon, openLedger, type OpenLedger, valueOf } from './open-ledger.js';

let ledger: OpenLedger;
const charge = (amountMinor: bigint) =>
  chargeAccrued({ payee: 'AGENCY', buyerId: ledger.buyerId, amountMinor });

beforeEach(async () => {
  ledger = await openLedger();
});

afterEach(async () => {
  const broken = (await runInvariants(ledger.database, ledgerInvariants)).filter(({ holds }) => !holds);
  await ledger.close();
  expect(broken).toEqual([]);
});

describe('accounts', () => {
  it('are made once, and found afterwards', async () => {
    const refs = accountsOfContract(ledger.buyerId);
    const first = valueOf(
      await ledger.unitOfWork.run(async (tx) => done(await ensureAccounts(tx, ledger.agencyId, 'USD', refs))),
    );
    const again = valueOf(
      await ledger.unitOfWork.run(async (tx) => done(await ensureAccounts(tx, ledger.agencyId, 'USD', refs))),
    );
    expect([...first.keys()].sort()).toEqual(refs.map(accountKey).sort());
    expect(again).toEqual(first);
    expect(await count(ledger, 'accounts')).toBe(9);
  });

  it('are made once by twenty at once, in whatever order they are asked for', async () => {
    const refs = accountsOfContract(ledger.buyerId);
    const maps = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const turned = [...refs.slice(index % 9), ...refs.slice(0, index % 9)];
        return valueOf(
          await ledger.unitOfWork.run(async (tx) =>
            done(await ensureAccounts(tx, ledger.agencyId, 'USD', turned)),
          ),
        );
      }),
    );
    expect(await count(ledger, 'accounts')).toBe(9);
    for (const map of maps) expect(Object.fromEntries(map)).toEqual(Object.fromEntries(maps[0] ?? []));
  });

  it('are of their own in each book and currency', async () => {
    await book(
      ledger,
      journal(ledger, charge(1n)),
      journal(ledger, charge(1n), { currency: 'JPY' }),
      journal(ledger, charge(1n), { bookId: ledger.otherAgencyId }),
    );
    expect(await count(ledger, 'accounts')).toBe(6);
    expect(await count(ledger, 'postings')).toBe(3);
  });

  it('of a buyer need the buyer', async () => {
    await expect(
      book(
        ledger,
        journal(ledger, [
          { debit: { kind: 'unbilled', partyId: null }, credit: bookAccount('accrued'), amountMinor: 1n },
        ]),
      ),
    ).rejects.toThrow('wrong kind of owner');
  });
});

describe('posting', () => {
  it('keeps who, when it happened and when it was booked', async () => {
    const happened = new Date('2026-04-30T22:15:00.123Z');
    const one = journal(ledger, charge(1000n), { effectiveAt: happened });
    const posted = valueOf(await book(ledger, one));
    expect(posted).toEqual([
      { bookId: ledger.agencyId, id: one.id, idempotencyKey: one.idempotencyKey, replayed: false },
    ]);
    const [row] = await ledger.database.query<Record<string, unknown>>('select * from journals');
    expect(row).toMatchObject({
      id: one.id,
      actor: 'system:test',
      effective_at: happened,
      recorded_at: noon,
      input_hash: inputHashOf(one),
    });
  });

  it('numbers the postings from one, in their order', async () => {
    const [unbilled, accrued] = [buyerAccount('unbilled', ledger.buyerId), bookAccount('accrued')];
    await book(
      ledger,
      journal(
        ledger,
        [3n, 1n, 2n].map((amountMinor) => ({ debit: unbilled, credit: accrued, amountMinor })),
      ),
    );
    const rows = await ledger.database.query('select ordinal, amount_minor from postings order by ordinal');
    expect(rows).toEqual([
      { ordinal: 1, amount_minor: '3' },
      { ordinal: 2, amount_minor: '1' },
      { ordinal: 3, amount_minor: '2' },
    ]);
  });

  it('takes the largest amount there is, and no zero, negative or larger one', async () => {
    const largest = 2n ** 63n - 1n;
    await book(ledger, journal(ledger, charge(largest)));
    for (const amountMinor of [0n, -1n, largest + 1n]) {
      const posting = {
        debit: buyerAccount('unbilled', ledger.buyerId),
        credit: bookAccount('accrued'),
        amountMinor,
      };
      await expect(book(ledger, journal(ledger, [posting]))).rejects.toThrow('out of range');
    }
    await expect(book(ledger, journal(ledger, []))).rejects.toThrow('needs a posting');
    expect(await count(ledger, 'journals')).toBe(1);
  });

  it('does a thousand journals of two books in one call', async () => {
    const many = Array.from({ length: 1000 }, (_, index) =>
      journal(ledger, charge(BigInt(index + 1)), {
        bookId: index % 2 === 0 ? ledger.agencyId : ledger.otherAgencyId,
      }),
    );
    const posted = valueOf(await book(ledger, ...many));
    expect(posted.map(({ id }) => id)).toEqual(many.map(({ id }) => id));
    const [sum] = await ledger.database.query('select sum(amount_minor) from postings');
    expect(sum).toEqual({ sum: '500500' }); // 1000 × 1001 / 2
  });

  it('hashes what the database hashes', async () => {
    const one = journal(ledger, charge(1000n), { source: 'charge:"Ünïcode" \\ \n\u0001' });
    const [row] = await ledger.database.query<{ hash: Buffer }>(
      `select ${inputHashSql({
        kind: '$1',
        source: '$2',
        currency: '$3::text',
        effectiveAt: '$4::timestamptz',
        reverses: 'null::uuid',
        lines: postingText({
          debitKind: `'unbilled'`,
          debitParty: '$5::uuid',
          creditKind: `'accrued'`,
          creditParty: 'null::uuid',
          amountMinor: '$6::bigint',
        }),
      })} as hash`,
      [one.kind, one.source, one.currency, one.effectiveAt, ledger.buyerId, '1000'],
    );
    expect(row?.hash).toEqual(inputHashOf(one));
  });
});

describe('idempotency', () => {
  it('answers the second call with the journal of the first', async () => {
    const one = journal(ledger, charge(1000n));
    await book(ledger, one);
    const again = valueOf(await book(ledger, { ...one, id: newId() }, journal(ledger, charge(5n))));
    expect(again.map(({ id, replayed }) => [id === one.id, replayed])).toEqual([
      [true, true],
      [false, false],
    ]);
    expect(await count(ledger, 'postings')).toBe(2);
  });

  it('refuses the same key with other content, and books nothing of that call', async () => {
    const one = journal(ledger, charge(1000n));
    await book(ledger, one);
    const others = [
      { postings: charge(1001n) },
      { postings: mirrorOf(charge(1000n)) },
      { effectiveAt: new Date(noon.getTime() + 1) },
      { currency: 'EUR' },
      { source: 'charge:other' },
      { kind: 'OTHER' },
    ];
    for (const other of others) {
      const outcome = await book(ledger, journal(ledger, charge(5n)), { ...one, ...other, id: newId() });
      expect(outcome).toMatchObject({ ok: false, refusals: [{ code: 'IDEMPOTENCY_KEY_REUSED' }] });
    }
    expect(await count(ledger, 'journals')).toBe(1);
  });

  it('books a key once that comes twice in one call, and refuses it with other content', async () => {
    const one = journal(ledger, charge(1000n));
    const twice = valueOf(await book(ledger, one, one, { ...one, id: newId() }));
    expect(twice.map(({ id, replayed }) => [id === one.id, replayed])).toEqual([
      [true, false],
      [true, true],
      [true, true],
    ]);
    const two = journal(ledger, charge(1000n));
    const outcome = await book(ledger, two, { ...two, postings: charge(1n) });
    expect(outcome).toMatchObject({ ok: false, refusals: [{ code: 'IDEMPOTENCY_KEY_REUSED' }] });
    expect(await count(ledger, 'postings')).toBe(1);
  });

  it('keeps the keys of two books apart', async () => {
    const one = journal(ledger, charge(1000n), { idempotencyKey: 'same' });
    const other = journal(ledger, charge(7n), { idempotencyKey: 'same', bookId: ledger.otherAgencyId });
    expect(valueOf(await book(ledger, one, other)).map(({ replayed }) => replayed)).toEqual([false, false]);
  });

  it('lets a key be used again after its transaction was given up', async () => {
    const one = journal(ledger, charge(1000n));
    const failed = ledger.unitOfWork.run(async (tx) => {
      await postJournals(tx, booker, noon, [one]);
      throw new Error('afterwards');
    });
    await expect(failed).rejects.toThrow('afterwards');
    expect(valueOf(await book(ledger, { ...one, postings: charge(2n) }))[0]?.replayed).toBe(false);
  });

  it('books once when twenty come at once, each with an id of its own', async () => {
    const one = journal(ledger, charge(1000n));
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => book(ledger, { ...one, id: newId() })),
    );
    const posted = outcomes.flatMap((outcome) => valueOf(outcome));
    expect(posted.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(new Set(posted.map(({ id }) => id)).size).toBe(1);
    expect(await count(ledger, 'postings')).toBe(1);
  });

  it('books once when twenty come at once with the same keys in different orders', async () => {
    const many = Array.from({ length: 10 }, (_, index) => journal(ledger, charge(BigInt(index + 1))));
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, index) => {
        const turned = [...many.slice(index % 10), ...many.slice(0, index % 10)];
        return book(ledger, ...turned.map((item) => ({ ...item, id: newId() })));
      }),
    );
    const fresh = outcomes.flatMap((outcome) => valueOf(outcome)).filter(({ replayed }) => !replayed);
    expect(fresh).toHaveLength(10);
    expect(await count(ledger, 'postings')).toBe(10);
  });
});

describe('reversals', () => {
  it('mirror their original', async () => {
    const one = journal(ledger, charge(1000n));
    const mirror = journal(ledger, mirrorOf(one.postings), { reverses: one.id });
    await book(ledger, one);
    expect(valueOf(await book(ledger, mirror))).toHaveLength(1);
    expect(valueOf(await book(ledger, { ...mirror, id: newId() }))[0]?.replayed).toBe(true);
  });

  it('may come in the same call as their original', async () => {
    const one = journal(ledger, charge(1000n), { idempotencyKey: 'b' });
    const mirror = journal(ledger, mirrorOf(one.postings), { reverses: one.id, idempotencyKey: 'a' });
    expect(valueOf(await book(ledger, mirror, one)).map(({ replayed }) => replayed)).toEqual([false, false]);
  });

  it('that are no mirror are an error of ours: nothing is booked', async () => {
    const one = journal(ledger, [...charge(1000n), ...charge(20n)]);
    await book(ledger, one);
    const wrong = [
      charge(1000n),
      mirrorOf(charge(1000n)),
      mirrorOf([...charge(999n), ...charge(20n)]),
      mirrorOf([...charge(1000n), ...charge(20n), ...charge(20n)]),
      mirrorOf([
        ...chargeAccrued({ payee: 'OPERATOR', buyerId: ledger.buyerId, amountMinor: 1000n }),
        ...charge(20n),
      ]),
    ];
    for (const postings of wrong) {
      await expect(book(ledger, journal(ledger, postings, { reverses: one.id }))).rejects.toThrow(
        'exact mirror',
      );
    }
    const inYen = journal(ledger, mirrorOf(one.postings), { reverses: one.id, currency: 'JPY' });
    await expect(book(ledger, inYen)).rejects.toThrow('exact mirror');
    const elsewhere = journal(ledger, mirrorOf(one.postings), {
      reverses: one.id,
      bookId: ledger.otherAgencyId,
    });
    await expect(book(ledger, elsewhere)).rejects.toThrow('journals_reverses_fkey');
    expect(await count(ledger, 'journals')).toBe(1);
  });

  it('happen once, also when twenty try at once under keys of their own', async () => {
    const one = journal(ledger, charge(1000n));
    await book(ledger, one);
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () =>
        book(ledger, journal(ledger, mirrorOf(one.postings), { reverses: one.id })),
      ),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(String(result.reason)).toContain('journals_reversed_once');
    }
    expect(await count(ledger, 'journals')).toBe(2);
  });
});
