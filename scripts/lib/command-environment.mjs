import { demoFile } from './paths.mjs';
import { runningInstance } from './start-lock.mjs';

/** What a command of the command line runs with: what is set, and else what fits this checkout and its running instance. */
export function commandEnvironment(environment) {
  const made = { ...environment, LEADGER_DEMO_FILE: environment.LEADGER_DEMO_FILE || demoFile };
  const { port, stripeSandboxUrl } = runningInstance({ databaseUrl: environment.DATABASE_URL });
  // The addresses in demo.json are those of the instance that answers there.
  if (port !== undefined && !environment.PORT) made.PORT = String(port);
  const choosesForItself =
    environment.STRIPE_SECRET_KEY ||
    environment.LEADGER_STRIPE_SANDBOX_URL ||
    environment.LEADGER_MODE === 'production';
  if (stripeSandboxUrl && !choosesForItself) made.LEADGER_STRIPE_SANDBOX_URL = stripeSandboxUrl;
  return made;
}
