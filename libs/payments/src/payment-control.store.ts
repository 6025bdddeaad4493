import type { Transaction } from '#database';
import type { Reader } from '#ledger';
import type { CurrencyCode } from '#money';
import { invariant } from '#outcome';

/** Why nothing leaves the balance. STOPPED: a person stopped it. BREAKER: our key is refused. FROZEN: the books do not match. */
export type PaymentsHalt = 'STOPPED' | 'BREAKER' | 'FROZEN';

/** What holds for all payments. */
export interface PaymentControl {
  readonly stoppedAt: Date | null;
  readonly stoppedBy: string | null;
  readonly stopReason: string | null;
  readonly breakerOpenedAt: Date | null;
  readonly breakerCode: string | null;
  readonly fundsOpenedAt: Date | null;
  readonly fundsOpenedIds: readonly string[];
  readonly fundsSeenUntil: Date | null;
}

/** A book whose money does not match in a currency; of the operator's book: the balance as a whole. */
export interface AccountFreeze {
  readonly id: string;
  readonly bookId: string;
  readonly currency: CurrencyCode;
  readonly reason: string;
  readonly frozenAt: Date;
}

export async function readControl(reader: Reader): Promise<PaymentControl> {
  return await controlOf(reader, '');
}

/** Locked until the end of the transaction: whoever changes it does so one after the other. */
export async function lockControl(tx: Transaction): Promise<PaymentControl> {
  return await controlOf(tx, 'for update');
}

async function controlOf(reader: Reader, lock: string): Promise<PaymentControl> {
  const [row] = await reader.query<PaymentControl>(
    `select stopped_at as "stoppedAt", stopped_by as "stoppedBy", stop_reason as "stopReason",
       breaker_opened_at as "breakerOpenedAt", breaker_code as "breakerCode", funds_opened_at as "fundsOpenedAt",
       funds_opened_ids as "fundsOpenedIds",
       funds_seen_until as "fundsSeenUntil"
     from payment_control ${lock}`,
  );
  invariant(row, 'payment_control has lost its row');
  return row;
}

/**
 * Why no money may be asked to leave this book in this currency at present; null: it may. An operation that was asked
 * for earlier is held back by the same when it is to be sent.
 */
export async function paymentsHalted(
  tx: Reader,
  bookId: string,
  currency: CurrencyCode,
): Promise<PaymentsHalt | null> {
  const [row] = await tx.query<{ halt: PaymentsHalt | null }>(
    `select case when stopped_at is not null then 'STOPPED' when breaker_opened_at is not null then 'BREAKER'
       when exists (
         select from account_freezes f where f.lifted_at is null and f.currency = $2
           and (f.book_id = $1 or f.book_id in (select id from organizations where kind = 'OPERATOR'))) then 'FROZEN'
       end as halt
     from payment_control`,
    [bookId, currency],
  );
  invariant(row, 'payment_control has lost its row');
  return row.halt;
}

/** A person stopped payments, or the provider refuses our key: nothing at all is sent. */
export async function arePaymentsStopped(reader: Reader): Promise<boolean> {
  const { stoppedAt, breakerOpenedAt } = await readControl(reader);
  return stoppedAt !== null || breakerOpenedAt !== null;
}

export async function setStopped(
  tx: Transaction,
  stop: { readonly at: Date; readonly by: string; readonly reason: string } | null,
): Promise<void> {
  await tx.query('update payment_control set stopped_at = $1, stopped_by = $2, stop_reason = $3', [
    stop?.at ?? null,
    stop?.by ?? null,
    stop?.reason ?? null,
  ]);
}

/** Nothing new is sent until an operation gets through; true when it was closed before. */
export async function openBreaker(tx: Transaction, code: string, now: Date): Promise<boolean> {
  const rows = await tx.query<{ opened: boolean }>(
    `update payment_control c set breaker_opened_at = coalesce(c.breaker_opened_at, $1), breaker_code = $2,
       breaker_probe_after = clock_timestamp() + interval '1 minute'
     from (select breaker_opened_at from payment_control for update) before
     returning before.breaker_opened_at is null as opened`,
    [now, code],
  );
  return rows[0]?.opened ?? false;
}

/** True when it was open. */
export async function closeBreaker(tx: Transaction): Promise<boolean> {
  const rows = await tx.query(
    `update payment_control set breaker_opened_at = null, breaker_code = null, breaker_probe_after = null
     where breaker_opened_at is not null returning 1`,
  );
  return rows.length > 0;
}

/** Once a minute, by real time, one caller of all processes finds out whether the provider takes our key again. */
export async function mayProbe(tx: Transaction): Promise<boolean> {
  const rows = await tx.query(
    `update payment_control set breaker_probe_after = clock_timestamp() + interval '1 minute'
     where breaker_opened_at is not null and breaker_probe_after < clock_timestamp() returning 1`,
  );
  return rows.length > 0;
}

/** Every book that is frozen, oldest first. */
export async function liveFreezes(reader: Reader): Promise<readonly AccountFreeze[]> {
  return await reader.query<AccountFreeze>(
    `select id, book_id as "bookId", currency, reason, frozen_at as "frozenAt" from account_freezes
     where lifted_at is null order by frozen_at, id`,
  );
}
