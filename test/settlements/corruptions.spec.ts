import { newId } from '#database';
import { bookInvariants } from '#settlements';
import {
  broken,
  charge,
  type Charged,
  november,
  october,
  type OpenBook,
  openBook,
  submitAndApprove,
  valueOf,
} from './open-book.js';

interface World {
  readonly book: OpenBook;
  /** Approved. */
  readonly octoberId: string;
  /** A draft; its last line takes back the second. */
  readonly novemberId: string;
  /** A base line of October, and the fee on top of it. */
  readonly base: Charged;
  readonly fee: Charged;
  readonly later: Charged;
  readonly reversed: Charged;
  readonly reversal: Charged;
}

let world: World;

beforeAll(async () => {
  const book = await openBook();
  const base = await charge(book);
  const fee = await charge(book, {
    of: base,
    payee: 'OPERATOR',
    component: 'PLATFORM_FEE',
    amountMinor: 50n,
  });
  await charge(book, { of: base, component: 'COMMISSION_PER_LEAD', amountMinor: 200n });
  book.setNow('2026-11-05T00:00:00.000Z');
  const later = await charge(book);
  const reversed = await charge(book);
  const reversal = await charge(book, { of: reversed, amountMinor: -1000n, component: 'RETURN_CREDIT' });
  const octoberId = await prepare(book, october);
  await submitAndApprove(book, octoberId);
  await charge(book, { at: '2026-10-31T00:00:00.000Z' });
  book.setNow('2026-12-05T00:00:00.000Z');
  const novemberId = await prepare(book, november);
  world = { book, octoberId, novemberId, base, fee, later, reversed, reversal };
});
afterAll(async () => {
  expect(await broken(world.book)).toEqual([]);
  await world.book.close();
});

async function prepare(book: OpenBook, period: typeof october): Promise<string> {
  const { closed } = valueOf(
    await book.prepare.execute(book.preparer, { ...period, idempotencyKey: newId() }),
  );
  const [only] = closed;
  if (!only) throw new Error('nothing was prepared');
  return only.id;
}

/** What somebody could do who owns the database, with the triggers off and, where one is in the way, a constraint dropped. */
interface Corruption {
  readonly what: string;
  readonly drop?: readonly string[];
  /** `$1` is the id that `on` gives. */
  readonly sql: string;
  readonly on: (world: World) => string;
  readonly caught: RegExp;
}

const copyOf = (columns: string): string =>
  `insert into charges select (jsonb_populate_record(c, jsonb_build_object(${columns}))).* from charges c where id = $1`;

