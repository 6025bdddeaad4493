import { newId, type Transaction } from '#database';
import type { BankPayoutSnapshot } from '#payments';

/** A payout has gone to the agency: look then whether it went on to its bank. */
export async function lookForBankPayouts(tx: Transaction, agencyId: string, at: Date): Promise<void> {
  await tx.query(
    `update payment_accounts set next_bank_look_at = least(next_bank_look_at, $2) where agency_id = $1`,
    [agencyId, at],
  );
}

export interface BankAccountLook {
  readonly agencyId: string;
  readonly providerAccountId: string;
  /** When the oldest payout was sent that no bank payout is known of. */
  readonly since: Date;
}

/**
 * Agencies whose bank payouts are to be looked at, the next look put off by half a day: for as long as a payout of the
 * last thirty days is not known to have gone on.
 */
export async function banksToLookAt(
  tx: Transaction,
  now: Date,
  limit: number,
): Promise<readonly BankAccountLook[]> {
  return await tx.query<BankAccountLook>(
    `with due as (
       select a.agency_id, open.since from (
         select agency_id from payment_accounts
         where next_bank_look_at <= $1 and provider_account_id is not null
         order by next_bank_look_at limit $2 for update skip locked) a
       cross join lateral (
         select min(p.finished_at) as since from payouts p
         where p.agency_id = a.agency_id and p.state = 'SUCCEEDED' and p.bank_payout_id is null
           and p.finished_at >= $1::timestamptz - interval '30 days') open)
     update payment_accounts a
     set next_bank_look_at = case when due.since is not null then $1::timestamptz + interval '12 hours' end
     from due where a.agency_id = due.agency_id and (due.since is not null or a.next_bank_look_at is not null)
     returning a.agency_id as "agencyId", a.provider_account_id as "providerAccountId",
       coalesce(due.since, $1::timestamptz) as since`,
    [now, limit],
  );
}

const final = new Set(['PAID', 'FAILED', 'CANCELED']);

/**
 * Takes over what the provider says of a bank payout of an agency, and links the payouts that it carries on. False when
 * nothing of it was new, and for an account that is none of ours.
 */
export async function takeOverBankPayout(
  tx: Transaction,
  snapshot: BankPayoutSnapshot,
  now: Date,
): Promise<boolean> {
  const { id, accountId, state, amountMinor, currency, arrivesAt, failureCode } = snapshot;
  const nextLookAt = final.has(state)
    ? null
    : new Date(Math.max(now.getTime(), arrivesAt.getTime()) + 3_600_000);
  const [row] = await tx.query<{ agency_id: string; id: string; changed: boolean }>(
    `with old as (
       select b.* from payment_accounts a join bank_payouts b on b.agency_id = a.agency_id
       where a.provider_account_id = $1 and b.provider_payout_id = $3),
     kept as (
       insert into bank_payouts as b (agency_id, id, provider_payout_id, amount_minor, currency, state, arrives_at,
         failure_code, first_seen_at, changed_at, next_look_at)
       select a.agency_id, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10 from payment_accounts a
       where a.provider_account_id = $1
       on conflict on constraint bank_payouts_provider_key do update
         set state = excluded.state, arrives_at = excluded.arrives_at, failure_code = excluded.failure_code,
           next_look_at = excluded.next_look_at,
           changed_at = case when b.state = excluded.state then b.changed_at else excluded.changed_at end
       returning b.agency_id, b.id)
     select k.agency_id, k.id, not exists (select from old where old.state = $6) as changed from kept k`,
    [
      ...[accountId, newId(), id, amountMinor.toString(), currency, state, arrivesAt, failureCode, now],
      nextLookAt,
    ],
  );
  if (!row) return false;
  const linked = await tx.query(
    `update payouts set bank_payout_id = $2
     where agency_id = $1 and destination_payment_id = any ($3::text[]) and bank_payout_id is distinct from $2
     returning id`,
    [row.agency_id, row.id, snapshot.destinationPaymentIds],
  );
  return row.changed || linked.length > 0;
}

/** Bank payouts that are under way and due for a look, the next one put off. */
export async function bankPayoutsToLookAt(
  tx: Transaction,
  now: Date,
  limit: number,
): Promise<readonly { readonly id: string; readonly accountId: string | null }[]> {
  return await tx.query(
    `update bank_payouts b set next_look_at = $1::timestamptz + interval '6 hours'
     from (
       select agency_id, id from bank_payouts where next_look_at <= $1
       order by next_look_at limit $2 for update skip locked) due
     join payment_accounts a on a.agency_id = due.agency_id
     where b.agency_id = due.agency_id and b.id = due.id
     returning b.provider_payout_id as id, a.provider_account_id as "accountId"`,
    [now, limit],
  );
}

/** Transfers that are due for a look, in case somebody reversed them elsewhere; less and less often, for 120 days. */
export async function transfersToLookAt(
  tx: Transaction,
  now: Date,
  limit: number,
): Promise<readonly string[]> {
  const rows = await tx.query<{ id: string }>(
    `update payouts p set next_look_at = case when p.finished_at > $1::timestamptz - interval '120 days'
       then $1::timestamptz + greatest(interval '1 day', $1::timestamptz - p.finished_at) end
     from (
       select agency_id, id from payouts where next_look_at <= $1
       order by next_look_at limit $2 for update skip locked) due
     where p.agency_id = due.agency_id and p.id = due.id and p.provider_transfer_id is not null
     returning p.provider_transfer_id as id`,
    [now, limit],
  );
  return rows.map(({ id }) => id);
}
