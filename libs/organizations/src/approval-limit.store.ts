import { Injectable } from '@nestjs/common';
import type { Transaction } from '#database';
import { asCurrency, type CurrencyCode } from '#money';

/** What a person may approve within 24 hours, by currency, in minor units; empty: no limit of their own. */
export type ApprovalLimits = ReadonlyMap<CurrencyCode, bigint>;

/** Writes what each person may approve, and reads it by person. */
@Injectable()
export class ApprovalLimitStore {
  /**
   * The person's limits, with their row held FOR NO KEY UPDATE until the transaction ends: what one person approves at
   * once is added up one after the other, and a limit changes before or after it. Undefined when there is no such
   * person, or not any more.
   */
  async lock(tx: Transaction, userId: string): Promise<ApprovalLimits | undefined> {
    const found = await tx.query(
      'select 1 from users where id = $1 and disabled_at is null for no key update',
      [userId],
    );
    if (found.length === 0) return undefined;
    // A statement of its own: it sees what those have written whom the lock waited for.
    const rows = await tx.query<{ currency: string; limit_minor: string }>(
      'select currency, limit_minor from approval_limits where user_id = $1',
      [userId],
    );
    return new Map(rows.map((row) => [asCurrency(row.currency), BigInt(row.limit_minor)]));
  }

  /** Sets the limit of one currency; the others stay. */
  async set(
    tx: Transaction,
    userId: string,
    limit: { readonly currency: CurrencyCode; readonly amountMinor: bigint },
  ): Promise<void> {
    await tx.query(
      `insert into approval_limits (user_id, currency, limit_minor) values ($1, $2, $3)
       on conflict (user_id, currency) do update set limit_minor = excluded.limit_minor`,
      [userId, limit.currency, limit.amountMinor.toString()],
    );
  }

  /** Takes every limit away. */
  async clear(tx: Transaction, userId: string): Promise<void> {
    await tx.query('delete from approval_limits where user_id = $1', [userId]);
  }
}
