// Runs a suite with Jest, but without Jest's module registry: Node loads the sources, once for all suites of a worker.
// Jest's own way evaluates everything anew for each suite in a context of its own, which took two seconds for each suite
// that starts the API (a third of a whole run), and gigabytes of memory that were never given back.
import { createRequire, register } from 'node:module';
import { pathToFileURL } from 'node:url';
import runWithCircus from 'jest-circus/runner';

const require = createRequire(import.meta.url);
register('./typescript-hooks.mjs', import.meta.url);
process.setSourceMapsEnabled(true);

/** Suites with a schema of their own: Nest has one registry of types, so they are loaded in Jest's way. */
const withOwnModules = /\/test\/graphql\//;

export default async function run(globalConfig, config, environment, runtime, testPath, sendMessage) {
  if (withOwnModules.test(testPath))
    return await runWithCircus.default(globalConfig, config, environment, runtime, testPath, sendMessage);
  const inThisRealm = {
    requireInternalModule: requireAnew,
    requireModule: require,
    setGlobalsForRuntime: () => undefined,
    unstable_shouldLoadAsEsm: () => true,
    unstable_importModule: async (path) => await import(pathToFileURL(path).href),
    enterTestCode: runtime.enterTestCode?.bind(runtime),
    leaveTestCode: runtime.leaveTestCode?.bind(runtime),
  };
  const inThisEnvironment = {
    global: globalThis,
    fakeTimers: environment.fakeTimers,
    fakeTimersModern: environment.fakeTimersModern,
  };
  const before = { environment: { ...process.env }, exitCode: process.exitCode };
  // Jest's own knows nothing of what Node has loaded; Node's does.
  Error.prepareStackTrace = undefined;
  try {
    return await runWithCircus.default(
      globalConfig,
      config,
      inThisEnvironment,
      inThisRealm,
      testPath,
      sendMessage,
    );
  } finally {
    for (const name of Object.keys(process.env)) delete process.env[name];
    Object.assign(process.env, before.environment);
    process.exitCode = before.exitCode;
    forgetTests();
  }
}

/** Circus has its state in its modules and, for those who load it twice, in globals: each suite begins without. */
function requireAnew(path) {
  delete require.cache[require.resolve(path)];
  delete globalThis[Symbol.for('EVENT_HANDLERS')];
  return require(path);
}

function forgetTests() {
  for (const symbol of Object.getOwnPropertySymbols(globalThis)) {
    if (symbol.description === 'JEST_STATE_SYMBOL') delete globalThis[symbol];
  }
}
