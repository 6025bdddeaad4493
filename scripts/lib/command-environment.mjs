import { demoFile } from './paths.mjs';
import { runningPort } from './start-lock.mjs';

/** What a command of the command line runs with: what is set, and else what fits this checkout and its running instance. */
export function commandEnvironment(environment) {
  const made = { ...environment, LEADGER_DEMO_FILE: environment.LEADGER_DEMO_FILE || demoFile };
  // The addresses in demo.json are those of the instance that answers there.
  const port = environment.PORT ? undefined : runningPort();
  return port === undefined ? made : { ...made, PORT: String(port) };
}
