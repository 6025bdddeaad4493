// A whole Leadger on this machine: PostgreSQL, migrations, Stripe sandbox, demo marketplace, API and worker, in one
// process tree.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { runCommand, startService } from './children.mjs';
import { FriendlyError } from './friendly-error.mjs';
import { dataDir, demoFile, root, stripeStateFile } from './paths.mjs';
import { canListen, reachable } from './ports.mjs';
import { prepare } from './prepare.mjs';
import { takeStartLock } from './start-lock.mjs';
import { bindToStripe, chooseStripeSandboxUrl, startStripeSandbox, stateFileFor } from './stripe-sandbox.mjs';

const readyWithinMs = 60_000;

/**
 * step(name, work)     shows progress
 * onLine(source, line) takes what the processes log
 *
 * start() resolves when the API answers; `failure` resolves with a sentence when a process ends by itself;
 * stop() ends everything that was begun, in reverse order, at any moment.
 */
export function createInstance({ port, reset = false, step, say, onLine }) {
  const undo = [];
  const environment = { ...process.env, LEADGER_DEMO_FILE: process.env.LEADGER_DEMO_FILE || demoFile };
  if (port !== undefined) environment.PORT = String(port);
  let fail;
  const failure = new Promise((resolve) => (fail = resolve));
  const context = { environment, undo, fail, failure, say, onLine };
  const onChild = (child) => undo.push(async () => void child.kill('SIGTERM'));
  let starting;
  let stopping;

  // Checked after every wait: a stop that was asked for meanwhile must not be outrun by a start.
  const proceed = () => {
    if (stopping) throw new FriendlyError('stopped before it was ready.');
  };

  async function begin() {
    await prepare({ step, onChild });
    proceed();
    const ownStripeUrl = await chooseStripeSandboxUrl(await readConfig(environment));
    if (ownStripeUrl) environment.LEADGER_STRIPE_SANDBOX_URL = ownStripeUrl;
    const config = await readConfig(environment);
    const stripeSandboxUrl = config.stripe?.sandboxUrl ?? undefined;
    undo.push(
      takeStartLock({ port: config.apiPort, stripeSandboxUrl, databaseUrl: process.env.DATABASE_URL }),
    );
    if (reset) await step('Dropping the old data', () => dropData(environment));
    await refuseTakenPort(config);
    proceed();
    if (!process.env.DATABASE_URL)
      environment.DATABASE_URL = await step('PostgreSQL', () => startDatabase(context));
    proceed();
    await step('Migrations', () => runCommand(['migrate'], { environment, onChild }));
    proceed();
    if (config.stripe)
      await step(ownStripeUrl ? 'Stripe sandbox' : 'Stripe', () =>
        connectStripe(config, ownStripeUrl, context),
      );
    proceed();
    // The API needs no demo marketplace to start, and together they take half a second less than in turn.
    const services = () => startServices(config, context);
    const seed = () => runCommand(['seed'], { environment, onChild });
    if (config.sandbox)
      await step('Demo marketplace, API and worker', () => allOrFirstError(seed(), services()));
    else await step('API and worker', services);
    return { url: config.publicUrl, sandbox: config.sandbox, stripe: config.stripe };
  }

  async function undoAll() {
    while (undo.length > 0) await undo.pop()();
  }

  // A step that was under way when the stop began may have started one more thing: hence the second round.
  async function end() {
    await undoAll();
    await starting?.catch(() => undefined);
    await undoAll();
  }

  return { start: () => (starting = begin()), failure, stop: () => (stopping ??= end()) };
}

async function startDatabase({ undo, fail, say }) {
  const { startPostgres } = await import('./postgres.mjs');
  const server = await startPostgres({ dataDir, say });
  undo.push(server.stop);
  void server.exited.then(() => fail('PostgreSQL ended by itself'));
  return server.url;
}

async function connectStripe(config, ownUrl, { environment, undo, fail, say, onLine }) {
  const databaseUrl = environment.DATABASE_URL;
  if (ownUrl) {
    const stateFile = await stateFileFor(databaseUrl, { isEmbedded: !process.env.DATABASE_URL, say });
    const onStarted = (stop) => undo.push(stop);
    const service = await startStripeSandbox({ url: ownUrl, stateFile, onLine, onStarted });
    void service.ended.then(fail);
  }
  await bindToStripe(config, databaseUrl);
}

async function startServices(config, { environment, undo, fail, failure, onLine }) {
  const graceMs = config.shutdownTimeoutMs + 2_000;
  const services = ['api', 'worker'].map((name) => startService(name, { environment, onLine, graceMs }));
  undo.push(() => Promise.all(services.map((service) => service.stop())));
  for (const service of services) void service.ended.then(fail);
  await answers(config, failure);
}

// The error of the first to fail, but not before all have ended: what is still starting could not be stopped.
async function allOrFirstError(...work) {
  await Promise.allSettled(work);
  return Promise.all(work);
}

/** The settings as the processes will see them, checked before anything is started. */
async function readConfig(environment) {
  const { loadConfig } = await import(
    pathToFileURL(path.join(root, 'dist', 'libs', 'config', 'src', 'index.js')).href
  );
  // The embedded database has no address yet; any valid one stands for it.
  return loadConfig({
    ...environment,
    DATABASE_URL: environment.DATABASE_URL || 'postgres://localhost/leadger',
  });
}

async function dropData(environment) {
  if (environment.DATABASE_URL) {
    throw new FriendlyError(
      '--reset drops only the embedded database and DATABASE_URL is set: unset it, or empty that database yourself.',
    );
  }
  const { removePostgresData } = await import('./postgres.mjs');
  await removePostgresData(dataDir);
  // Its ids are in the database, and the other way round: neither is worth anything without the other.
  for (const file of [environment.LEADGER_DEMO_FILE, stripeStateFile, `${stripeStateFile}.old`])
    fs.rmSync(file, { force: true });
}

async function refuseTakenPort({ apiHost, apiPort }) {
  if (await canListen(apiHost, apiPort)) return;
  throw new FriendlyError(
    `port ${apiPort} is taken by another program: choose another one, such as npm start -- --port ${apiPort + 1}`,
  );
}

async function answers({ apiHost, apiPort }, failure) {
  let ended;
  void failure.then((reason) => (ended = reason));
  const deadline = performance.now() + readyWithinMs;
  while (performance.now() < deadline) {
    if (ended) throw new FriendlyError(`${ended} before it was ready: see its last lines above.`);
    if (await isReady(`http://${reachable(apiHost)}:${apiPort}`)) return;
    await wait(50);
  }
  throw new FriendlyError(
    `the API did not become ready within ${readyWithinMs / 1000} s: see its last lines above.`,
  );
}

/** Whether an API answers there and is ready for work. */
export async function isReady(origin) {
  try {
    const response = await fetch(new URL('/health/ready', origin), { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}
