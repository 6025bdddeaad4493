import type { Database } from '#database';

/**
 * Keeps positions in the feed rising after a restore into another cluster, whose transaction ids begin anew: without this
 * new events would lie before the old ones, or be hidden until the ids have caught up. Nothing happens where all is well.
 * Every process calls it when it starts.
 */
export async function settleEventClock(database: Pick<Database, 'query'>): Promise<void> {
  const [table] = await database.query<{ present: boolean }>(
    `select to_regclass('event_clock') is not null as present`,
  );
  // Before the migrations have run there is nothing to keep.
  if (!table?.present) return;
  await database.query(
    `with newest as (
       select ('x' || lpad(left(replace(id::text, '-', ''), 12), 16, '0'))::bit(64)::bigint as position
       from events order by id desc limit 1)
     update event_clock c set base = n.position + 1 - x.next
     from newest n, (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next) x
     where n.position >= x.next + c.base`,
  );
}
