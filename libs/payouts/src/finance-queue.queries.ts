import type { Clock } from '#calendar';
import { Database, keyset, type KeysetPage } from '#database';
import { asCurrency, type CurrencyCode } from '#money';
import { Inject, Injectable } from '@nestjs/common';
import { expectedSql, shareCtes, wantedColumns } from './share-sql.js';

/**
 * What finance looks at every day. PREPARE: statements whose period has ended and that still gather, which are those of
 * a quiet period, too: somebody has to close them. APPROVE: statements in review. FAILING: what a person should know of, because it does
 * not come right by itself or has not yet. HELD: collected and not sent. UNKNOWN: operations in doubt, or stopped.
 * DISPUTES: payments that a buyer contests.
 */
export const financeQueues = ['PREPARE', 'APPROVE', 'FAILING', 'HELD', 'UNKNOWN', 'DISPUTES'] as const;
export type FinanceQueue = (typeof financeQueues)[number];

/** COLLECTION: a buyer's payment failed. PAYMENT_METHOD: a buyer has none that works. PAYOUT: a transfer failed. */
export const failingKinds = ['COLLECTION', 'PAYMENT_METHOD', 'PAYOUT'] as const;
export type FailingKind = (typeof failingKinds)[number];

/** One line of a queue. Minor units; what does not apply is null. */
export interface QueueItem {
  /** Of the settlement, invoice, payout, operation or dispute. */
  readonly id: string;
  readonly kind: string;
  readonly agencyId: string | null;
  readonly buyerId: string | null;
  readonly number: string | null;
  readonly amountMinor: bigint | null;
  readonly currency: CurrencyCode | null;
  readonly since: Date;
  readonly code: string | null;
  /** When something happens next, or has to: the next try, the day until which evidence is taken. */
  readonly nextAt: Date | null;
}

const unbillable = `coalesce(p.terms, 'AUTOPAY') = 'AUTOPAY' and not coalesce(p.method_usable
  and p.method_refused_code is null and p.provider_buyer_id is not null, false)`;

// Of `clock`, which has `now`. Each gives id, kind, agency_id, buyer_id, number, amount, currency, since, code and next_at.
const sources: Readonly<Record<FinanceQueue, string>> = {
  PREPARE: `select s.id, 'SETTLEMENT' as kind, s.agency_id, s.buyer_id, s.number,
      (select coalesce(sum(c.amount_minor), 0) from charges c
       where c.agency_id = s.agency_id and c.settlement_id = s.root_id) as amount,
      s.currency, s.period_end::timestamp at time zone s.time_zone as since, null::text as code,
      null::timestamptz as next_at
    from settlements s cross join clock
    where s.state = 'OPEN' and s.period_end <= (clock.now at time zone 'UTC')::date + 1
      and s.period_end::timestamp at time zone s.time_zone <= clock.now`,
  APPROVE: `select s.id, 'SETTLEMENT' as kind, s.agency_id, s.buyer_id, s.number, s.agency_minor + s.fee_minor as amount,
      s.currency, s.submitted_at as since, null::text as code, null::timestamptz as next_at
    from settlements s where s.state = 'IN_REVIEW'`,
  FAILING: `
    select i.id, 'COLLECTION' as kind, null::uuid as agency_id, i.buyer_id, i.number, open.amount, i.currency,
      i.issued_at as since, i.last_failure_code as code, i.next_try_at as next_at
    from invoices i cross join lateral (
      select sum(l.amount_minor - l.written_off_minor - coalesce((
        select sum(x.amount_minor) from collection_parts x
        join collections c on c.id = x.collection_id and c.state = 'SUCCEEDED'
        where x.agency_id = l.agency_id and x.settlement_id = l.settlement_id and x.live), 0)) as amount
      from invoice_settlements l where l.invoice_id = i.id) open
    where i.state = 'OPEN' and i.last_failure_code is not null
    union all
    select s.id, 'PAYMENT_METHOD', s.agency_id, s.buyer_id, s.number, s.agency_minor + s.fee_minor, s.currency,
      s.approved_at, 'PAYMENT_METHOD_MISSING', null
    from settlements s left join billing_profiles p on p.buyer_id = s.buyer_id
    where s.state = 'APPROVED' and s.agency_minor + s.fee_minor > 0 and ${unbillable}
    union all
    select p.id, 'PAYOUT', p.agency_id, null, p.number, p.amount_minor, p.currency, p.finished_at, p.failure_code,
      p.retry_at
    from payouts p
    where p.state = 'FAILED' and not exists (
      select from payouts n where n.agency_id = p.agency_id and n.currency = p.currency and n.id > p.id
        and n.state <> 'NETTED')`,
  HELD: `select id, 'SETTLEMENT' as kind, agency_id, buyer_id, number, amount, currency, since, null::text as code,
      held_until as next_at
    from (
      with ${shareCtes(
        `select ${wantedColumns} from settlements s where s.state in ('COLLECTED', 'HOLDING', 'TRANSFER_FAILED')`,
      )}
      select id, agency_id, buyer_id, number, currency, held_until, coalesce(held_from, approved_at) as since,
        case when released_at is null then ${expectedSql} else released_minor end as amount
      from shares) held where amount > 0`,
  UNKNOWN: `select o.id, o.kind, null::uuid as agency_id, null::uuid as buyer_id, null::text as number,
      o.amount_minor as amount, o.currency, o.created_at as since, o.last_code as code, o.next_try_at as next_at
    from stripe_operations o
    where o.state in ('UNKNOWN', 'STOPPED') or (o.state = 'SENDING' and o.in_doubt)`,
  DISPUTES: `select d.id, d.state as kind, null::uuid as agency_id, d.buyer_id, null::text as number,
      d.amount_minor as amount, d.currency, d.opened_at as since, d.reason as code, d.evidence_due_at as next_at
    from disputes d
    where d.state in ('OPEN', 'INQUIRY') and d.closed_at is null and d.nature = 'DISPUTE' and d.buyer_id is not null`,
};

