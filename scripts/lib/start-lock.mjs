// One instance per checkout: a second one would share the data folder of the first.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { FriendlyError } from './friendly-error.mjs';
import { stateDir } from './paths.mjs';
import { isAlive } from './processes.mjs';

const lockFile = path.join(stateDir, 'start.lock');

/** Returns the function that gives the lock back. A lock whose process is gone is taken over. */
export function takeStartLock({ port, stripeSandboxUrl, databaseUrl }) {
  fs.mkdirSync(stateDir, { recursive: true });
  const script = path.basename(process.argv[1] ?? '');
  const mine = { pid: process.pid, script, port, stripeSandboxUrl, database: keyOf(databaseUrl) };
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    try {
      fs.writeFileSync(lockFile, JSON.stringify(mine), { flag: 'wx' });
      return () => fs.rmSync(lockFile, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const holder = readHolder();
      if (holder !== undefined && isRunning(holder)) throw new FriendlyError(alreadyRunning(holder));
      fs.rmSync(lockFile, { force: true });
    }
  }
  throw new FriendlyError('another npm start of this checkout began at the same moment: try again.');
}

/** The port and the Stripe sandbox of the instance of this checkout that runs now; empty when none does. */
export function runningInstance({ databaseUrl }) {
  const holder = readHolder();
  if (holder === undefined || !isRunning(holder)) return {};
  // Its sandbox is that of its database, and knows nothing of any other.
  const stripeSandboxUrl = holder.database === keyOf(databaseUrl) ? holder.stripeSandboxUrl : undefined;
  return { port: holder.port, stripeSandboxUrl };
}

// Not the address itself: there may be a password in it.
function keyOf(databaseUrl) {
  return databaseUrl ? createHash('sha256').update(databaseUrl).digest('hex').slice(0, 12) : 'embedded';
}

function alreadyRunning({ pid, port }) {
  const where = port === undefined ? '' : `, port ${port}`;
  return `this checkout is already running (process ${pid}${where}): use it, or stop it with Ctrl-C first.`;
}

function readHolder() {
  try {
    return JSON.parse(fs.readFileSync(lockFile, 'utf8'));
  } catch {
    return undefined;
  }
}

// After a crash or a reboot the number may belong to another program by now.
function isRunning({ pid, script }) {
  if (!Number.isInteger(pid) || pid === process.pid || !isAlive(pid)) return false;
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(script);
  } catch {
    return process.platform !== 'linux';
  }
}
