import { setTimeout as wait } from 'node:timers/promises';

/** Whether a process with this id exists, whoever owns it. */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function send(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/**
 * Asks a process to end, and ends it when it has not within graceMs. Resolves when it is gone; true means that it
 * went by itself. `exited` is the promise of a child's exit: without one the process table is asked.
 */
export async function stopProcess(pid, { signal = 'SIGTERM', graceMs, exited }) {
  send(pid, signal);
  if (await goneWithin(pid, graceMs, exited)) return true;
  send(pid, 'SIGKILL');
  await goneWithin(pid, 5_000, exited);
  return false;
}

async function goneWithin(pid, limitMs, exited) {
  const timer = new AbortController();
  const timeout = wait(limitMs, 'late', { signal: timer.signal }).catch(() => 'late');
  const gone = exited ? exited.then(() => 'gone') : pollUntilGone(pid, timer.signal);
  const first = await Promise.race([gone, timeout]);
  timer.abort();
  return first === 'gone';
}

async function pollUntilGone(pid, signal) {
  while (!signal.aborted) {
    if (!isAlive(pid)) return 'gone';
    await wait(20);
  }
  return 'late';
}
