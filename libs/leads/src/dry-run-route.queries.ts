import type { Actor } from '#organizations';
import { done, type Outcome, refuse } from '#outcome';
import {
  dryRun,
  PastDecisions,
  type ConsideredEntry,
  type Decision,
  duplicateDetails,
  offerDetails,
  outcomesOf,
  type PastFound,
  type PastOne,
  ProposeRoute,
  type RawRoute,
  type Redecided,
  type RoutableLead,
  type Route,
} from '#routing';
import { Injectable } from '@nestjs/common';
import type { PlacedLead } from './lead.js';
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
  /** Of the decision, among those of its lead. */
  readonly number: number;
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

  /** On the last decision of each of the vertical's leads that named no contract. Refuses INVALID_VALUE and what is wrong with the route. */
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
        decisions: batch.decisions.map((one) => {
          const { decision, isWanted } = one;
          const lead = isWanted ? leads.get(decision.leadId) : undefined;
          return { decision, lead: lead ? routableOf(lead, batch, one) : null };
        }),
      })),
    });
    const factsOf = new Map(
      found.flatMap(({ routes, decisions }) =>
        decisions.map(({ decision, number }) => [decision, { routes, number }] as const),
      ),
    );
    const wanted = found.reduce(
      (sum, { decisions }) => sum + decisions.filter(({ isWanted }) => isWanted).length,
      0,
    );
    return done({
      leads: redecided
        .map((each) => {
          const { routes = [], number = 1 } = factsOf.get(each.before) ?? {};
          return { ...each, number, routesBefore: routes, routesAfter };
        })
        .toReversed(),
      unreadable: wanted - redecided.length,
    });
  }

  /** Those whose person is still known. */
  private async opened(found: readonly PastFound[]): Promise<ReadonlyMap<string, PlacedLead>> {
    const places = found.flatMap(({ decisions }) =>
      decisions.flatMap(({ decision, isWanted }) =>
        isWanted ? [{ agencyId: decision.agencyId, id: decision.leadId }] : [],
      ),
    );
    const leads = await this.leads.placed(places);
    return new Map(leads.flatMap((lead) => (lead.contact ? [[lead.id, lead] as const] : [])));
  }
}

/** The lead as it was decided on. What stood against its person is taken from the decision: no list is as it was. */
function routableOf(lead: PlacedLead, { routes }: PastFound, { decision, number }: PastOne): RoutableLead {
  const considered = outcomesOf(decision, routes);
  const markedAs = (mark: number): ConsideredEntry['entry'][] =>
    considered.flatMap(({ outcome, detail, entry }) =>
      outcome === 'DUPLICATE_FOR_BUYER' && detail === mark ? [entry] : [],
    );
  const { attributes, contact, country, source, score, test, consent } = lead;
  return {
    leadId: lead.id,
    receivedAt: number === 1 ? decision.at : lead.receivedAt,
    test,
    contractId: null,
    attributes,
    country,
    state: attributes.find(({ key }) => key === 'state')?.value ?? null,
    postalCode: contact?.postalCode ?? null,
    source,
    score,
    hasConsent: isProven(consent),
    personKeys: [],
    duplicateFor: contractsWith({ decision, routes }, 'DUPLICATE_FOR_BUYER'),
    suppressedFor: contractsWith({ decision, routes }, 'SUPPRESSED'),
    failedAt: markedAs(duplicateDetails.failedBefore).map(({ contractId }) => contractId),
    soldTo: [...new Set(markedAs(duplicateDetails.hasLead).map(({ buyerId }) => buyerId))],
    ...offersOf(routes, decision, considered),
  };
}

/**
 * A lead that came with bids is decided on with those that won: of the others nothing is left but that they were lower. By a route that
 * nobody bid or claimed by, nobody bids or claims again.
 */
function offersOf(
  routes: readonly Route[],
  { at, sales }: Decision,
  considered: readonly ConsideredEntry[],
): Pick<RoutableLead, 'bids' | 'offeredBy'> {
  const isBidFor = (stage: number): boolean => routes[stage]?.method === 'PING_POST';
  const bids = sales.flatMap(({ stage, contractId, amountMinor, currency, bidId }) =>
    isBidFor(stage)
      ? [{ contractId, amountMinor, currency, bidId, expiresAt: new Date(at.getTime() + 1) }]
      : [],
  );
  const over = considered.filter(
    ({ outcome, detail, stage }) =>
      (isBidFor(stage) && (outcome === 'BELOW_MIN_BID' || outcome === 'SOLD')) ||
      (outcome === 'OFFERED' && detail === offerDetails.lapsed),
  );
  return {
    bids: bids.length > 0 ? bids : null,
    offeredBy: [...new Set(over.flatMap(({ stage }) => routes[stage]?.routeId ?? []))],
  };
}
