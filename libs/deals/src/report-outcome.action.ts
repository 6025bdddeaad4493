import { rebill } from '#charges';
import type { Clock } from '#calendar';
import { type ContractTerms, termsOfVersion } from '#contracts';
import { newId, once, type Transaction, UnitOfWork } from '#database';
import { emit, type EventFact } from '#events';
import { type Delivery, DeliveryStore, type OutcomeStage } from '#leads';
import type { Actor } from '#organizations';
import { done, invariant, type Outcome, type Refusal, refuse, refused, unreachable } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { comparableMoney, type Deal, readDealAmount, refusalOfRepeat, type StatedMoney } from './deal.js';
import { dealEvent } from './deal-event.js';
import { DealStore } from './deal.store.js';
import type { OutcomeEvent, OutcomeProvenance } from './outcome-event.js';
import { OutcomeEventStore } from './outcome-event.store.js';
import { allowedAfter, contactBy, mayFollow, qualifiedAtAfter } from './outcome-stage.js';
import { type Withdrawal, withdrawQualification } from './qualification.js';
import { readInstant, readNote, readReason, readReference } from './reported-value.js';

/** What became of a lead, as it is reported. Times default to now; amounts are decimals as the caller wrote them. */
export type ReportedOutcome =
  | {
      readonly kind: 'STAGE';
      readonly stage: OutcomeStage;
      readonly occurredAt?: Date;
      readonly note?: string;
    }
  | {
      readonly kind: 'WON';
      readonly amount: StatedMoney;
      readonly closedAt?: Date;
      readonly dealReference?: string;
    }
  | { readonly kind: 'LOST'; readonly reason: string; readonly closedAt?: Date };

/** A report on the lead with this uuid; the provenance is API unless another way in says otherwise. */
export interface ReportOutcomeInput {
  readonly leadId: string;
  readonly outcome: ReportedOutcome;
  readonly idempotencyKey: string;
  readonly provenance?: OutcomeProvenance;
}

/** What a report has made: ids to read it again, the charges that were written because of it, and why others were not. */
export interface OutcomeReported {
  readonly agencyId: string;
  readonly leadId: string;
  readonly deliveryId: string;
  readonly dealId: string | null;
  readonly outcomeEventId: string | null;
  readonly chargeIds: readonly string[];
  readonly notes: readonly string[];
  /** The same was reported before under another key, so nothing was written. */
  readonly repeated: boolean;
}

interface Report {
  readonly actor: Actor;
  readonly now: Date;
  readonly delivery: Delivery;
  readonly provenance: OutcomeProvenance;
}

/** What is new, before it is written. */
interface Fact {
  readonly stage: OutcomeStage;
  readonly occurredAt: Date;
  readonly deal: Deal | null;
  readonly reason: string | null;
  readonly note: string | null;
}

const leadIdPath = ['input', 'leadId'];
const rerouted =
  'The person was not reached in the time of the contract: the lead was taken back, and nothing is owed for it.';
const stagePath = ['input', 'outcome', 'stage'];
const wonPath = ['input', 'outcome', 'won'];
const lostPath = ['input', 'outcome', 'lost'];

/** Stages that are more than a stage and so are reported by an act of their own. */
const otherActs: Readonly<Partial<Record<OutcomeStage, string>>> = {
  WON: 'Report a sale as won, with its amount.',
  LOST: 'Report a lost lead as lost, with the reason.',
  REFUNDED: 'Cancel the deal instead.',
  CANCELED: 'Cancel the deal instead.',
};

/** Takes a buyer's report of what became of a lead. */
@Injectable()
export class ReportOutcome {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly deliveries: DeliveryStore,
    private readonly deals: DealStore,
    private readonly events: OutcomeEventStore,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /**
   * Records a fact about a lead that the acting buyer was given, moves its stage, and charges or reverses what that makes of the
   * price, all in one transaction. Refuses NOT_FOUND, LEAD_RETURNED, ILLEGAL_TRANSITION (with the allowed stages),
   * DEAL_REFERENCE_REUSED, and what is wrong with a value.
   */
  async execute(
    actor: Actor,
    input: ReportOutcomeInput,
  ): Promise<Outcome<OutcomeReported & { readonly replayed: boolean }>> {
    const now = this.clock.now();
    const outcome = await this.unitOfWork.run((tx) =>
      once<OutcomeReported>(
        tx,
        {
          organizationId: actor.organizationId,
          key: input.idempotencyKey,
          operation: 'reportOutcome',
          input: { leadId: input.leadId, outcome: comparable(input.outcome) },
          now,
        },
        () => this.report(tx, actor, input, now),
      ),
    );
    if (!outcome.ok) return outcome;
    return done({ ...outcome.value, replayed: outcome.value.replayed || outcome.value.repeated });
  }

