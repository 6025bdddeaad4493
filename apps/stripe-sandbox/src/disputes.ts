import type { Stripe } from 'stripe';
import { move } from './balance.js';
import { behaviourOfMethod } from './payment-methods.js';
import { dayMs } from './clock.js';
import { schedule } from './due.js';
import { emit } from './events.js';
import { invalid, missing } from './failure.js';
import { listOf } from './lists.js';
import { schemas } from './schemas.js';
import { find, idOf, mergeMetadata, route, type Call, type Route, type World } from './world.js';

const responseDays = 7;

export interface NewDispute {
  readonly charge: string;
  /** What is left of the charge, unless told. */
  readonly amount?: number;
  readonly reason?: string;
  /** The bank only asks: nothing is withdrawn. */
  readonly inquiry?: boolean;
}

/** A buyer's bank takes the money of a charge back, and Stripe its fee: both leave the balance at once. */
export function openDispute(
  world: World,
  { charge: chargeId, amount, reason, inquiry = false }: NewDispute,
): Stripe.Dispute {
  const charge = world.store.get('charges', chargeId);
  if (!charge) throw missing('charge', chargeId);
  if (charge.disputed) throw invalid('The charge has been disputed already.');
  const taken = amount ?? charge.amount - charge.amount_refunded;
  if (charge.status !== 'succeeded' || taken < 1 || taken > charge.amount) {
    throw invalid('There is nothing to dispute.', { param: 'amount' });
  }
  const id = world.store.newId('du');
  const withdrawn = inquiry ? [] : [withdraw(world, { id, charge, amount: taken })];
  const dueBy = world.clock.seconds() + (responseDays * dayMs) / 1000;
  const row = {
    id,
    object: 'dispute',
    amount: taken,
    balance_transactions: withdrawn,
    charge: chargeId,
    created: world.clock.seconds(),
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: emptyEvidence(),
    evidence_details: {
      due_by: dueBy,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'manual',
    },
    intended_submission_method: null,
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    payment_intent: idOf(charge.payment_intent),
    reason: reason ?? 'fraudulent',
    status: inquiry ? 'warning_needs_response' : 'needs_response',
  } satisfies Stripe.Dispute;
  world.store.add('disputes', row, world.store.ownerOf(chargeId));
  world.store.change('charges', chargeId, { disputed: true });
  emit(world, 'charge.dispute.created', row);
  if (!inquiry) emit(world, 'charge.dispute.funds_withdrawn', row);
  schedule(world, dueBy * 1000, 'dispute_due', id);
  return row;
}

function withdraw(
  world: World,
  dispute: { readonly id: string; readonly charge: Stripe.Charge; readonly amount: number },
): Stripe.BalanceTransaction {
  return move(world, {
    owner: world.store.ownerOf(dispute.charge.id),
    type: 'adjustment',
    amount: -dispute.amount,
    fee: world.settings.disputeFee,
    feeDescription: 'Dispute fee',
    currency: dispute.charge.currency,
    source: dispute.id,
    description: `Chargeback withdrawal for ${dispute.charge.id}`,
    reportingCategory: 'dispute',
  });
}

/** The bank was not content with the answer to its inquiry: now it takes the money. */
export function escalateDispute(world: World, disputeId: string): Stripe.Dispute {
  const before = world.store.get('disputes', disputeId);
  const charge = world.store.get('charges', idOf(before?.charge) ?? '');
  if (!before || !charge) throw missing('dispute', disputeId);
  if (!isInquiry(before)) throw invalid('This is no inquiry.');
  const row = world.store.change('disputes', disputeId, {
    status: 'needs_response',
    balance_transactions: [withdraw(world, { id: disputeId, charge, amount: before.amount })],
  });
  emit(world, 'charge.dispute.updated', row);
  emit(world, 'charge.dispute.funds_withdrawn', row);
  return row;
}

function emptyEvidence(): Stripe.Dispute.Evidence {
  return {
    access_activity_log: null,
    billing_address: null,
    cancellation_policy: null,
    cancellation_policy_disclosure: null,
    cancellation_rebuttal: null,
    customer_communication: null,
    customer_email_address: null,
    customer_name: null,
    customer_purchase_ip: null,
    customer_signature: null,
    duplicate_charge_documentation: null,
    duplicate_charge_explanation: null,
    duplicate_charge_id: null,
    enhanced_evidence: {},
    product_description: null,
    receipt: null,
    refund_policy: null,
    refund_policy_disclosure: null,
    refund_refusal_explanation: null,
    service_date: null,
    service_documentation: null,
    shipping_address: null,
    shipping_carrier: null,
    shipping_date: null,
    shipping_documentation: null,
    shipping_tracking_number: null,
    uncategorized_file: null,
    uncategorized_text: null,
  };
}

