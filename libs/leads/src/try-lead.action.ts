import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '#calendar';
import { newId, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done, invariant, type Outcome } from '#outcome';
import { KeyRing } from '#persons';
import type { PastOffers } from '#routing';
import { noRules, VerticalQueries } from '#verticals';
import { checkPing } from './check-ping.js';
import { type LeadSubmission, readSubmission } from './check-submission.js';
import type { Decision } from './decide-intake.js';
import { isVerticalName } from './known-rules.js';
import type { LeadState } from './lead.js';
import { type Pending, pendingOf } from './pending.js';
import { type PingContent, pingContent } from './ping-content.js';
import type { RoutedDecision } from './route-decided.js';
import { type Prepared, TakeLeads } from './take-leads.action.js';
import { undoneTake } from './undone-take.action.js';

/** A lead without its person, checked, and not to be taken. */
export interface LeadToTry {
  readonly pending: Pending;
  readonly leadId: string;
  readonly externalId: string;
  readonly vertical: string;
  readonly test: boolean;
  readonly score: number | null;
  readonly channel: string | null;
  readonly country: string | null;
  readonly postalCode: string | null;
  readonly attributes: readonly { readonly key: string; readonly value: string }[];
  /** By which it is seen that what is posted is the same. */
  readonly content: PingContent;
}

/** What would become of it. */
export interface LeadTried {
  readonly state: LeadState;
  /** Null: it goes to its contract, or nowhere. */
  readonly routed: RoutedDecision | null;
  /** The best sale; null: nobody would take it. */
  readonly sale: {
    readonly contractId: string;
    readonly amountMinor: bigint;
    readonly currency: string;
  } | null;
}

/**
 * Finds out what would become of a lead, by {@link undoneTake}. Without a person nobody knows it as a
 * duplicate or suppressed.
 */
@Injectable()
export class TryLead {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly takeLeads: TakeLeads,
    private readonly verticals: VerticalQueries,
    private readonly keyRing: KeyRing,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /** Refuses what is wrong with it by its place below `path`, and whatever tells of the person. */
  async read(actor: Actor, submission: LeadSubmission, path: readonly string[]): Promise<Outcome<LeadToTry>> {
    const test = submission.test || actor.mode === 'test';
    const read = readSubmission({ ...submission, test, pingId: null }, path);
    const { vertical } = read.given;
    const now = this.clock.now();
    const isName = isVerticalName(vertical);
    const rules = (isName && (await this.verticals.rules([vertical], now)).get(vertical)) || noRules;
    const checked = checkPing(read, rules, { path, now });
    if (!checked.ok) return checked;
    const lookUps = await this.keyRing.lookUps();
    // A name that nobody has: it must not meet a lead of the same.
    const named = { ...checked.value, externalId: newId() };
    const pending = pendingOf(actor, lookUps, { path, read, rules, checked: done(named) });
    invariant(pending.checked.ok, 'what was checked is not');
    const { externalId, score, source, contact, attributes, publicKeys } = checked.value;
    return done({
      pending: { ...pending, naturalKey: `${pending.naturalKey}:${named.externalId}`, sourceCount: 0 },
      leadId: pending.checked.value.leadId,
      externalId,
      vertical,
      test,
      score,
      channel: source?.channel ?? null,
      country: contact.country ?? rules.defaultCountry,
      postalCode: contact.postalCode,
      attributes: attributes.filter(({ key }) => publicKeys.has(key)),
      content: pingContent(checked.value, rules, lookUps),
    });
  }

  /** Refuses what intake refuses: a contract that is not there or not active, no consent where one is needed. */
  async execute({ pending }: LeadToTry, offers: PastOffers | null): Promise<Outcome<LeadTried>> {
    const { checked } = pending;
    const tried: Pending = checked.ok ? { ...pending, checked: done({ ...checked.value, offers }) } : pending;
    const { unitOfWork, takeLeads, clock } = this;
    const { decisions, prepared } = await undoneTake([tried], { unitOfWork, takeLeads, clock });
    const decision = decisions.get(tried);
    if (decision?.kind === 'REFUSED') return decision.outcome;
    invariant(decision?.kind === 'KEPT', 'a lead under a name that nobody has was taken before');
    return done(triedOf(decision, prepared));
  }
}

function triedOf(
  { verdict, routed: way, groups }: Extract<Decision, { readonly kind: 'KEPT' }>,
  { placement }: Prepared,
): LeadTried {
  const { state } = verdict;
  const routed = way ?? null;
  if (routed) return { state, routed, sale: routed.decision.sales[0] ?? null };
  const terms = groups[0] === undefined ? undefined : placement.terms[groups[0]];
  if (!terms) return { state, routed, sale: null };
  const { contract, base } = terms;
  const { amountMinor, currency } = base;
  return { state, routed, sale: { contractId: contract.contractId, amountMinor, currency } };
}
