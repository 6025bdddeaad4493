import { randomUUID } from 'node:crypto';
import { addDaysExact, periodStartsAt } from '#calendar';
import { AdvanceCheckpoints } from '#ledger';
import type { Actor } from '#organizations';
import { ApproveSettlement, PrepareSettlements, SubmitSettlement } from '#settlements';
import type { INestApplicationContext } from '@nestjs/common';
import pg from 'pg';
import { BenchFailure, type BenchHost, type Undo } from '../host.js';
import { unguarded } from '../guards.js';
import {
  addContract,
  addOrganization,
  addPerson,
  type BenchClock,
  benchTerms,
  brokenInvariants,
  migrateDatabase,
  openProduct,
  valueOf,
} from '../marketplace.js';
import type { BenchOptions } from '../options.js';
import type { BenchServer } from '../server.js';
import { generateMonth, period, periodEnd, type PlannedStatement, timeZone } from './generate.js';

const buyers = 2;

/** Lines of a statement: with ten times the charges there are ten times as many statements of the same length. */
const linesOf = (options: Pick<BenchOptions, 'quick'>): number => sizesOf(options)[1] / 20;

/** How many charges are settled: the larger one is ten times the smaller one. */
export const sizesOf = ({ quick }: Pick<BenchOptions, 'quick'>): readonly [number, number] =>
  quick ? [10_000, 100_000] : [100_000, 1_000_000];

export interface BareLeg {
  readonly name: 'bare';
  readonly charges: number;
  readonly seconds: number;
}

export interface ProductLeg {
  readonly name: 'product';
  readonly charges: number;
  readonly seconds: number;
  readonly prepareSeconds: number;
  readonly submitSeconds: number;
  readonly approveSeconds: number;
}

export interface SettlementRun {
  readonly linesPerStatement: number;
  /** In the order of the run. */
  readonly legs: readonly (BareLeg | ProductLeg)[];
  readonly broken: readonly string[];
}

interface Books {
  readonly charges: number;
  readonly statements: number;
  readonly product: INestApplicationContext;
  readonly connection: pg.Client;
  readonly preparer: Actor;
  readonly approver: Actor;
  readonly secondApprover: Actor;
}

/** Measures both sizes, each in a database of its own, in turns. */
export async function measureSettlement(
  host: BenchHost,
  undo: Undo,
  { server, options }: { readonly server: BenchServer; readonly options: BenchOptions },
): Promise<SettlementRun> {
  const broken: string[] = [];
  const books: Books[] = [];
  for (const charges of sizesOf(options)) {
    const label = `generating ${charges.toLocaleString('en')} charges`;
    books.push(
      await host.step(label, () =>
        openBooks(undo, server, { charges, statements: charges / linesOf(options) }),
      ),
    );
  }
  for (const each of books) {
    broken.push(...(await brokenInvariants(each.product)).map((line) => `generated data: ${line}`));
    // Both read what is already in memory, as a database that has just taken the month's charges has it.
    await runBare(each);
  }
  const legs: (BareLeg | ProductLeg)[] = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const each of books) {
      const label = `round ${round} of ${options.rounds}: ${each.charges.toLocaleString('en')} charges`;
      await host.step(label, async () => {
        const before = await runBare(each);
        const settled = await runProduct(each);
        const after = await runBare(each);
        legs.push(before.leg, settled, after.leg);
        broken.push(...(await wrongTotals(each, after.rows)).map((line) => `round ${round}: ${line}`));
        broken.push(...(await brokenInvariants(each.product)).map((line) => `round ${round}: ${line}`));
        await startOver(each);
      });
    }
  }
  return { linesPerStatement: linesOf(options), legs, broken };
}

async function openBooks(
  undo: Undo,
  server: BenchServer,
  { charges, statements: count }: { readonly charges: number; readonly statements: number },
): Promise<Books> {
  const url = await server.createDatabase(`bench_settlement_${charges}`);
  await migrateDatabase(url);
  const product = await openProduct(url);
  undo.add(() => product.close());
  const connection = new pg.Client({ connectionString: url });
  await connection.connect();
  undo.add(() => connection.end());
  const clock = product.get<BenchClock>('Clock', { strict: false });
  const openedAt = addDaysExact(periodStartsAt(period, timeZone), 0.5);
  clock.set(addDaysExact(openedAt, -20));
  const operator = await addOrganization(product, 'OPERATOR', 'Bench operator');
  const preparer = await addPerson(product, operator, 'preparer', 'FINANCE_PREPARER');
  const approver = await addPerson(product, operator, 'approver', 'FINANCE_APPROVER');
  const secondApprover = await addPerson(product, operator, 'second', 'FINANCE_APPROVER');
  const statements = await addContracts(product, count / buyers);
  await generateMonth(product, connection, { statements, charges, openedAt });
  clock.set(addDaysExact(periodEnd, 2));
  // As the worker does every few minutes.
  valueOf(await product.get(AdvanceCheckpoints, { strict: false }).execute(clock.now()));
  return { charges, statements: count, product, connection, preparer, approver, secondApprover };
}

