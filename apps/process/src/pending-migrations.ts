import type { Database } from '#database';
import { migrations } from '#migrations';

/** Names of the migrations that this build knows and the database does not have. */
export async function pendingMigrations(database: Pick<Database, 'query'>): Promise<readonly string[]> {
  const [table] = await database.query<{ present: boolean }>(
    `select to_regclass('migrations') is not null as present`,
  );
  const done = table?.present ? await database.query<{ name: string }>('select name from migrations') : [];
  const names = new Set(done.map(({ name }) => name));
  return migrations.map((migration) => new migration().name).filter((name) => !names.has(name));
}
