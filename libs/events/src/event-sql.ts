import { invariant } from '#outcome';
import { type EventType, specOf } from './event-type.js';
import { columnFields } from './payload.js';

/** The 16 bits of a type in the ids of its events, as four hexadecimal digits. */
export function rankHex(type: EventType): string {
  return specOf(type).rank.toString(16).padStart(4, '0');
}

/** The id of an event: prefix of the transaction, rank, and what of the subject's id is random. SQL expressions. */
function idSql(prefix: string, rank: string, subjectId: string): string {
  return `(${prefix} || ${rank} || right(replace((${subjectId})::text, '-', ''), 16))::uuid`;
}

const columns = 'organization_id, id, counterparty_id, type, subject_id, test, payload, occurred_at';

/**
 * Common tables that write the messages of the events that the table `event` has just written: one for each endpoint of
 * those who see it. Nothing but an index look-up where nobody has an endpoint.
 */
const messagesSql = `event_audience as (
    select distinct o.id as organization_id, e.organization_id as home_id, e.id, e.type
    from event e cross join lateral unnest(array[e.organization_id, e.counterparty_id,
      (select id from organizations where kind = 'OPERATOR')]) as o (id)
  ), event_message as (
    insert into webhook_deliveries (id, endpoint_id, event_id, event_home_id, type, state, next_try_at, give_up_at,
      created_at)
    select ${messageIdSql()}, w.id, a.id, a.home_id, a.type, 'WAITING', now(), now() + interval '72 hours', now()
    from event_audience a join webhook_endpoints w on w.organization_id = a.organization_id
    where w.state = 'ENABLED' and (w.types is null or a.type = any(w.types))
    on conflict on constraint webhook_deliveries_event_key do nothing
  )`;

/** An id in the order of time, made by the database: which may be any PostgreSQL from 15, so without its own function. */
export function messageIdSql(): string {
  return `(lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0')
      || '7' || right(replace(gen_random_uuid()::text, '-', ''), 19))::uuid`;
}

/** A statement that writes the facts in $1 (json) and their messages. */
export const emitSql = `
  with input as materialized (
    select * from json_to_recordset($1::json) as r(organization_id uuid, counterparty_id uuid, type text, rank text,
      subject_id uuid, each_id uuid, test boolean, payload jsonb, occurred_at timestamptz)
  ), event_transaction as materialized (
    select event_prefix() as prefix
  ), event as (
    insert into events (${columns})
    select organization_id, ${idSql('t.prefix', 'rank', 'each_id')}, counterparty_id, type, subject_id, test, payload,
      occurred_at
    from input cross join event_transaction t
    on conflict on constraint events_pkey do nothing
    returning organization_id, counterparty_id, id, type
  ), ${messagesSql}
  select id from event`;

/** Where a set-based statement finds what it tells of: SQL expressions over the columns of `source`. */
export interface FactsSql<Field extends string> {
  readonly type: EventType;
  /** A common table with a row for each fact. */
  readonly source: string;
  readonly occurredAt: string;
  readonly test: string;
  /** Of money: `{ amountMinor, currency }`. Ids are UUIDs. */
  readonly payload: Readonly<
    Record<Field, string | { readonly amountMinor: string; readonly currency: string }>
  >;
}

/**
 * For a statement that writes many facts at once: common tables (`event_transaction`, `event`, `event_audience`,
 * `event_message`) that write their events and messages with it. Put them behind the one that writes the facts, with a comma. A
 * fact that is in `source` is told: `source` must hold only those that were written just now.
 */
export function eventTables<Field extends string>(facts: FactsSql<Field>): string {
  const spec = specOf(facts.type);
  const given: Readonly<Record<string, FactsSql<Field>['payload'][Field]>> = facts.payload;
  const column = (name: string): string => {
    const sql = given[name];
    invariant(typeof sql === 'string', `${facts.type} is told without ${name}`);
    return sql;
  };
  const inColumns = columnFields(facts.type);
  const fields = Object.keys(spec.payload).flatMap((name) => {
    const sql = given[name];
    invariant(sql !== undefined, `${facts.type} is told without ${name}`);
    if (inColumns.includes(name)) return [];
    return [
      `'${name}', ${typeof sql === 'string' ? sql : `(${sql.amountMinor}) || ' ' || (${sql.currency})`}`,
    ];
  });
  invariant(
    Object.keys(given).length === Object.keys(spec.payload).length,
    `${facts.type} is told with a field that it does not have`,
  );
  const subject = column(spec.subject);
  return `event_transaction as materialized (
    select event_prefix() || '${rankHex(facts.type)}' as prefix
  ), event as (
    insert into events (${columns})
    select ${column(spec.home)}, ${idSql('(select prefix from event_transaction)', `''`, subject)},
      ${spec.counterparty === null ? 'null' : column(spec.counterparty)}, '${facts.type}', ${subject}, ${facts.test},
      jsonb_build_object(${fields.join(', ')}), ${facts.occurredAt}
    from ${facts.source}
    on conflict on constraint events_pkey do nothing
    returning organization_id, counterparty_id, id, type
  ), ${messagesSql}`;
}
