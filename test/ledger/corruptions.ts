import type { Database } from '#database';
import { type InvariantResult, type LedgerInvariant, runInvariants } from '#ledger';
import pg from 'pg';

/** Something that a broken program, a careless repair or a thief could do to the books. */
export interface Corruption {
  readonly name: string;
  /** Names of the invariants that must find it, and no others may. */
  readonly caughtBy: readonly string[];
  /** Statements of a superuser who has switched triggers and foreign keys off; each changes at least one row. */
  readonly sql: readonly string[];
}

/** Plants it as a superuser, behind the back of triggers and foreign keys. Throws when a statement changed nothing. */
export async function plant(url: string, corruption: Corruption): Promise<void> {
  const connection = new pg.Client({ connectionString: url });
  await connection.connect();
  try {
    const { rows } = await connection.query<{ name: string }>(
      `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
    );
    await connection.query('begin');
    for (const { name } of rows) await connection.query(`alter table ${name} disable trigger all`);
    for (const statement of corruption.sql) {
      const { command, rowCount } = await connection.query(statement);
      const isChange = ['INSERT', 'UPDATE', 'DELETE'].includes(command);
      if (isChange && !rowCount) throw new Error(`This changed nothing: ${statement}`);
    }
    await connection.query('commit');
  } finally {
    await connection.end();
  }
}

/** Runs the invariants and tells which do not hold. */
export async function brokenRules(
  database: Database,
  invariants: readonly LedgerInvariant[],
): Promise<readonly InvariantResult[]> {
  return (await runInvariants(database, invariants)).filter(({ holds }) => !holds);
}

/**
 * One test for each corruption: in books of its own, clean before, it is found by exactly the rules that it names.
 * `open` makes the books; what it returns is closed afterwards.
 */
export function describeCorruptions(
  title: string,
  options: {
    readonly corruptions: readonly Corruption[];
    readonly invariants: readonly LedgerInvariant[];
    readonly open: () => Promise<{
      readonly url: string;
      readonly database: Database;
      close: () => Promise<void>;
    }>;
  },
): void {
  describe(title, () => {
    it.each(options.corruptions)('$name: found by $caughtBy', async (corruption) => {
      const books = await options.open();
      try {
        expect(await brokenRules(books.database, options.invariants)).toEqual([]);
        await plant(books.url, corruption);
        const broken = await brokenRules(books.database, options.invariants);
        expect(broken.map(({ name }) => name)).toEqual(corruption.caughtBy);
        for (const { violations, examples } of broken)
          expect(examples).toHaveLength(Math.min(violations, 20));
      } finally {
        await books.close();
      }
    });
  });
}
