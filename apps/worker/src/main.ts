import 'reflect-metadata';
import { ConfigError, loadConfig } from '#config';
import { createLog } from '../../process/src/log.js';
import { openWorker } from './worker.js';

try {
  const config = loadConfig();
  const log = createLog(config.logLevel);
  try {
    const worker = await openWorker(config, log);
    log.info('working');
    const asked = new Promise<string>((resolve) => {
      // Once each: who asks a second time wants it to end at once.
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
    });
    const signal = await Promise.race([asked, worker.ended.then(() => undefined)]);
    log.info('stopping', { signal });
    await worker.stop();
    // A job that did not finish in time was given back, but its code would keep the process alive.
    process.exit(0);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    log.error('the worker cannot go on', { error });
    process.exit(1);
  }
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
