/** A row of a file as the submission that it is. */
import type { LeadSubmission } from '#leads';
import { done, type Outcome, refusal, type Refusal, refused } from '#outcome';
import { attributeKey, type LeadColumn, type LeadField } from './lead-columns.js';

/** What all rows of an import have in common. */
export interface RowSettings {
  readonly vertical: string;
  readonly contractId: string | null;
  readonly test: boolean;
  readonly columns: readonly LeadColumn[];
  /** Names rows that bring no name of their own: the same for the same file. */
  readonly namePrefix: string;
  /** Cells were neutralized by a download of failed rows, and are made as they were. */
  readonly isCorrected: boolean;
}

export const rowMessages = {
  tooManyCells:
    'The row has more cells than the first row has columns. Quote cells that have the delimiter in them.',
  boolean: 'Write true or false, or leave it empty.',
  score: 'A whole number from 0 to 100.',
  instant: 'An instant with its offset is expected, such as 2026-01-31T12:00:00Z.',
} as const;

type Cells = ReadonlyMap<LeadField, string>;

/** Refused for what has not the form of its field; everything else is for those to judge who take leads. */
export function submissionOf(
  cells: readonly string[],
  row: number,
  settings: RowSettings,
): Outcome<LeadSubmission> {
  const { columns, isCorrected } = settings;
  if (cells.length > columns.length && cells.slice(columns.length).some((cell) => cell.trim() !== ''))
    return refused(refusal('INVALID_VALUE', { field: ['row'], message: rowMessages.tooManyCells }));
  const values = new Map<LeadField, string>();
  // Spreadsheets leave out empty cells at the end of a row.
  columns.forEach(({ field }, index) => {
    const cell = cells[index]?.trim() ?? '';
    if (field !== null && cell !== '') values.set(field, isCorrected ? asItWas(cell) : cell);
  });
  const problems: Refusal[] = [];
  const submission = build(values, row, settings, problems);
  return problems.length > 0 ? refused(...problems) : done(submission);
}

function build(values: Cells, row: number, settings: RowSettings, problems: Refusal[]): LeadSubmission {
  const { columns, namePrefix, vertical, contractId } = settings;
  const text = (field: LeadField): string | null => values.get(field) ?? null;
  const refuse = (field: LeadField, message: string): void =>
    void problems.push(refusal('INVALID_VALUE', { field: field.split('.'), message }));
  const hasName = columns.some(({ field }) => field === 'externalId');
  const amount = text('source.cost.amount');
  return {
    externalId: hasName ? (text('externalId') ?? '') : `${namePrefix}-${row}`,
    vertical,
    contractId,
    test: settings.test || readFlag(text('test'), () => refuse('test', rowMessages.boolean)),
    contact: {
      email: text('contact.email'),
      phone: text('contact.phone'),
      givenName: text('contact.givenName'),
      familyName: text('contact.familyName'),
      postalCode: text('contact.postalCode'),
      country: text('contact.country'),
    },
    attributes: columns.flatMap(({ field }) => {
      const key = field === null ? undefined : attributeKey(field);
      const value = field === null ? undefined : values.get(field);
      return key === undefined || value === undefined ? [] : [{ key, value }];
    }),
    source: hasAny(values, 'source.')
      ? {
          channel: text('source.channel'),
          campaign: text('source.campaign'),
          subId: text('source.subId'),
          cost: amount === null ? null : { amount, currency: text('source.cost.currency') ?? '' },
        }
      : null,
    consent: hasAny(values, 'consent.')
      ? {
          text: text('consent.text'),
          capturedAt: readInstant(text('consent.capturedAt'), () =>
            refuse('consent.capturedAt', rowMessages.instant),
          ),
          ip: text('consent.ip'),
          certificateUrl: text('consent.certificateUrl'),
        }
      : null,
    score: readScore(text('score'), () => refuse('score', rowMessages.score)),
  };
}

function hasAny(values: Cells, prefix: string): boolean {
  for (const field of values.keys()) if (field.startsWith(prefix)) return true;
  return false;
}

function readFlag(text: string | null, refuse: () => void): boolean {
  if (text === null || /^(false|no|n|0)$/i.test(text)) return false;
  if (/^(true|yes|y|1)$/i.test(text)) return true;
  refuse();
  return false;
}

function readScore(text: string | null, refuse: () => void): number | null {
  if (text === null) return null;
  if (/^\d{1,3}$/.test(text) && Number(text) <= 100) return Number(text);
  refuse();
  return null;
}

const instantPattern = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;

function readInstant(text: string | null, refuse: () => void): Date | null {
  if (text === null) return null;
  const [, day = '', time = '', fraction = '', offset = ''] = instantPattern.exec(text) ?? [];
  const isDay = !Number.isNaN(Date.parse(`${day}T00:00:00Z`)) && dayOf(new Date(`${day}T00:00:00Z`)) === day;
  const instant = new Date(`${day}T${time}${fraction.slice(0, 4)}${offset.toUpperCase()}`);
  if (isDay && !Number.isNaN(instant.getTime())) return instant;
  refuse();
  return null;
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** Without the apostrophe that kept a cell from being a formula. */
function asItWas(cell: string): string {
  return /^'[\s\p{Cf}]*[=+\-@＝＋－＠\p{Cc}]/u.test(cell) ? cell.slice(1) : cell;
}
