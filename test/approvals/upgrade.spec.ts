import { createDataSource, migrate, newId } from '#database';
import { migrations } from '#migrations';
import { settlementInvariants } from '#settlements';
import type { DataSource } from 'typeorm';
import { createEmptyDatabase } from '../support/database.js';

const agencyId = newId();
const buyerId = newId();

/** A settlement without lines as it was before approvals were kept, in the state that its events lead to. */
async function insertSettlement(books: DataSource, id: string, steps: readonly string[], month: number) {
  const approved = steps.includes('APPROVED');
  await books.query(
    `insert into settlements (agency_id, id, root_id, revision, number, buyer_id, currency, schedule, time_zone,
       period_start, period_end, state, version, line_count, agency_minor, fee_minor, corrected_agency_minor,
       corrected_fee_minor, content_hash, opened_at, prepared_by, prepared_at, submitted_by, submitted_at, approved_by,
       approved_at)
     values ($1, $2::uuid, $2::uuid, 1, $2::uuid::text, $3, 'USD', 'MONTHLY', 'UTC', make_date(2026, $7::int, 1), make_date(2026, $7::int + 1, 1),
       $4, $5, 0, -900000, -200000, 0, 0, 'hash', now(), 'user:preparer', now(), 'user:preparer', now(),
       case when $6::boolean then 'user:approver' end, case when $6::boolean then timestamptz '2026-10-05T00:00:00Z' end)`,
    [agencyId, id, buyerId, steps.at(-1), steps.length + 1, approved, month],
  );
  for (const [index, to] of steps.entries()) {
    await books.query(
      `insert into settlement_events (agency_id, settlement_id, version, from_state, to_state, actor, occurred_at)
       values ($1, $2, $3, $4, $5::text, case $5::text when 'APPROVED' then 'user:approver' else 'user:preparer' end, now())`,
      [agencyId, id, index + 2, steps[index - 1] ?? 'OPEN', to],
    );
  }
}

it('what one person approved before keeps its approval, whatever its sum', async () => {
  const { url, drop } = await createEmptyDatabase();
  const position = migrations.findIndex(({ name }) => name.startsWith('Approvals'));
  const before = await createDataSource({ url, migrations: migrations.slice(0, position) }).initialize();
  await migrate(before);
  await before.query(
    `insert into organizations (id, kind, name, created_at) values ($1, 'AGENCY', 'Ads', now()), ($2, 'BUYER', 'Roofs', now())`,
    [agencyId, buyerId],
  );
  const [plain, again, review] = [newId(), newId(), newId()];
  await insertSettlement(before, plain, ['DRAFT', 'IN_REVIEW', 'APPROVED'], 1);
  await insertSettlement(before, again, ['DRAFT', 'IN_REVIEW', 'OPEN', 'DRAFT', 'IN_REVIEW', 'APPROVED'], 2);
  await insertSettlement(before, review, ['DRAFT', 'IN_REVIEW'], 3);
  await before.destroy();

  const after = await createDataSource({ url, migrations }).initialize();
  await migrate(after);
  const approvals = await after.query<object[]>(
    `select subject, round, actor, amount_minor, currency, content_hash, needed, approved_at from approvals order by round`,
  );
  const approval = {
    actor: 'user:approver',
    amount_minor: '1100000',
    currency: 'USD',
    content_hash: 'hash',
    needed: 1,
    approved_at: new Date('2026-10-05T00:00:00Z'),
  };
  expect(approvals).toEqual([
    { ...approval, subject: `settlement:${plain}`, round: 3 },
    { ...approval, subject: `settlement:${again}`, round: 6 },
  ]);
  const needed = await after.query<object[]>(
    'select approvals_needed, first_approved_by from settlements order by period_start',
  );
  const alone = { approvals_needed: 1, first_approved_by: null };
  expect(needed).toEqual([alone, alone, { ...alone, approvals_needed: null }]);
  // Their lines and journals are left out here, so only what is said of approvals and histories is asked.
  for (const { sql } of settlementInvariants.filter(({ name }) => name === 'I7')) {
    expect(await after.query<object[]>(sql)).toEqual([]);
  }
  await after.destroy();
  await drop();
});
