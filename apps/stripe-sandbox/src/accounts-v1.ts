import type { Stripe } from 'stripe';
import { type AccountRequirement, type ConnectedAccount } from './tables.js';

/** An account in the words of v1. */
export function accountView(row: ConnectedAccount): Stripe.Account {
  const isActive = row.transfers === 'active';
  return {
    id: row.id,
    object: 'account',
    business_profile: null,
    business_type: null,
    capabilities: row.transfersRequested
      ? { transfers: isActive ? 'active' : row.transfers === 'pending' ? 'pending' : 'inactive' }
      : {},
    charges_enabled: isActive,
    controller: {
      fees: { payer: 'application' },
      is_controller: true,
      losses: { payments: row.lossesCollector === 'application' ? 'application' : 'stripe' },
      requirement_collection: 'stripe',
      stripe_dashboard: { type: row.dashboard },
      type: 'application',
    },
    country: row.country,
    created: row.created,
    default_currency: row.currency,
    details_submitted: isActive || row.transfers === 'pending',
    email: row.email,
    metadata: row.metadata as Stripe.Metadata,
    payouts_enabled: isActive,
    requirements: requirementsView(row),
    type: row.type,
  } satisfies Stripe.Account;
}

function requirementsView(row: ConnectedAccount): Stripe.Account.Requirements {
  const having = (...states: readonly AccountRequirement['status'][]) =>
    row.requirements.filter(({ status }) => states.includes(status)).map(({ field }) => field);
  const deadlines = row.requirements.flatMap(({ deadline }) => (deadline === null ? [] : [deadline]));
  return {
    alternatives: [],
    current_deadline: deadlines.length > 0 ? Math.min(...deadlines) : null,
    currently_due: having('currently_due', 'past_due'),
    disabled_reason: disabledReason(row),
    errors: row.requirements.flatMap(({ field, error }) =>
      error === null
        ? []
        : [{ code: 'verification_failed_other' as const, reason: error, requirement: field }],
    ),
    eventually_due: having('currently_due', 'past_due', 'eventually_due'),
    past_due: having('past_due'),
    pending_verification: having('pending_verification'),
  };
}

function disabledReason(row: ConnectedAccount): Stripe.Account.Requirements.DisabledReason | null {
  if (row.transfers === 'active') return null;
  if (row.transfers === 'rejected') {
    return row.rejectedFor === 'fraud' ? 'rejected.fraud' : 'rejected.other';
  }
  return row.transfers === 'pending' ? 'requirements.pending_verification' : 'requirements.past_due';
}
