import type { ActiveContract } from '#contracts';
import type { CompiledRoute } from './compile-route.js';

/** A contract of a route as it was last read. */
export interface KnownContract {
  /** For delivery under it; null: it takes no leads. */
  readonly active: ActiveContract | null;
  readonly rowVersion: number;
}

/** A compiled route with what it was compiled from. */
export interface KnownRoute {
  readonly compiled: CompiledRoute;
  /** By contract. */
  readonly contracts: ReadonlyMap<string, KnownContract>;
}

const capacity = 1_000;

/** The routes that were used lately, by the versions of their chain. Nothing is decided by it: versions are read each time. */
export class KnownRoutes {
  private readonly routes = new Map<string, KnownRoute>();
  /** Counters that are known to exist, by agency, contract and window. */
  private readonly counters = new Set<string>();
  /** Verticals of agencies that have a route, when they were last looked at. */
  private readonly routed = new Set<string>();

  get(key: string): KnownRoute | undefined {
    return this.routes.get(key);
  }

  keep(key: string, route: KnownRoute): void {
    this.routes.delete(key);
    this.routes.set(key, route);
    const [oldest] = this.routes.keys();
    if (this.routes.size > capacity && oldest !== undefined) this.routes.delete(oldest);
  }

  isRouted({ agencyId, vertical }: { readonly agencyId: string; readonly vertical: string }): boolean {
    return this.routed.has(`${agencyId} ${vertical}`);
  }

  keepRouted(
    seen: readonly (readonly [
      of: { readonly agencyId: string; readonly vertical: string; readonly contractId: string | null },
      isRouted: boolean,
    ])[],
  ): void {
    if (this.routed.size > 10 * capacity) this.routed.clear();
    for (const [{ agencyId, vertical, contractId }, isRouted] of seen) {
      if (contractId !== null) continue;
      if (isRouted) this.routed.add(`${agencyId} ${vertical}`);
      else this.routed.delete(`${agencyId} ${vertical}`);
    }
  }

  hasCounter(key: string): boolean {
    return this.counters.has(key);
  }

  keepCounters(keys: readonly string[]): void {
    // Windows pass: what is forgotten is made once more, which finds it there.
    if (this.counters.size > 100 * capacity) this.counters.clear();
    for (const key of keys) this.counters.add(key);
  }
}