/** The bank decides. Won: the money comes back, the fee does not. */
export function resolveDispute(world: World, disputeId: string, isWon: boolean): Stripe.Dispute {
  const before = world.store.get('disputes', disputeId);
  if (!before) throw missing('dispute', disputeId);
  if (isClosed(before)) throw invalid('This dispute is already closed.');
  if (isInquiry(before)) {
    const answered = world.store.change('disputes', disputeId, { status: 'warning_closed' });
    emit(world, 'charge.dispute.closed', answered);
    return answered;
  }
  const closed = world.store.change('disputes', disputeId, { status: isWon ? 'won' : 'lost' });
  if (!isWon) {
    emit(world, 'charge.dispute.closed', closed);
    return closed;
  }
  const chargeId = idOf(before.charge) ?? '';
  const reinstatement = move(world, {
    owner: world.store.ownerOf(disputeId),
    type: 'adjustment',
    amount: before.amount,
    currency: before.currency,
    source: disputeId,
    description: `Chargeback reversal for ${chargeId}`,
    reportingCategory: 'dispute_reversal',
  });
  const row = world.store.change('disputes', disputeId, {
    balance_transactions: [...before.balance_transactions, reinstatement],
  });
  emit(world, 'charge.dispute.funds_reinstated', row);
  emit(world, 'charge.dispute.closed', row);
  return row;
}

/** A debit that the bank returns after its success: a dispute that is lost from the beginning. */
export function openLostDispute(world: World, chargeId: string, reason: string): Stripe.Dispute {
  const { id } = openDispute(world, { charge: chargeId, reason });
  const charge = world.store.get('charges', chargeId);
  for (const mandate of world.store.all('mandates')) {
    // The buyer's agreement ends with it.
    if (mandate.payment_method !== charge?.payment_method || mandate.status === 'inactive') continue;
    emit(world, 'mandate.updated', world.store.change('mandates', mandate.id, { status: 'inactive' }));
  }
  return resolveDispute(world, id, false);
}

/** Who does not answer in time has lost. */
export function disputeDue(world: World, disputeId: string): void {
  const row = world.store.get('disputes', disputeId);
  if (row && ['needs_response', 'warning_needs_response'].includes(row.status)) {
    resolveDispute(world, disputeId, false);
  }
}

function isClosed({ status }: Stripe.Dispute): boolean {
  return status === 'won' || status === 'lost' || status === 'warning_closed';
}

function isInquiry({ status }: Stripe.Dispute): boolean {
  return status === 'warning_needs_response' || status === 'warning_under_review';
}

function update(call: Call<Stripe.DisputeUpdateParams>): Stripe.Dispute {
  const { world, params } = call;
  const before = find(call, 'disputes', call.path['id'] ?? '', 'dispute');
  if (isClosed(before)) {
    throw invalid('This dispute is already closed', { code: 'dispute_not_updatable' });
  }
  const charge = world.store.get('charges', idOf(before.charge) ?? '');
  if (params.evidence && behaviourOfMethod(world, charge?.payment_method ?? '').type !== 'card') {
    throw invalid('This dispute cannot be contested.');
  }
  const evidence = {
    ...before.evidence,
    ...(params.evidence as Partial<Stripe.Dispute.Evidence> | undefined),
  };
  const isSubmitted = params.evidence !== undefined && params.submit !== false;
  const details = before.evidence_details;
  const row = world.store.change('disputes', before.id, {
    evidence,
    ...(params.metadata !== undefined && { metadata: mergeMetadata(before.metadata, params.metadata) }),
    ...(isSubmitted && {
      status: isInquiry(before) ? ('warning_under_review' as const) : ('under_review' as const),
    }),
    evidence_details: {
      ...details,
      has_evidence: params.evidence !== undefined || details.has_evidence,
      submission_count: details.submission_count + (isSubmitted ? 1 : 0),
    },
  });
  emit(world, 'charge.dispute.updated', row);
  if (!isSubmitted) return row;
  // As in Stripe's test mode, these two words decide it.
  if (evidence.uncategorized_text === 'winning_evidence') return resolveDispute(world, row.id, true);
  if (evidence.uncategorized_text === 'losing_evidence') return resolveDispute(world, row.id, false);
  return row;
}

function list(call: Call<Stripe.DisputeListParams>) {
  const { charge, payment_intent: intent } = call.params;
  return listOf(
    call,
    'disputes',
    '/v1/disputes',
    (row) =>
      (charge === undefined || row.charge === charge) &&
      (intent === undefined || row.payment_intent === intent),
  );
}

export const disputeRoutes: readonly Route[] = [
  route('GET', '/v1/disputes', schemas.disputes['list'], list),
  route('GET', '/v1/disputes/:id', null, (call) => find(call, 'disputes', call.path['id'] ?? '', 'dispute')),
  route('POST', '/v1/disputes/:id', schemas.disputes['update'], update),
  route<Stripe.DisputeCloseParams>('POST', '/v1/disputes/:id/close', schemas.disputes['close'], (call) => {
    const row = find(call, 'disputes', call.path['id'] ?? '', 'dispute');
    return resolveDispute(call.world, row.id, false);
  }),
];
