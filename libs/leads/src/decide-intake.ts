import { type Outcome, type Refusal, refusal, refuse } from '#outcome';
import { type EarlierFound, windowSince } from '#persons';
import { creditKey, type HeldDesk } from '#routing';
import type { DeskSheet, TermsNow } from './desk.store.js';
import type { LeadState, QuarantineReason } from './lead.js';
import type { IntakeLead, LeadPast, Pending } from './pending.js';
import type { PingSheet } from './ping-content.js';
import type { IntakeTerms, PlacedLead, Placement } from './placement.store.js';
import { isProven } from './proven-consent.js';
import { suspicionOf } from './quarantine.js';
import type { RoutedDecision } from './route-decided.js';
import { standingRefusals } from './submission-answers.js';

/** What becomes of a lead that is kept. */
export interface Verdict {
  readonly state: Extract<
    LeadState,
    'SOLD' | 'ACCEPTED' | 'UNSOLD' | 'DUPLICATE' | 'SUPPRESSED' | 'QUARANTINED'
  >;
  readonly reason: QuarantineReason | null;
  /** The agency's own earlier lead that stands against it. */
  readonly duplicateOf: string | null;
}

/** What becomes of one submission. */
export type Decision =
  | { readonly kind: 'REFUSED'; readonly outcome: Outcome<never> }
  /** It was taken before: it gets the first answer. */
  | { readonly kind: 'EARLIER'; readonly leadId: string }
  /** The same stands in the batch already, and gets the same answer. */
  | { readonly kind: 'REPEATED'; readonly leadId: string }
  | KeptDecision;

/** The lead is stored. */
export interface KeptDecision {
  readonly kind: 'KEPT';
  readonly lead: IntakeLead;
  /** The terms under which it is sold, by their places; none for a lead that is not sold, or not yet routed. */
  readonly groups: readonly number[];
  /** The route that says where it goes; null: nothing is to be decided any more. */
  readonly desk: HeldDesk | null;
  /** Contracts of its route whose buyers had the person within the time that the contract sets. */
  readonly duplicateFor: readonly string[];
  /** Contracts of its route whose buyers must not be given the person. */
  readonly suppressedFor: readonly string[];
  readonly verdict: Verdict;
  /** What its route made of it, once it has taken it. */
  readonly routed: RoutedDecision | undefined;
}

/** What a decision needs beside the batch. */
export interface Circumstances {
  readonly sheet: DeskSheet;
  readonly placement: Placement;
  readonly now: Date;
  /** By `creditKey`: what buyers with a limit may still be charged; the leads that are sold take of it. */
  readonly credit: Map<string, bigint>;
  /** Counts the lead among those of its source, the first time it is asked. */
  readonly sourceCount: (pending: Pending) => number;
  /** Null: none of the leads is posted with a ping. */
  readonly pings: PingSheet | null;
}

/**
 * Decides a batch lead by lead, in its order, so that the answer to each is as if they had come one by one. Undefined when
 * something has changed since the batch was placed: then nothing is decided, and it is placed anew.
 */
export function decideBatch(
  batch: readonly Pending[],
  circumstances: Circumstances,
): ReadonlyMap<Pending, Decision> | undefined {
  const { placement, sheet } = circumstances;
  for (const [pending, outcome] of placement.leads) {
    if (!outcome.ok) continue;
    const { group } = outcome.value;
    if (group === null ? hasOldRules(pending, sheet) : hasMoved(outcome.value, sheet.terms[group]))
      return undefined;
  }
  const decisions = new Map<Pending, Decision>();
  const taken = new Map<string, { readonly leadId: string; readonly inputHash: string }>();
  for (const pending of batch) {
    const decision = decide(pending, circumstances, taken);
    decisions.set(pending, decision);
    if (decision.kind !== 'KEPT') continue;
    const { leadId, inputHash } = decision.lead;
    circumstances.pings?.use(decision.lead);
    taken.set(pending.naturalKey, { leadId, inputHash });
  }
  return decisions;
}

