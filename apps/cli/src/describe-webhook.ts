import { eventTypes, isEventType, type PayloadField } from '#events';

const idLike = /^[a-z]{2,6}_[0-9a-hjkmnp-tv-z]{26}$/;
const typeLike = /^[a-z][a-z_]{1,30}\.[a-z][a-z_]{1,30}$/;

/** What a value of each kind looks like; what looks otherwise is not printed. */
const shapes: Readonly<Record<Exclude<PayloadField['kind'], 'money'>, RegExp>> = {
  id: idLike,
  state: /^[A-Z][A-Z_]{1,40}$/,
  code: /^[A-Z][A-Z0-9_-]{1,60}$/,
  count: /^\d{1,9}$/,
  date: /^\d{4}-\d{2}-\d{2}$/,
  instant: /^\d{4}-\d{2}-\d{2}T[\d:.]{1,20}Z$/,
};

/**
 * A webhook in a line: its type, its id, and of its data the fields that the table of types has, in the shape that they have
 * there. Whatever else is in it may be a person's, or a command to a terminal, and is left out.
 */
export function describeWebhook(id: string, body: string): string {
  const { type, test, data } = read(body);
  const parts = [
    typeof type === 'string' && typeLike.test(type) ? type : '(no type)',
    idLike.test(id) ? id : '(no id)',
  ];
  if (test === true) parts.push('test');
  if (typeof type !== 'string' || !isEventType(type) || !isObject(data)) return parts.join(' ');
  for (const [name, field] of Object.entries<PayloadField>(eventTypes[type].payload)) {
    const text = describe(field, data[name]);
    if (text !== undefined) parts.push(`${name}=${text}`);
  }
  return parts.join(' ');
}

function describe(field: PayloadField, value: unknown): string | undefined {
  if (field.kind !== 'money') return shapes[field.kind].test(String(value)) ? String(value) : undefined;
  if (!isObject(value)) return undefined;
  const text = `${String(value['amount'])} ${String(value['currency'])}`;
  return /^-?\d{1,18}(\.\d{1,4})? [A-Z]{3}$/.test(text) ? text : undefined;
}

function read(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
