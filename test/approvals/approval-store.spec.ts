import type { ApprovalGiven } from '#approvals';
import { newId } from '#database';
import { asCurrency, money } from '#money';
import { type Actor, ApprovalLimitStore } from '#organizations';
import { done, type Outcome } from '#outcome';
import fc from 'fast-check';
import { actorOf, codesOf, insertUser, type OpenBook, openBook, valueOf } from '../settlements/open-book.js';

const usd = asCurrency('USD');
const eur = asCurrency('EUR');
const limits = new ApprovalLimitStore();

let book: OpenBook;
/** Four agencies, of which each has a book. */
let books: string[];

beforeAll(async () => {
  book = await openBook({ twoApproversAbove: '25.00' });
});
afterAll(() => book.close());

beforeEach(async () => {
  books = [1, 2, 3, 4].map(() => newId());
  await book.database.query(
    `insert into organizations (id, kind, name, created_at) select id, 'AGENCY', 'Ads', now() from unnest($1::uuid[]) id`,
    [books],
  );
});

interface Wanted {
  readonly bookId?: string | undefined;
  readonly subject?: string;
  readonly round?: number;
  readonly amountMinor?: bigint;
  readonly currency?: typeof usd;
  readonly contentHash?: string;
  readonly at?: Date;
}

async function approve(actor: Actor, wanted: Wanted = {}): Promise<Outcome<ApprovalGiven>> {
  const { amountMinor = 400n, currency = usd } = wanted;
  return await book.unitOfWork.run(
    async (tx) =>
      await book.approvals.record(tx, actor, {
        bookId: wanted.bookId ?? books[0] ?? '',
        subject: wanted.subject ?? `test:${newId()}`,
        round: wanted.round ?? 1,
        requestedBy: [book.preparer.id, null],
        money: money(amountMinor, currency),
        contentHash: wanted.contentHash ?? 'hash',
        at: wanted.at ?? book.now(),
        field: ['input', 'id'],
      }),
  );
}

async function somebody(...limited: (readonly [typeof usd, bigint])[]): Promise<Actor> {
  const actor = actorOf('OPERATOR', book.preparer.organizationId, ['FINANCE_APPROVER']);
  await insertUser(book.database, actor);
  await book.unitOfWork.run(async (tx) => {
    for (const [currency, amountMinor] of limited)
      await limits.set(tx, actor.userId ?? '', { currency, amountMinor });
    return done(null);
  });
  return actor;
}

it('adds up by book and by currency, and by the absolute amount', async () => {
  const [one, other] = books;
  const needed = async (wanted: Wanted) => valueOf(await approve(book.approver, wanted)).needed;
  expect(await needed({ bookId: one, amountMinor: 2_000n })).toBe(1);
  expect(await needed({ bookId: other, amountMinor: -2_000n })).toBe(1);
  expect(await needed({ bookId: one, amountMinor: 2_000n, currency: eur })).toBe(1);
  expect(await needed({ bookId: other, amountMinor: 2_000n })).toBe(2);
  expect(await needed({ bookId: one, amountMinor: -600n })).toBe(2);
  expect(await needed({ bookId: one, amountMinor: 500n })).toBe(1);
});

it('counts what two people approved for nobody’s sum alone', async () => {
  const subject = 'test:large';
  valueOf(await approve(book.approver, { subject, amountMinor: 99_000n }));
  expect(valueOf(await approve(book.secondApprover, { subject, amountMinor: 99_000n }))).toEqual({
    needed: 2,
    complete: true,
    firstBy: book.approver.id,
  });
  expect(valueOf(await approve(book.approver))).toEqual({ needed: 1, complete: true, firstBy: null });
});

it('a new round starts anew, and counts once for the person', async () => {
  const actor = await somebody([usd, 3_000n]);
  const subject = 'test:again';
  valueOf(await approve(actor, { subject, amountMinor: 2_600n }));
  expect(codesOf(await approve(actor, { subject, amountMinor: 2_600n }))).toEqual(['ALREADY_APPROVED']);
  const again = { subject, round: 2, amountMinor: 2_700n };
  expect(valueOf(await approve(actor, again))).toMatchObject({ complete: false });
  expect(codesOf(await approve(actor, { amountMinor: 301n }))).toEqual(['APPROVAL_LIMIT']);
  valueOf(await approve(actor, { bookId: books[1], amountMinor: 300n }));
});

it('two contents in one round are a bug of the caller', async () => {
  const subject = 'test:two';
  valueOf(await approve(book.approver, { subject, amountMinor: 2_501n }));
  const other = { subject, amountMinor: 2_501n, contentHash: 'other' };
  await expect(approve(book.secondApprover, other)).rejects.toThrow('different contents in one round');
});

