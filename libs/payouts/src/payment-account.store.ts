import { hashOf, type Transaction } from '#database';
import type { Reader } from '#ledger';
import type { AccountRequirement, AccountSnapshot } from '#payments';
import { type AccountState, type PaymentAccount, stateOf } from './payment-account.js';
import { lookAtPayoutsOf } from './payout-dues.store.js';

interface StoredRequirement {
  readonly field: string;
  readonly dueAt: string | null;
  readonly overdue: boolean;
  readonly errorCode: string | null;
}

export interface AccountRow {
  readonly agency_id: string;
  readonly provider_account_id: string | null;
  readonly attempt: number;
  readonly operation_id: string | null;
  readonly state: AccountState;
  readonly transfers_active: boolean;
  readonly payouts_enabled: boolean;
  readonly requirements: readonly StoredRequirement[];
  readonly failure_code: string | null;
  readonly checked_at: Date | null;
  readonly changed_at: Date;
}

export const accountColumns = `a.agency_id, a.provider_account_id, a.attempt, a.operation_id, a.state, a.transfers_active,
  a.payouts_enabled, a.requirements, a.failure_code, a.checked_at, a.changed_at`;

/** Row to domain type. */
export function accountOf(row: AccountRow): PaymentAccount & { readonly attempt: number } {
  return {
    agencyId: row.agency_id,
    providerAccountId: row.provider_account_id,
    attempt: row.attempt,
    operationId: row.operation_id,
    state: row.state,
    transfersActive: row.transfers_active,
    payoutsEnabled: row.payouts_enabled,
    requirements: row.requirements.map(({ dueAt, ...each }): AccountRequirement => ({
      ...each,
      dueAt: dueAt === null ? null : new Date(dueAt),
    })),
    failureCode: row.failure_code,
    checkedAt: row.checked_at,
    changedAt: row.changed_at,
  };
}

/** Held until the transaction ends. */
export async function lockAccount(
  tx: Transaction,
  agencyId: string,
): Promise<(PaymentAccount & { readonly attempt: number }) | undefined> {
  const [row] = await tx.query<AccountRow>(
    `select ${accountColumns} from payment_accounts a where a.agency_id = $1 for no key update`,
    [agencyId],
  );
  return row && accountOf(row);
}

/** Whose accounts exist, and how they stand. */
export async function accountsOf(
  reader: Reader,
  agencyIds: readonly string[],
): Promise<readonly PaymentAccount[]> {
  const rows = await reader.query<AccountRow>(
    `select ${accountColumns} from payment_accounts a where a.agency_id = any ($1::uuid[])`,
    [agencyIds],
  );
  return rows.map(accountOf);
}

/** An account is asked for, for the first time or anew after the provider refused; `attempt` is part of its key. */
export async function beginAccount(
  tx: Transaction,
  begun: {
    readonly agencyId: string;
    readonly attempt: number;
    readonly operationId: string;
    readonly now: Date;
  },
): Promise<void> {
  const { agencyId, attempt, operationId, now } = begun;
  await tx.query(
    `insert into payment_accounts (agency_id, attempt, operation_id, state, changed_at)
     values ($1, $2, $3, 'CREATING', $4)
     on conflict on constraint payment_accounts_pkey do update
       set attempt = excluded.attempt, operation_id = excluded.operation_id, failure_code = null,
         changed_at = excluded.changed_at`,
    [agencyId, attempt, operationId, now],
  );
}

/** The provider would not make it. */
export async function markAccountRefused(
  tx: Transaction,
  agencyId: string,
  code: string,
  now: Date,
): Promise<void> {
  await tx.query(
    `update payment_accounts set failure_code = $2, changed_at = $3 where agency_id = $1 and state = 'CREATING'`,
    [agencyId, code, now],
  );
}

const dayMs = 86_400_000;

/**
 * Takes over what the provider says of an account of ours, and gives the agency whose it is; null for one that is not.
 * `made`: the account that was asked for is this one.
 */
export async function takeOver(
  tx: Transaction,
  snapshot: AccountSnapshot,
  now: Date,
  made?: { readonly agencyId: string },
): Promise<string | null> {
  const [row] = await tx.query<AccountRow>(
    `select ${accountColumns} from payment_accounts a
     where ($2::uuid is null and a.provider_account_id = $1) or a.agency_id = $2 for no key update`,
    [snapshot.id, made?.agencyId ?? null],
  );
  if (!row) return null;
  const before = accountOf(row);
  const state = stateOf(before.state, snapshot);
  const requirements = JSON.stringify(snapshot.requirements);
  const { transfersActive, payoutsEnabled } = snapshot;
  const isSame =
    before.providerAccountId === snapshot.id &&
    before.state === state &&
    before.transfersActive === transfersActive &&
    before.payoutsEnabled === payoutsEnabled &&
    hashOf(before.requirements).equals(hashOf(snapshot.requirements));
  const sinceMs = isSame ? now.getTime() - before.changedAt.getTime() : 0;
  const nextLookAt = new Date(now.getTime() + lookAfterMs(state, sinceMs));
  await tx.query(
    `update payment_accounts set provider_account_id = $2, state = $3, transfers_active = $4, payouts_enabled = $5,
       requirements = $6, failure_code = null, checked_at = $7, next_look_at = $8,
       changed_at = case when $9 then changed_at else $7 end
     where agency_id = $1`,
    [
      ...[row.agency_id, snapshot.id, state, transfersActive, payoutsEnabled, requirements, now],
      ...[nextLookAt, isSame],
    ],
  );
  if (state === 'ACTIVE' && !isSame) await lookAtPayoutsOf(tx, row.agency_id, now);
  return row.agency_id;
}

/**
 * A week for accounts that are in order, or never will be: each is looked at before money is sent to it anyway. What is
 * not finished, an hour and then the later the longer nothing has changed, up to a week.
 */
function lookAfterMs(state: AccountState, unchangedMs: number): number {
  const weekMs = 7 * dayMs;
  if (isSettled(state)) return weekMs;
  return Math.min(weekMs, Math.max(dayMs / 24, unchangedMs / 4));
}

function isSettled(state: AccountState): boolean {
  return state === 'ACTIVE' || state === 'REJECTED';
}

/** Accounts that are due for a look, whose next one is put off by an hour. SETTLED: active, or rejected for good. */
export async function accountsToLookAt(
  tx: Transaction,
  now: Date,
  limit: number,
  which: 'SETTLED' | 'UNSETTLED',
): Promise<readonly string[]> {
  const rows = await tx.query<{ id: string }>(
    `update payment_accounts a set next_look_at = $1::timestamptz + interval '1 hour'
     from (
       select agency_id from payment_accounts where next_look_at <= $1 and provider_account_id is not null
         and (state in ('ACTIVE', 'REJECTED')) = $3
       order by next_look_at limit $2 for update skip locked) due
     where a.agency_id = due.agency_id returning a.provider_account_id as id`,
    [now, limit, which === 'SETTLED'],
  );
  return rows.map(({ id }) => id);
}
