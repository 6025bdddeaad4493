import pg from 'pg';
import { createEmptyDatabase, createTestDatabase } from './database.js';

async function valueOf(url: string, statement: string): Promise<unknown> {
  const connection = new pg.Client({ connectionString: url });
  await connection.connect();
  try {
    const { rows } = await connection.query<{ value: unknown }>(statement);
    return rows[0]?.value;
  } finally {
    await connection.end();
  }
}

describe('test databases', () => {
  it('are separate from each other', async () => {
    const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    await valueOf(one.url, 'CREATE TABLE only_here (id int)');
    expect(await valueOf(other.url, `SELECT to_regclass('only_here') AS value`)).toBeNull();
    await Promise.all([one.drop(), other.drop()]);
  });

  it('can be dropped while somebody is still connected, and twice', async () => {
    const database = await createEmptyDatabase();
    const left = new pg.Client({ connectionString: database.url });
    left.on('error', () => undefined);
    await left.connect();
    await database.drop();
    await database.drop();
    await expect(valueOf(database.url, 'SELECT 1 AS value')).rejects.toThrow('does not exist');
    await left.end().catch(() => undefined);
  });
});