/** A live lead needs an open settlement, unless it is refused anyway. */
function hasMoved({ lead }: PlacedLead, terms: TermsNow | undefined): boolean {
  if (!terms) return true;
  return !lead.submission.test && !terms.creditBlocked && terms.rootId === null;
}

/** The terms of a sale name the version; what a route sells to nobody at once has none. What is stored was checked before. */
function hasOldRules({ checked, rules }: Pending, { versions }: DeskSheet): boolean {
  if (!checked.ok || checked.value.isReleased) return false;
  return rules.version !== (versions.get(checked.value.submission.vertical) ?? 0);
}

function decide(
  pending: Pending,
  circumstances: Circumstances,
  taken: ReadonlyMap<string, { readonly leadId: string; readonly inputHash: string }>,
): Decision {
  const { sheet, placement } = circumstances;
  const placed = placement.leads.get(pending);
  const isReleased = pending.checked.ok && pending.checked.value.isReleased;
  const earlier = isReleased ? undefined : sheet.earlier.get(pending.naturalKey);
  const repeated = taken.get(pending.naturalKey);
  const before = earlier ?? repeated;
  if (before) {
    // What was erased matches everything: nothing is left to compare it with.
    const isSame = before.inputHash === '' || before.inputHash === pending.inputHash;
    // Under a name that is used, what is wrong with a lead is still told as it is.
    if (!isSame && !pending.checked.ok) return { kind: 'REFUSED', outcome: refusedBy(pending.checked) };
    if (!isSame) return { kind: 'REFUSED', outcome: nameReused(pending, before.leadId) };
    return { kind: earlier ? 'EARLIER' : 'REPEATED', leadId: before.leadId };
  }
  const again = pending.checked.ok ? pending.checked.value : null;
  // That its route is no more, or its contract, is no fault of the lead's.
  if (again?.past) {
    const desk = placed?.ok ? placed.value.desk : null;
    return decideAgain(pending, { lead: again, past: again.past, desk }, circumstances);
  }
  if (!placed?.ok) return { kind: 'REFUSED', outcome: placed ? refusedBy(placed) : refuse('NOT_FOUND') };
  const { group, desk } = placed.value;
  const { pings } = circumstances;
  const unusable = pings?.refusal(pending, placed.value.lead, circumstances.now);
  if (unusable) return { kind: 'REFUSED', outcome: { ok: false, refusals: [unusable] } };
  const lead = pings
    ? { ...placed.value.lead, offers: pings.offersOf(placed.value.lead) }
    : placed.value.lead;
  const terms = group === null ? null : (placement.terms[group] ?? null);
  const now = group === null ? null : sheet.terms[group];
  if (terms && now) {
    const refused = contractRefusal(pending, { terms, now, isRouted: desk !== null }, circumstances.credit);
    if (refused) return { kind: 'REFUSED', outcome: { ok: false, refusals: [refused] } };
  }
  const { duplicate, ...against } = desk
    ? standingAgainst(pending, { lead, desk }, circumstances)
    : {
        ...nothingAgainst,
        duplicate: terms ? duplicateUnder(terms, pending, { lead, circumstances }) : undefined,
      };
  const verdict = verdictOn(pending, { lead, terms, duplicate }, circumstances);
  const isGood = verdict.state === 'SOLD';
  if (isGood && terms && !desk && !lead.submission.test) takeCredit(terms, circumstances.credit);
  if (isGood && !lead.submission.test) {
    // Which buyers a route gives it to is decided among the leads of the batch, which knows whose person is whose.
    const buyers = new Map(terms ? [[terms.contract.buyerId, circumstances.now]] : []);
    const { agencyId, leadId, keys } = lead;
    sheet.history.add(keys, { lead: { agencyId, leadId }, acceptedAt: circumstances.now, buyers });
  }
  return {
    kind: 'KEPT',
    lead,
    groups: isGood && !desk && group !== null ? [group] : [],
    desk: isGood ? desk : null,
    verdict,
    routed: undefined,
    ...against,
  };
}

