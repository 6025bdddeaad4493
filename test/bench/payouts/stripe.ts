import { join } from 'node:path';
import { BenchFailure, type BenchHost, type Undo } from '../host.js';
import { answers, becomesReady, startService } from '../services.js';

/** A request in the sandbox's own log. Times are in milliseconds since 1970, of this machine's clock. */
export interface LoggedRequest {
  readonly atMs: number;
  readonly method: string;
  readonly path: string;
  /** Null: not answered yet. */
  readonly status: number | null;
}

export interface MadeTransfer {
  readonly id: string;
  readonly amount: number;
  readonly destination: string;
  readonly transfer_group: string | null;
}

/** A Stripe sandbox as a process of its own, which keeps nothing. */
export interface BenchStripe {
  readonly url: string;
  /** Does what its control API can. */
  readonly control: <T>(name: string, params?: object) => Promise<T>;
}

export async function startStripe(host: BenchHost, undo: Undo): Promise<BenchStripe> {
  const port = await host.freePort();
  const url = `http://127.0.0.1:${port}`;
  const module = join(host.root, 'dist', 'apps', 'stripe-sandbox', 'src', 'main.js');
  const env = { NODE_ENV: 'production' };
  const service = startService(host, undo, { args: [module, '--port', String(port)], env });
  await becomesReady('The Stripe sandbox', service, () => answers(`${url}/_sandbox/clock`));
  const control = async <T>(name: string, params: object = {}): Promise<T> => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify(params);
    const response = await fetch(`${url}/_sandbox/${name}`, { method: 'POST', headers, body });
    if (!response.ok)
      throw new BenchFailure(`The Stripe sandbox refused ${name}: ${await response.text()}`, 1);
    return (await response.json()) as T;
  };
  return { url, control };
}

/** Saves a card, as a buyer does on the page of a setup. */
export async function saveCard(setupUrl: string): Promise<void> {
  const body = new URLSearchParams({ method: 'pm_card_visa', do: 'pay' });
  const response = await fetch(setupUrl, { method: 'POST', body, redirect: 'manual' });
  if (response.status >= 400) throw new BenchFailure(`The card was not saved: ${response.status}`, 1);
}
