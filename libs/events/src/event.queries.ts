import { Database, keyset, type KeysetPage } from '#database';
import { type Actor, may } from '#organizations';
import { Injectable } from '@nestjs/common';
import { type EventType, eventTypeNames, specOf } from './event-type.js';
import { audienceConditions, elsewhereSql, eventColumns, feedFloor, feedSql } from './feed-sql.js';
import type { FeedEvent, StoredPayload } from './payload.js';

interface EventRecord {
  readonly organization_id: string;
  readonly id: string;
  readonly counterparty_id: string | null;
  readonly type: EventType;
  readonly subject_id: string;
  readonly test: boolean;
  readonly payload: StoredPayload;
  readonly occurred_at: Date;
}

export function eventOf(row: EventRecord): FeedEvent {
  const { id, type, test, payload } = row;
  return {
    organizationId: row.organization_id,
    counterpartyId: row.counterparty_id,
    id,
    type,
    subjectId: row.subject_id,
    test,
    payload,
    occurredAt: row.occurred_at,
  };
}

/** The types that the actor may read, in the order of the table. */
export function readableTypes(actor: Actor): readonly EventType[] {
  return eventTypeNames.filter((type) => may(actor, specOf(type).requires));
}

interface Feed {
  readonly actor: Actor;
  /** Null: of every type. */
  readonly types: readonly EventType[] | null;
}

/** Events as an actor sees them. */
@Injectable()
export class EventQueries {
  constructor(private readonly database: Database) {}

  /**
   * A page of the feed, oldest first; one more than the page's limit, in the page's direction. Nothing is ever added before an
   * event that was shown, so who goes on from the last one misses none and sees none twice. An event is
   * shown when every transaction that began before its own has ended.
   */
  async page(actor: Actor, types: readonly EventType[] | null, page: KeysetPage): Promise<FeedEvent[]> {
    const feed = feedOf(actor, types);
    if (feed.types?.length === 0) return [];
    // $1 organization, $2 types, $3 key, $4 how many, $5 transactions of other databases.
    const { condition, orderBy, key } = keyset(page, {
      column: 'e.id',
      newestFirst: false,
      placeholder: '$3',
    });
    const rows = await this.database.query<EventRecord>(
      `with ${feedFloor('$5')} select * from (${selectOf(feed, condition, orderBy)}) e order by ${orderBy} limit $4`,
      [actor.organizationId, feed.types, key, page.limit + 1, await this.elsewhere()],
    );
    return rows.map(eventOf);
  }

  /** How many events the feed has, counted no further than `max`. */
  async count(actor: Actor, types: readonly EventType[] | null, max: number): Promise<number> {
    const feed = feedOf(actor, types);
    if (feed.types?.length === 0) return 0;
    const [row] = await this.database.query<{ count: number }>(
      `with ${feedFloor('$5')} select count(*)::int as count from (
         select 1 from (${selectOf(feed, '$3::uuid is null', 'e.id')}) e limit $4) found`,
      [actor.organizationId, feed.types, null, max, await this.elsewhere()],
    );
    return row?.count ?? 0;
  }

  private async elsewhere(): Promise<readonly string[]> {
    const rows = await this.database.query<{ xid: string }>(elsewhereSql);
    return rows.map(({ xid }) => xid);
  }

  /** The visible ones among these ids, in no particular order. */
  async byIds(actor: Actor, ids: readonly string[]): Promise<FeedEvent[]> {
    const rows = await this.database.query<EventRecord>(
      `select ${eventColumns} from events e
       where (${audienceConditions(actor.kind).join(' or ')}) and e.id = any($2::uuid[]) and e.type = any($3) and ($4 or e.test)`,
      [actor.organizationId, ids, readableTypes(actor), actor.mode === 'live'],
    );
    return rows.map(eventOf);
  }
}

function feedOf(actor: Actor, types: readonly EventType[] | null): Feed {
  const readable = readableTypes(actor);
  const wanted = types === null ? readable : readable.filter((type) => types.includes(type));
  return { actor, types: wanted.length === eventTypeNames.length ? null : wanted };
}

function selectOf({ actor, types }: Feed, condition: string, orderBy: string): string {
  return feedSql({
    kind: actor.kind,
    types,
    testOnly: actor.mode === 'test',
    condition,
    orderBy,
    limit: '$4',
  });
}
