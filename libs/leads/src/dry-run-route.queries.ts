import type { Actor } from '#organizations';
import { done, type Outcome, refuse } from '#outcome';
import {
  dryRun,
  PastDecisions,
  type PastFound,
  ProposeRoute,
  type RawRoute,
  type Redecided,
  type RoutableLead,
  type Route,
} from '#routing';
import { Injectable } from '@nestjs/common';
import type { OpenedLead } from './lead.js';
import { LeadQueries } from './lead.queries.js';
import { isProven } from './proven-consent.js';
import { contractsWith } from './person-standing.js';

export interface DryRunRouteInput {
  readonly route: RawRoute;
  /** So many decisions, the newest ones, 1 to {@link mostRedecided}. */
  readonly last: number;
  /** Only on leads that came before this one. */
  readonly beforeLeadId: string | null;
}

/** One lead: what was decided, by which routes, and what would have been. */
export interface RedecidedLead extends Redecided {
  readonly routesBefore: readonly Route[];
  readonly routesAfter: readonly Route[];
}

export interface RouteDryRun {
  /** The newest one first. */
  readonly leads: readonly RedecidedLead[];
  /** Decisions that were left as they were: the person was erased since. */
  readonly unreadable: number;
}

export const mostRedecided = 200;

/** Tries a route on leads that came before: what would have become of them. Nothing is written, and nothing of a person is told. */
@Injectable()
export class DryRunRoute {
  constructor(
    private readonly proposals: ProposeRoute,
    private readonly past: PastDecisions,
    private readonly leads: LeadQueries,
  ) {}

  /** On the first decisions of the vertical's leads that named no contract. Refuses INVALID_VALUE and what is wrong with the route. */
  async execute(actor: Actor, input: DryRunRouteInput): Promise<Outcome<RouteDryRun>> {
    const { last, beforeLeadId, route } = input;
    if (!Number.isInteger(last) || last < 1 || last > mostRedecided) {
      const message = `The value must be a whole number from 1 to ${mostRedecided}.`;
      return refuse('INVALID_VALUE', { field: ['last'], message });
    }
    const proposed = await this.proposals.execute(actor, route, ['route']);
    if (!proposed.ok) return proposed;
    const { vertical, compiled, present, routes: routesAfter } = proposed.value;
    const found = await this.past.find({
      agencyId: actor.organizationId,
      vertical,
      test: actor.mode === 'test',
      last,
      beforeLeadId,
    });
    const leads = await this.opened(found);
    const redecided = dryRun(compiled, {
      present,
      batches: found.map((batch) => ({
        ...batch,
        decisions: batch.decisions.map(({ decision, isWanted }) => {
          const lead = isWanted ? leads.get(decision.leadId) : undefined;
          return { decision, lead: lead ? routableOf(lead, batch, decision) : null };
        }),
      })),
    });
    const routesOf = new Map(
      found.flatMap(({ routes, decisions }) => decisions.map(({ decision }) => [decision, routes] as const)),
    );
    const wanted = found.reduce(
      (sum, { decisions }) => sum + decisions.filter(({ isWanted }) => isWanted).length,
      0,
    );
    return done({
      leads: redecided
        .map((each) => ({ ...each, routesBefore: routesOf.get(each.before) ?? [], routesAfter }))
        .toReversed(),
      unreadable: wanted - redecided.length,
    });
  }

  /** Those whose person is still known. */
  private async opened(found: readonly PastFound[]): Promise<ReadonlyMap<string, OpenedLead>> {
    const places = found.flatMap(({ decisions }) =>
      decisions.flatMap(({ decision, isWanted }) =>
        isWanted ? [{ agencyId: decision.agencyId, id: decision.leadId }] : [],
      ),
    );
    const leads = await this.leads.opened(places);
    return new Map(leads.flatMap((lead) => (lead.contact ? [[lead.id, lead] as const] : [])));
  }
}

/** The lead as it was decided on. What stood against its person is taken from the decision: no list is as it was. */
function routableOf(
  lead: OpenedLead,
  { routes }: PastFound,
  decision: PastFound['decisions'][number]['decision'],
): RoutableLead {
  const { attributes, contact, source, score, test, consent } = lead;
  return {
    leadId: lead.id,
    receivedAt: decision.at,
    test,
    contractId: null,
    attributes,
    country: contact?.country ?? null,
    state: attributes.find(({ key }) => key === 'state')?.value ?? null,
    postalCode: contact?.postalCode ?? null,
    source,
    score,
    hasConsent: isProven(consent),
    personKeys: [],
    duplicateFor: contractsWith({ decision, routes }, 'DUPLICATE_FOR_BUYER'),
    suppressedFor: contractsWith({ decision, routes }, 'SUPPRESSED'),
    failedAt: [],
    soldTo: [],
    ...bidsOf(routes, decision),
  };
}

/** A lead that came with bids is decided on with those that won: of the others nothing is left but that they were lower. */
function bidsOf(
  routes: readonly Route[],
  { at, sales }: PastFound['decisions'][number]['decision'],
): Pick<RoutableLead, 'bids' | 'offeredBy'> {
  const asked = sales.flatMap((sale) => {
    const route = routes[sale.stage];
    return route?.method === 'PING_POST' ? [{ sale, route }] : [];
  });
  if (asked.length === 0) return { bids: null, offeredBy: [] };
  return {
    bids: asked.map(({ sale: { contractId, amountMinor, currency, bidId } }) => ({
      ...{ contractId, amountMinor, currency, bidId },
      expiresAt: new Date(at.getTime() + 1),
    })),
    offeredBy: [...new Set(asked.map(({ route: { routeId } }) => routeId))],
  };
}
