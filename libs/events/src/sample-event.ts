import { type EventType, type PayloadField, specOf } from './event-type.js';
import type { ToldEvent } from './payload.js';

const nobody = '00000000-0000-7000-8000-000000000000';
const at = '2026-01-31T12:00:00.000Z';
const words: Readonly<Record<string, string>> = {
  reason: 'INVALID_PHONE',
  provenance: 'API',
  number: 'STL-SAMPLE',
};

/** A made-up event of a type, for trying an endpoint out. All its ids are of nobody. */
export function sampleEvent(type: EventType): ToldEvent {
  const payload = Object.fromEntries(
    Object.entries(specOf(type).payload).map(([name, field]) => [name, sampleValue(name, field)]),
  );
  const ids = { organizationId: nobody, counterpartyId: nobody, subjectId: nobody };
  return { type, ...ids, payload, occurredAt: new Date(at), test: true };
}

function sampleValue(name: string, field: PayloadField): unknown {
  switch (field.kind) {
    case 'id':
      return nobody;
    case 'money':
      return '1000 USD';
    case 'date':
      return at.slice(0, 10);
    case 'instant':
      return at;
    case 'count':
      return 1;
    case 'state':
    case 'code':
      return words[name] ?? 'SAMPLE';
  }
}
