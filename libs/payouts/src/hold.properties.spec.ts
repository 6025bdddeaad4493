import fc from 'fast-check';
import { takeFromAgency } from '#ledger';
import { expectedOf, releaseHolds, takeBack, type Waiting } from './hold.js';

const agencyId = 'agency';

interface Statement {
  readonly id: string;
  readonly approvedMinor: bigint;
  takenMinor: bigint;
  releasedMinor: bigint | null;
}

/** A book in one currency, moved as approvals, corrections and releases move it. */
class Book {
  held = 0n;
  payable = 0n;
  owed = 0n;
  takenFromHeld = 0n;
  readonly statements: Statement[] = [];

  approve(amountMinor: bigint): void {
    if (amountMinor < 0n) this.take(-amountMinor);
    else this.held += amountMinor;
    const approvedMinor = amountMinor > 0n ? amountMinor : 0n;
    const id = `statement ${this.statements.length}`;
    this.statements.push({ id, approvedMinor, takenMinor: 0n, releasedMinor: null });
  }

  correct(of: number, amountMinor: bigint): void {
    const statement = this.statements[of % Math.max(1, this.statements.length)];
    if (!statement) return;
    statement.takenMinor += amountMinor;
    this.take(amountMinor);
  }

  private take(amountMinor: bigint): void {
    const { split } = takeFromAgency({ heldMinor: this.held, payableMinor: this.payable }, amountMinor);
    this.held -= split.heldMinor;
    this.payable -= split.payableMinor;
    this.owed += split.clawbackDueMinor;
    this.takenFromHeld += split.heldMinor;
  }

  get waiting(): Waiting[] {
    return this.statements
      .filter(({ releasedMinor }) => releasedMinor === null)
      .map((each) => ({ agencyId, id: each.id, expectedMinor: expected(each) }));
  }

  release(which: readonly number[]): void {
    const { waiting } = this;
    const due = [...new Set(which.map((index) => waiting[index % Math.max(1, waiting.length)]))].flatMap(
      (each) => (each ? [each] : []),
    );
    for (const { id, releasedMinor } of releaseHolds({ heldMinor: this.held, waiting }, due)) {
      const statement = this.statements.find((each) => each.id === id);
      if (!statement || statement.releasedMinor !== null) throw new Error('released twice');
      expect(releasedMinor >= 0n && releasedMinor <= expected(statement)).toBe(true);
      statement.releasedMinor = releasedMinor;
      this.held -= releasedMinor;
      this.payable += releasedMinor;
    }
  }

  get missing(): bigint {
    return this.waiting.reduce((sum, { expectedMinor }) => sum + expectedMinor, 0n) - this.held;
  }
}

function expected({ approvedMinor, takenMinor }: Statement): bigint {
  return expectedOf({ amountMinor: approvedMinor, takenBeforeMinor: 0n }, takenMinor);
}

const amount = fc.bigInt({ min: 1n, max: 1_000n });
const step = fc.oneof(
  fc.record({ kind: fc.constant('approve' as const), amount: fc.bigInt({ min: -300n, max: 1_000n }) }),
  fc.record({ kind: fc.constant('correct' as const), of: fc.nat(20), amount }),
  fc.record({ kind: fc.constant('release' as const), which: fc.array(fc.nat(20), { maxLength: 4 }) }),
);

function play(book: Book, steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[]): void {
  for (const each of steps) {
    if (each.kind === 'approve') book.approve(each.amount);
    else if (each.kind === 'correct') book.correct(each.of, each.amount);
    else book.release(each.which);
    expect(book.held >= 0n).toBe(true);
    // Nothing lies in `held` that no statement waits for.
    expect(book.missing >= 0n).toBe(true);
  }
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, each) => total + each, 0n);

