import { newId } from '#database';
import { until } from '../faults/gates.js';
import {
  broken,
  charge,
  codesOf,
  october,
  type OpenBook,
  openBook,
  prepareOctober,
  valueOf,
} from './open-book.js';

const twenty = Array.from({ length: 20 }, (_, index) => index);

let book: OpenBook;

beforeEach(async () => {
  book = await openBook();
});
afterEach(async () => {
  expect(await broken(book)).toEqual([]);
  await book.close();
});

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** Waits until somebody waits for a lock on a row of settlements. */
async function untilSomebodyWaits(): Promise<void> {
  await until(async () => {
    const [row] = await book.database.query<{ waiting: boolean }>(
      `select exists (select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
         and query like '%for update of s%') as waiting`,
    );
    return row?.waiting === true;
  }, 'somebody waits');
}

it('twenty runs at once close the period once and give the same settlement', async () => {
  await charge(book);
  await charge(book);
  book.setNow('2026-11-05T00:00:00.000Z');
  const runs = await Promise.all(
    twenty.map(async () =>
      valueOf(await book.prepare.execute(book.preparer, { ...october, idempotencyKey: newId() })),
    ),
  );
  const [{ settlements } = { settlements: [] }] = runs;
  expect(settlements).toHaveLength(1);
  for (const run of runs) expect(run.settlements).toEqual(settlements);
  expect(runs.filter(({ closed }) => closed.length === 1)).toHaveLength(1);
  const [settlement] = await book.settlements.byIds(
    book.preparer,
    settlements.map(({ id }) => id),
  );
  expect(settlement).toMatchObject({ version: 2, totals: { lineCount: 2, agencyMinor: 2000n } });
});

it('twenty runs with one key are one run', async () => {
  await charge(book);
  book.setNow('2026-11-05T00:00:00.000Z');
  const input = { ...october, idempotencyKey: 'the-same' };
  const runs = await Promise.all(
    twenty.map(async () => valueOf(await book.prepare.execute(book.preparer, input))),
  );
  expect(runs.filter(({ replayed }) => !replayed)).toHaveLength(1);
  for (const run of runs)
    expect(run).toMatchObject({ closed: runs[0]?.closed, settlements: runs[0]?.settlements });
});

it('twenty approvals at once are one, and it is booked once', async () => {
  await charge(book);
  book.setNow('2026-11-05T00:00:00.000Z');
  const settlementId = await prepareOctober(book);
  valueOf(await book.submit.execute(book.preparer, { settlementId, idempotencyKey: newId() }));
  const approvals = await Promise.all(
    twenty.map(
      async () => await book.approve.execute(book.approver, { settlementId, idempotencyKey: newId() }),
    ),
  );
  expect(approvals.filter(({ ok }) => ok)).toHaveLength(1);
  for (const refused of approvals.filter(({ ok }) => !ok))
    expect(codesOf(refused)).toEqual(['ILLEGAL_TRANSITION']);
  const [row] = await book.database.query<{ count: number }>(
    `select count(*)::int as count from journals where kind = 'settlement_approved'`,
  );
  expect(row?.count).toBe(1);
});

it('of an approval and a rejection at once one happens', async () => {
  await charge(book);
  book.setNow('2026-11-05T00:00:00.000Z');
  const settlementId = await prepareOctober(book);
  valueOf(await book.submit.execute(book.preparer, { settlementId, idempotencyKey: newId() }));
  const input = { settlementId, expectedVersion: 3, idempotencyKey: newId() };
  const outcomes = await Promise.all([
    book.approve.execute(book.approver, input),
    book.reject.execute(book.approver, { ...input, note: 'No.', idempotencyKey: newId() }),
  ]);
  expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
});

it('closing waits for a charge that is being written, and has it in its sum', async () => {
  await charge(book);
  book.setNow('2026-11-05T00:00:00.000Z');
  const held = gate();
  const write = gate();
  const writing = charge(book, {
    at: '2026-10-31T00:00:00.000Z',
    whileHeld: async () => {
      held.open();
      await write.opened;
    },
  });
  await held.opened;
  const preparing = book.prepare.execute(book.preparer, { ...october, idempotencyKey: newId() });
  await untilSomebodyWaits();
  write.open();
  await writing;
  const prepared = valueOf(await preparing);
  const [settlement] = await book.settlements.byIds(
    book.preparer,
    prepared.closed.map(({ id }) => id),
  );
  expect(settlement).toMatchObject({ totals: { lineCount: 2, agencyMinor: 2000n } });
});

it('a charge that comes after the closing lies in the next settlement and names its period', async () => {
  const { rootId } = await charge(book);
  book.setNow('2026-11-05T00:00:00.000Z');
  await prepareOctober(book);
  const late = await charge(book, { at: '2026-10-31T00:00:00.000Z' });
  expect(late.rootId).not.toBe(rootId);
  const [line] = await book.lines.byIds(book.agency, [late.chargeId]);
  expect(line).toMatchObject({ latePeriodStart: '2026-10-01' });
});

it('charges and runs in a crowd: each charge is in exactly one statement, and the statements are right', async () => {
  await charge(book);
  book.setNow('2026-11-05T00:00:00.000Z');
  const at = '2026-10-31T00:00:00.000Z';
  await Promise.all(
    twenty.map(async (index) =>
      index % 4 === 0
        ? valueOf(await book.prepare.execute(book.preparer, { ...october, idempotencyKey: newId() }))
        : await charge(book, { at }),
    ),
  );
  const settlements = await book.settlements.page(book.preparer, {}, { limit: 10, backwards: false });
  const totals = await book.settlements.totalsSoFar(settlements);
  expect([...totals.values()].reduce((sum, { lineCount }) => sum + lineCount, 0)).toBe(16);
});

it('the database itself demands other people, and two where it took two', async () => {
  await charge(book);
  book.setNow('2026-11-05T00:00:00.000Z');
  const settlementId = await prepareOctober(book);
  valueOf(await book.submit.execute(book.controller, { settlementId, idempotencyKey: newId() }));
  const { preparer, controller, approver } = book;
  const force = async (approvedBy: string | null, needed: number | null, first: string | null) =>
    await book.database.query(
      `update settlements set state = 'APPROVED', approved_by = $1::text, approved_at = case when $1::text is not null then now() end,
         approvals_needed = $2, first_approved_by = $3 where id = $4`,
      [approvedBy, needed, first, settlementId],
    );
  const refusals: [string | null, number | null, string | null, string][] = [
    [preparer.id, 1, null, 'settlements_four_eyes_check'],
    [controller.id, 1, null, 'settlements_four_eyes_check'],
    [null, null, null, 'settlements_approved_check'],
    [approver.id, null, null, 'settlements_approvals_check'],
    [approver.id, 3, null, 'settlements_approvals_check'],
    [approver.id, 2, null, 'settlements_first_approver_check'],
    [approver.id, 2, approver.id, 'settlements_first_approver_check'],
    [approver.id, 2, preparer.id, 'settlements_first_approver_check'],
    [approver.id, 2, controller.id, 'settlements_first_approver_check'],
    [approver.id, 1, book.secondApprover.id, 'settlements_first_approver_check'],
  ];
  for (const [approvedBy, needed, first, constraint] of refusals) {
    await expect(force(approvedBy, needed, first)).rejects.toThrow(constraint);
  }
});