interface ItemRow {
  readonly id: string;
  readonly kind: string;
  readonly agency_id: string | null;
  readonly buyer_id: string | null;
  readonly number: string | null;
  readonly amount: string | null;
  readonly currency: string | null;
  readonly since: Date;
  readonly code: string | null;
  readonly next_at: Date | null;
}

/** The queues of the operator's finance. Not limited to an actor: ask whether they may before. */
@Injectable()
export class FinanceQueueQueries {
  constructor(
    private readonly database: Database,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /** The oldest first; one more than the page's limit, in the page's direction. */
  async page(queue: FinanceQueue, page: KeysetPage): Promise<readonly QueueItem[]> {
    const list = { column: 'q.id', newestFirst: false, placeholder: '$1' } as const;
    const { condition, orderBy, key } = keyset(page, list);
    const rows = await this.database.query<ItemRow>(
      `with clock as (select $3::timestamptz as now)
       select * from (${sources[queue]}) q where ${condition} order by ${orderBy} limit $2`,
      [key, page.limit + 1, this.clock.now()],
    );
    return rows.map(itemOf);
  }

  /** How many there are, counted no further than `max`. */
  async count(queue: FinanceQueue, max: number): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `with clock as (select $2::timestamptz as now)
       select count(*)::int as count from (select 1 from (${sources[queue]}) q limit $1) found`,
      [max, this.clock.now()],
    );
    return row?.count ?? 0;
  }

  /** What it all comes to, by currency; of what moves no money, nothing. */
  async totals(
    queue: FinanceQueue,
  ): Promise<readonly { readonly amountMinor: bigint; readonly currency: CurrencyCode }[]> {
    const rows = await this.database.query<{ currency: string; amount: string }>(
      `with clock as (select $1::timestamptz as now)
       select currency, sum(amount) as amount from (${sources[queue]}) q
       where currency is not null group by currency order by currency`,
      [this.clock.now()],
    );
    return rows.map(({ currency, amount }) => ({
      amountMinor: BigInt(amount),
      currency: asCurrency(currency),
    }));
  }
}

function itemOf(row: ItemRow): QueueItem {
  return {
    id: row.id,
    kind: row.kind,
    agencyId: row.agency_id,
    buyerId: row.buyer_id,
    number: row.number,
    amountMinor: row.amount === null ? null : BigInt(row.amount),
    currency: row.currency === null ? null : asCurrency(row.currency),
    since: row.since,
    code: row.code,
    nextAt: row.next_at,
  };
}
