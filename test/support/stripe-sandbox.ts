/** The Stripe sandbox in this process, on a port of its own, for suites of any application. */
import { type Sandbox, startSandbox } from '../../apps/stripe-sandbox/src/sandbox.js';

export type { Sandbox };

/** In memory, with a clock that runs with real time until it is told otherwise. Stop it in afterAll. */
export async function startStripeSandbox(): Promise<Sandbox> {
  return await startSandbox({ port: 0 });
}