/** Every agency has a contract with every buyer; those with the second buyer bear a platform fee. */
async function addContracts(product: INestApplicationContext, agencies: number): Promise<PlannedStatement[]> {
  const buying: Actor[] = [];
  for (let number = 1; number <= buyers; number += 1) {
    buying.push(await addOrganization(product, 'BUYER', `Bench buyer ${number}`));
  }
  const statements: PlannedStatement[] = [];
  for (let number = 1; number <= agencies; number += 1) {
    const agency = await addOrganization(product, 'AGENCY', `Bench agency ${number}`);
    for (const [index, buyer] of buying.entries()) {
      const hasFee = index % 2 === 1;
      const terms = { ...benchTerms, timeZone, platformFeeRatePpm: hasFee ? 30_000 : 0 };
      const contractId = await addContract(product, { agency, buyer, terms });
      statements.push({ agencyId: agency.organizationId, buyerId: buyer.organizationId, contractId, hasFee });
    }
  }
  return statements;
}

/**
 * The reference: what a single statement needs to group, sum and hash the same lines, and nothing else. Without JIT,
 * which only slows it down.
 */
const bareSql = `
  select c.settlement_id, count(*) as lines,
    coalesce(sum(c.amount_minor) filter (where c.payee = 'AGENCY'), 0) as agency,
    coalesce(sum(c.amount_minor) filter (where c.payee = 'OPERATOR'), 0) as fee,
    encode(sha256(string_agg(uuid_send(c.id) || int8send(c.amount_minor), '' order by c.id)), 'hex') as hash
  from charges c join settlements s on s.agency_id = c.agency_id and s.id = c.settlement_id
  where s.period_start = $1 and s.period_end = $2
  group by c.agency_id, c.settlement_id order by c.settlement_id`;

interface BareRow {
  readonly settlement_id: string;
  readonly lines: string;
  readonly agency: string;
  readonly fee: string;
}

async function runBare({ connection, charges }: Books): Promise<{ leg: BareLeg; rows: readonly BareRow[] }> {
  await connection.query('set jit = off');
  const started = performance.now();
  const { rows } = await connection.query<BareRow>(bareSql, [period.start, period.end]);
  return { leg: { name: 'bare', charges, seconds: secondsSince(started) }, rows };
}

async function runProduct(books: Books): Promise<ProductLeg> {
  const { product, charges, statements, preparer, approver, secondApprover } = books;
  const prepare = product.get(PrepareSettlements, { strict: false });
  const submit = product.get(SubmitSettlement, { strict: false });
  const approve = product.get(ApproveSettlement, { strict: false });
  const started = performance.now();
  const input = { periodStart: period.start, periodEnd: period.end, idempotencyKey: randomUUID() };
  const { closed } = valueOf(await prepare.execute(preparer, input));
  const prepareSeconds = secondsSince(started);
  for (const { id } of closed) {
    valueOf(await submit.execute(preparer, { settlementId: id, idempotencyKey: randomUUID() }));
  }
  const submitSeconds = secondsSince(started) - prepareSeconds;
  // A statement of so many lines is above what one person may approve alone.
  for (const person of [approver, secondApprover]) {
    for (const { id } of closed) {
      valueOf(await approve.execute(person, { settlementId: id, idempotencyKey: randomUUID() }));
    }
  }
  const seconds = secondsSince(started);
  if (closed.length !== statements) throw new BenchFailure(`${closed.length} settlements were closed.`, 1);
  const approveSeconds = seconds - prepareSeconds - submitSeconds;
  return { name: 'product', charges, seconds, prepareSeconds, submitSeconds, approveSeconds };
}

/** The reference and the product must have found the same. */
async function wrongTotals({ connection, charges }: Books, expected: readonly BareRow[]): Promise<string[]> {
  const { rows } = await connection.query<BareRow & { readonly state: string }>(
    `select id as settlement_id, line_count::text as lines, agency_minor::text as agency, fee_minor::text as fee, state
     from settlements order by id`,
  );
  const lines = rows.reduce((sum, row) => sum + Number(row.lines), 0);
  const wrong = rows.filter((row, index) => {
    const bare = expected[index];
    const isSame =
      bare?.settlement_id === row.settlement_id && bare.agency === row.agency && bare.fee === row.fee;
    return !isSame || bare.lines !== row.lines || row.state !== 'APPROVED';
  });
  return [
    ...(lines === charges ? [] : [`${lines} of ${charges} charges were settled`]),
    ...wrong.map((row) => `settlement ${row.settlement_id} is not approved with the sum of its charges`),
  ];
}

/** Puts the statements back to gathering, with their charges untouched. */
async function startOver({ connection }: Books): Promise<void> {
  await connection.query(
    unguarded(
      ['approvals', 'settlement_events', 'journals', 'postings'],
      `create temporary table approved on commit drop as select agency_id, approval_journal_id as id from settlements;
       update settlements set state = 'OPEN', version = 1, line_count = null, agency_minor = null, fee_minor = null,
         corrected_agency_minor = null, corrected_fee_minor = null, content_hash = null, prepared_by = null,
         prepared_at = null, submitted_by = null, submitted_at = null, approved_by = null, approved_at = null,
         approval_journal_id = null, approvals_needed = null, first_approved_by = null;
       delete from approvals;
       delete from settlement_events;
       delete from postings p using approved a where p.book_id = a.agency_id and p.journal_id = a.id;
       delete from journals j using approved a where j.book_id = a.agency_id and j.id = a.id`,
    ),
  );
  await connection.query('checkpoint');
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1000;
}
