import { loadConfig } from '#config';
import { createDataSource, Database } from '#database';
import { migrations } from '#migrations';

/** Connects a command to the database of DATABASE_URL, and disconnects it whatever happens. */
export async function withDatabase<T>(work: (database: Database, url: string) => Promise<T>): Promise<T> {
  const { databaseUrl: url } = loadConfig();
  const dataSource = createDataSource({ url, migrations, poolSize: 2, applicationName: 'leadger-cli' });
  await dataSource.initialize();
  try {
    return await work(new Database(dataSource), url);
  } finally {
    await dataSource.destroy();
  }
}
