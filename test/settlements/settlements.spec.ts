import { newId } from '#database';
import { balancesOfBook } from '#ledger';
import { systemActor } from '#organizations';
import {
  broken,
  charge,
  codesOf,
  november,
  october,
  type OpenBook,
  openBook,
  prepareOctober,
  submitAndApprove,
  valueOf,
} from './open-book.js';

let book: OpenBook;

beforeEach(async () => {
  book = await openBook();
});
afterEach(async () => {
  expect(await broken(book)).toEqual([]);
  await book.close();
});

const key = (): string => newId();

async function read(id: string) {
  const [settlement] = await book.settlements.byIds(book.preparer, [id]);
  if (!settlement) throw new Error('the settlement is missing');
  return settlement;
}

async function balances(): Promise<Record<string, bigint>> {
  const all = await balancesOfBook(book.database, book.agencyId);
  return Object.fromEntries(all.map(({ kind, balanceMinor }) => [kind, balanceMinor]));
}

describe('preparing a period', () => {
  it('closes it with its sums, and again gives the same', async () => {
    const first = await charge(book);
    await charge(book, { of: first, payee: 'OPERATOR', component: 'PLATFORM_FEE', amountMinor: 50n });
    await charge(book);
    book.setNow('2026-11-05T00:00:00.000Z');
    const prepared = valueOf(
      await book.prepare.execute(book.preparer, { ...october, idempotencyKey: key() }),
    );
    expect(prepared).toMatchObject({ remaining: 0, replayed: false });
    const [ref] = prepared.settlements;
    const settlement = await read(ref?.id ?? '');
    expect(settlement).toMatchObject({
      state: 'DRAFT',
      version: 2,
      preparedBy: book.preparer.id,
      totals: {
        lineCount: 3,
        agencyMinor: 2000n,
        feeMinor: 50n,
        correctedAgencyMinor: 0n,
        correctedFeeMinor: 0n,
      },
    });
    expect(settlement.contentHash).toMatch(/^[0-9a-f]{64}$/);
    const again = valueOf(await book.prepare.execute(book.preparer, { ...october, idempotencyKey: key() }));
    expect(again).toMatchObject({ closed: [], settlements: prepared.settlements });
    expect(await read(ref?.id ?? '')).toEqual(settlement);
    expect(await book.settlements.history(prepared.settlements)).toMatchObject([
      { version: 2, from: 'OPEN', to: 'DRAFT', actorId: book.preparer.id },
    ]);
  });

  it('replays the answer of the same key, and refuses the key for another period', async () => {
    await charge(book);
    book.setNow('2026-12-05T00:00:00.000Z');
    const input = { ...october, idempotencyKey: 'once' };
    const prepared = valueOf(await book.prepare.execute(book.preparer, input));
    expect(valueOf(await book.prepare.execute(book.preparer, input))).toEqual({
      ...prepared,
      replayed: true,
    });
    const other = await book.prepare.execute(book.preparer, { ...november, idempotencyKey: 'once' });
    expect(codesOf(other)).toEqual(['IDEMPOTENCY_KEY_REUSED']);
  });

  it('refuses a period of no schedule in use, and lists those that exist', async () => {
    await charge(book);
    book.setNow('2026-12-05T00:00:00.000Z');
    const outcome = await book.prepare.execute(book.preparer, {
      periodStart: '2026-10-01',
      periodEnd: '2026-10-16',
      idempotencyKey: key(),
    });
    expect(codesOf(outcome)).toEqual(['PERIOD_NOT_ON_SCHEDULE']);
    expect(outcome).toMatchObject({
      refusals: [
        { message: expect.stringContaining('MONTHLY: 2026-09-01 to 2026-10-01, 2026-10-01 to 2026-11-01') },
      ],
    });
  });

  it.each([
    [{ periodStart: '2026-02-30', periodEnd: '2026-11-01' }, 'INVALID_VALUE'],
    [{ periodStart: '2026-11-01', periodEnd: '2026-10-01' }, 'INVALID_VALUE'],
    [{ ...october, agencyId: newId() }, 'NOT_FOUND'],
    [{ ...october, buyerId: newId() }, 'NOT_FOUND'],
  ])('refuses %j', async (input, code) => {
    book.setNow('2026-12-05T00:00:00.000Z');
    expect(codesOf(await book.prepare.execute(book.preparer, { ...input, idempotencyKey: key() }))).toEqual([
      code,
    ]);
  });

  it('says which dates can be read', async () => {
    const input = { periodStart: '9001-01-01', periodEnd: '9001-02-01', idempotencyKey: key() };
    const message = 'A date must be written as YYYY-MM-DD, between 1900 and 9000.';
    expect(await book.prepare.execute(book.preparer, input)).toMatchObject({
      refusals: [
        { code: 'INVALID_VALUE', field: ['input', 'periodStart'], message },
        { code: 'INVALID_VALUE', field: ['input', 'periodEnd'], message },
      ],
    });
  });

  it('waits for the end of the period, in the zone of the contract', async () => {
    const away = await openBook({ timeZone: 'America/New_York' });
    try {
      await charge(away, { timeZone: 'America/New_York' });
      away.setNow('2026-11-01T03:59:59.999Z');
      const early = await away.prepare.execute(away.preparer, { ...october, idempotencyKey: key() });
      expect(codesOf(early)).toEqual(['PERIOD_NOT_ENDED']);
      away.setNow('2026-11-01T04:00:00.000Z');
      const prepared = await away.prepare.execute(away.preparer, { ...october, idempotencyKey: key() });
      expect(valueOf(prepared).closed).toHaveLength(1);
    } finally {
      await away.close();
    }
  });

  it('is for the finance team, and never with a test key', async () => {
    book.setNow('2026-12-05T00:00:00.000Z');
    const input = { ...october, idempotencyKey: key() };
    expect(codesOf(await book.prepare.execute(book.agency, input))).toEqual(['NOT_PERMITTED']);
    const testKey = { ...book.preparer, mode: 'test' as const };
    expect(codesOf(await book.prepare.execute(testKey, input))).toEqual(['NOT_PERMITTED']);
  });
});

