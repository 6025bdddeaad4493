import type { OrganizationKind } from '#organizations';
import type { EventType } from './event-type.js';

/** The columns of an event, for a select over `events` under the alias `e`. */
export const eventColumns = `e.organization_id, e.id, e.counterparty_id, e.type, e.subject_id, e.test, e.payload,
  e.occurred_at`;

/**
 * The conditions under which an organization of that kind, $1, sees an event: one for each index that finds them. The operator
 * sees all.
 */
export function audienceConditions(kind: OrganizationKind | 'SYSTEM'): readonly string[] {
  if (kind === 'OPERATOR' || kind === 'SYSTEM') return ['$1::uuid is not null'];
  return ['e.organization_id = $1', 'e.counterparty_id = $1'];
}

/**
 * Transactions of other databases of the cluster. Read it in a statement before the one with {@link feedFloor}: what ended in
 * between is no longer in the way, and what is looked up only afterwards could have ended unseen.
 */
export const elsewhereSql = `select l.transactionid::text as xid from pg_locks l join pg_stat_activity a using (pid)
  where l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and a.datname <> current_database()`;

/** Up to where the feed is complete, for {@link feedSql}; the placeholder stands for what {@link elsewhereSql} gave. */
export function feedFloor(elsewhere: string): string {
  return `feed_floor as materialized (select event_floor(${elsewhere}::xid[]) as id)`;
}

/**
 * What `$1` sees up to {@link feedFloor}, as one select to take a page from: for each side that it may be on, and where only some types are wanted ($2, a
 * text[]; null for all) for each of them, a walk along one index that stops at the limit. Joined with `or` the planner
 * would read the whole feed and sort it.
 */
export function feedSql(feed: {
  readonly kind: OrganizationKind | 'SYSTEM';
  readonly types: readonly EventType[] | null;
  readonly testOnly: boolean;
  /** On `e.id`. */
  readonly condition: string;
  readonly orderBy: string;
  /** The placeholder of the limit. */
  readonly limit: string;
}): string {
  const { kind, types, condition, orderBy, limit } = feed;
  const test = feed.testOnly ? 'and e.test' : '';
  return audienceConditions(kind)
    .flatMap((audience) => {
      const walk = (wanted: string) =>
        `(select ${eventColumns} from events e where ${audience} ${test} and ${wanted} and ${condition}
            and e.id < (select id from feed_floor)
          order by ${orderBy} limit ${limit})`;
      if (types === null) return [walk('$2::text[] is null')];
      const rare = `(select e.* from unnest($2::text[]) as t (type) cross join lateral ${walk(
        `e.type = t.type and e.type <> 'lead.delivered'`,
      )} e where t.type <> 'lead.delivered')`;
      return types.includes('lead.delivered') ? [rare, walk(`e.type = 'lead.delivered'`)] : [rare];
    })
    .join(' union all ');
}