/** What was taken before is good; only another buyer is looked for, where a route says who. */
function decideAgain(
  pending: Pending,
  {
    lead,
    past,
    desk,
  }: { readonly lead: IntakeLead; readonly past: LeadPast; readonly desk: HeldDesk | null },
  circumstances: Circumstances,
): KeptDecision {
  const now = desk && standingAgainst(pending, { lead, desk }, circumstances);
  const duplicateFor = [...past.duplicateFor, ...(now?.duplicateFor ?? [])];
  const suppressedFor = [...past.suppressedFor, ...(now?.suppressedFor ?? [])];
  const verdict = desk ? sold : { ...sold, state: 'UNSOLD' as const };
  return { kind: 'KEPT', lead, groups: [], desk, duplicateFor, suppressedFor, verdict, routed: undefined };
}

type Against = Pick<KeptDecision, 'duplicateFor' | 'suppressedFor'>;
const nothingAgainst: Against = { duplicateFor: [], suppressedFor: [] };

/** What stands against single contracts of a route: what their buyers had, and whom they do not want. */
function standingAgainst(
  pending: Pending,
  { lead, desk }: { readonly lead: IntakeLead; readonly desk: HeldDesk },
  { sheet, now }: Circumstances,
): Against & { readonly duplicate: EarlierFound | undefined } {
  const suppressedFor = suppressedAt(desk, lead, sheet);
  if (lead.submission.test) return { duplicateFor: [], suppressedFor, duplicate: undefined };
  const { keys, agencyId, past } = lead;
  const found = (windowDays: number, buyerId: string | null): EarlierFound | undefined => {
    // One that was taken before is no duplicate of itself, nor of what came after it; its route may come to buyers now who were
    // not considered then.
    const before = past && buyerId === null ? past.receivedAt : null;
    const since = windowSince(windowDays, before ?? now);
    return since && sheet.history.find(keys, agencyId, { since, buyerId, ...(before && { before }) });
  };
  const ofVertical = found(pending.rules.settings.dedupeWindowDays, null);
  // A contract with a window of its own is about its buyer alone; every other goes by the vertical. Mostly the person is new.
  const asked = ofVertical ? [...desk.contracts.values()] : desk.withOwnWindow;
  const had = asked.flatMap(({ contractId, buyerId, terms: { dedupeWindowDays: own } }) => {
    const earlier = own === null ? ofVertical : found(own, buyerId);
    return earlier ? [{ contractId, earlier }] : [];
  });
  return {
    duplicateFor: had.map(({ contractId }) => contractId),
    suppressedFor,
    duplicate: had.length < desk.contracts.size ? undefined : (ofVertical ?? had[0]?.earlier),
  };
}

/** Mostly nobody of a batch is suppressed by anybody. */
function suppressedAt(desk: HeldDesk, lead: IntakeLead, sheet: DeskSheet): readonly string[] {
  if (sheet.suppressed.size === 0) return [];
  return [...desk.contracts.values()].flatMap(({ contractId, buyerId }) =>
    isSuppressed(lead, buyerId, sheet) ? [contractId] : [],
  );
}

/** What keeps the lead from this contract although it is a good one: it is not kept, and may come again. */
function contractRefusal(
  pending: Pending,
  {
    terms,
    now,
    isRouted,
  }: { readonly terms: IntakeTerms; readonly now: TermsNow; readonly isRouted: boolean },
  credit: ReadonlyMap<string, bigint>,
): Refusal | undefined {
  const { contractId, test, consent } = pending.read.given;
  const { path } = pending;
  const room = isRouted ? undefined : credit.get(creditKeyOf(terms));
  if (!test && (now.creditBlocked || (room !== undefined && room < owedUnder(terms))))
    return refusal('INSUFFICIENT_BALANCE', {
      field: [...path, contractId === null ? 'vertical' : 'contractId'],
    });
  if (terms.contract.terms.consentRequired && !isProven(consent))
    return refusal('CONSENT_MISSING', { field: [...path, 'consent'] });
  return undefined;
}

