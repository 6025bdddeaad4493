import { Injectable } from '@nestjs/common';
import { holdCreditRooms, useCredit } from '#contracts';
import { type Transaction, UnitOfWork } from '#database';
import { done, invariant, type Outcome, refused } from '#outcome';
import { KeyRing, PersonHashStore, sealConsent, sealPerson, type TenantKeys } from '#persons';
import {
  DecisionStore,
  type HeldDesk,
  type HeldDesks,
  type RouteAsked,
  type RoutedAtDesk,
  RoutingDeskStore,
  type Sale,
} from '#routing';
import { buyersBut, creditUsesOf, type Rooms, setRooms } from './credit-at-desk.js';
import { type Decision, decideBatch, type KeptDecision, type Verdict } from './decide-intake.js';
import { type DeskSheet, DeskStore } from './desk.store.js';
import { hasMoved, IntakeStore, type KeptLead } from './intake.store.js';
import type { IntakeLead, Pending } from './pending.js';
import type { PingSheet } from './ping-content.js';
import { holdPings, keepOffered } from './ping.store.js';
import {
  askedBy,
  type IntakeTerms,
  openPeriod,
  ownPeriod,
  type Placement,
  PlacementStore,
  termsOf,
  type TermsWanted,
} from './placement.store.js';
import { routeDecided } from './route-decided.js';
import { SourcePace } from './source-pace.js';

/** What became of each submission of a batch. */
export type Decisions = ReadonlyMap<Pending, Decision>;

/**
 * One batch, in one transaction of two trips: the desk (what decides is held and read), then the statement that writes
 * everything. Between them leads are decided in memory, one after the other.
 */
