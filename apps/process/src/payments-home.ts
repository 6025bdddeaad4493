import { invariant } from '#outcome';

/** Something that runs SQL: a Database, or a bare connection in a script. */
export interface Queries {
  query<T>(sql: string): Promise<readonly T[]>;
}

/**
 * Where the money of a database moves. The ids of payments in it mean something there and nowhere else: with another
 * sandbox, or an older state of the same, every one of them would point into the void.
 */
export type PaymentsHome = 'Stripe' | `Stripe sandbox ${string}`;

const prefix = 'Payments: ';

/** Null: it has none yet. Written beside the clock of the sandbox, where an emptied or a new database has none. */
export async function readPaymentsHome(database: Queries): Promise<PaymentsHome | null> {
  const [row] = await database.query<{ home: string | null }>(
    `select obj_description('sandbox_clock'::regclass, 'pg_class') as home`,
  );
  return row?.home?.startsWith(prefix) ? (row.home.slice(prefix.length) as PaymentsHome) : null;
}

/**
 * Binds a database without a home to this one, for good. Gives a sentence when the two do not belong together: when it
 * is bound to another, and when the home has served another database already (`isUsed`) while this one has none.
 */
export async function settlePaymentsHome(
  database: Queries,
  { home, isUsed }: { readonly home: PaymentsHome; readonly isUsed: boolean },
): Promise<string | undefined> {
  const known = await readPaymentsHome(database);
  if (known === home) return undefined;
  if (known !== null) return `the payments of this database were made at ${known}, and this is ${home}`;
  if (isUsed) return `${home} has served another database, and this one has seen no payments`;
  // A comment takes no parameters; the text comes from us.
  invariant(/^[\w ]+$/.test(home), 'no home of payments');
  await database.query(`comment on table sandbox_clock is '${prefix}${home}'`);
  return undefined;
}
