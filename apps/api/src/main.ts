import { type Config, loadConfig } from '#config';
import { Database } from '#database';
import { KeyRing } from '#persons';
import { keepGarbageYoung } from '../../process/src/keep-garbage-young.js';
import { refuseForeignKeys } from '../../process/src/refuse-foreign-keys.js';
import { tidyWhenIdle } from '../../process/src/tidy-when-idle.js';
import { createLog, type Log } from '../../process/src/log.js';
import { pendingMigrations } from '../../process/src/pending-migrations.js';
import { startFailure } from '../../process/src/start-failure.js';
import { createApp, stopApp } from './create-app.js';

/** A start that cannot go on: one line on standard error, and no stack. */
function giveUp(error: unknown, config?: Config): never {
  const line = startFailure(error, config && { host: config.apiHost, port: config.apiPort });
  if (line === undefined) console.error(error);
  else console.error(`leadger: ${line}`);
  process.exit(1);
}

async function start(config: Config, log: Log): Promise<void> {
  keepGarbageYoung();
  tidyWhenIdle();
  const app = await createApp(config, log);
  const pending = await pendingMigrations(app.get(Database));
  if (pending.length > 0)
    log.warn('the database lacks migrations: run "npx leadger migrate"', { count: pending.length });
  else await refuseForeignKeys(app.get(KeyRing, { strict: false }));
  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    log.info('stopping', { signal });
    // Whatever still runs then has had its time; its transaction is rolled back with the connection.
    setTimeout(() => process.exit(1), config.shutdownTimeoutMs).unref();
    stopApp(app, { drain: !config.sandbox }).then(
      () => process.exit(0),
      (error: unknown) => {
        log.error('did not stop in order', { error });
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));
  await app.listen({ host: config.apiHost, port: config.apiPort });
  log.info('listening', { url: config.publicUrl, mode: config.sandbox ? 'sandbox' : 'production' });
}

async function main(): Promise<void> {
  let config: Config | undefined;
  try {
    config = loadConfig();
    await start(config, createLog(config.logLevel));
  } catch (error) {
    giveUp(error, config);
  }
}

await main();