@Injectable()
export class TakeLeads {
  private readonly pace = new SourcePace();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly placements: PlacementStore,
    private readonly desk: DeskStore,
    private readonly intake: IntakeStore,
    private readonly persons: PersonHashStore,
    private readonly keyRing: KeyRing,
    private readonly routing: RoutingDeskStore,
    private readonly routed: DecisionStore,
  ) {}

  /**
   * Takes what it can. Undefined, and nothing done, when something moved meanwhile: a contract, a settlement, or a lead
   * that somebody else sends at the same time; `anew` then reads everything again.
   */
  async attempt(batch: readonly Pending[], now: Date, anew: boolean): Promise<Decisions | undefined> {
    const prepared = await this.prepare(batch, now, anew);
    try {
      const outcome = await this.unitOfWork.pipelined(async (tx) => await this.take(tx, batch, prepared));
      return outcome.ok ? outcome.value : undefined;
    } catch (error) {
      if (hasMoved(error)) return undefined;
      throw error;
    }
  }

  /** What is read before the transaction: where the leads are to go, and the keys of whose they are. */
  async prepare(batch: readonly Pending[], now: Date, anew: boolean): Promise<Prepared> {
    const placement = await this.placements.place(batch, now, anew);
    const keys = await this.keyRing.tenants(batch.map(({ actor }) => actor.organizationId));
    return { placement, keys, now, anew };
  }

  /**
   * The same in a transaction that is open. What is written is on its way, for `last` to wait for and to fail with, see
   * `hasMoved`. Refused, without a reason, when something moved: either way it must roll back then.
   */
  async take(tx: Transaction, batch: readonly Pending[], prepared: Prepared): Promise<Outcome<Taken>> {
    const { now, anew } = prepared;
    const held = await this.hold(tx, batch, prepared);
    if (!held) return refused();
    const { routes, placed, sheet, rooms, pings } = held;
    const sourceCount = (pending: Pending) => (pending.sourceCount ??= this.countSource(pending, now));
    const { credit } = routes.states;
    const decided = decideBatch(batch, { sheet, placement: placed, now, credit, sourceCount, pings });
    if (!decided) return refused();
    const routed = await this.route(tx, decided, { anew, now, ...held });
    return done({ last: this.write(tx, routed, { prepared, sheet, rooms, pings }) });
  }

  /**
   * Everything that decides, held and read. The statements go out together where it is known what they are to ask:
   * desks and routes, then credit, then persons, in this order everywhere. Undefined when a route has come or gone.
   */
  private async hold(
    tx: Transaction,
    batch: readonly Pending[],
    { placement, now, anew }: Prepared,
  ): Promise<Held | undefined> {
    const sound = batch.filter(({ checked }) => checked.ok);
    const asked = sound.map((pending) => askedOf(pending, placement));
    const likelyBuyers = this.routing.seeminglyBuyers(asked);
    for (const { contract } of placement.terms) likelyBuyers.add(contract.buyerId);
    const holding = this.routing.hold(tx, asked, now);
    const isSure = !anew && sound.every((pending) => placement.leads.get(pending)?.ok);
    if (!isSure) await holding;
    const likelyRooms = holdCreditRooms(tx, [...likelyBuyers]);
    const opening = isSure ? this.desk.open(tx, batch, placement, now) : null;
    const [routes, rooms, opened] = await Promise.all([holding, likelyRooms, opening]);
    const placed = withRoutes(placement, sound, routes.desks);
    if (!placed) return undefined;
    const others = buyersBut(likelyBuyers, placed);
    const allRooms =
      others.length === 0 ? rooms : new Map([...rooms, ...(await holdCreditRooms(tx, others))]);
    setRooms(routes.states.credit, allRooms, placed);
    const sheet = opened ?? (await this.desk.open(tx, batch, placed, now));
    const pings = await holdPings(tx, batch, now);
    return { routes, placed, sheet, rooms: allRooms, pings };
  }

  /** Sends leads on their routes, and finds the terms of whoever gets them. */
  private async route(
    tx: Transaction,
    decided: Decisions,
    { routes, placed, anew, now }: AtDesk,
  ): Promise<Routed> {
    const leads = [...decided].flatMap(([pending, decision]) =>
      decision.kind === 'KEPT' && decision.desk ? [{ pending, decision }] : [],
    );
    if (leads.length === 0) return { decisions: decided, terms: placed.terms, desks: [] };
    const { desks, sales, offered, routed } = routeDecided(leads, routes.states);
    const wanted = new Map<string, TermsWanted>();
    for (const { pending, decision } of leads) {
      for (const sale of sales.get(pending) ?? []) wanted.set(...wantedFor(pending, decision, sale));
    }
    const terms = [...placed.terms];
    const numbers = new Map<string, number>();
    for (const [key, each] of wanted) {
      // Opened in this transaction: what nobody had opened yet stays open until it commits.
      const period = anew ? await openPeriod(tx, each.contract, now) : ownPeriod(each.contract, now);
      numbers.set(key, terms.push(termsOf(each, period, now)) - 1);
    }
    const decisions = new Map(decided);
    for (const { pending, decision } of leads) {
      const groups = (sales.get(pending) ?? []).map((sale) => {
        const number = numbers.get(wantedFor(pending, decision, sale)[0]);
        invariant(number !== undefined, 'a lead is sold under terms that were not looked for');
        return number;
      });
      const isOpen = offered.has(pending) || (decision.lead.past?.soldTo.length ?? 0) > 0;
      const state = groups.length > 0 ? 'SOLD' : isOpen ? 'ACCEPTED' : 'UNSOLD';
      const verdict = { ...decision.verdict, state } as const;
      decisions.set(pending, { ...decision, groups, verdict, routed: routed.get(pending) });
    }
    return { decisions, terms, desks };
  }

  /** Every statement goes out before this waits for the first: the commit may be right behind them. */
  private async write(
    tx: Transaction,
    { decisions, terms, desks }: Routed,
    {
      prepared: { keys, now },
      sheet,
      rooms,
      pings,
    }: Pick<Held, 'sheet' | 'rooms' | 'pings'> & { readonly prepared: Prepared },
  ): Promise<Decisions> {
    const kept = [...decisions].flatMap(([pending, decision]) =>
      decision.kind === 'KEPT' ? [keep(pending, decision, keys)] : [],
    );
    const isFirst = !kept.some(({ lead }) => lead.isReleased);
    const [accepted] = await Promise.all([
      kept.length > 0 ? this.intake.write(tx, kept, terms, now) : new Set<string>(),
      this.routed.write(tx, desks, { isFirst, now }),
      keepOffered(tx, kept, { desks, isNew: isFirst, pings, now }),
      useCredit(tx, creditUsesOf(kept, terms, rooms)),
      this.settlePersons(tx, sheet, kept, now),
    ]);
    return withStates(decisions, accepted);
  }

  /** The persons of leads that count from now on, and of those that do not. */
  private async settlePersons(
    tx: Transaction,
    sheet: DeskSheet,
    kept: readonly KeptLead[],
    now: Date,
  ): Promise<void> {
    const fresh = kept.filter(({ lead }) => lead.past === null);
    const keyed = fresh.map(({ lead, verdict }) => ({
      agencyId: lead.agencyId,
      leadId: lead.leadId,
      keys: lead.keys,
      acceptedAt: isAccepted(verdict.state) && !lead.submission.test ? now : null,
      isReleased: lead.isReleased,
    }));
    const settled = this.persons.settle(
      tx,
      sheet.claimed,
      sheet.known,
      keyed.filter(({ isReleased }) => !isReleased),
    );
    const accepted = keyed.flatMap((lead) => (lead.isReleased ? [this.persons.accept(tx, lead)] : []));
    await Promise.all([settled, ...accepted]);
  }

  private countSource({ actor, read }: Pending, now: Date): number {
    const { channel = null, campaign = null, subId = null } = read.given.source ?? {};
    return this.pace.count(JSON.stringify([actor.organizationId, channel, campaign, subId]), now);
  }
}

