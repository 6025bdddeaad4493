import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { Database, newId, once, type Transaction, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse, type Refusal } from '#outcome';
import { VerticalQueries } from '#verticals';
import { Inject, Injectable } from '@nestjs/common';
import { merged, noSchema, type RoutedSchema, schemaOf } from './define-route.action.js';
import type { RawBuyingRules, RawPause } from './raw-route.js';
import { type BuyingRules, defaultClaimSeconds, type RoutedContract, type RouteRules } from './route.js';
import { bareEntry, type HeldRoute, RouteStore } from './route.store.js';
import { validateBuyingRules } from './validate-route.js';

export interface SetBuyingRulesInput {
  readonly contractId: string;
  /** All of them: what is left out sets no condition. */
  readonly rules: RawBuyingRules;
  /** The version of the rules that the caller read; without it the act is not guarded. */
  readonly expectedVersion?: number | null | undefined;
  readonly idempotencyKey: string;
}

export interface PauseBuyingInput {
  readonly contractId: string;
  /** Left out: until it is lifted. */
  readonly until?: Date | null | undefined;
  readonly idempotencyKey: string;
}

export interface ResumeBuyingInput {
  readonly contractId: string;
  readonly idempotencyKey: string;
}

/** Whose rules were set; read them again for the answer. */
export interface BuyingRulesSet {
  readonly contractId: string;
  readonly replayed: boolean;
}

/** What a buyer wants under a contract: which leads, when, how many. Counts from its commit on, in every route of the agency. */
@Injectable()
export class SetBuyingRules {
  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
    private readonly routes: RouteStore,
    private readonly verticals: VerticalQueries,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /** Refuses NOT_FOUND for a contract that is not the buyer's or is over, STALE_VERSION, and what `validateBuyingRules` refuses. */
  async execute(actor: Actor, input: SetBuyingRulesInput): Promise<Outcome<BuyingRulesSet>> {
    return await this.act(actor, input, 'setBuyingRules', ({ contract, schema }) =>
      validateBuyingRules(input.rules, { ...schema, contract }),
    );
  }

  /** From now on nothing is taken under the contract, until then or until it is resumed. The other rules stay. */
  async pause(actor: Actor, input: PauseBuyingInput): Promise<Outcome<BuyingRulesSet>> {
    return await this.act(actor, input, 'pauseBuying', ({ contract, before, schema }) => {
      const pause: RawPause = { from: this.clock.now(), until: input.until };
      // Read as rules from outside are, so that a pause is refused here as it is there.
      const read = validateBuyingRules({ pause }, { ...schema, contract }, ['input']);
      if (!read.ok) return { ok: false, refusals: read.refusals.map(withoutPause) };
      return done({ ...(before ?? read.value), pause: read.value.pause });
    });
  }

  /** Lifts the pause. Refuses ILLEGAL_TRANSITION when there is none. */
  async resume(actor: Actor, input: ResumeBuyingInput): Promise<Outcome<BuyingRulesSet>> {
    return await this.act(actor, input, 'resumeBuying', ({ before }) => {
      if (!before?.pause) {
        return refuse('ILLEGAL_TRANSITION', {
          field: ['input', 'contractId'],
          message: 'There is no pause.',
        });
      }
      return done({ ...before, pause: null });
    });
  }

