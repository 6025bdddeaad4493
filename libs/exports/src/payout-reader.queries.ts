import { Database } from '#database';
import type { LocalDate } from '#calendar';
import { asCurrency } from '#money';
import type { Actor } from '#organizations';
import { Injectable } from '@nestjs/common';
import type { PayoutRow } from './payout-row.js';

/** Of which days payouts are wanted, by when they were asked for, in UTC; null is no bound. */
export interface PayoutFilter {
  /** The first day. */
  readonly from: LocalDate | null;
  /** The first day that is no longer wanted. */
  readonly to: LocalDate | null;
}

const payoutsAtOnce = 500;

/** Payouts as the actor sees them: an agency its own, the operator all; a buyer none. */
@Injectable()
export class PayoutReader {
  constructor(private readonly database: Database) {}

  /** In the order of their ids, which is that in which they were made, page by page: no connection waits for the reader. */
  async *batches(actor: Actor, filter: PayoutFilter): AsyncGenerator<readonly PayoutRow[], void, undefined> {
    let after: string | null = null;
    for (;;) {
      const rows: readonly PayoutRecord[] = await this.database.query<PayoutRecord>(payoutsSql, [
        actor.kind === 'AGENCY' ? actor.organizationId : null,
        filter.from,
        filter.to,
        after,
        payoutsAtOnce,
      ]);
      if (rows.length > 0) yield rows.map(payoutOf);
      if (rows.length < payoutsAtOnce) return;
      after = rows.at(-1)?.id ?? null;
    }
  }
}

const payoutsSql = `
  select p.id, p.number, p.agency_id, o.name as agency, p.currency, p.amount_minor, p.released_minor, p.netted_minor,
    p.carried_minor, p.reversed_minor, p.state, p.attempt, p.failure_code, p.provider_transfer_id, p.requested_at,
    p.finished_at, b.state as bank_state, b.arrives_at,
    coalesce((
      select array_agg(s.number order by s.number) from payout_settlements x
      join settlements s on s.agency_id = x.agency_id and s.id = x.settlement_id
      where x.agency_id = p.agency_id and x.payout_id = p.id), '{}') as statements
  from payouts p
  join organizations o on o.id = p.agency_id
  left join bank_payouts b on b.agency_id = p.agency_id and b.id = p.bank_payout_id
  where ($1::uuid is null or p.agency_id = $1)
    and ($2::date is null or p.requested_at >= $2::date::timestamp at time zone 'UTC')
    and ($3::date is null or p.requested_at < $3::date::timestamp at time zone 'UTC')
    and ($4::uuid is null or p.id > $4)
  order by p.id limit $5`;

interface PayoutRecord {
  readonly id: string;
  readonly number: string;
  readonly agency_id: string;
  readonly agency: string;
  readonly currency: string;
  readonly amount_minor: string;
  readonly released_minor: string;
  readonly netted_minor: string;
  readonly carried_minor: string;
  readonly reversed_minor: string;
  readonly state: string;
  readonly attempt: number;
  readonly failure_code: string | null;
  readonly provider_transfer_id: string | null;
  readonly requested_at: Date;
  readonly finished_at: Date | null;
  readonly bank_state: string | null;
  readonly arrives_at: Date | null;
  readonly statements: readonly string[];
}

function payoutOf(row: PayoutRecord): PayoutRow {
  return {
    id: row.id,
    number: row.number,
    agencyId: row.agency_id,
    agency: row.agency,
    currency: asCurrency(row.currency),
    amountMinor: BigInt(row.amount_minor),
    releasedMinor: BigInt(row.released_minor),
    nettedMinor: BigInt(row.netted_minor),
    carriedMinor: BigInt(row.carried_minor),
    reversedMinor: BigInt(row.reversed_minor),
    state: row.state,
    attempt: row.attempt,
    failureCode: row.failure_code,
    transferId: row.provider_transfer_id,
    requestedAt: row.requested_at,
    finishedAt: row.finished_at,
    bankPayoutState: row.bank_state,
    bankPayoutArrivesAt: row.arrives_at,
    statements: row.statements,
  };
}
