import { asCurrency, formatAmount } from '#money';
import { type EventFact, type EventType, type PayloadField, specOf } from './event-type.js';

/** How an object's id is shown outside; `kind` is the word of the table of types. Libraries know UUIDs only. */
export type ShowId = (kind: string, uuid: string) => string;

/**
 * A payload as it is kept: without the fields that are columns of the event, money as "2000 USD" in minor units, instants in ISO
 * form. Events of delivered leads are the most of what intake writes beside the leads: each field shows there.
 */
export type StoredPayload = Readonly<Record<string, unknown>>;

/** What is told by an event, as it is kept. */
export interface ToldEvent {
  readonly type: EventType;
  readonly organizationId: string;
  readonly counterpartyId: string | null;
  readonly subjectId: string;
  readonly test: boolean;
  readonly payload: StoredPayload;
  readonly occurredAt: Date;
}

/** An event of the feed. */
export interface FeedEvent extends ToldEvent {
  readonly id: string;
}

/** The fields of a type that are columns of the event: of its home, of the other side, and of its subject. */
export function columnFields(type: EventType): readonly string[] {
  const { home, counterparty, subject } = specOf(type);
  return counterparty === null ? [home, subject] : [home, counterparty, subject];
}

/** The payload of a fact in the form in which it is kept. */
export function storedPayload(fact: EventFact): StoredPayload {
  const values: Readonly<Record<string, unknown>> = fact.payload;
  const inColumns = columnFields(fact.type);
  const names = Object.keys(specOf(fact.type).payload).filter((name) => !inColumns.includes(name));
  return Object.fromEntries(names.map((name) => [name, storedValue(values[name] ?? null)]));
}

function storedValue(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== 'object' || value === null || !('amountMinor' in value)) return value;
  const { amountMinor, currency } = value as { amountMinor: bigint; currency: string };
  return `${amountMinor} ${currency}`;
}

/**
 * The payload as the API and messages show it, in the order of the table. A field that was added to the table after the event
 * is null in it.
 */
export function shownPayload(event: ToldEvent, showId: ShowId): Record<string, unknown> {
  const { home, counterparty, subject, payload } = specOf(event.type);
  const values: Record<string, unknown> = {
    ...event.payload,
    ...(counterparty === null ? {} : { [counterparty]: event.counterpartyId }),
    [home]: event.organizationId,
    [subject]: event.subjectId,
  };
  return Object.fromEntries(
    Object.entries(payload).map(([name, field]) => [name, shownValue(field, values[name], showId)]),
  );
}

function shownValue(field: PayloadField, value: unknown, showId: ShowId): unknown {
  if (value === null || value === undefined) return null;
  if (field.kind === 'id') return showId(field.of, String(value));
  if (field.kind !== 'money') return value;
  const [amountMinor = '', code = ''] = String(value).split(' ');
  const currency = asCurrency(code);
  return { amount: formatAmount(BigInt(amountMinor), currency), currency };
}

/**
 * The body of a message: `type`, `timestamp` and `data` as Standard Webhooks recommends, and `test`. The same bytes at every
 * try, as long as the table of types is the same.
 */
export function messageBody(event: ToldEvent, showId: ShowId): string {
  const { type, occurredAt, test } = event;
  const data = shownPayload(event, showId);
  return JSON.stringify({ type, timestamp: occurredAt.toISOString(), test, data });
}