  private async report(
    tx: Transaction,
    actor: Actor,
    input: ReportOutcomeInput,
    now: Date,
  ): Promise<Outcome<OutcomeReported>> {
    if (actor.kind !== 'BUYER') return refuse('NOT_PERMITTED');
    const delivery = await this.deliveries.lockForBuyer(tx, actor.organizationId, input.leadId);
    // A test key sees test leads only: it must never move money.
    if (!delivery || (actor.mode === 'test' && !delivery.test))
      return refuse('NOT_FOUND', { field: leadIdPath });
    if (delivery.reroutedAt !== null)
      return refuse('LEAD_RETURNED', { field: leadIdPath, message: rerouted });
    if (delivery.state === 'RETURNED') return refuse('LEAD_RETURNED', { field: leadIdPath });
    if (delivery.state !== 'ACCEPTED') return refuse('NOT_FOUND', { field: leadIdPath });
    const report: Report = { actor, now, delivery, provenance: input.provenance ?? 'API' };
    switch (input.outcome.kind) {
      case 'STAGE':
        return await this.reportStage(tx, report, input.outcome);
      case 'WON':
        return await this.reportWon(tx, report, input.outcome);
      case 'LOST':
        return await this.reportLost(tx, report, input.outcome);
      default:
        return unreachable(input.outcome);
    }
  }

  private async reportStage(
    tx: Transaction,
    report: Report,
    { stage, ...rest }: Extract<ReportedOutcome, { kind: 'STAGE' }>,
  ): Promise<Outcome<OutcomeReported>> {
    const field = [...stagePath, 'stage'];
    const otherAct = otherActs[stage];
    if (otherAct !== undefined) return refuse('INVALID_VALUE', { field, message: otherAct });
    const moved = checkMove(report.delivery.stage, stage, field);
    if (!moved.ok) return moved;
    const occurredAt = readInstant(rest.occurredAt, boundsOf(report), [...stagePath, 'occurredAt']);
    const note = readNote(rest.note, [...stagePath, 'note']);
    if (!occurredAt.ok || !note.ok) return refused(...refusalsOf(occurredAt, note));
    return await this.record(tx, report, {
      stage,
      occurredAt: occurredAt.value,
      deal: null,
      reason: null,
      note: note.value,
    });
  }

  private async reportLost(
    tx: Transaction,
    report: Report,
    lost: Extract<ReportedOutcome, { kind: 'LOST' }>,
  ): Promise<Outcome<OutcomeReported>> {
    const moved = checkMove(report.delivery.stage, 'LOST', lostPath);
    if (!moved.ok) return moved;
    const occurredAt = readInstant(lost.closedAt, boundsOf(report), [...lostPath, 'closedAt']);
    const reason = readReason(lost.reason, [...lostPath, 'reason']);
    if (!occurredAt.ok || !reason.ok) return refused(...refusalsOf(occurredAt, reason));
    return await this.record(tx, report, {
      stage: 'LOST',
      occurredAt: occurredAt.value,
      deal: null,
      reason: reason.value,
      note: null,
    });
  }

  private async reportWon(
    tx: Transaction,
    report: Report,
    won: Extract<ReportedOutcome, { kind: 'WON' }>,
  ): Promise<Outcome<OutcomeReported>> {
    const { delivery, now } = report;
    const referencePath = [...wonPath, 'dealReference'];
    const { currency } = (await termsOf(tx, delivery)).baseRate;
    const amountMinor = readDealAmount(won.amount, currency, [...wonPath, 'amount']);
    const reference = readReference(won.dealReference, referencePath);
    const closedAt = readInstant(won.closedAt, boundsOf(report), [...wonPath, 'closedAt']);
    if (!amountMinor.ok || !reference.ok || !closedAt.ok) {
      return refused(...refusalsOf(amountMinor, closedAt, reference));
    }
    const stated = {
      deliveryId: delivery.id,
      amountMinor: amountMinor.value,
      closedAt: won.closedAt ?? null,
    };
    const earlier = await this.deals.findNamed(tx, delivery, reference.value);
    if (earlier) {
      const refusal = refusalOfRepeat(earlier, stated, referencePath);
      return refusal ? refused(refusal) : await this.repeat(tx, earlier);
    }
    const deal: Deal = {
      agencyId: delivery.agencyId,
      id: newId(),
      deliveryId: delivery.id,
      leadId: delivery.leadId,
      buyerId: delivery.buyerId,
      contractId: delivery.contractId,
      reference: reference.value,
      amountMinor: amountMinor.value,
      currency,
      state: 'WON',
      version: 1,
      closedAt: closedAt.value,
      reportedAt: now,
    };
    if (!(await this.deals.insert(tx, deal))) {
      // Another lead of the contract took the reference since it was looked up.
      const winner = await this.deals.findNamed(tx, delivery, reference.value);
      const refusal = winner && refusalOfRepeat(winner, stated, referencePath);
      return refusal ? refused(refusal) : refuse('DEAL_REFERENCE_REUSED', { field: referencePath });
    }
    return await this.record(tx, report, {
      stage: 'WON',
      occurredAt: deal.closedAt,
      deal,
      reason: null,
      note: null,
    });
  }

