import type Stripe from 'stripe';
import type { AccountRequirement, AccountSnapshot } from '#payments';
import { timeFrom } from './amounts.js';
import { operationOf } from './references.js';

/** An account of API v2 that receives. */
export function accountV2Snapshot(row: Stripe.V2.Core.Account): AccountSnapshot {
  const balance = row.configuration?.recipient?.capabilities?.stripe_balance;
  const transfers = balance?.stripe_transfers;
  const isClosed = row.closed === true;
  const transfersActive = !isClosed && transfers?.status === 'active';
  return {
    object: 'account',
    id: row.id,
    operationId: operationOf(row),
    transfersActive,
    // Where it does not tell of payouts, they go with transfers.
    payoutsEnabled:
      balance?.payouts === undefined ? transfersActive : !isClosed && balance.payouts.status === 'active',
    rejected: isClosed || transfers?.status === 'rejected' || transfers?.status === 'unsupported',
    requirements: requirementsV2(row.requirements),
  };
}

function requirementsV2(
  requirements: Stripe.V2.Core.Account.Requirements | undefined,
): readonly AccountRequirement[] {
  const soonest = requirements?.summary?.minimum_deadline;
  return (requirements?.entries ?? []).flatMap((entry): readonly AccountRequirement[] => {
    const { status } = entry.minimum_deadline;
    if (entry.awaiting_action_from !== 'user' || status === 'eventually_due') return [];
    // Only the soonest deadline of all is told.
    const time = status === 'currently_due' && soonest?.status === status ? soonest.time : undefined;
    return [
      {
        field: entry.description,
        dueAt: time === undefined ? null : new Date(time),
        overdue: status === 'past_due',
        errorCode: entry.errors[0]?.code ?? null,
      },
    ];
  });
}

/** An account as API v1 shows it. */
export function accountV1Snapshot(row: Stripe.Account): AccountSnapshot {
  const { requirements } = row;
  return {
    object: 'account',
    id: row.id,
    operationId: operationOf(row),
    transfersActive: row.capabilities?.transfers === 'active',
    payoutsEnabled: row.payouts_enabled === true,
    rejected: requirements?.disabled_reason?.startsWith('rejected.') === true,
    requirements: requirementsV1(requirements),
  };
}

function requirementsV1(
  requirements: Stripe.Account.Requirements | null | undefined,
): readonly AccountRequirement[] {
  const overdue = new Set(requirements?.past_due);
  const deadline = requirements?.current_deadline ?? null;
  const errors = new Map(requirements?.errors?.map(({ requirement, code }) => [requirement, code]));
  return [...new Set([...overdue, ...(requirements?.currently_due ?? [])])].map((field) => ({
    field,
    dueAt: deadline === null || overdue.has(field) ? null : timeFrom(deadline),
    overdue: overdue.has(field),
    errorCode: errors.get(field) ?? null,
  }));
}
