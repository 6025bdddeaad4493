import { newId } from '#database';
import { asCurrency } from '#money';
import type { Actor } from '#organizations';
import type { Settlement } from '#settlements';
import {
  actorOf,
  broken,
  charge,
  codesOf,
  insertUser,
  type OpenBook,
  openBook,
  valueOf,
} from './open-book.js';

// Of each statement's lead 10.00 is owed; above 25.00 in 24 hours two people approve.
const options = { schedule: 'DAILY', twoApproversAbove: '25.00' } as const;

let book: OpenBook;

beforeEach(async () => {
  book = await openBook(options);
});
afterEach(async () => {
  expect(await broken(book)).toEqual([]);
  await book.close();
});

/** Statements of one day each, in review; each bills one amount. */
async function inReview(amounts: readonly bigint[]): Promise<string[]> {
  const ids: string[] = [];
  for (const [index, amountMinor] of amounts.entries()) {
    const day = String(index + 1).padStart(2, '0');
    await charge(book, { amountMinor, at: `2026-10-${day}T12:00:00.000Z`, schedule: 'DAILY' });
  }
  book.setNow('2026-11-05T00:00:00.000Z');
  for (const index of amounts.keys()) {
    const [periodStart, periodEnd] = [index + 1, index + 2].map(
      (day) => `2026-10-${String(day).padStart(2, '0')}`,
    );
    const { closed } = valueOf(
      await book.prepare.execute(book.preparer, {
        periodStart: periodStart ?? '',
        periodEnd: periodEnd ?? '',
        idempotencyKey: newId(),
      }),
    );
    for (const { id } of closed) {
      valueOf(await book.submit.execute(book.preparer, { settlementId: id, idempotencyKey: newId() }));
      ids.push(id);
    }
  }
  return ids;
}

async function one(amountMinor: bigint): Promise<string> {
  const [id] = await inReview([amountMinor]);
  if (id === undefined) throw new Error('nothing is in review');
  return id;
}

async function approve(actor: Actor, settlementId: string, idempotencyKey = newId()) {
  return await book.approve.execute(actor, { settlementId, idempotencyKey });
}

async function read(id: string): Promise<Settlement> {
  const [settlement] = await book.settlements.byIds(book.preparer, [id]);
  if (!settlement) throw new Error('the settlement is gone');
  return settlement;
}

async function statesOf(ids: readonly string[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { state } of await book.settlements.byIds(book.preparer, ids)) {
    counts[state] = (counts[state] ?? 0) + 1;
  }
  return counts;
}

it('a sum up to the threshold takes one person, a cent more takes two', async () => {
  const id = await one(2_500n);
  valueOf(await approve(book.approver, id));
  expect(await read(id)).toMatchObject({ state: 'APPROVED', approvalsNeeded: 1, firstApprovedBy: null });
});

it('the first of two approvals leaves it in review, unbooked; the second books it', async () => {
  const id = await one(2_501n);
  const before = await read(id);
  const first = valueOf(await approve(book.approver, id, 'first'));
  expect(first).toMatchObject({ version: before.version, replayed: false });
  expect(await read(id)).toEqual(before);
  expect(valueOf(await approve(book.approver, id, 'first'))).toMatchObject({ replayed: true });
  expect(codesOf(await approve(book.approver, id))).toEqual(['ALREADY_APPROVED']);
  expect(codesOf(await approve(book.secondApprover, id, 'first'))).toEqual(['IDEMPOTENCY_KEY_REUSED']);
  const { version } = valueOf(await approve(book.secondApprover, id));
  expect(await read(id)).toMatchObject({
    state: 'APPROVED',
    version,
    approvalsNeeded: 2,
    firstApprovedBy: book.approver.id,
    approvedBy: book.secondApprover.id,
  });
  expect(codesOf(await approve(book.approver, id))).toEqual(['ILLEGAL_TRANSITION']);
});

it('what takes back a large sum takes two people as well', async () => {
  const of = await charge(book, { amountMinor: 3_000n, at: '2026-10-01T12:00:00.000Z', schedule: 'DAILY' });
  book.setNow('2026-10-03T12:00:00.000Z');
  await charge(book, { of, amountMinor: -3_000n, component: 'RETURN_CREDIT', schedule: 'DAILY' });
  book.setNow('2026-10-05T00:00:00.000Z');
  const states: string[] = [];
  for (const [periodStart, periodEnd] of [
    ['2026-10-01', '2026-10-02'],
    ['2026-10-03', '2026-10-04'],
  ] as const) {
    const prepared = valueOf(
      await book.prepare.execute(book.preparer, { periodStart, periodEnd, idempotencyKey: newId() }),
    );
    const id = prepared.settlements[0]?.id ?? '';
    valueOf(await book.submit.execute(book.preparer, { settlementId: id, idempotencyKey: newId() }));
    valueOf(await approve(book.approver, id));
    states.push((await read(id)).state);
    valueOf(await approve(book.secondApprover, id));
  }
  expect(states).toEqual(['IN_REVIEW', 'IN_REVIEW']);
});

it('splitting does not help: the part that crosses the threshold takes two people', async () => {
  const [a = '', b = '', c = ''] = await inReview([1_000n, 1_000n, 1_000n]);
  valueOf(await approve(book.approver, a));
  valueOf(await approve(book.secondApprover, b));
  valueOf(await approve(book.approver, c));
  expect(await statesOf([a, b, c])).toEqual({ APPROVED: 2, IN_REVIEW: 1 });
});

