import {
  claimOffer,
  type CompiledRoute,
  type Decision,
  type Desk,
  type DeskStates,
  type HeldDesk,
  type RoutableLead,
  routeAt,
  type RoutedAtDesk,
  type RoutedBatch,
  type Sale,
} from '#routing';
import type { KeptDecision } from './decide-intake.js';
import type { LeadPast, Pending } from './pending.js';
import { isProven } from './proven-consent.js';

/** A lead of a batch that takes a route. */
export interface ToRoute {
  readonly pending: Pending;
  readonly decision: KeptDecision;
}

/** The decision on one lead, with the routes that it went by. */
export interface RoutedDecision {
  readonly decision: Decision;
  readonly compiled: CompiledRoute;
}

/** What the routes of a batch made of its leads. */
export interface BatchRouted {
  /** For keeping: one for each desk that was used. */
  readonly desks: readonly RoutedAtDesk[];
  readonly sales: ReadonlyMap<Pending, readonly Sale[]>;
  readonly routed: ReadonlyMap<Pending, RoutedDecision>;
  /** Buyers may claim these, or bid for them. */
  readonly offered: ReadonlySet<Pending>;
}

/**
 * Routes those leads of a batch that take a route, desk by desk and each in the order of the batch. What is counted goes on
 * from desk to desk: a contract may stand in several routes, and its caps are the same in all of them.
 */
export function routeDecided(leads: readonly ToRoute[], states: DeskStates): BatchRouted {
  const desks: RoutedAtDesk[] = [];
  const sales = new Map<Pending, readonly Sale[]>();
  const offered = new Set<Pending>();
  const routed = new Map<Pending, RoutedDecision>();
  const byDesk = new Map<HeldDesk, ToRoute[]>();
  for (const each of leads) {
    const { desk } = each.decision;
    if (!desk) continue;
    const own = byDesk.get(desk);
    if (own) own.push(each);
    else byDesk.set(desk, [each]);
  }
  for (const [desk, own] of byDesk) {
    // Where the decisions go on an earlier batch, what they rest on is stored there. A desk of the same contracts that
    // is at work beside it would stand between the two.
    const isAlone = ![...byDesk.keys()].some((other) => other !== desk && haveContractsInCommon(other, desk));
    const opened = states.open(desk, isAlone);
    const batch = decidedAt(opened.at, own);
    states.apply(desk, batch);
    desks.push({ desk, opened, batch });
    own.forEach(({ pending }, index) => {
      const decision = batch.decisions[index];
      if (decision) routed.set(pending, { decision, compiled: desk.compiled });
      if (decision?.result === 'OFFERED') offered.add(pending);
      sales.set(pending, decision?.sales ?? []);
    });
  }
  return { desks, sales, offered, routed };
}

/** A lead that is claimed comes alone. */
function decidedAt(desk: Desk, leads: readonly ToRoute[]): RoutedBatch {
  const [first] = leads;
  const claim = first?.decision.lead.offers?.claim ?? null;
  if (first && claim) return claimOffer(desk, { ...claim, lead: routable(first, desk.at) });
  return routeAt(
    desk,
    leads.map((each) => routable(each, desk.at)),
  );
}

/** Perhaps: those of two agencies, or of two verticals, have none. */
function haveContractsInCommon(one: HeldDesk, other: HeldDesk): boolean {
  return one.compiled.agencyId === other.compiled.agencyId && one.vertical === other.vertical;
}

function routable({ pending, decision }: ToRoute, receivedAt: Date): RoutableLead {
  const { lead, duplicateFor, suppressedFor } = decision;
  const { contact, attributes, source, score, test, consent } = lead.submission;
  const { past, offers } = lead;
  return {
    leadId: lead.leadId,
    receivedAt: past?.receivedAt ?? receivedAt,
    test,
    contractId: null,
    attributes,
    // Who names none is where the vertical's leads are, as in reading the postal code.
    country: contact.country ?? pending.rules.defaultCountry,
    state: attributes.find(({ key }) => key === 'state')?.value ?? null,
    postalCode: contact.postalCode,
    source,
    score,
    hasConsent: isProven(consent),
    // Persons count among the leads of the batch as they do among earlier ones: only where anybody looks at them.
    personKeys: !past && looksAtPersons(pending, decision.desk) ? lead.keys.map(({ hash }) => hash) : [],
    duplicateFor,
    suppressedFor,
    failedAt: past ? failedAt(past, decision.desk) : [],
    soldTo: past?.soldTo ?? [],
    bids: offers?.bids ?? null,
    bidFaults: offers?.bidFaults ?? [],
    offeredBy: offers?.offeredBy ?? [],
  };
}

function failedAt({ failedBuyers }: LeadPast, desk: HeldDesk | null): string[] {
  if (!desk || failedBuyers.size === 0) return [];
  return [...desk.contracts.values()].flatMap(({ contractId, buyerId }) =>
    failedBuyers.has(buyerId) ? [contractId] : [],
  );
}

function looksAtPersons({ rules }: Pending, desk: HeldDesk | null): boolean {
  if (rules.settings.dedupeWindowDays > 0) return true;
  return (desk?.withOwnWindow ?? []).some(({ terms }) => (terms.dedupeWindowDays ?? 0) > 0);
}
