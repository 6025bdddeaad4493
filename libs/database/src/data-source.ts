import pg from 'pg';
import { DataSource, type EntitySchema, type MigrationInterface } from 'typeorm';

type Constructor<T> = new () => T;

export interface DatabaseOptions {
  readonly url: string;
  /** Connections of this process; four to eight serve two cores best. */
  readonly poolSize?: number;
  readonly rows?: readonly (Constructor<object> | EntitySchema)[];
  readonly migrations?: readonly Constructor<MigrationInterface>[];
  /** Shown in pg_stat_activity, so that an operator sees who holds a lock. */
  readonly applicationName?: string;
}

/**
 * A connection that may be lost at any moment. Between two statements of a transaction nobody listens for its errors,
 * and an unheard error event ends the process; the next statement fails anyway, and is told to whoever sent it.
 */
class LosableConnection extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}

/**
 * A TypeORM data source that is not connected yet. Rows and migrations are listed by import, never by glob;
 * the schema comes from the migrations alone.
 */
export function createDataSource(options: DatabaseOptions): DataSource {
  return new DataSource({
    type: 'postgres',
    url: options.url,
    entities: [...(options.rows ?? [])],
    migrations: [...(options.migrations ?? [])],
    migrationsTransactionMode: 'each',
    synchronize: false,
    logging: false,
    poolSize: options.poolSize ?? 6,
    applicationName: options.applicationName ?? 'leadger',
    // A where-clause with undefined in it would match every row: refuse it.
    invalidWhereValuesBehavior: { null: 'throw', undefined: 'throw' },
    installExtensions: false,
    extra: {
      Client: LosableConnection,
      // Money and rates never pass through a local time zone or a rounding of the driver.
      options: '-c timezone=UTC',
      connectionTimeoutMillis: 10_000,
      // A new connection plans the statements of intake anew, and a hundred leads wait for it: what is there stays there.
      idleTimeoutMillis: 0,
      keepAlive: true,
      // A command that has nothing else to do ends all the same.
      allowExitOnIdle: true,
    },
  });
}

/** Runs the migrations that have not run yet, one transaction each; safe to call from several processes at once. */
export async function migrate(dataSource: DataSource): Promise<readonly string[]> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.connect();
    // Held until the end of the session's work: a second process waits here and then finds nothing to do.
    await runner.query('select pg_advisory_lock(7303014)');
    try {
      const ran = await dataSource.runMigrations();
      return ran.map((migration) => migration.name);
    } finally {
      await runner.query('select pg_advisory_unlock(7303014)');
    }
  } finally {
    await runner.release();
  }
}