  private async repeat(tx: Transaction, deal: Deal): Promise<Outcome<OutcomeReported>> {
    return done({
      agencyId: deal.agencyId,
      leadId: deal.leadId,
      deliveryId: deal.deliveryId,
      dealId: deal.id,
      outcomeEventId: await this.events.findWon(tx, deal.agencyId, deal.deliveryId, deal.id),
      chargeIds: [],
      notes: [],
      repeated: true,
    });
  }

  private async record(tx: Transaction, report: Report, fact: Fact): Promise<Outcome<OutcomeReported>> {
    const { actor, now, delivery } = report;
    const event = eventOf(report, fact);
    await this.events.insert(tx, event);
    await emit(tx, toldOf(report, fact, event.id));
    const quality = await this.qualityAfter(tx, report, fact);
    await this.deliveries.setStage(tx, delivery, { stage: fact.stage, qualifiedAt: quality.qualifiedAt });
    await this.recordContact(tx, delivery, fact);
    const { agencyId, id: deliveryId, leadId } = delivery;
    const { charges, notes } = await rebill(tx, { actor, now, agencyId, deliveryId });
    const dealId = fact.deal?.id ?? null;
    return done({
      agencyId,
      leadId,
      deliveryId,
      dealId,
      outcomeEventId: event.id,
      chargeIds: charges.map((charge) => charge.id),
      notes: [
        ...quality.notes,
        ...notes.filter((note) => note.dealId === null || note.dealId === dealId).map((note) => note.text),
      ],
      repeated: false,
    });
  }

  /** The clock of the first contact runs by when it happened, as reported; the first report of each kind counts. */
  private async recordContact(
    tx: Transaction,
    delivery: Delivery,
    { stage, occurredAt }: Fact,
  ): Promise<void> {
    const contact = contactBy(stage);
    const { firstAttemptAt, firstContactAt } = delivery.contact;
    if (contact === null || firstContactAt !== null || (contact === 'ATTEMPT' && firstAttemptAt !== null))
      return;
    const contactAt = contact === 'CONTACT' ? occurredAt : null;
    await this.deliveries.recordContact(tx, delivery, { attemptAt: occurredAt, contactAt });
  }

  private async qualityAfter(tx: Transaction, { now, delivery }: Report, fact: Fact): Promise<Withdrawal> {
    const qualifiedAt = qualifiedAtAfter(delivery.qualifiedAt, fact.stage, fact.occurredAt);
    if (qualifiedAt !== null || delivery.qualifiedAt === null) return { qualifiedAt, notes: [] };
    return withdrawQualification(delivery, await termsOf(tx, delivery), now);
  }
}

/** What makes two reports the same: an amount is what it says, not how it was written. */
function comparable(outcome: ReportedOutcome): ReportedOutcome {
  return outcome.kind === 'WON' ? { ...outcome, amount: comparableMoney(outcome.amount) } : outcome;
}

async function termsOf(tx: Transaction, delivery: Delivery): Promise<ContractTerms> {
  const terms = await termsOfVersion(tx, delivery.agencyId, delivery.contractId, delivery.contractVersion);
  invariant(terms, 'the terms of a delivery are missing');
  return terms;
}

function eventOf({ actor, now, delivery, provenance }: Report, fact: Fact): OutcomeEvent {
  return {
    agencyId: delivery.agencyId,
    id: newId(),
    deliveryId: delivery.id,
    leadId: delivery.leadId,
    kind: fact.stage,
    provenance,
    dealId: fact.deal?.id ?? null,
    amountMinor: fact.deal?.amountMinor ?? null,
    currency: fact.deal?.currency ?? null,
    reason: fact.reason,
    note: fact.note,
    occurredAt: fact.occurredAt,
    recordedAt: now,
    actorId: actor.id,
  };
}

/** A sale is told as a deal, and not once more as a stage. */
function toldOf({ now, delivery, provenance }: Report, fact: Fact, outcomeEventId: string): EventFact {
  const { id: deliveryId, leadId, agencyId, buyerId, test } = delivery;
  if (fact.deal) return dealEvent('WON', fact.deal, { occurredAt: now, test });
  const ids = { outcomeEventId, leadId, deliveryId, agencyId, buyerId };
  const payload = { ...ids, stage: fact.stage, provenance, reportedFor: fact.occurredAt };
  return { type: 'outcome.reported', occurredAt: now, test, payload };
}

function checkMove(from: OutcomeStage, to: OutcomeStage, field: readonly string[]): Outcome<undefined> {
  if (mayFollow(from, to)) return done(undefined);
  return refuse('ILLEGAL_TRANSITION', {
    field,
    message: `From the present stage, ${from}, the lead can move to: ${allowedAfter(from).join(', ')}.`,
    data: { allowed: allowedAfter(from) },
  });
}

function boundsOf({ now, delivery }: Report): { readonly now: Date; readonly deliveredAt: Date } {
  return { now, deliveredAt: delivery.deliveredAt };
}

function refusalsOf(...outcomes: readonly Outcome<unknown>[]): Refusal[] {
  return outcomes.flatMap((outcome) => (outcome.ok ? [] : outcome.refusals));
}