describe('from draft to approved', () => {
  it('bills both shares, by another person', async () => {
    const first = await charge(book);
    await charge(book, { of: first, payee: 'OPERATOR', component: 'PLATFORM_FEE', amountMinor: 50n });
    book.setNow('2026-11-05T00:00:00.000Z');
    const settlementId = await prepareOctober(book);
    const submitted = await book.submit.execute(book.preparer, {
      settlementId,
      expectedVersion: 2,
      idempotencyKey: key(),
    });
    expect(valueOf(submitted)).toMatchObject({ id: settlementId, version: 3, replayed: false });
    const input = { settlementId, expectedVersion: 3, idempotencyKey: 'approve' };
    expect(valueOf(await book.approve.execute(book.approver, input))).toMatchObject({
      version: 4,
      replayed: false,
    });
    expect(valueOf(await book.approve.execute(book.approver, input))).toMatchObject({
      version: 4,
      replayed: true,
    });
    expect(await read(settlementId)).toMatchObject({ state: 'APPROVED', approvedBy: book.approver.id });
    expect(await balances()).toMatchObject({
      unbilled: 0n,
      receivable: 1050n,
      accrued: 0n,
      held: 1000n,
      fee_deferred: 0n,
      fee_revenue: 50n,
    });
    const audit = await book.database.query<{ action: string }>(
      'select action from audit_entries order by id',
    );
    expect(audit.map(({ action }) => action)).toEqual([
      'settlement.prepare',
      'settlement.submit',
      'settlement.approve',
    ]);
  });

  it('refuses in the order in which one can act on it: state, version, oneself, role', async () => {
    await charge(book);
    book.setNow('2026-11-05T00:00:00.000Z');
    const prepared = await book.prepare.execute(book.controller, { ...october, idempotencyKey: key() });
    const settlementId = valueOf(prepared).settlements[0]?.id ?? '';
    const attempt = async (actor: typeof book.approver, expectedVersion: number | null) =>
      await book.approve.execute(actor, { settlementId, expectedVersion, idempotencyKey: key() });
    const early = await attempt(book.controller, 1);
    expect(codesOf(early)).toEqual(['ILLEGAL_TRANSITION']);
    expect(early).toMatchObject({ refusals: [{ data: { allowed: ['IN_REVIEW', 'VOIDED'] } }] });
    valueOf(await book.submit.execute(book.preparer, { settlementId, idempotencyKey: key() }));
    const stale = await attempt(book.controller, 2);
    expect(codesOf(stale)).toEqual(['STALE_VERSION']);
    expect(stale).toMatchObject({ refusals: [{ data: { currentVersion: 3 } }] });
    expect(codesOf(await attempt(book.controller, 3))).toEqual(['SELF_APPROVAL']);
    // Who submitted it is no second person either.
    expect(codesOf(await attempt(book.preparer, 3))).toEqual(['SELF_APPROVAL']);
    const clerk = { ...book.preparer, id: 'user:clerk' };
    expect(codesOf(await attempt(clerk, 3))).toEqual(['NOT_PERMITTED']);
    expect(codesOf(await attempt(systemActor('settlement-run'), 3))).toEqual(['NOT_PERMITTED']);
    expect(codesOf(await attempt({ ...book.approver, id: 'key:1', userId: null }, 3))).toEqual([
      'NOT_PERMITTED',
    ]);
    expect(codesOf(await attempt(book.agency, 3))).toEqual(['NOT_PERMITTED']);
    expect(codesOf(await attempt(book.stranger, 3))).toEqual(['NOT_FOUND']);
    valueOf(await attempt(book.approver, 3));
    expect(codesOf(await attempt(book.approver, 4))).toEqual(['ILLEGAL_TRANSITION']);
  });

  it('refuses to approve other lines than those that were closed', async () => {
    const { rootId } = await charge(book);
    const late = await charge(book, { at: '2026-11-02T00:00:00.000Z' });
    book.setNow('2026-11-05T00:00:00.000Z');
    const settlementId = await prepareOctober(book);
    valueOf(await book.submit.execute(book.preparer, { settlementId, idempotencyKey: key() }));
    await book.database.query('alter table charges disable trigger charges_append_only');
    const move = 'update charges set settlement_id = $1 where id = $2';
    await book.database.query(move, [rootId, late.chargeId]);
    const outcome = await book.approve.execute(book.approver, { settlementId, idempotencyKey: key() });
    expect(codesOf(outcome)).toEqual(['SETTLEMENT_CHANGED']);
    await book.database.query(move, [late.rootId, late.chargeId]);
    await book.database.query('alter table charges enable always trigger charges_append_only');
  });

  it('rejected, it opens and gathers again', async () => {
    await charge(book);
    book.setNow('2026-11-05T00:00:00.000Z');
    const settlementId = await prepareOctober(book);
    const before = await read(settlementId);
    valueOf(await book.submit.execute(book.preparer, { settlementId, idempotencyKey: key() }));
    const input = { settlementId, note: 'Lead 7 is a duplicate.', idempotencyKey: key() };
    expect(codesOf(await book.reject.execute(book.preparer, input))).toEqual(['NOT_PERMITTED']);
    expect(codesOf(await book.reject.execute(book.approver, { ...input, note: ' ' }))).toEqual(['REQUIRED']);
    expect(codesOf(await book.reject.execute(book.approver, { ...input, note: 'a\u0000b' }))).toEqual([
      'INVALID_VALUE',
    ]);
    valueOf(await book.reject.execute(book.approver, input));
    expect(await read(settlementId)).toMatchObject({
      state: 'OPEN',
      totals: null,
      contentHash: null,
      preparedBy: null,
    });
    const late = await charge(book, { at: '2026-10-30T00:00:00.000Z' });
    expect(late.rootId).toBe(before.rootId);
    expect(await prepareOctober(book)).toBe(settlementId);
    const after = await read(settlementId);
    expect(after).toMatchObject({ version: 5, totals: { lineCount: 2 } });
    expect(after.contentHash).not.toBe(before.contentHash);
    await submitAndApprove(book, settlementId);
    const history = await book.settlements.history([after]);
    expect(history.map(({ to, note }) => [to, note])).toEqual([
      ['DRAFT', null],
      ['IN_REVIEW', null],
      ['OPEN', input.note],
      ['DRAFT', null],
      ['IN_REVIEW', null],
      ['APPROVED', null],
    ]);
  });

  it('voided, a new revision holds the same charges', async () => {
    await charge(book);
    await charge(book);
    book.setNow('2026-11-05T00:00:00.000Z');
    const settlementId = await prepareOctober(book);
    const voided = await book.withdraw.execute(book.preparer, {
      settlementId,
      note: 'Too early.',
      idempotencyKey: key(),
    });
    const { successorId } = valueOf(voided);
    const before = await read(settlementId);
    const after = await read(successorId ?? '');
    expect(before.state).toBe('VOIDED');
    expect(after).toMatchObject({ state: 'OPEN', revision: 2, rootId: before.rootId, version: 1 });
    expect(after.number).not.toBe(before.number);
    expect(await prepareOctober(book)).toBe(successorId);
    // The same lines are the same content, whatever the revision.
    expect((await read(successorId ?? '')).contentHash).toBe(before.contentHash);
    await submitAndApprove(book, successorId ?? '');
    const approved = await book.withdraw.execute(book.preparer, {
      settlementId: successorId ?? '',
      note: 'Again.',
      idempotencyKey: key(),
    });
    expect(codesOf(approved)).toEqual(['ILLEGAL_TRANSITION']);
  });

  it('a statement that nets to zero is one, and needs no journal', async () => {
    const first = await charge(book);
    await charge(book, { of: first, amountMinor: -1000n, component: 'CLAWBACK' });
    book.setNow('2026-11-05T00:00:00.000Z');
    const settlementId = await prepareOctober(book);
    await submitAndApprove(book, settlementId);
    expect(await read(settlementId)).toMatchObject({
      state: 'APPROVED',
      approvalJournalId: null,
      totals: { lineCount: 2, agencyMinor: 0n },
    });
  });

  it('one that takes back an earlier statement waits for it, and is paid from what that one held', async () => {
    const first = await charge(book);
    await charge(book);
    book.setNow('2026-11-05T00:00:00.000Z');
    const earlier = await prepareOctober(book);
    // October is closed and not approved: the reversal is the first line of November, which therefore is negative.
    await charge(book, {
      of: first,
      amountMinor: -1000n,
      component: 'CLAWBACK',
      at: '2026-11-05T00:00:00.000Z',
    });
    book.setNow('2026-12-05T00:00:00.000Z');
    const prepared = await book.prepare.execute(book.preparer, { ...november, idempotencyKey: key() });
    const later = valueOf(prepared).settlements[0]?.id ?? '';
    valueOf(await book.submit.execute(book.preparer, { settlementId: later, idempotencyKey: key() }));
    const early = await book.approve.execute(book.approver, { settlementId: later, idempotencyKey: key() });
    expect(codesOf(early)).toEqual(['ILLEGAL_TRANSITION']);
    expect(early).toMatchObject({ refusals: [{ data: { allowed: ['OPEN', 'VOIDED'] } }] });
    await submitAndApprove(book, earlier);
    valueOf(await book.approve.execute(book.approver, { settlementId: later, idempotencyKey: key() }));
    expect(await balances()).toMatchObject({
      unbilled: 0n,
      accrued: 0n,
      receivable: 2000n,
      buyer_credit: 1000n,
      held: 1000n,
    });
  });
});