/** See {@link TakeLeads.prepare}. */
export interface Prepared {
  readonly placement: Placement;
  readonly keys: ReadonlyMap<string, TenantKeys>;
  readonly now: Date;
  readonly anew: boolean;
}

/** What was decided on a batch, as soon as it is written. */
export interface Taken {
  readonly last: Promise<Decisions>;
}

/** Waits for what was written. Undefined when something moved meanwhile: the transaction is broken then. */
export async function decisionsOf(taken: Outcome<Taken>): Promise<Decisions | undefined> {
  if (!taken.ok) return undefined;
  try {
    return await taken.value.last;
  } catch (error) {
    if (hasMoved(error)) return undefined;
    throw error;
  }
}

interface Held {
  readonly routes: HeldDesks;
  readonly placed: Placement;
  readonly sheet: DeskSheet;
  readonly rooms: Rooms;
  readonly pings: PingSheet | null;
}

interface AtDesk extends Held {
  readonly anew: boolean;
  readonly now: Date;
}

interface Routed {
  readonly decisions: Decisions;
  readonly terms: readonly IntakeTerms[];
  readonly desks: readonly RoutedAtDesk[];
}

function isAccepted(state: Verdict['state']): boolean {
  return state === 'SOLD' || state === 'ACCEPTED' || state === 'UNSOLD';
}

function askedOf(pending: Pending, { leads, terms }: Placement): RouteAsked {
  const { checked } = pending;
  invariant(checked.ok, 'a lead that is refused asks for no route');
  const placed = leads.get(pending);
  const group = placed?.ok ? placed.value.group : null;
  const onlyContractId = group === null ? null : (terms[group]?.contract.contractId ?? null);
  return { onlyContractId, ...askedBy(checked.value) };
}

/**
 * The placement with the routes that are held. A lead that goes to one contract is refused for it as without a route.
 * Undefined when a lead was placed for a route that is no more.
 */
function withRoutes(
  placement: Placement,
  sound: readonly Pending[],
  desks: readonly (HeldDesk | null)[],
): Placement | undefined {
  const leads = new Map(placement.leads);
  for (const [index, pending] of sound.entries()) {
    const placed = leads.get(pending);
    const desk = desks[index] ?? null;
    if (!desk) {
      if (placed?.ok && placed.value.group === null) return undefined;
      continue;
    }
    const { checked } = pending;
    if (!checked.ok || (desk.isDirect && !placed?.ok)) continue;
    const group = desk.isDirect && placed?.ok ? placed.value.group : null;
    leads.set(pending, done({ lead: checked.value, group, desk }));
  }
  return { ...placement, leads };
}

/** The terms of a sale, under a key that is the same for all sales under the same. */
function wantedFor(
  { rules }: Pending,
  { desk }: KeptDecision,
  { contractId, amountMinor }: Sale,
): [key: string, wanted: TermsWanted] {
  const contract = desk?.contracts.get(contractId);
  invariant(contract, 'a lead is sold under a contract that takes none');
  const bidMinor = amountMinor === contract.terms.baseRate.amountMinor ? null : amountMinor;
  return [
    `${contractId} ${bidMinor} ${rules.version}`,
    { contract, isOnly: false, verticalVersion: rules.version, bidMinor },
  ];
}

/** What was to be sold and is still on its way to all its buyers is accepted. */
function withStates(decisions: Decisions, accepted: ReadonlySet<string>): Decisions {
  if (accepted.size === 0) return decisions;
  return new Map(
    [...decisions].map(([pending, decision]) => {
      if (decision.kind !== 'KEPT' || !accepted.has(decision.lead.leadId)) return [pending, decision];
      return [pending, { ...decision, verdict: { ...decision.verdict, state: 'ACCEPTED' } }];
    }),
  );
}

function keep(
  { lookUps }: Pending,
  decision: Extract<Decision, { readonly kind: 'KEPT' }>,
  keys: ReadonlyMap<string, TenantKeys>,
): KeptLead {
  const { lead, groups, verdict } = decision;
  const { person: personKeys = [], consent: consentKeys = [] } = keys.get(lead.agencyId) ?? {};
  const { consent } = lead.submission;
  const sealed = sealPerson(personKeys, lead, personalOf(lead));
  return {
    lead,
    groups,
    verdict,
    consent: consent && {
      sealed: sealConsent(consentKeys, lead, consent),
      textHash: consent.text === null ? null : lookUps.ofText(consent.text),
    },
    ...sealed,
  };
}

function personalOf({ submission: { contact, attributes, publicKeys } }: IntakeLead) {
  const personal = attributes.flatMap(({ key, value }, index) =>
    publicKeys.has(key) ? [] : [{ index, key, value }],
  );
  return { contact, attributes: personal };
}
