import { createHash } from 'node:crypto';
import { settlementInvariants } from '#settlements';
import { charge, type OpenBook, openBook, prepareOctober } from './open-book.js';

let book: OpenBook;

beforeEach(async () => {
  book = await openBook();
});
afterEach(async () => {
  await book.close();
});

const [statementsAddUp] = settlementInvariants;

/** What the rule of totals and hashes finds, by whatever plan is left after the settings. */
async function violations(...settings: string[]): Promise<readonly unknown[]> {
  const runner = book.dataSource.createQueryRunner();
  await runner.connect();
  await runner.startTransaction();
  try {
    for (const setting of settings) await runner.query(`set local ${setting}`);
    return await runner.manager.query<unknown[]>(statementsAddUp?.sql ?? '');
  } finally {
    await runner.rollbackTransaction();
    await runner.release();
  }
}

/** Adds lines by the thousand: copies of the first one, without a journal or a delivery of their own. */
async function multiply(chargeId: string, count: number): Promise<void> {
  const runner = book.dataSource.createQueryRunner();
  await runner.connect();
  try {
    await runner.query('set session_replication_role = replica');
    await runner.query(
      `insert into charges select (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(),
         'revision', n + 1, 'amount_minor', 1000 + n % 7))).* from charges c, generate_series(1, $2) n
       where c.id = $1`,
      [chargeId, count],
    );
    await runner.query('set session_replication_role = default');
  } finally {
    await runner.release();
  }
}

interface Line {
  readonly id: string;
  readonly amount_minor: string;
  readonly component: string;
  readonly payee: string;
  readonly currency: string;
  readonly after_approval: boolean;
}

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();
const bytesOf = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex');

const components = [
  'BASE',
  'COMMISSION_PER_LEAD',
  'COMMISSION_PER_DEAL',
  'PLATFORM_FEE',
  'RETURN_CREDIT',
  'RESTATEMENT',
  'CLAWBACK',
  'ADJUSTMENT',
];

/** The hash by its description, in another language; the statement is in USD. */
function hashOutside(header: string, lines: readonly Line[]): string {
  const parts: Buffer[] = [Buffer.from(header)];
  for (let start = 0; start < lines.length; start += 16_384) {
    const chunk = lines.slice(start, start + 16_384).map((line) => {
      const code =
        components.indexOf(line.component) +
        (line.payee === 'OPERATOR' ? 8 : 0) +
        (line.after_approval ? 16 : 0) +
        (line.currency === 'USD' ? 0 : 32);
      const content = Buffer.alloc(8);
      content.writeBigInt64BE(BigInt(line.amount_minor) * 64n + BigInt(code));
      return Buffer.concat([bytesOf(line.id), content]);
    });
    parts.push(sha256(Buffer.concat(chunk)));
  }
  return sha256(Buffer.concat(parts)).toString('hex');
}

it('anyone who has the lines can compute it, over as many as it takes', async () => {
  const first = await charge(book);
  await charge(book, { of: first, payee: 'OPERATOR', component: 'PLATFORM_FEE', amountMinor: 50n });
  await multiply(first.chargeId, 2 * 16_384 + 5);
  book.setNow('2026-11-05T00:00:00.000Z');
  const id = await prepareOctober(book);
  const [settlement] = await book.settlements.byIds(book.preparer, [id]);
  const lines = await book.database.query<Line>(
    'select id, amount_minor, component, payee, currency, after_approval from charges order by id',
  );
  expect(settlement?.totals).toMatchObject({ lineCount: lines.length, feeMinor: 50n });
  const header = `statement ${book.agencyId} ${first.rootId} ${book.buyerId} USD 2026-10-01 2026-11-01`;
  expect(settlement?.contentHash).toBe(hashOutside(header, lines));
});

it('of exactly one chunk of lines there is no empty second one', async () => {
  const first = await charge(book);
  await multiply(first.chargeId, 16_383);
  book.setNow('2026-11-05T00:00:00.000Z');
  const [settlement] = await book.settlements.byIds(book.preparer, [await prepareOctober(book)]);
  expect(settlement?.totals?.lineCount).toBe(16_384);
});

it('does not depend on where the lines lie or how they are found', async () => {
  const first = await charge(book);
  await multiply(first.chargeId, 1_000);
  book.setNow('2026-11-05T00:00:00.000Z');
  await prepareOctober(book);
  expect(await violations()).toEqual([]);
  await book.database.query('alter table charges disable trigger charges_append_only');
  await book.database.query('create index scattered on charges (amount_minor, md5(id::text))');
  await book.database.query('cluster charges using scattered');
  expect(await violations()).toEqual([]);
  expect(await violations('enable_indexscan = off', 'enable_indexonlyscan = off')).toEqual([]);
  expect(await violations('enable_bitmapscan = off', 'enable_indexscan = off', 'enable_sort = off')).toEqual(
    [],
  );
  await book.database.query(`update charges set amount_minor = amount_minor + 1 where revision = 500`);
  expect(await violations()).toHaveLength(1);
});