const corruptions: readonly Corruption[] = [
  {
    what: 'a base line is doubled, with its journal',
    sql: `with j as (insert into journals select (jsonb_populate_record(j, jsonb_build_object(
            'id', '00000000-0000-7000-8000-000000000001', 'idempotency_key', 'twice',
            'source', 'charge:00000000-0000-7000-8000-000000000001'))).* from journals j where id = $1)
          , p as (insert into postings select (jsonb_populate_record(p, jsonb_build_object(
            'journal_id', '00000000-0000-7000-8000-000000000001'))).* from postings p where journal_id = $1)
          ${copyOf(`'id', '00000000-0000-7000-8000-000000000001', 'revision', 9`)}`,
    on: ({ later }) => later.chargeId,
    caught: /I12 BASE of .* is charged more than once/,
  },
  {
    what: 'a line is doubled without a journal',
    sql: copyOf(`'id', '00000000-0000-7000-8000-000000000001', 'revision', 9`),
    on: ({ base }) => base.chargeId,
    caught: /I5 charge 00000000-0000-7000-8000-000000000001 is not booked/,
  },
  {
    what: 'a base line is deleted',
    sql: 'delete from charges where id = $1',
    on: ({ later }) => later.chargeId,
    caught: /I12 delivery .* has no base charge/,
  },
  {
    what: 'the amount of a line is changed',
    sql: 'update charges set amount_minor = amount_minor + 1 where id = $1',
    on: ({ base }) => base.chargeId,
    caught: /I5 settlement .* is not the sum of its lines.*I5 charge .* is booked otherwise than it says/s,
  },
  {
    what: 'two amounts are changed so that the sum stays',
    sql: `update charges set amount_minor = amount_minor + case component when 'BASE' then 1 else -1 end
          where settlement_id = (select settlement_id from charges where id = $1) and payee = 'AGENCY'`,
    on: ({ base }) => base.chargeId,
    caught: /I5 settlement .* has lines that are not those that were closed/,
  },
  {
    what: 'the component of a line is changed',
    sql: `update charges set component = 'COMMISSION_PER_DEAL' where id = $1`,
    on: ({ base }) => base.chargeId,
    caught: /I5 settlement .* has lines that are not those that were closed/,
  },
  {
    what: 'the fee becomes the agency’s',
    sql: `update charges set payee = 'AGENCY', revision = 9 where id = $1`,
    on: ({ fee }) => fee.chargeId,
    caught: /I5 settlement .* is not the sum of its lines.*booked otherwise/s,
  },
  {
    what: 'the currency of a line is changed',
    sql: `update charges set currency = 'EUR' where id = $1`,
    on: ({ base }) => base.chargeId,
    caught: /I5 charge .* has another currency than its settlement/,
  },
  {
    what: 'a line is moved to another settlement',
    sql: `update charges set settlement_id = (select root_id from settlements where state = 'DRAFT') where id = $1`,
    on: ({ base }) => base.chargeId,
    caught: /I5 settlement .* is not the sum of its lines/,
  },
  {
    what: 'the total of a settlement is changed',
    sql: 'update settlements set agency_minor = agency_minor - 100 where id = $1',
    on: ({ novemberId }) => novemberId,
    caught: /I5 settlement .* is not the sum of its lines/,
  },
  {
    what: 'the hash of a settlement is changed',
    sql: `update settlements set content_hash = repeat('0', 64) where id = $1`,
    on: ({ novemberId }) => novemberId,
    caught: /I5 settlement .* has lines that are not those that were closed/,
  },
  {
    what: 'a settlement is approved without being booked',
    sql: `update settlements set state = 'APPROVED', submitted_by = 'user:a', submitted_at = now(), approved_by = 'user:b',
            approved_at = now(), approvals_needed = 1 where id = $1`,
    on: ({ novemberId }) => novemberId,
    caught: /I5 the approval of settlement .* is not booked.*I7/s,
  },
  {
    what: 'the journal of an approval is deleted',
    sql: `with p as (delete from postings p using journals j where j.id = p.journal_id and j.source = 'settlement:' || $1)
          delete from journals where source = 'settlement:' || $1`,
    on: ({ octoberId }) => octoberId,
    caught: /I5 the approval of settlement .* is not booked.*waits? for approval/s,
  },
  {
    what: 'an approval is booked with another amount',
    sql: `update postings p set amount_minor = amount_minor + 1 from journals j
          where j.id = p.journal_id and j.source = 'settlement:' || $1 and p.ordinal = 1`,
    on: ({ octoberId }) => octoberId,
    caught: /I2 .*I5 the approval of settlement .* is booked otherwise/s,
  },
  {
    what: 'a settlement is approved by who prepared it',
    drop: ['alter table settlements drop constraint settlements_four_eyes_check'],
    sql: 'update settlements set approved_by = prepared_by where id = $1',
    on: ({ octoberId }) => octoberId,
    caught: /I7 settlement .* was approved by who prepared or submitted it/,
  },
  {
    what: 'somebody else is said to have approved',
    sql: `update settlements set approved_by = 'user:somebody-else' where id = $1`,
    on: ({ octoberId }) => octoberId,
    caught: /I7 the approval in the history of settlement .* is not its own/,
  },
  {
    what: 'an approval is deleted',
    sql: `delete from approvals where subject = 'settlement:' || $1`,
    on: ({ octoberId }) => octoberId,
    caught: /I7 settlement .* lacks approvals of its content/,
  },
  {
    what: 'an approval is given to other content',
    sql: `update approvals set content_hash = repeat('0', 64) where subject = 'settlement:' || $1`,
    on: ({ octoberId }) => octoberId,
    caught: /I7 settlement .* lacks approvals of its content/,
  },
  {
    what: 'an approval is given to a smaller sum',
    sql: `update approvals set amount_minor = amount_minor - 1 where subject = 'settlement:' || $1`,
    on: ({ octoberId }) => octoberId,
    caught: /I7 settlement .* lacks approvals of its content/,
  },
  {
    what: 'the approval is that of who prepared it',
    sql: `update approvals set actor = (select prepared_by from settlements where id = $1::uuid)
          where subject = 'settlement:' || $1`,
    on: ({ octoberId }) => octoberId,
    caught: /I7 settlement .* lacks approvals of its content/,
  },
  {
    what: 'one person was enough for what took two',
    sql: `update approvals set needed = 2 where subject = 'settlement:' || $1`,
    on: ({ octoberId }) => octoberId,
    caught: /I7 settlement .* was approved by one person where it took two/,
  },
  {
    what: 'two people are said to have approved what one did',
    sql: `update settlements set approvals_needed = 2, first_approved_by = 'user:somebody-else' where id = $1`,
    on: ({ octoberId }) => octoberId,
    caught: /I7 settlement .* lacks approvals of its content/,
  },
  {
    what: 'a statement stays in review with its approval',
    sql: `with event as (insert into settlement_events (agency_id, settlement_id, version, from_state, to_state, actor,
              occurred_at) select agency_id, id, version + 1, 'DRAFT', 'IN_REVIEW', 'user:a', now() from settlements
            where id = $1::uuid),
          given as (insert into approvals select agency_id, id, 'settlement:' || id, version + 1, 'user:c', 0, currency,
            content_hash, 1, now() from settlements where id = $1::uuid)
          update settlements set state = 'IN_REVIEW', version = version + 1, submitted_by = 'user:a',
            submitted_at = now() where id = $1::uuid`,
    on: ({ novemberId }) => novemberId,
    caught: /^I7 settlement .* is in review with all the approvals that it needs$/,
  },
  {
    what: 'a step is made that does not exist',
    sql: `with event as (insert into settlement_events (agency_id, settlement_id, version, from_state, to_state, actor,
              occurred_at) select agency_id, id, version + 1, 'APPROVED', 'PAID', 'user:a', now() from settlements
            where id = $1)
          update settlements set state = 'PAID', version = version + 1 where id = $1`,
    on: ({ octoberId }) => octoberId,
    caught: /^I7 settlement .* has made a step that does not exist$/,
  },
  {
    what: 'the history is shortened',
    sql: `delete from settlement_events where settlement_id = $1 and to_state = 'IN_REVIEW'`,
    on: ({ octoberId }) => octoberId,
    caught: /I7 the history of settlement .* does not lead to its state/,
  },
  {
    what: 'a reversal is a cent short',
    sql: 'update charges set amount_minor = amount_minor + 1 where id = $1',
    on: ({ reversal }) => reversal.chargeId,
    caught: /I13 charge .* does not mirror/,
  },
  {
    what: 'a reversal is pointed at another line',
    sql: `update charges set reverses = (select o.id from charges o
            where o.component = 'BASE' and o.id <> charges.reverses order by o.id desc limit 1) where id = $1`,
    on: ({ reversal }) => reversal.chargeId,
    caught: /I13 charge .* does not mirror/,
  },
  {
    what: 'a line is called late in its own period',
    sql: `update charges set late_period_start = '2026-11-01' where id = $1`,
    on: ({ later }) => later.chargeId,
    caught: /I13 line .* is not later than the period/,
  },
  {
    what: 'a settlement has two live revisions',
    drop: ['drop index settlements_one_live'],
    sql: `insert into settlements select (jsonb_populate_record(s, jsonb_build_object('id',
            '00000000-0000-7000-8000-000000000002', 'number', 'X', 'revision', 2, 'root_id', s.id))).*
          from settlements s where id = $1`,
    on: ({ novemberId }) => novemberId,
    caught: /I5 .*root .* has not exactly one live revision/s,
  },
  {
    what: 'a settlement is given to another buyer',
    sql: `update settlements set buyer_id = (select id from organizations where kind = 'BUYER' and id <> buyer_id)
          where id = $1`,
    on: ({ novemberId }) => novemberId,
    caught: /I5 charge .* lies in the settlement of another buyer/,
  },
];

const tables = ['approvals', 'charges', 'journals', 'postings', 'settlements', 'settlement_events'];

/** What is broken after the corruption, which is undone. */
async function brokenBy({ drop = [], sql }: Corruption, argument: string): Promise<string> {
  const runner = world.book.dataSource.createQueryRunner();
  await runner.connect();
  await runner.startTransaction();
  try {
    for (const table of tables) await runner.query(`alter table ${table} disable trigger all`);
    for (const statement of drop) await runner.query(statement);
    await runner.query(sql, [argument]);
    const found: string[] = [];
    for (const { name, sql: violations } of bookInvariants) {
      const rows = await runner.manager.query<{ violation: string }[]>(violations);
      found.push(...rows.map(({ violation }) => `${name} ${violation}`));
    }
    return found.join('\n');
  } finally {
    await runner.rollbackTransaction();
    await runner.release();
  }
}

describe('a planted corruption is caught:', () => {
  it.each(corruptions.map((corruption) => [corruption.what, corruption] as const))(
    '%s',
    async (_what, corruption) => {
      expect(await brokenBy(corruption, corruption.on(world))).toMatch(corruption.caught);
    },
  );
});
