import type { Transaction } from '#database';
import { invariant } from '#outcome';
import { emitSql, rankHex } from './event-sql.js';
import { type EventFact, specOf } from './event-type.js';
import { storedPayload } from './payload.js';

/**
 * Tells of facts, in the transaction that writes them down: told exactly if it commits, and once, since it writes them
 * once. One statement for all; it also queues the messages to whoever has an endpoint for them. The same fact twice in a
 * transaction is told once.
 */
export async function emit(tx: Transaction, ...facts: readonly EventFact[]): Promise<void> {
  if (facts.length === 0) return;
  await tx.query(emitSql, [JSON.stringify(facts.map(rowOf))]);
}

function rowOf(fact: EventFact): object {
  const { subject, each, home, counterparty } = specOf(fact.type);
  const values: Readonly<Record<string, unknown>> = fact.payload;
  const uuid = (name: string): string => {
    const value = values[name];
    invariant(typeof value === 'string', `${fact.type} is told without ${name}`);
    return value;
  };
  const isNull = (name: string): boolean =>
    specOf(fact.type).payload[name]?.optional === true && (values[name] ?? null) === null;
  return {
    organization_id: uuid(home),
    // Null as well where it has no other side this time.
    counterparty_id: counterparty === null || isNull(counterparty) ? null : uuid(counterparty),
    type: fact.type,
    rank: rankHex(fact.type),
    subject_id: uuid(subject),
    each_id: each === undefined || isNull(each) ? uuid(subject) : uuid(each),
    test: fact.test,
    payload: storedPayload(fact),
    occurred_at: fact.occurredAt,
  };
}
