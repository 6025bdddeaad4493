import { Database } from '#database';
import { asCurrency } from '#money';
import type { Actor } from '#organizations';
import { Injectable } from '@nestjs/common';
import { keyset, type KeysetPage } from '#database';
import type { OutcomeEvent, OutcomeKind, OutcomeProvenance } from './outcome-event.js';
import { visibleWithDelivery } from '#organizations';

interface EventRecord {
  readonly agency_id: string;
  readonly id: string;
  readonly delivery_id: string;
  readonly lead_id: string;
  readonly kind: OutcomeKind;
  readonly provenance: OutcomeProvenance;
  readonly deal_id: string | null;
  readonly amount_minor: string | null;
  readonly currency: string | null;
  readonly reason: string | null;
  readonly note: string | null;
  readonly occurred_at: Date;
  readonly recorded_at: Date;
  readonly actor: string;
}

const columns = `e.agency_id, e.id, e.delivery_id, v.lead_id, e.kind, e.provenance, e.deal_id, e.amount_minor, e.currency,
  e.reason, e.note, e.occurred_at, e.recorded_at, e.actor`;
const tables = `deliveries v join outcome_events e on e.agency_id = v.agency_id and e.delivery_id = v.id`;

/** Outcome events as an actor sees them: those of the deliveries it sees. */
@Injectable()
export class OutcomeEventQueries {
  constructor(private readonly database: Database) {}

  /** The visible ones among these ids, in no particular order. */
  async byIds(actor: Actor, ids: readonly string[]): Promise<OutcomeEvent[]> {
    const rows = await this.database.query<EventRecord>(
      `select ${columns} from ${tables} where ${visibleWithDelivery(actor, 'v', 'id')} and e.id = any($2::uuid[])`,
      [actor.organizationId, ids],
    );
    return rows.map(eventOf);
  }

  /** The same page of the history of each of several leads, in the order in which it was reported. */
  async ofLeads(actor: Actor, leadIds: readonly string[], page: KeysetPage): Promise<OutcomeEvent[]> {
    const { condition, orderBy, key } = keyset(page, {
      column: 'e.id',
      newestFirst: false,
      placeholder: '$3',
    });
    const rows = await this.database.query<EventRecord>(
      `select found.* from unnest($2::uuid[]) with ordinality as asked (lead_id, place)
       cross join lateral (
         select ${columns} from ${tables}
         where ${visibleWithDelivery(actor, 'v', 'id')} and v.lead_id = asked.lead_id and ${condition}
         order by ${orderBy} limit $4) found
       order by asked.place, ${orderBy.replace('e.', 'found.')}`,
      [actor.organizationId, leadIds, key, page.limit + 1],
    );
    return rows.map(eventOf);
  }

  /** How many events a lead has, counted no further than `max`. */
  async countOfLead(actor: Actor, leadId: string, max: number): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `select count(*)::int as count from (
         select 1 from ${tables} where ${visibleWithDelivery(actor, 'v', 'id')} and v.lead_id = $2 limit $3) found`,
      [actor.organizationId, leadId, max],
    );
    return row?.count ?? 0;
  }
}

function eventOf(row: EventRecord): OutcomeEvent {
  return {
    agencyId: row.agency_id,
    id: row.id,
    deliveryId: row.delivery_id,
    leadId: row.lead_id,
    kind: row.kind,
    provenance: row.provenance,
    dealId: row.deal_id,
    amountMinor: row.amount_minor === null ? null : BigInt(row.amount_minor),
    currency: row.currency === null ? null : asCurrency(row.currency),
    reason: row.reason,
    note: row.note,
    occurredAt: row.occurred_at,
    recordedAt: row.recorded_at,
    actorId: row.actor,
  };
}
