// One instance per checkout: a second one would share the data folder of the first.
import fs from 'node:fs';
import path from 'node:path';
import { FriendlyError } from './friendly-error.mjs';
import { stateDir } from './paths.mjs';
import { isAlive } from './processes.mjs';

const lockFile = path.join(stateDir, 'start.lock');

/** Returns the function that gives the lock back. A lock whose process is gone is taken over. */
export function takeStartLock({ port }) {
  fs.mkdirSync(stateDir, { recursive: true });
  const mine = { pid: process.pid, script: path.basename(process.argv[1] ?? ''), port };
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

/** The port of the instance of this checkout that runs now; undefined when none does. */
export function runningPort() {
  const holder = readHolder();
  return holder !== undefined && isRunning(holder) ? holder.port : undefined;
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
