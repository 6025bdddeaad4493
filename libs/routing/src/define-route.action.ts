import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { parseVertical } from '#contracts';
import { newId, once, type Transaction, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done, type Outcome, refusal, refuse, refused } from '#outcome';
import { type LeadAttribute, VerticalQueries } from '#verticals';
import { Inject, Injectable } from '@nestjs/common';
import type { RawRoute } from './raw-route.js';
import { type RouteRules, withBuyingRules } from './route.js';
import { type HeldRoute, RouteStore } from './route.store.js';
import { type RouteContext, validateRoute } from './validate-route.js';

export interface DefineRouteInput {
  readonly route: RawRoute;
  /** Leads of the vertical that name no contract take it. Left out: yes for the first route of a vertical, else as it is. */
  readonly isDefault?: boolean | null | undefined;
  /** The version that the caller read; needed to change a route, and left out to make one. */
  readonly expectedVersion?: number | null | undefined;
  readonly idempotencyKey: string;
}

/** Which route was acted on; read it again for the answer. */
export interface RouteActed {
  readonly routeId: string;
  readonly replayed: boolean;
}

export interface RemoveRouteInput {
  readonly routeId: string;
  readonly expectedVersion?: number | null | undefined;
  readonly idempotencyKey: string;
}

/** How an agency gives its leads to buyers: makes, changes and removes routes. A change counts from its commit on. */
@Injectable()
export class DefineRoute {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly routes: RouteStore,
    private readonly verticals: VerticalQueries,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /** A route is named by vertical and name. Refuses STALE_VERSION and what `validateRoute` refuses. */
  async execute(actor: Actor, input: DefineRouteInput): Promise<Outcome<RouteActed>> {
    const { idempotencyKey: key, ...rest } = input;
    const { organizationId: agencyId } = actor;
    const request = {
      organizationId: agencyId,
      key,
      operation: 'defineRoute',
      input: rest,
      now: this.clock.now(),
    };
    const vertical = parseVertical(input.route.vertical);
    if (vertical === undefined) return refuse('INVALID_VALUE', { field: ['input', 'route', 'vertical'] });
    const schema = await schemaOf(this.verticals, vertical);
    return await this.unitOfWork.run((tx) =>
      once(tx, request, () => this.define(tx, actor, { input, vertical, schema })),
    );
  }

  private async define(
    tx: Transaction,
    actor: Actor,
    { input, vertical, schema }: Wish,
  ): Promise<Outcome<{ readonly routeId: string }>> {
    const { organizationId: agencyId } = actor;
    const all = await this.routes.hold(tx, agencyId, vertical);
    const named = all.filter(({ name }) => name !== null);
    const { contracts, wanted } = await this.routes.contracts(tx, agencyId, vertical);
    const name = input.route.name.trim();
    const before = named.find((route) => route.name === name);
    const others = named.filter((route) => route !== before).map(({ given }) => given);
    const checked = validateRoute(input.route, { ...schema, contracts, others });
    if (!checked.ok) return checked;
    const fresh = checkVersion(before, input.expectedVersion ?? null);
    if (!fresh.ok) return fresh;
    if (!before && named.length >= mostRoutes) {
      return refuse('TOO_MANY', {
        field: ['input', 'route'],
        message: `At most ${mostRoutes} routes in a vertical.`,
      });
    }
    const given = checked.value;
    const at = this.clock.now();
    const routeId = before?.id ?? newId();
    if (!before) {
      const base = { agencyId, id: routeId, vertical, name: given.name, contractId: null, createdAt: at };
      await this.routes.insertRoute(tx, { ...base, isDefault: false });
    }
    await this.routes.insertVersion(tx, {
      agencyId,
      routeId,
      version: (before?.version ?? 0) + 1,
      given,
      rules: merged(given, (contractId) => wanted.get(contractId) ?? null),
      cause: 'AGENCY',
      changedBy: actor.id,
      changedAt: at,
    });
    const isDefault = input.isDefault ?? before?.isDefault ?? !named.some((route) => route.isDefault);
    if (isDefault) await this.routes.setDefault(tx, agencyId, { vertical, routeId });
    else if (before?.isDefault) await this.routes.setDefault(tx, agencyId, { vertical, routeId: null });
    await recordAudit(tx, actor, {
      action: before ? 'route.change' : 'route.define',
      subject: `route:${routeId}`,
      ...(before && { before: { given: before.given, isDefault: before.isDefault } }),
      after: { given, isDefault },
      at,
    });
    return done({ routeId });
  }

