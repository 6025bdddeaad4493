import { type EventType, eventTypeNames, type PayloadField, specOf } from './event-type.js';
import { messageBody, type ShowId } from './payload.js';
import { sampleEvent } from './sample-event.js';

const shapes: Readonly<Record<PayloadField['kind'], string>> = {
  id: 'ID',
  money: '{ amount, currency }',
  state: 'text',
  code: 'text',
  count: 'number',
  date: 'YYYY-MM-DD',
  instant: 'instant',
};

function rowOf(name: string, field: PayloadField): string {
  const words = 'words' in field ? field.words : field.kind === 'id' ? `of the ${sayKind(field.of)}` : '';
  return `| \`${name}\` | ${shapes[field.kind]}${field.optional ? ' or null' : ''} | ${words} |`;
}

const sayKind = (kind: string): string => kind.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** Types that are told by the same fields, in the order of the table. */
function families(): readonly (readonly EventType[])[] {
  const byPayload = new Map<object, EventType[]>();
  for (const type of eventTypeNames) {
    const { payload } = specOf(type);
    const family = byPayload.get(payload);
    if (family) family.push(type);
    else byPayload.set(payload, [type]);
  }
  return [...byPayload.values()];
}

function chapterOf(types: readonly EventType[]): readonly string[] {
  const [first] = types;
  if (first === undefined) return [];
  const { payload, requires, subject } = specOf(first);
  return [
    `### ${types.map((type) => `\`${type}\``).join(', ')}`,
    '',
    ...types.map((type) => `- \`${type}\`: ${specOf(type).words}`),
    '',
    `About the object of \`${subject}\`. Needs the permission \`${requires}\`.`,
    '',
    '| Field | Value | Meaning |',
    '| --- | --- | --- |',
    ...Object.entries(payload).map(([name, field]) => rowOf(name, field)),
    '',
  ];
}

/** The second part of docs/events.md, generated from the table of types; `showId` makes the ids of the sample. */
export function eventTypesPage(showId: ShowId): string {
  const sample: unknown = JSON.parse(messageBody(sampleEvent('deal.won'), showId));
  return [
    '## Types',
    '',
    'Types and fields only grow: take no offence at one that you do not know.',
    '',
    'A message of `deal.won`, as `sendTestEvent` sends it:',
    '',
    '```json',
    JSON.stringify(sample, null, 2),
    '```',
    '',
    ...families().flatMap(chapterOf),
  ].join('\n');
}
