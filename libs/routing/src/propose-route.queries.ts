import { parseVertical } from '#contracts';
import { newId, type Transaction, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse } from '#outcome';
import { VerticalQueries } from '#verticals';
import { Injectable } from '@nestjs/common';
import { chainOf, type CompiledRoute, compileRoute } from './compile-route.js';
import { merged, schemaOf } from './define-route.action.js';
import type { Present } from './dry-run.js';
import type { RawRoute } from './raw-route.js';
import type { Route } from './route.js';
import { RouteStore } from './route.store.js';
import { type Circumstance, creditKey } from './routing-state.js';
import { validateRoute } from './validate-route.js';

/** A route that is tried out, with what its buyers want now; nobody routes by it. */
export interface ProposedRoute {
  readonly vertical: string;
  readonly compiled: CompiledRoute;
  /** It and its fallbacks, as decisions by it name them. */
  readonly routes: readonly Route[];
  readonly present: Present;
}

/** Reads a route that an agency thinks of. Writes nothing, and holds nobody up. */
@Injectable()
export class ProposeRoute {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly routes: RouteStore,
    private readonly verticals: VerticalQueries,
  ) {}

  /** Refuses what `validateRoute` refuses, below `at`. */
  async execute(actor: Actor, raw: RawRoute, at: readonly string[]): Promise<Outcome<ProposedRoute>> {
    const { organizationId: agencyId } = actor;
    const vertical = parseVertical(raw.vertical);
    if (vertical === undefined) return refuse('INVALID_VALUE', { field: [...at, 'vertical'] });
    const schema = await schemaOf(this.verticals, vertical);
    return await this.unitOfWork.run(async (tx) => {
      const all = await this.routes.read(tx, agencyId, vertical);
      const { contracts, wanted } = await this.routes.contracts(tx, agencyId, vertical);
      const named = all.filter(({ name }) => name !== null);
      const before = named.find(({ name }) => name === raw.name.trim());
      const others = named.filter((each) => each !== before);
      const checked = validateRoute(
        raw,
        { ...schema, contracts, others: others.map(({ given }) => given) },
        at,
      );
      if (!checked.ok) return checked;
      const route: Route = {
        ...merged(checked.value, (contractId) => wanted.get(contractId) ?? null),
        agencyId,
        // Turns and shares of the route of that name go on.
        routeId: before?.id ?? newId(),
        version: (before?.version ?? 0) + 1,
      };
      const around = others.map(({ id: routeId, version, rules }): Route => ({
        ...rules,
        agencyId,
        routeId,
        version,
      }));
      const compiled = compileRoute(route, { contracts, others: around });
      const present = await presentOf(tx, agencyId, [...compiled.contractNumbers.keys()]);
      return done({ vertical, compiled, routes: chainOf(route, around), present });
    });
  }
}

async function presentOf(
  tx: Transaction,
  agencyId: string,
  contractIds: readonly string[],
): Promise<Present> {
  const rows = await tx.query<{
    id: string;
    buyer_id: string;
    currency: string;
    active: boolean;
    blocked: boolean;
  }>(
    `select c.id, c.buyer_id, v.currency, c.state = 'ACTIVE' as active, c.credit_blocked_at is not null as blocked
     from contracts c
     join contract_versions v on v.agency_id = c.agency_id and v.contract_id = c.id
       and v.version = coalesce(c.in_force_version, c.latest_version)
     where c.agency_id = $1 and c.id = any ($2::uuid[])`,
    [agencyId, contractIds],
  );
  return {
    contracts: new Map<string, Circumstance>(
      rows.map(({ id, active }) => [id, { active, buyerPaused: false, circuitOpen: false }]),
    ),
    credit: new Map(
      rows.flatMap(({ buyer_id: buyerId, currency, blocked }) =>
        blocked ? [[creditKey({ buyerId, currency }), 0n] as const] : [],
      ),
    ),
  };
}
