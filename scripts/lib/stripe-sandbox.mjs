// The Stripe sandbox that npm start brings along, and the bond between a database and its Stripe.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { startService } from './children.mjs';
import { FriendlyError } from './friendly-error.mjs';
import { root, shown, stateDir, stripeStateFile } from './paths.mjs';
import { canListen, reachable } from './ports.mjs';
import { isAlive, stopProcess } from './processes.mjs';

const host = '127.0.0.1';

/** Where the sandbox of this instance shall listen; undefined where the settings name another Stripe, or need none. */
export async function chooseStripeSandboxUrl({ sandbox, stripe, apiPort }) {
  if (!sandbox || stripe !== null) return undefined;
  const { freePort } = await import('./postgres.mjs');
  // The same at every start, where it can be: pages that were opened stay right.
  const next = apiPort + 1;
  const port = next <= 65_535 && (await canListen(host, next).catch(() => false)) ? next : await freePort();
  return `http://${host}:${port}`;
}

/**
 * The file with what the sandbox of this database knows. Each database has one of its own; what lies there from one
 * that is gone is put aside, and without the one that a database needs there is no start.
 */
export async function stateFileFor(databaseUrl, { isEmbedded, say }) {
  const { readPaymentsHome } = await compiled('payments-home.js');
  return withDatabase(databaseUrl, async (database) => {
    const file = isEmbedded
      ? stripeStateFile
      : path.join(stateDir, `stripe-${await keyOf(database, databaseUrl)}.jsonl`);
    const exists = fs.existsSync(file);
    const home = await readPaymentsHome(database);
    if (home === null && exists) {
      fs.renameSync(file, `${file}.old`);
      say(`The Stripe sandbox begins anew, like the database: what it knew is in ${shown(file)}.old.`);
    }
    if (home !== null && !exists) throw new FriendlyError(missingHome(home, { file, isEmbedded }));
    return file;
  });
}

function missingHome(home, { file, isEmbedded }) {
  if (home === 'Stripe') {
    return 'the payments of this database were made at Stripe: set STRIPE_SECRET_KEY, or use another database.';
  }
  const anew = isEmbedded ? 'npm start -- --reset' : 'an empty database';
  return `the payments of this database were made at a Stripe sandbox whose state is missing: put it into ${shown(file)}, or begin anew with ${anew}.`;
}

// Of the database itself and not of its address, which may change: what is dropped and made again is another one.
async function keyOf(database, databaseUrl) {
  const [{ key }] = await database.query(
    `select d.oid::text || ' ' || 'sandbox_clock'::regclass::oid::text as key
     from pg_database d where d.datname = current_database()`,
  );
  const cluster = await database
    .query('select system_identifier::text as id from pg_control_system()')
    // Some hosts do not let anybody see it.
    .then(
      ([{ id }]) => id,
      () => new URL(databaseUrl).host,
    );
  return createHash('sha256').update(`${cluster} ${key}`).digest('hex').slice(0, 12);
}

/** Resolves when it listens. `onStarted` gets the function that stops it, before that. */
export async function startStripeSandbox({ url, stateFile, onLine, onStarted }) {
  await endForgotten(stateFile);
  let listens;
  const listening = new Promise((resolve) => (listens = resolve));
  const service = startService('stripe', {
    title: 'Stripe sandbox',
    parameters: ['--host', host, '--port', new URL(url).port, '--state', stateFile],
    environment: process.env,
    graceMs: 5_000,
    onLine: (name, line) => (line.startsWith('stripe-sandbox listens at ') ? listens() : onLine(name, line)),
  });
  fs.writeFileSync(pidFileOf(stateFile), String(service.pid ?? ''));
  onStarted(async () => {
    await service.stop();
    fs.rmSync(pidFileOf(stateFile), { force: true });
  });
  const ended = await Promise.race([listening, service.ended]);
  // Two that start at the same moment may have found the same port free; at the next start it is seen to be taken.
  if (ended)
    throw new FriendlyError(
      `${ended} before it was ready: see its last lines above. If its port was taken meanwhile, start again.`,
    );
  return service;
}

const pidFileOf = (stateFile) => `${stateFile}.pid`;

// Who is killed cannot wait for its sandbox to end, and two of them would write into each other's file.
async function endForgotten(stateFile) {
  if (!fs.existsSync(pidFileOf(stateFile))) return;
  const pid = Number.parseInt(fs.readFileSync(pidFileOf(stateFile), 'utf8'), 10);
  if (Number.isInteger(pid) && isAlive(pid) && worksOn(pid, stateFile))
    await stopProcess(pid, { graceMs: 5_000 });
  fs.rmSync(pidFileOf(stateFile), { force: true });
}

function worksOn(pid, stateFile) {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(stateFile);
  } catch {
    // No /proc: the number may be another program's by now.
    return false;
  }
}

/**
 * Sees to it that this database and this Stripe belong together, for good. A sandbox then gets the time of the database
 * and the address that its events are sent to. Not for Stripe itself, whose endpoints the operator makes there.
 */
export async function bindToStripe({ stripe, apiHost, apiPort }, databaseUrl) {
  const { settlePaymentsHome } = await compiled('payments-home.js');
  const settle = async (database, found) => {
    const problem = await settlePaymentsHome(database, found);
    if (problem) throw new FriendlyError(`${problem}: use that one, or a database of its own.`);
  };
  await withDatabase(databaseUrl, async (database) => {
    if (stripe.sandboxUrl === null) return settle(database, { home: 'Stripe', isUsed: false });
    const { StripeSandboxControl } = await compiled('stripe-sandbox.js');
    const sandbox = new StripeSandboxControl(stripe.sandboxUrl);
    const seed = await sandbox.seed().catch(() => {
      throw new FriendlyError(
        'no Stripe sandbox answers at LEADGER_STRIPE_SANDBOX_URL: start it, or unset that.',
      );
    });
    await settle(database, { home: `Stripe sandbox ${seed}`, isUsed: await sandbox.isUsed() });
    const [{ offset_ms: offsetMs }] = await database.query('select offset_ms from sandbox_clock');
    await sandbox.setClockOffset(Number(offsetMs));
    const url = `http://${reachable(apiHost)}:${apiPort}/stripe/webhooks`;
    await sandbox.registerWebhooks({ url, secret: stripe.webhookSecrets[0] });
  });
}

function compiled(file) {
  return import(pathToFileURL(path.join(root, 'dist', 'apps', 'process', 'src', file)).href);
}

async function withDatabase(url, work) {
  const { default: pg } = await import('pg');
  const connection = new pg.Client({ connectionString: url });
  await connection.connect();
  try {
    return await work({ query: async (sql) => (await connection.query(sql)).rows });
  } finally {
    await connection.end();
  }
}