describe('any sequence of approvals, corrections and releases', () => {
  it('releases no more than was approved less what was taken, and leaves nothing behind', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const book = new Book();
        play(book, steps);
        const approved = sum(book.statements.map(({ approvedMinor }) => approvedMinor));
        const releasedSoFar = sum(book.statements.map(({ releasedMinor }) => releasedMinor ?? 0n));
        expect(releasedSoFar <= approved - book.takenFromHeld).toBe(true);

        // In the end everything is released, one by one: then what was approved and not taken has been.
        while (book.waiting.length > 0) book.release([0]);
        const released = sum(book.statements.map(({ releasedMinor }) => releasedMinor ?? 0n));
        expect(book.held).toBe(0n);
        expect(released).toBe(approved - book.takenFromHeld);
      }),
      { numRuns: 500 },
    );
  });

  it('comes to the same in all, whichever is released first', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.boolean(), (steps, backwards) => {
        const book = new Book();
        play(book, steps);
        const total = book.held;
        const { waiting } = book;
        const due = backwards ? waiting.toReversed() : waiting;
        const releases = releaseHolds({ heldMinor: book.held, waiting }, due);
        expect(sum(releases.map(({ releasedMinor }) => releasedMinor))).toBe(total);
      }),
    );
  });
});

describe('a release', () => {
  const waiting = [
    { agencyId, id: 'a', expectedMinor: 300n },
    { agencyId, id: 'b', expectedMinor: 300n },
    { agencyId, id: 'c', expectedMinor: 100n },
  ];
  const due = (...ids: string[]) => ids.map((id) => ({ agencyId, id }));
  const released = (heldMinor: bigint, ...ids: string[]) =>
    releaseHolds({ heldMinor, waiting }, due(...ids)).map(({ releasedMinor }) => releasedMinor);

  it('gives what is expected while nothing is missing', () => {
    expect(released(700n, 'b')).toEqual([300n]);
    expect(released(700n, 'c', 'a')).toEqual([100n, 300n]);
  });

  it('bears, if it is the first, what was taken for the sake of others', () => {
    expect(released(500n, 'a', 'b')).toEqual([100n, 300n]);
    expect(released(300n, 'a', 'b')).toEqual([0n, 200n]);
    expect(released(0n, 'a', 'b', 'c')).toEqual([0n, 0n, 0n]);
  });

  it('gives nothing for what does not wait', () => {
    expect(released(700n, 'd')).toEqual([0n]);
  });
});

describe('what a settlement waits for', () => {
  it.each([
    [100n, 0n, 0n, 100n],
    [100n, 0n, 30n, 70n],
    [100n, 0n, 130n, 0n],
    // Taken before the round began: no part of what the round put into waiting.
    [100n, 30n, 30n, 100n],
    [100n, 30n, 50n, 80n],
    // A lost dispute came back.
    [100n, 30n, 0n, 100n],
  ])('of %s with %s taken before and %s in all is %s', (amountMinor, takenBeforeMinor, takenMinor, left) => {
    expect(expectedOf({ amountMinor, takenBeforeMinor }, takenMinor)).toBe(left);
  });
});

describe('taking released money back', () => {
  const released = { releasedMinor: 200n, sentMinor: 0n, billedMinor: 240n, missingMinor: 240n };

  it('that was not sent: as far as it is still payable', () => {
    const disputed = { ...released, cause: 'DISPUTED', missingMinor: 0n } as const;
    expect(takeBack(disputed, 500n)).toEqual({ fromPayableMinor: 200n, fromOwedMinor: 0n });
    expect(takeBack(disputed, 150n)).toEqual({ fromPayableMinor: 150n, fromOwedMinor: 0n });
    expect(takeBack(disputed, 0n)).toEqual({ fromPayableMinor: 0n, fromOwedMinor: 0n });
    const returned = { ...released, cause: 'RETURNED' } as const;
    expect(takeBack(returned, 500n)).toEqual({ fromPayableMinor: 200n, fromOwedMinor: 0n });
  });

  it('that was sent: only when the payment has gone, and as much as is missing of it', () => {
    const sent = { ...released, sentMinor: 200n };
    expect(takeBack({ ...sent, cause: 'DISPUTED' }, 500n)).toEqual({
      fromPayableMinor: 0n,
      fromOwedMinor: 0n,
    });
    expect(takeBack({ ...sent, cause: 'RETURNED' }, 0n)).toEqual({
      fromPayableMinor: 0n,
      fromOwedMinor: 200n,
    });
    const part = { ...sent, cause: 'RETURNED', missingMinor: 61n } as const;
    expect(takeBack(part, 0n)).toEqual({ fromPayableMinor: 0n, fromOwedMinor: 50n });
  });

  it('that was sent in part: each part for itself', () => {
    const part = { ...released, sentMinor: 80n, cause: 'RETURNED' } as const;
    expect(takeBack(part, 1_000n)).toEqual({ fromPayableMinor: 120n, fromOwedMinor: 80n });
  });
});
