import { newId, type Transaction } from '#database';
import type { Reader } from '#ledger';
import type { CurrencyCode } from '#money';
import { invariant } from '#outcome';
import type { ComparedAccount, Difference, Reconciliation } from './difference.js';

export async function insertReconciliation(tx: Transaction, reconciliation: Reconciliation): Promise<void> {
  const { id, finishedAt, found, accounts, differences } = reconciliation;
  await tx.query(
    `insert into reconciliations (id, finished_at, found, difference_count, differences, accounts)
     values ($1, $2, $3, $4, $5, $6)`,
    [id, finishedAt, found, differences.length, toJson(differences), toJson(accounts)],
  );
}

/** Undefined: there was none yet. */
export async function latestReconciliation(reader: Reader): Promise<Reconciliation | undefined> {
  return await one(reader, 'order by finished_at desc, id desc limit 1', []);
}

export async function reconciliationById(reader: Reader, id: string): Promise<Reconciliation> {
  const found = await one(reader, 'where id = $1', [id]);
  invariant(found, 'there is no such reconciliation');
  return found;
}

async function one(
  reader: Reader,
  which: string,
  parameters: readonly unknown[],
): Promise<Reconciliation | undefined> {
  const [row] = await reader.query<ReconciliationRow>(
    `select id, finished_at, found, differences, accounts from reconciliations ${which}`,
    parameters,
  );
  return (
    row && {
      id: row.id,
      finishedAt: row.finished_at,
      found: row.found,
      differences: row.differences.map((each) => ({ ...each, ...minorsOf(each) })),
      accounts: row.accounts.map((each) => ({
        ...each,
        ...minorsOf(each),
        inFlightMinor: BigInt(each.inFlightMinor),
      })),
    }
  );
}

/**
 * Freezes exactly the books that differ: new ones from now on, and lifts the freezes of those that match again. Gives
 * the number of each.
 */
export async function freezeExactly(
  tx: Transaction,
  wanted: readonly { readonly bookId: string; readonly currency: CurrencyCode; readonly reason: string }[],
  now: Date,
): Promise<{ readonly frozen: number; readonly lifted: number }> {
  const lifted = await tx.query(
    `update account_freezes f set lifted_at = $1 where lifted_at is null and not exists (
       select from unnest($2::uuid[], $3::bpchar[]) as w (book_id, currency)
       where w.book_id = f.book_id and w.currency = f.currency) returning 1`,
    [now, wanted.map(({ bookId }) => bookId), wanted.map(({ currency }) => currency)],
  );
  let frozen = 0;
  for (const { bookId, currency, reason } of wanted) {
    const rows = await tx.query(
      `insert into account_freezes (id, book_id, currency, reason, frozen_at) values ($1, $2, $3, $4, $5)
       on conflict (book_id, currency) where lifted_at is null do nothing returning 1`,
      [newId(), bookId, currency, reason, now],
    );
    frozen += rows.length;
  }
  return { frozen, lifted: lifted.length };
}

type Stored<T> = Omit<T, 'ledgerMinor' | 'providerMinor' | 'inFlightMinor'> & {
  readonly ledgerMinor: string;
  readonly providerMinor: string;
};

interface ReconciliationRow {
  readonly id: string;
  readonly finished_at: Date;
  readonly found: number;
  readonly differences: readonly Stored<Difference>[];
  readonly accounts: readonly (Stored<ComparedAccount> & { readonly inFlightMinor: string })[];
}

function minorsOf({ ledgerMinor, providerMinor }: { ledgerMinor: string; providerMinor: string }) {
  return { ledgerMinor: BigInt(ledgerMinor), providerMinor: BigInt(providerMinor) };
}

/** Amounts as text: JSON's numbers are not exact. */
function toJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? each.toString() : each));
}
