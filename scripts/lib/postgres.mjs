// A real PostgreSQL of our own: for npm start (durable), the tests (fast) and the benchmarks (durable).
import { randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { FriendlyError } from './friendly-error.mjs';
import { findPostgres, reachableDataDir } from './postgres-binaries.mjs';
import { isAlive, stopProcess } from './processes.mjs';

const readyWithinMs = 60_000;
const fastButNotDurable = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

/**
 * Starts PostgreSQL on 127.0.0.1 and returns { url, port, dataDir, stop() }.
 *
 * dataDir   kept between starts; without one the data lives in the temp folder and goes with stop()
 * durable   false switches fsync off: for tests, where a lost database costs nothing
 * port      a free one by default
 * settings  further server settings, such as ['max_connections=200']
 */
export async function startPostgres({ dataDir, durable = true, port, settings = [], say } = {}) {
  const binaries = await findPostgres({ say });
  const kept = dataDir !== undefined;
  const home = kept ? reachableDataDir(dataDir, binaries.identity) : makeTemporaryHome(binaries.identity);
  if (kept && home !== dataDir)
    say?.(`The user "postgres" cannot reach this folder: the data is kept in ${home}.`);
  try {
    const password = await initialise(home, binaries, { durable });
    await removeStaleLock(home);
    const all = durable ? settings : [...fastButNotDurable, ...settings];
    const server = await launch(home, binaries, port, all);
    const url = addressOf(password, server.port);
    let stopping;
    const stop = () => (stopping ??= server.stop().finally(() => (kept ? undefined : remove(home))));
    await createDatabase(url).catch(async (error) => {
      await stop();
      throw error;
    });
    return { url, port: server.port, dataDir: home, exited: server.exited, stop };
  } catch (error) {
    if (!kept) remove(home);
    throw error;
  }
}

/** The address of the server that runs on this data folder, or undefined where none does. */
export async function runningUrl(dataDir) {
  const home = await homeOf(dataDir);
  const [pid, , , port] = readLines(path.join(home, 'postmaster.pid'));
  if (!port || !isAlive(Number(pid)) || !runsOn(Number(pid), home)) return undefined;
  return addressOf(fs.readFileSync(`${home}.password`, 'utf8').trim(), port);
}

/** Whether npm start has been here before. */
export async function databaseExists(dataDir) {
  return fs.existsSync(path.join(await homeOf(dataDir), 'PG_VERSION'));
}

async function homeOf(dataDir) {
  return reachableDataDir(dataDir, (await findPostgres()).identity);
}

function addressOf(password, port) {
  return `postgres://leadger:${password}@127.0.0.1:${port}/leadger`;
}

/** Deletes the data of startPostgres({ dataDir }), wherever it had to be put. */
export async function removePostgresData(dataDir) {
  const home = await homeOf(dataDir);
  await removeStaleLock(home);
  for (const file of [home, `${home}.new`, `${home}.password`, `${home}.log`]) remove(file);
}

function makeTemporaryHome(identity) {
  const home = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'leadger-pg-')), 'data');
  if (identity) fs.chmodSync(path.dirname(home), 0o755);
  return home;
}

// A temporary home is the folder "data" inside a folder of its own, with log and password beside it.
function temporaryFolderOf(home) {
  const parent = path.dirname(home);
  return path.basename(parent).startsWith('leadger-pg-') ? parent : undefined;
}

function remove(home) {
  fs.rmSync(temporaryFolderOf(home) ?? home, { recursive: true, force: true });
}

// initdb works in a folder that is renamed when it is complete, so an interrupted first start leaves nothing that
// looks like a database.
async function initialise(home, { initdb, identity }, { durable }) {
  const passwordFile = `${home}.password`;
  if (fs.existsSync(path.join(home, 'PG_VERSION'))) return fs.readFileSync(passwordFile, 'utf8').trim();
  const fresh = `${home}.new`;
  fs.rmSync(fresh, { recursive: true, force: true });
  fs.mkdirSync(fresh, { recursive: true, mode: 0o700 });
  const password = randomBytes(18).toString('base64url');
  fs.writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (identity) {
    fs.chownSync(fresh, identity.uid, identity.gid);
    fs.chownSync(passwordFile, identity.uid, identity.gid);
  }
  const flags = ['--username=leadger', '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C'];
  const locale = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  await run(
    initdb,
    [`--pgdata=${fresh}`, `--pwfile=${passwordFile}`, ...flags, ...locale, ...(durable ? [] : ['--no-sync'])],
    identity,
  );
  fs.rmSync(home, { recursive: true, force: true });
  fs.renameSync(fresh, home);
  return password;
}

async function run(command, parameters, identity) {
  const child = spawn(command, parameters, { ...identity, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk) => (errors += chunk));
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) throw new FriendlyError(`PostgreSQL could not create its data folder: ${lastLine(errors)}`);
}

