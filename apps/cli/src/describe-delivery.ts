/**
 * A delivered lead in a few words: its id, and the names of the fields of its body, whatever form the buyer gave it. Values are a
 * person's, and masked: what is shown of them is that they are there.
 */
export function describeDelivery(id: string, body: string): string {
  const fields = leavesOf(read(body), []).map(([path, value]) => `${path}=${masked(value)}`);
  const shown = fields.slice(0, maxFields);
  if (fields.length > maxFields) shown.push('…');
  return ['delivery', /^dlv_[0-9a-hjkmnp-tv-z]{26}$/.test(id) ? id : '(no id)', ...shown].join(' ');
}

/** Whether a message is a lead, and not an event. */
export function isDelivery(id: string): boolean {
  return id.startsWith('dlv_');
}

/** The whole body for who asked to see it: as JSON, so that nothing in it is a command to a terminal. */
export function showDelivery(body: string): string {
  return JSON.stringify(read(body), null, 2).replaceAll(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    '\ufffd',
  );
}

const maxFields = 100;

function leavesOf(value: unknown, path: readonly string[]): [string, unknown][] {
  if (typeof value !== 'object' || value === null || path.length > 6) return [[path.join('.'), value]];
  return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, [...path, plain(name)]));
}

/** Names are the buyer's own; attributes are named by agencies. */
function plain(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, '?').slice(0, 64);
}

function masked(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value === '' ? '(empty)' : '•••';
}

function read(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return {};
  }
}
