import { localDateOf, periodContaining } from '#calendar';
import { type ContractTerms, price, type PricingNote, termsOfVersion } from '#contracts';
import { newId, type Transaction } from '#database';
import {
  agencyShareCorrected,
  chargeAccrued,
  feeShareCorrected,
  type NewJournal,
  type NewPosting,
  postJournals,
  splitFromAgency,
} from '#ledger';
import type { Actor } from '#organizations';
import { invariant } from '#outcome';
import { type Charge, journalKeyOf } from './charge.js';
import { chargesOfSources, insertCharges } from './charge.store.js';
import { type BilledDelivery, readBilledDelivery } from './delivery-facts.queries.js';
import { gather, type Gathered, holdSettlements } from './gathering.store.js';
import type { SettlementSeries } from './gathering.js';
import { type ChargeStep, reconcile } from './reconcile.js';

export interface RebillRequest {
  readonly actor: Actor;
  readonly now: Date;
  readonly agencyId: string;
  readonly deliveryId: string;
}

export interface Rebilled {
  /** The charges written now: none when the facts changed nothing that is owed. */
  readonly charges: readonly Charge[];
  /** Recorded facts that the terms give no price, in words. */
  readonly notes: readonly PricingNote[];
}

interface Billing {
  readonly tx: Transaction;
  readonly request: RebillRequest;
  readonly delivery: BilledDelivery;
  readonly terms: ContractTerms;
  readonly series: SettlementSeries;
}

/**
 * Makes the charges of a delivery equal what its facts make owed, after any change of the facts: prices them with the
 * terms in force when the lead was delivered, and charges, restates or mirrors the difference through the ledger.
 * A step of the caller's transaction; the caller holds the delivery's row FOR UPDATE.
 */
export async function rebill(tx: Transaction, request: RebillRequest): Promise<Rebilled> {
  const { agencyId, deliveryId, now } = request;
  const delivery = await readBilledDelivery(tx, agencyId, deliveryId);
  invariant(delivery, 'the delivery to bill is missing');
  const terms = await termsOfVersion(tx, agencyId, delivery.contractId, delivery.contractVersion);
  invariant(terms, 'the terms of a delivery are missing');
  const { charges: wanted, notes } = price(terms, delivery.facts);
  const sources = [deliveryId, ...delivery.facts.deals.map(({ dealId }) => dealId)];
  const existing = await chargesOfSources(tx, agencyId, sources);
  const { returnedAt } = delivery.facts;
  // A return that nobody decided took effect when the time to object ran out, however late it is booked.
  const steps = reconcile({
    deliveryId,
    wanted,
    existing,
    returned: returnedAt !== null,
    now: returnedAt ?? now,
  });
  const series = {
    agencyId,
    buyerId: delivery.buyerId,
    currency: terms.baseRate.currency,
    schedule: terms.settlementSchedule,
    timeZone: terms.timeZone,
  };
  const charges = await writeSteps({ tx, request, delivery, terms, series }, steps);
  return { charges, notes };
}

async function writeSteps(billing: Billing, steps: readonly ChargeStep[]): Promise<Charge[]> {
  const { tx, request } = billing;
  const corrected = steps.flatMap(({ corrects }) => (corrects ? [corrects.settlementId] : []));
  const held =
    corrected.length > 0
      ? await holdSettlements(tx, request.agencyId, corrected)
      : new Map<string, Gathered>();
  const charges: Charge[] = [];
  for (const step of steps) {
    const charge = await place(billing, step, held);
    // One at a time: each correction takes from the agency what the ones before it have left.
    const journal = await journalOf(billing, charge, step.corrects);
    const posted = await postJournals(tx, request.actor, request.now, [journal]);
    invariant(posted.ok, `the journal ${journal.idempotencyKey} was posted before with other content`);
    charges.push(charge);
  }
  await insertCharges(tx, charges);
  return charges;
}

/** Finds the settlement that takes the step: the corrected charge's own while that is open, else the earliest open. */
async function place(
  { tx, request, delivery, series }: Billing,
  step: ChargeStep,
  held: ReadonlyMap<string, Gathered>,
): Promise<Charge> {
  const own = periodContaining(series.schedule, localDateOf(step.effectiveAt, series.timeZone));
  const { corrects, ...priced } = step;
  const of = corrects === null ? undefined : held.get(corrects.settlementId);
  invariant(corrects === null || of, 'a charge lies in no settlement');
  const charge = {
    ...priced,
    agencyId: request.agencyId,
    id: newId(),
    deliveryId: delivery.facts.deliveryId,
    leadId: delivery.leadId,
    contractId: delivery.contractId,
    contractVersion: delivery.contractVersion,
    recordedAt: request.now,
    afterApproval: of?.approved === true && step.amountMinor < 0n,
  };
  if (of?.open) return { ...charge, settlementId: of.rootId, latePeriodStart: null };
  const gathering = await gather(tx, series, of?.period ?? own, request.now);
  const belongsTo = of === undefined ? own.start : of.period.start;
  return {
    ...charge,
    settlementId: gathering.rootId,
    latePeriodStart: gathering.periodStart === belongsTo ? null : belongsTo,
  };
}

async function journalOf(
  { tx, request, delivery }: Billing,
  charge: Charge,
  corrects: Charge | null,
): Promise<NewJournal> {
  const { buyerId } = delivery;
  // What corrected an approved statement gave the buyer credit, which may be used up by now. Taking that back is owed
  // anew, like a deal restated upwards: billed by the next statement, and no mirror of the credit.
  const exactMirror = charge.reverses !== null && !charge.afterApproval && corrects?.afterApproval !== true;
  return {
    bookId: request.agencyId,
    id: charge.id,
    kind: kindOf(charge),
    source: `charge:${charge.id}`,
    idempotencyKey: journalKeyOf(charge),
    currency: charge.currency,
    effectiveAt: charge.effectiveAt,
    reverses: exactMirror ? charge.reverses : null,
    postings: charge.afterApproval
      ? await correctionOf(tx, charge, buyerId)
      : // A reversal is the accrual of the negative amount, which swaps the sides: the exact mirror.
        chargeAccrued({ payee: charge.payee, buyerId, amountMinor: charge.amountMinor }),
  };
}

async function correctionOf(
  tx: Transaction,
  charge: Charge,
  buyerId: string,
): Promise<readonly NewPosting[]> {
  const amountMinor = -charge.amountMinor;
  if (charge.payee === 'OPERATOR') return feeShareCorrected({ buyerId, amountMinor });
  const split = await splitFromAgency(tx, charge.agencyId, charge.currency, amountMinor);
  return agencyShareCorrected({ buyerId, split });
}

function kindOf(charge: Charge): string {
  if (charge.afterApproval) return 'correction';
  if (charge.reverses !== null) return 'reversal';
  if (charge.component === 'RESTATEMENT') return 'restatement';
  return charge.part === 'BASE' ? 'base' : 'commission';
}