  private async act(
    actor: Actor,
    input: ResumeBuyingInput & { readonly expectedVersion?: number | null | undefined },
    operation: string,
    decide: (desk: BuyingDesk) => Outcome<BuyingRules>,
  ): Promise<Outcome<BuyingRulesSet>> {
    const { idempotencyKey: key, ...rest } = input;
    const { organizationId } = actor;
    const request = { organizationId, key, operation, input: rest, now: this.clock.now() };
    // Before the transaction: what the vertical's schema names is read by another connection.
    const place = await placeOf(this.database, actor, input.contractId);
    const schema = place ? await schemaOf(this.verticals, place.vertical) : noSchema;
    return await this.unitOfWork.run((tx) =>
      once(tx, request, async () => {
        const all = place ? await this.routes.hold(tx, place.agencyId, place.vertical) : [];
        const known = place && (await this.routes.contracts(tx, place.agencyId, place.vertical));
        const contract = known?.contracts.find(({ contractId }) => contractId === input.contractId);
        if (!place || !contract) return refuse('NOT_FOUND', { field: ['input', 'contractId'] });
        const before = await this.routes.buyingRules(tx, place.agencyId, contract.contractId);
        const { expectedVersion = null } = input;
        if (expectedVersion !== null && expectedVersion !== before?.version) {
          const data = { currentVersion: before?.version ?? 0 };
          return refuse('STALE_VERSION', { field: ['input', 'expectedVersion'], data });
        }
        const rules = decide({ contract, schema, before: before?.rules });
        if (!rules.ok) return rules;
        const at = this.clock.now();
        const { agencyId } = place;
        const version = (before?.version ?? 0) + 1;
        const changed = { changedBy: actor.id, changedAt: at };
        await this.routes.insertBuyingRules(tx, {
          agencyId,
          contractId: contract.contractId,
          version,
          rules: rules.value,
          ...changed,
        });
        await this.applyTo(tx, all, { ...place, contract, rules: rules.value, ...changed });
        await recordAudit(tx, actor, {
          action: `contract.${operation}`,
          subject: `contract:${contract.contractId}`,
          ...(before && { before: before.rules }),
          after: rules.value,
          at,
        });
        return done({ contractId: contract.contractId });
      }),
    );
  }

  /** Gives every route that names the contract a version with the new rules, and the contract a place of its own. */
  private async applyTo(tx: Transaction, all: readonly HeldRoute[], change: Change): Promise<void> {
    const { agencyId, vertical, contract, rules, changedBy, changedAt } = change;
    const { contractId } = contract;
    const own = all.filter(({ given }) => given.entries.some((entry) => entry.contractId === contractId));
    for (const route of own) {
      const wanted = new Map(route.rules.entries.map((entry) => [entry.contractId, entry]));
      const next = {
        ...route.rules,
        entries: route.given.entries.map((entry) =>
          entry.contractId === contractId
            ? (merged({ ...route.given, entries: [entry] }, () => rules).entries[0] ?? entry)
            : (wanted.get(entry.contractId) ?? entry),
        ),
      };
      await this.routes.insertVersion(tx, {
        agencyId,
        routeId: route.id,
        version: route.version + 1,
        given: route.given,
        rules: next,
        cause: 'BUYER',
        changedBy,
        changedAt,
      });
    }
    if (own.some(({ name }) => name === null)) return;
    const routeId = newId();
    const given = directRules(vertical, contract);
    await this.routes.insertRoute(tx, {
      agencyId,
      id: routeId,
      vertical,
      name: null,
      contractId,
      isDefault: false,
      createdAt: changedAt,
    });
    await this.routes.insertVersion(tx, {
      agencyId,
      routeId,
      version: 1,
      given,
      rules: merged(given, () => rules),
      cause: 'BUYER',
      changedBy,
      changedAt,
    });
  }
}

interface BuyingDesk {
  readonly contract: RoutedContract;
  readonly schema: RoutedSchema;
  readonly before: BuyingRules | undefined;
}

interface Place {
  readonly agencyId: string;
  readonly vertical: string;
}

interface Change extends Place {
  readonly contract: RoutedContract;
  readonly rules: BuyingRules;
  readonly changedBy: string;
  readonly changedAt: Date;
}

/** By what a lead goes that names its contract: to it, if its buyer's conditions hold. */
function directRules(vertical: string, contract: RoutedContract): RouteRules {
  return {
    name: 'direct',
    vertical,
    method: 'PRIORITY',
    saleMode: 'EXCLUSIVE',
    maxBuyers: 1,
    fallback: null,
    minBid: null,
    claimSeconds: defaultClaimSeconds,
    entries: [bareEntry(contract)],
  };
}

async function placeOf(database: Database, actor: Actor, contractId: string): Promise<Place | undefined> {
  const [row] = await database.query<{ agency_id: string; vertical: string }>(
    'select agency_id, vertical from contracts where id = $1 and buyer_id = $2',
    [contractId, actor.organizationId],
  );
  return row && { agencyId: row.agency_id, vertical: row.vertical };
}

/** The input of a pause has its parts at the top. */
function withoutPause({ field, ...rest }: Refusal): Refusal {
  return { ...rest, ...(field && { field: field.filter((part) => part !== 'pause') }) };
}