  /** Its leads wait for another route, or go to the only contract of their vertical. Refuses NOT_FOUND, STALE_VERSION and ROUTE_IN_USE. */
  async remove(actor: Actor, input: RemoveRouteInput): Promise<Outcome<RouteActed>> {
    const { idempotencyKey: key, ...rest } = input;
    const { organizationId: agencyId } = actor;
    const request = {
      organizationId: agencyId,
      key,
      operation: 'removeRoute',
      input: rest,
      now: this.clock.now(),
    };
    return await this.unitOfWork.run((tx) =>
      once(tx, request, async () => {
        const field = ['input', 'routeId'];
        const vertical = await verticalOfRoute(tx, agencyId, input.routeId);
        const all = vertical === undefined ? [] : await this.routes.hold(tx, agencyId, vertical);
        const before = all.find(({ id, name }) => id === input.routeId && name !== null);
        if (!before) return refuse('NOT_FOUND', { field });
        if (typeof input.expectedVersion === 'number' && input.expectedVersion !== before.version) {
          return staleRoute(before.version);
        }
        const user = all.find(({ given }) => given.fallback === before.name);
        if (user) return refuse('ROUTE_IN_USE', { field });
        const at = this.clock.now();
        await this.routes.remove(tx, agencyId, before.id, at);
        await recordAudit(tx, actor, {
          action: 'route.remove',
          subject: `route:${before.id}`,
          before: { given: before.given, isDefault: before.isDefault },
          after: null,
          at,
        });
        return done({ routeId: before.id });
      }),
    );
  }
}

interface Wish {
  readonly input: DefineRouteInput;
  readonly vertical: string;
  readonly schema: RoutedSchema;
}

const mostRoutes = 100;

/** The rules with what each buyer wants. */
export function merged(
  given: RouteRules,
  wantedBy: (contractId: string) => Parameters<typeof withBuyingRules>[1],
): RouteRules {
  return {
    ...given,
    entries: given.entries.map((entry) => withBuyingRules(entry, wantedBy(entry.contractId))),
  };
}

/** What rules and areas may ask of the leads of a vertical. */
export type RoutedSchema = Pick<RouteContext, 'attributes' | 'canHaveState'>;

/** Of a vertical without a schema: nothing is known of its attributes, and any lead may bring a state. */
export const noSchema: RoutedSchema = { attributes: [], canHaveState: true };

/** What rules may ask of a lead of the vertical: what its newest schema names. */
export async function schemaOf(verticals: VerticalQueries, vertical: string): Promise<RoutedSchema> {
  const [found] = await verticals.byKeys([vertical]);
  if (!found || found.schemaVersion === null) return noSchema;
  const [schema] = await verticals.schemas([{ vertical, version: found.schemaVersion }]);
  // What is about the person alone is no ground for choosing a buyer, and is not kept in the clear.
  const usable = (schema?.attributes ?? []).filter(({ personal }) => !personal);
  return {
    attributes: usable.map(({ key, type, values }: LeadAttribute) => ({ key, type, values })),
    // Where a schema takes other attributes, a lead may bring one as well.
    canHaveState: !schema || schema.otherAttributes || schema.attributes.some(({ key }) => key === 'state'),
  };
}

function checkVersion(before: HeldRoute | undefined, expected: number | null): Outcome<null> {
  if (!before && expected !== null) {
    const message = 'There is no route of this name yet: leave expectedVersion out to define it.';
    return staleRoute(0, message);
  }
  if (before && expected === null) {
    return staleRoute(before.version, 'This route exists. Read it and give its version to change it.');
  }
  if (before && expected !== before.version) return staleRoute(before.version);
  return done(null);
}

function staleRoute<T>(currentVersion: number, message?: string): Outcome<T> {
  return refused(
    refusal('STALE_VERSION', {
      field: ['input', 'expectedVersion'],
      ...(message !== undefined && { message }),
      data: { currentVersion },
    }),
  );
}

async function verticalOfRoute(
  tx: Transaction,
  agencyId: string,
  routeId: string,
): Promise<string | undefined> {
  const [row] = await tx.query<{ vertical: string }>(
    'select vertical from routes where agency_id = $1 and id = $2 and removed_at is null',
    [agencyId, routeId],
  );
  return row?.vertical;
}
