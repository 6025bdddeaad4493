let lineIsOpen = false;

/** Tells what is being done, and how long it took. */
export async function step(name, work) {
  const started = performance.now();
  process.stdout.write(`  ${name} … `);
  lineIsOpen = true;
  const finish = (outcome) => {
    process.stdout.write(`${lineIsOpen ? '' : `  ${name}: `}${outcome}\n`);
    lineIsOpen = false;
  };
  try {
    const result = await work();
    finish(`${((performance.now() - started) / 1000).toFixed(1)} s`);
    return result;
  } catch (error) {
    finish('failed');
    throw error;
  }
}

/** Prints a line of its own, also while a step is under way. */
export function say(line) {
  process.stdout.write(`${lineIsOpen ? '\n' : ''}${line}\n`);
  lineIsOpen = false;
}

/**
 * Calls `stop` on the first Ctrl-C, SIGTERM or hang-up, and when the npm that started this process is gone; further
 * requests change nothing, for the stop is bounded.
 */
export function onStopRequest(stop) {
  let asked = false;
  const ask = () => {
    if (asked) return;
    asked = true;
    void stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, ask);
  if (process.env.npm_lifecycle_event) watchParent(ask);
}

// npm passes signals on, but a killed npm passes nothing on, and some shells between it and us do not either.
function watchParent(gone) {
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && gone(), 100).unref();
}
