import type { TestKey } from '../support/app.js';
import type { UserError } from '../support/marketplace.js';
import type { Network } from './network.js';

export interface Money {
  readonly amount: string;
  readonly currency: string;
}
interface Decided {
  readonly number: number;
  readonly result: string;
  readonly summary: string;
  readonly entries: readonly {
    readonly contract: { readonly id: string };
    readonly outcome: string;
    readonly reason: string;
  }[];
}
interface Count {
  readonly sold: number;
  readonly unsold: number;
  readonly offered: number;
  readonly amounts: readonly Money[];
}
export interface DryRun {
  readonly userErrors: readonly UserError[];
  readonly before: Count;
  readonly after: Count;
  readonly changed: number;
  readonly unreadable: number;
  readonly contracts: readonly {
    readonly contract: { readonly id: string };
    readonly before: { readonly leads: number; readonly amounts: readonly Money[] };
    readonly after: { readonly leads: number; readonly amounts: readonly Money[] };
  }[];
  readonly decisions: readonly {
    readonly leadId: string;
    readonly isChanged: boolean;
    readonly before: Decided;
    readonly after: Decided;
  }[];
}

const selection = `before { sold unsold offered amounts { amount currency } }
  after { sold unsold offered amounts { amount currency } } changed unreadable
  contracts { contract { id } before { leads amounts { amount currency } } after { leads amounts { amount currency } } }
  decisions { leadId decidedAt isChanged before { number result summary entries { contract { id } outcome reason price { amount } } }
    after { number result summary entries { contract { id } outcome reason price { amount } } } }`;

export type Wish = Record<string, unknown>;

export function routeInput(network: Network, wishes: Wish): Wish {
  return {
    name: 'main',
    vertical: network.vertical,
    method: 'PRIORITY',
    saleMode: 'EXCLUSIVE',
    entries: network.contracts.map(({ id }, index) => ({ contractId: id, priority: index + 1 })),
    ...wishes,
  };
}

/** What the agency is answered, refused or not. */
export async function ask(
  network: Network,
  wishes: Wish,
  more: Wish = {},
  key: TestKey = 'agency',
): Promise<DryRun> {
  const { app } = network;
  const { dryRunRoute } = await app.ask<{ dryRunRoute: DryRun }>(
    app.keys[key],
    `query ($route: RouteInput!, $last: Int, $before: ID) { dryRunRoute(route: $route, last: $last, before: $before) {
       ${selection} userErrors { code field message } } }`,
    { route: routeInput(network, wishes), ...more },
  );
  return dryRunRoute;
}

/** The same for one that must work. */
export async function dryRun(network: Network, wishes: Wish, more: Wish = {}): Promise<DryRun> {
  const found = await ask(network, wishes, more);
  if (found.userErrors.length > 0) throw new Error(JSON.stringify(found.userErrors));
  return found;
}