it('a day later the window is empty again, to the instant', async () => {
  const [a = '', b = '', c = ''] = await inReview([2_500n, 2_500n, 2_500n]);
  valueOf(await approve(book.approver, a));
  book.setNow('2026-11-05T23:59:59.999Z');
  valueOf(await approve(book.approver, b));
  expect((await read(b)).state).toBe('IN_REVIEW');
  book.setNow('2026-11-06T00:00:00.000Z');
  valueOf(await approve(book.approver, c));
  expect((await read(c)).state).toBe('APPROVED');
  // What took two when it was first approved takes two, however long the second waits.
  expect(codesOf(await approve(book.approver, b))).toEqual(['ALREADY_APPROVED']);
  valueOf(await approve(book.secondApprover, b));
  expect(await read(b)).toMatchObject({ state: 'APPROVED', approvalsNeeded: 2 });
});

it('rejecting discards the approvals given', async () => {
  const id = await one(2_501n);
  valueOf(await approve(book.approver, id));
  const note = { settlementId: id, note: 'One line is wrong.' };
  valueOf(await book.reject.execute(book.secondApprover, { ...note, idempotencyKey: newId() }));
  const { closed } = valueOf(
    await book.prepare.execute(book.preparer, {
      periodStart: '2026-10-01',
      periodEnd: '2026-10-02',
      idempotencyKey: newId(),
    }),
  );
  expect(closed).toHaveLength(1);
  valueOf(await book.submit.execute(book.preparer, { settlementId: id, idempotencyKey: newId() }));
  valueOf(await approve(book.secondApprover, id));
  expect((await read(id)).state).toBe('IN_REVIEW');
  valueOf(await approve(book.approver, id));
  expect((await read(id)).state).toBe('APPROVED');
});

it('who prepared it is refused as the second approver too', async () => {
  await charge(book, { amountMinor: 9_000n, at: '2026-10-01T12:00:00.000Z', schedule: 'DAILY' });
  book.setNow('2026-11-05T00:00:00.000Z');
  const { closed } = valueOf(
    await book.prepare.execute(book.controller, {
      periodStart: '2026-10-01',
      periodEnd: '2026-10-02',
      idempotencyKey: newId(),
    }),
  );
  const settlementId = closed[0]?.id ?? '';
  valueOf(await book.submit.execute(book.preparer, { settlementId, idempotencyKey: newId() }));
  valueOf(await approve(book.approver, settlementId));
  expect(codesOf(await approve(book.controller, settlementId))).toEqual(['SELF_APPROVAL']);
});

describe('at once', () => {
  it('twenty approvals by one person bill no more than the threshold', async () => {
    const ids = await inReview(Array<bigint>(20).fill(400n));
    const outcomes = await Promise.all(ids.map(async (id) => await approve(book.approver, id)));
    outcomes.forEach(valueOf);
    // Six of 4.00 are 24.00; a seventh would cross 25.00.
    expect(await statesOf(ids)).toEqual({ APPROVED: 6, IN_REVIEW: 14 });
    const seconds = await Promise.all(ids.map(async (id) => await approve(book.secondApprover, id)));
    expect(seconds.filter(({ ok }) => ok)).toHaveLength(14);
    expect(await statesOf(ids)).toEqual({ APPROVED: 20 });
  });

  it('twenty approvals by twenty people bill no more than the threshold', async () => {
    const ids = await inReview(Array<bigint>(20).fill(400n));
    const people = ids.map(() => actorOf('OPERATOR', book.preparer.organizationId, ['FINANCE_APPROVER']));
    for (const person of people) await insertUser(book.database, person);
    await Promise.all(people.map(async (person, index) => valueOf(await approve(person, ids[index] ?? ''))));
    expect(await statesOf(ids)).toEqual({ APPROVED: 6, IN_REVIEW: 14 });
  });

  it('twenty approvals of one statement by one person are one, by three they are two', async () => {
    const id = await one(2_501n);
    const three = [book.approver, book.secondApprover, book.controller];
    const byOne = await Promise.all(Array.from({ length: 20 }, async () => await approve(book.approver, id)));
    expect(byOne.filter(({ ok }) => ok)).toHaveLength(1);
    expect((await read(id)).state).toBe('IN_REVIEW');
    const byThree = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => await approve(three[index % 3] ?? book.approver, id)),
    );
    expect(byThree.filter(({ ok }) => ok)).toHaveLength(1);
    expect((await read(id)).state).toBe('APPROVED');
  });

  it('twenty approvals by one person stay within the limit of that person', async () => {
    await book.database.query(
      'insert into approval_limits (user_id, currency, limit_minor) values ($1, $2, 1700)',
      [book.approver.userId, asCurrency('USD')],
    );
    const ids = await inReview(Array<bigint>(20).fill(400n));
    const outcomes = await Promise.all(ids.map(async (id) => await approve(book.approver, id)));
    const refused = outcomes.filter(({ ok }) => !ok);
    expect(refused.flatMap(codesOf)).toEqual(Array(16).fill('APPROVAL_LIMIT'));
    expect(await statesOf(ids)).toEqual({ APPROVED: 4, IN_REVIEW: 16 });
  });
});
