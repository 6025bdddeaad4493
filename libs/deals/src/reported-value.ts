import { done, type Outcome, refuse } from '#outcome';

const dayMs = 86_400_000;
const maxNoteLength = 2_000;
const maxReferenceLength = 200;

/** A lone surrogate is no character: PostgreSQL refuses it. The `u` flag matches it as a code point of category Cs. */
const unusable = /[\p{Cc}\p{Cs}]/u;
const lineBreaksAndTabs = /[\n\r\t]/g;

/** A note or a reason as it is kept: trimmed, at most 2,000 characters, no control characters but line breaks and tabs. */
export function readNote(text: string | undefined, field: readonly string[]): Outcome<string | null> {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '') return done(null);
  if (lengthOf(trimmed) > maxNoteLength || unusable.test(trimmed.replace(lineBreaksAndTabs, ' '))) {
    return refuse('INVALID_VALUE', {
      field,
      message: `The text must have at most ${maxNoteLength} characters and no control characters.`,
    });
  }
  return done(trimmed);
}

/** The same where something must be said. */
export function readReason(text: string, field: readonly string[]): Outcome<string> {
  const note = readNote(text, field);
  if (!note.ok) return note;
  return note.value === null ? refuse('REQUIRED', { field, message: 'Give a reason.' }) : done(note.value);
}

/** The buyer's name for a deal: trimmed, 1 to 200 characters on one line; null where none was given. */
export function readReference(text: string | undefined, field: readonly string[]): Outcome<string | null> {
  if (text === undefined) return done(null);
  const trimmed = text.trim();
  if (trimmed === '' || lengthOf(trimmed) > maxReferenceLength || unusable.test(trimmed)) {
    return refuse('INVALID_VALUE', {
      field,
      message: `A deal reference has 1 to ${maxReferenceLength} characters and no control characters. Leave it out for none.`,
    });
  }
  return done(trimmed);
}

/**
 * When a fact happened: now where nothing is said; never more than 24 hours ahead of now (a clock that is wrong by a zone) nor
 * more than 24 hours before the lead was delivered.
 */
export function readInstant(
  stated: Date | undefined,
  bounds: { readonly now: Date; readonly deliveredAt: Date },
  field: readonly string[],
): Outcome<Date> {
  if (!stated) return done(bounds.now);
  if (stated.getTime() > bounds.now.getTime() + dayMs) {
    return refuse('INVALID_VALUE', {
      field,
      message: 'The time must not lie more than 24 hours in the future.',
    });
  }
  if (!(stated.getTime() >= bounds.deliveredAt.getTime() - dayMs)) {
    return refuse('INVALID_VALUE', {
      field,
      message: 'The time must not lie more than 24 hours before the lead was delivered.',
    });
  }
  return done(stated);
}

/** Code points, as PostgreSQL's char_length counts; a text far beyond every bound is not split for it. */
function lengthOf(text: string): number {
  return text.length > 2 * maxNoteLength ? text.length : [...text].length;
}
