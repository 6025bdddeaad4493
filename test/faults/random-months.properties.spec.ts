/**
 * Whatever people and banks do in a month: what an agency was paid and is still owed is what it earned, to the cent, and
 * the operator's balance at Stripe is the ledger's.
 *
 * LEADGER_TEST_RANDOM_MONTHS: how many months; a few, unless it is set. A failure prints its seed and what was done.
 */
import fc from 'fast-check';
import { Branch } from './branch.js';
import { ledgerBalances, providerBalances, unequalMovements } from './findings.js';
import type { Kept } from './kept.js';
import type { Side } from './money-market.js';
import { type Cast, keepTraders, months, RandomMonth, type Step } from './random-month.js';

const wanted = Number(process.env['LEADGER_TEST_RANDOM_MONTHS'] ?? 0);
const seed = process.env['LEADGER_TEST_RANDOM_SEED'];
const longMs = 180_000 + wanted * 30_000;
/** Without a number that is wanted, no month is begun after this time. */
const budgetMs = 15_000;
let startedMs = 0;

let kept: Kept & { readonly built: Cast };
beforeAll(async () => {
  kept = await keepTraders();
}, longMs);
afterAll(async () => {
  await kept.remove();
});

it(
  'agencies have what they earned, and the balance is that of Stripe, after any month',
  async () => {
    startedMs = performance.now();
    await fc.assert(fc.asyncProperty(months, check), {
      numRuns: wanted > 0 ? wanted : 20,
      ...(seed !== undefined && { seed: Number(seed) }),
      endOnFailure: true,
    });
  },
  longMs,
);

async function check(steps: readonly Step[]): Promise<void> {
  if (wanted === 0 && performance.now() - startedMs > budgetMs) return;
  const branch = await Branch.open(kept);
  try {
    const month = new RandomMonth(branch, kept.built);
    await month.play(steps);
    for (const agency of kept.built.agencies) {
      expect(await ownedCents(branch, month, agency)).toBe(await earnedCents(branch, month, agency));
    }
    expect(await wrongShares(branch)).toEqual([]);
    expect(await branch.differences()).toEqual([]);
    expect(await unequalMovements(branch.database, branch.sandbox.url)).toEqual([]);
    expect(await ledgerBalances(branch.database)).toEqual(providerBalances(branch.bank));
    expect(branch.bank.problems()).toEqual([]);
    expect(await branch.brokenRules()).toEqual([]);
  } finally {
    await branch.close();
  }
}

/** What Stripe sent it, and what the ledger says that it will be sent or has to give back. */
async function ownedCents({ bank, database }: Branch, month: RandomMonth, agency: Side): Promise<bigint> {
  const [row] = await database.query<{ account: string }>(
    'select provider_account_id as account from payment_accounts where agency_id = $1',
    [agency.uuid],
  );
  const paid = bank
    .rows({ table: 'transfers' })
    .filter(({ destination }) => destination === row?.account)
    .reduce((sum, { amount, amount_reversed: reversed }) => sum + BigInt(amount - reversed), 0n);
  const balance = async (kind: string): Promise<bigint> => await month.balanceOf(agency, kind);
  const owed = (await balance('held')) + (await balance('payable')) + (await balance('in_transit'));
  return paid + owed - (await balance('clawback_due'));
}

/** Lost disputes that took another share from an agency than that of its statement, by more than the cent of a rounding. */
async function wrongShares({ database }: Branch): Promise<readonly unknown[]> {
  return await database.query(
    `select p.amount_minor, p.agency_minor, s.agency_minor as of_statement, s.fee_minor from dispute_parts p
     join settlements s on s.agency_id = p.agency_id and s.id = p.settlement_id
     where p.state = 'LOST' and s.agency_minor > 0 and s.fee_minor >= 0
       and abs(p.agency_minor * (s.agency_minor + s.fee_minor) - p.amount_minor * s.agency_minor)
         > s.agency_minor + s.fee_minor`,
  );
}

/** By what was sold, less what disputes and write-offs took: counted from their own rows, not from the ledger. */
async function earnedCents({ database }: Branch, month: RandomMonth, agency: Side): Promise<bigint> {
  const [row] = await database.query<{ lost: string; off: string }>(
    `select (select coalesce(sum(agency_minor), 0) from dispute_parts where agency_id = $1 and state = 'LOST')::text as lost,
       (select coalesce(sum(written_off_agency_minor), 0) from invoice_settlements where agency_id = $1)::text as off`,
    [agency.uuid],
  );
  return BigInt(month.earnedCents(agency)) - BigInt(row?.lost ?? 0) - BigInt(row?.off ?? 0);
}