// A lock file outlives a killed machine or process. One whose process is gone, or is something else by now, would
// only stop the server from starting; a server that is still there is ours (the caller holds the start lock) and
// about to stop, because the process that started it is gone.
async function removeStaleLock(home) {
  const lock = path.join(home, 'postmaster.pid');
  if (!fs.existsSync(lock)) return;
  const pid = Number.parseInt(fs.readFileSync(lock, 'utf8'), 10);
  if (Number.isInteger(pid) && isAlive(pid) && runsOn(pid, home)) {
    await stopProcess(pid, { signal: 'SIGINT', graceMs: 15_000 });
  }
  fs.rmSync(lock, { force: true });
}

function runsOn(pid, home) {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(home);
  } catch {
    // No /proc (macOS, Windows): believe the lock file, as PostgreSQL itself does.
    return os.platform() !== 'linux';
  }
}

async function launch(home, binaries, wantedPort, settings) {
  for (let attempt = 1; ; attempt += 1) {
    const port = wantedPort ?? (await freePort());
    const outcome = await launchOnce(home, binaries, port, settings);
    if (outcome.ready) return { port, ...outcome };
    const taken = outcome.log.includes('Address already in use');
    if (taken && wantedPort === undefined && attempt < 5) continue;
    throw new FriendlyError(`PostgreSQL did not start (log: ${home}.log): ${lastLine(outcome.log)}`);
  }
}

async function launchOnce(home, { postgres, pg_ctl, identity }, port, settings) {
  const logFile = `${home}.log`;
  const log = fs.openSync(logFile, 'w');
  const options = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'timezone=UTC', ...settings];
  const child = spawn(
    postgres,
    ['-D', home, '-p', String(port), ...options.flatMap((option) => ['-c', option])],
    {
      ...identity,
      cwd: '/',
      // A group of its own: Ctrl-C in a terminal reaches the whole foreground group, and the database must be last.
      detached: true,
      stdio: ['ignore', log, log],
    },
  );
  fs.closeSync(log);
  const exited = new Promise((resolve) => child.once('error', resolve).once('exit', resolve));
  if (await becomesReady(home, child)) {
    const guard = startGuard(child.pid, temporaryFolderOf(home));
    const stop = async () => {
      child.ref();
      if (os.platform() === 'win32') await run(pg_ctl, ['stop', '-D', home, '-m', 'fast']);
      else await stopProcess(child.pid, { signal: 'SIGINT', graceMs: 15_000, exited });
      await guard?.dismiss();
    };
    child.unref();
    return { ready: true, exited, stop };
  }
  if (child.pid) await stopProcess(child.pid, { signal: 'SIGINT', graceMs: 5_000, exited });
  return { ready: false, log: fs.readFileSync(logFile, 'utf8') };
}

// Waits at the end of a pipe whose other end is this process. However this process ends, even by SIGKILL, the pipe
// closes, the server is asked to stop, and a temporary home is removed once it has.
const guardScript = `
  read -r _
  kill -INT "$1"
  if [ -n "$2" ]; then
    while kill -0 "$1" 2>/dev/null; do sleep 0.1; done
    rm -rf "$2"
  fi`;

function startGuard(serverPid, temporaryFolder = '') {
  if (os.platform() === 'win32') return undefined;
  const names = ['leadger-postgres-guard', String(serverPid), temporaryFolder];
  const guard = spawn('sh', ['-c', guardScript, ...names], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const exited = new Promise((resolve) => guard.once('error', resolve).once('exit', resolve));
  guard.unref();
  guard.stdin.unref();
  const dismiss = async () => {
    guard.ref();
    guard.kill('SIGKILL');
    await exited;
  };
  return { dismiss };
}

// The last line of the lock file is the server's own word on whether it takes connections.
async function becomesReady(home, child) {
  const deadline = Date.now() + readyWithinMs;
  while (Date.now() < deadline && child.exitCode === null && child.signalCode === null && child.pid) {
    const lines = readLines(path.join(home, 'postmaster.pid'));
    if (Number(lines[0]) === child.pid && lines[7]?.trim() === 'ready') return true;
    await wait(10);
  }
  return false;
}

function readLines(file) {
  try {
    return fs.readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}

/** A TCP port of 127.0.0.1 that was free a moment ago. */
export async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function createDatabase(url) {
  const { default: pg } = await import('pg');
  const address = new URL(url);
  const name = address.pathname.slice(1);
  address.pathname = '/postgres';
  const connection = new pg.Client({ connectionString: address.href });
  await connection.connect();
  try {
    const found = await connection.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (found.rowCount === 0) await connection.query(`CREATE DATABASE ${connection.escapeIdentifier(name)}`);
  } finally {
    await connection.end();
  }
}

function lastLine(text) {
  return text.trim().split('\n').at(-1) || 'it said nothing';
}
