/**
 * Keyset cursors: base64url of a JSON array `["1", list, ...key]`. There is no signature, because a cursor grants nothing (visibility
 * is in the SQL of the list, not in the cursor); instead every part is checked against the list's own key before it may reach SQL, so
 * a forged or foreign cursor is a clear 400 and never a cast error of the database. Only the canonical spelling is accepted.
 */
const version = '1';
const maxCursorLength = 512;

/** What a part of a key may look like: the column it is compared with decides. */
export type CursorPart = 'uuid' | 'instant' | 'date' | 'integer' | 'text';

/** The name of a list and the shape of its key, such as `{ list: 'leads', key: ['instant', 'uuid'] }`. */
export interface CursorSpec {
  readonly list: string;
  readonly key: readonly CursorPart[];
}

const patterns: Readonly<Record<CursorPart, RegExp>> = {
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  /** Up to microseconds, because that is what PostgreSQL compares. */
  instant:
    /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?Z$/,
  date: /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/,
  /** Fits a bigint. */
  integer: /^(?:0|-?[1-9]\d{0,17})$/,
  /** Printable, and no lone surrogate (the `u` flag matches those as code points of category Cs). */
  text: /^[^\p{Cc}\p{Cs}]{0,200}$/u,
};

function fits(part: CursorPart, value: string): boolean {
  if (!patterns[part].test(value)) return false;
  if (part !== 'date' && part !== 'instant') return true;
  const day = value.slice(0, 10);
  const time = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}

export function encodeCursor(spec: CursorSpec, key: readonly string[]): string {
  return Buffer.from(JSON.stringify([version, spec.list, ...key])).toString('base64url');
}

/** The key behind a cursor of this list; undefined for another list, another version, another spelling or garbage. */
export function decodeCursor(spec: CursorSpec, cursor: string): readonly string[] | undefined {
  if (cursor.length > maxCursorLength || !/^[A-Za-z0-9_-]+$/.test(cursor)) return undefined;
  const parts = parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (!parts || parts[0] !== version || parts[1] !== spec.list) return undefined;
  const key = parts.slice(2);
  if (key.length !== spec.key.length || !spec.key.every((part, index) => fits(part, key[index] ?? '')))
    return undefined;
  return encodeCursor(spec, key) === cursor ? key : undefined;
}

function parse(json: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) && value.every((part): part is string => typeof part === 'string')
      ? value
      : undefined;
  } catch {
    return undefined;
  }
}
