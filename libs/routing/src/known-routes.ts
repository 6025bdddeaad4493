import type { ActiveContract } from '#contracts';
import type { CompiledRoute } from './compile-route.js';
import type { Circumstance } from './routing-state.js';

/** A compiled route with what it was compiled from. */
export interface KnownRoute {
  readonly compiled: CompiledRoute;
  /** By contract, for delivery under it; those that take no leads are left out. */
  readonly contracts: ReadonlyMap<string, ActiveContract>;
  /** Those of them that look for persons in a time of their own. */
  readonly withOwnWindow: readonly ActiveContract[];
  /** By `creditKey`: buyers whose balance is used up. */
  readonly blocked: readonly string[];
  /** Of each contract that it names, while all its buyers can be sent something. */
  readonly circumstances: ReadonlyMap<string, Circumstance>;
  /** What was read of the agency's contracts of the vertical: another one tells that any of them has changed. */
  readonly fingerprint: string;
}

/** By what a lead is routed: the contract that it names, or its vertical. */
export interface RouteAsked {
  readonly agencyId: string;
  readonly vertical: string;
  readonly contractId: string | null;
  /** Where it goes without a route, when it names no contract: the only one there is. */
  readonly onlyContractId: string | null;
}

const capacity = 1_000;

/** The routes that were used lately, by the versions of their chain. Nothing is decided by it: versions are read each time. */
export class KnownRoutes {
  private readonly routes = new Map<string, KnownRoute>();
  /** Which route was found last for what was asked; null: none. */
  private readonly found = new Map<string, string | null>();

  get(key: string): KnownRoute | undefined {
    return this.routes.get(key);
  }

  keep(key: string, route: KnownRoute): void {
    keepLatest(this.routes, key, route);
  }

  /** The route that was found last for this. It may have changed since. */
  lastFor(asked: RouteAsked): KnownRoute | undefined {
    const key = this.found.get(askedKey(asked));
    return key === null || key === undefined ? undefined : this.routes.get(key);
  }

  /** Whether leads of the vertical that name no contract took a route when that was last looked at. */
  isRouted(of: Omit<RouteAsked, 'onlyContractId'>): boolean {
    const key = this.found.get(askedKey({ ...of, onlyContractId: null }));
    return key !== null && key !== undefined;
  }

  /** `key`: null for no route. What goes to its only contract is as if it had no route. */
  keepFound(asked: RouteAsked, key: string | null, isDirect: boolean): void {
    keepLatest(this.found, askedKey(asked), key);
    if (asked.contractId !== null || asked.onlyContractId === null) return;
    keepLatest(this.found, askedKey({ ...asked, onlyContractId: null }), isDirect ? null : key);
  }
}

function keepLatest<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > capacity && oldest !== undefined) map.delete(oldest);
}

/** The same for all that ask the same. */
export function askedKey({ agencyId, vertical, contractId, onlyContractId }: RouteAsked): string {
  return `${agencyId} ${vertical} ${contractId} ${onlyContractId}`;
}