function creditKeyOf({ contract, base }: IntakeTerms): string {
  return creditKey({ buyerId: contract.buyerId, currency: base.currency });
}

/** What the buyer owes for a lead under these terms. */
export function owedUnder({ base, fee }: IntakeTerms): bigint {
  return base.amountMinor + (fee?.amountMinor ?? 0n);
}

function takeCredit(terms: IntakeTerms, credit: Map<string, bigint>): void {
  const room = credit.get(creditKeyOf(terms));
  if (room !== undefined) credit.set(creditKeyOf(terms), room - owedUnder(terms));
}

const sold: Verdict = { state: 'SOLD', reason: null, duplicateOf: null };

function verdictOn(
  pending: Pending,
  {
    lead,
    terms,
    duplicate,
  }: {
    readonly lead: IntakeLead;
    readonly terms: IntakeTerms | null;
    readonly duplicate: EarlierFound | undefined;
  },
  { sheet, now, sourceCount }: Circumstances,
): Verdict {
  const { submission } = lead;
  const { forcedState: state } = submission;
  if (state !== null) return { ...sold, state, reason: state === 'QUARANTINED' ? 'DISPOSABLE_EMAIL' : null };
  // Who must not be contacted is not given to a buyer as a test either.
  if (isSuppressed(lead, terms?.contract.buyerId ?? null, sheet)) return { ...sold, state: 'SUPPRESSED' };
  // Of all else tests ask for an answer; no rule gives them one.
  if (submission.test) return sold;
  if (duplicate) return { ...sold, state: 'DUPLICATE', duplicateOf: duplicate.ownLeadId };
  if (lead.isReleased) return sold;
  const { sourceLeadsPerMinute } = pending.rules.settings;
  const reason = suspicionOf(
    {
      email: submission.contact.email,
      consent: submission.consent,
      sourceLeadsPerMinute,
      sourceCount: sourceLeadsPerMinute === null ? 0 : sourceCount(pending),
    },
    now,
  );
  return reason ? { ...sold, state: 'QUARANTINED', reason } : sold;
}

/** The earlier lead that stands against one of this contract: its buyer's, or anybody's of the vertical. */
function duplicateUnder(
  { contract }: IntakeTerms,
  pending: Pending,
  {
    lead,
    circumstances: { sheet, now },
  }: { readonly lead: IntakeLead; readonly circumstances: Circumstances },
): EarlierFound | undefined {
  const own = contract.terms.dedupeWindowDays;
  const since = windowSince(own ?? pending.rules.settings.dedupeWindowDays, now);
  if (!since) return undefined;
  return sheet.history.find(lead.keys, lead.agencyId, {
    since,
    buyerId: own === null ? null : contract.buyerId,
  });
}

/** By its agency, by the operator, or by this buyer. */
function isSuppressed({ hashes, agencyId }: IntakeLead, buyerId: string | null, sheet: DeskSheet): boolean {
  return Object.values(hashes).some((hash: string | null) => {
    const by = hash === null ? [] : (sheet.suppressed.get(hash) ?? []);
    return by.some(
      ({ organizationId, byOperator }) =>
        byOperator || organizationId === agencyId || organizationId === buyerId,
    );
  });
}

/** What is told beside a lead that is kept and given to nobody. */
export function refusalsOn(
  path: readonly string[],
  verdict: { readonly state: LeadState; readonly duplicateOf: string | null },
): Refusal[] {
  const told = standingRefusals[verdict.state];
  if (!told) return [];
  const { duplicateOf } = verdict;
  return [
    refusal(told, {
      field: [...path, 'contact'],
      ...(duplicateOf !== null && { data: { existingId: duplicateOf } }),
    }),
  ];
}

function nameReused(pending: Pending, existingId: string): Outcome<never> {
  return refuse('EXTERNAL_ID_REUSED', { field: [...pending.path, 'externalId'], data: { existingId } });
}

function refusedBy(outcome: Outcome<unknown>): Outcome<never> {
  return outcome.ok ? refuse('NOT_FOUND') : outcome;
}