it('refuses people without an account, and those who have left', async () => {
  const stranger = actorOf('OPERATOR', book.preparer.organizationId, ['FINANCE_APPROVER']);
  expect(codesOf(await approve(stranger))).toEqual(['NOT_PERMITTED']);
  const gone = await somebody();
  valueOf(await approve(gone));
  await book.database.query('update users set disabled_at = now() where id = $1', [gone.userId]);
  expect(codesOf(await approve(gone))).toEqual(['NOT_PERMITTED']);
  expect(codesOf(await approve({ ...gone, id: 'key:x', userId: null }))).toEqual(['NOT_PERMITTED']);
});

it('a person’s limit holds over all books, by currency, for 24 hours', async () => {
  const actor = await somebody([usd, 1_000n], [asCurrency('JPY'), 5n]);
  const day = 24 * 3_600_000;
  const at = (ms: number) => new Date(book.now().getTime() + ms);
  valueOf(await approve(actor, { bookId: books[0], amountMinor: 600n, at: at(0) }));
  const rest = { bookId: books[1], amountMinor: 401n };
  expect(codesOf(await approve(actor, { ...rest, at: at(day - 1) }))).toEqual(['APPROVAL_LIMIT']);
  expect(codesOf(await approve(actor, { currency: eur, amountMinor: 1n }))).toEqual(['APPROVAL_LIMIT']);
  valueOf(await approve(actor, { ...rest, at: at(day) }));
});

describe('at once', () => {
  it('one person stays within the limit, over four books', async () => {
    const actor = await somebody([usd, 1_700n]);
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => await approve(actor, { bookId: books[index % 4] })),
    );
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(4);
    expect(outcomes.filter(({ ok }) => !ok).flatMap(codesOf)).toEqual(Array(16).fill('APPROVAL_LIMIT'));
  });

  it('five people approve in four books without a deadlock, and each book stays below the threshold', async () => {
    const people = [await somebody(), await somebody(), await somebody(), await somebody(), await somebody()];
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, async (_, index) =>
        approve(people[index % 5] ?? book.approver, { bookId: books[index % 4] }),
      ),
    );
    outcomes.forEach(valueOf);
    const alone = await book.approvalQueries.approvedAlone(books, book.now());
    // Fifteen of 4.00 in each book: six stay below 25.00, the others wait for a second person.
    expect(books.map((id) => alone.get(`${id} USD`))).toEqual([2_400n, 2_400n, 2_400n, 2_400n]);
  });

  it('who comes first in time and last to the lock counts those who came between', async () => {
    const early = book.now();
    const late = new Date(early.getTime() + 1_000);
    valueOf(await approve(book.approver, { amountMinor: 2_000n, at: late }));
    expect(valueOf(await approve(book.secondApprover, { amountMinor: 501n, at: early })).needed).toBe(2);
  });
});

it('splitting never helps, whatever the amounts and the times between them', async () => {
  const parts = fc.array(
    fc.record({
      amountMinor: fc.bigInt({ min: -2_600n, max: 2_600n }),
      afterHours: fc.integer({ min: 0, max: 9 }),
    }),
    { minLength: 1, maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(parts, async (split) => {
      const bookId = newId();
      await book.database.query(
        `insert into organizations (id, kind, name, created_at) values ($1, 'AGENCY', 'Ads', now())`,
        [bookId],
      );
      let atMs = book.now().getTime();
      const given: { atMs: number; amountMinor: bigint; needed: number }[] = [];
      for (const { amountMinor, afterHours } of split) {
        atMs += afterHours * 3_600_000;
        const outcome = await approve(book.approver, { bookId, amountMinor, at: new Date(atMs) });
        given.push({ atMs, amountMinor: amountMinor < 0n ? -amountMinor : amountMinor, ...valueOf(outcome) });
      }
      for (const [index, { atMs: end, amountMinor, needed }] of given.entries()) {
        const before = given
          .slice(0, index)
          .filter((each) => each.atMs > end - 24 * 3_600_000 && each.needed === 1);
        const aloneMinor = before.reduce((sum, each) => sum + each.amountMinor, 0n);
        expect(needed).toBe(aloneMinor + amountMinor > 2_500n ? 2 : 1);
      }
    }),
    { numRuns: 25 },
  );
});

it('an approval is never changed', async () => {
  valueOf(await approve(book.approver));
  for (const change of [
    `update approvals set amount_minor = 1`,
    `delete from approvals`,
    `truncate approvals`,
  ]) {
    await expect(book.database.query(change)).rejects.toThrow();
  }
});
