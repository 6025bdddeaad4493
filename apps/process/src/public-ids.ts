/**
 * Opaque, typed, time-ordered ids. Callers see `lead_` and 26 characters of Crockford base32 (the 128 bits of a UUID, big end
 * first), so ids sort by time, survive a double click, and name their kind: a contract's id given as a lead's is refused here and
 * never reaches SQL. Only the one canonical spelling is accepted (no upper case, no `i l o u`), so that equal ids are equal strings.
 */

/** The kinds of object that have an id of their own, with the prefix of each. Prefixes are relied on from outside: never change one. */
export const idPrefixes = {
  organization: 'org',
  user: 'user',
  apiKey: 'key',
  contract: 'ctr',
  lead: 'lead',
  delivery: 'dlv',
  deal: 'deal',
  return: 'ret',
  outcomeEvent: 'out',
  settlement: 'stl',
  /** A settlement line is a charge. */
  charge: 'chg',
  journal: 'jrn',
  payout: 'pyo',
  event: 'evt',
  route: 'rte',
  destination: 'dst',
  sampleLead: 'smp',
  webhookEndpoint: 'whe',
  webhookDelivery: 'whd',
  /** Something that the payment provider is asked for. */
  operation: 'opn',
  financeRequest: 'frq',
  invoice: 'inv',
  collection: 'col',
  dispute: 'dsp',
  refund: 'rfd',
  suppression: 'sup',
  leadImport: 'imp',
  /** What an agency asked before it sends a lead; the lead has the same UUID then. */
  ping: 'ping',
  /** A lead offered to one buyer. */
  leadOffer: 'off',
} as const;

export type IdKind = keyof typeof idPrefixes;
export type IdPrefix = (typeof idPrefixes)[IdKind];

export interface DecodedId {
  readonly prefix: IdPrefix;
  readonly kind: IdKind;
  readonly uuid: string;
}

const kindOfPrefix: ReadonlyMap<string, { prefix: IdPrefix; kind: IdKind }> = new Map(
  (Object.keys(idPrefixes) as IdKind[]).map((kind) => [idPrefixes[kind], { prefix: idPrefixes[kind], kind }]),
);

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** 26 characters hold 130 bits; the first one is at most 7, or the value would not fit into 128. */
const bodyPattern = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;

/** Crockford's digit for each of JavaScript's base-32 digits (0-9a-v), and back. */
const fromNative = new Map(
  [...'0123456789abcdefghijklmnopqrstuv'].map((digit, value) => [digit, alphabet.charAt(value)]),
);
const valueOf = new Map([...alphabet].map((digit, value) => [digit, value]));

/** The public id of a UUID in canonical lower-case form. Throws a TypeError for anything else: an id of ours is never malformed. */
export function encodeId(prefix: IdPrefix, uuid: string): string {
  if (!uuidPattern.test(uuid)) throw new TypeError(`not a canonical UUID (${prefix})`);
  const native = BigInt(`0x${uuid.replaceAll('-', '')}`)
    .toString(32)
    .padStart(26, '0');
  let body = '';
  for (const digit of native) body += fromNative.get(digit) ?? '';
  return `${prefix}_${body}`;
}

/** The UUID behind a public id of that kind; undefined for another kind, another spelling or garbage. */
export function decodeId(prefix: IdPrefix, text: string): string | undefined {
  return text.startsWith(`${prefix}_`) ? decodeBody(text.slice(prefix.length + 1)) : undefined;
}

/** What `node(id:)` needs: kind and UUID of any public id; undefined for an unknown prefix or garbage. */
export function decodeAnyId(text: string): DecodedId | undefined {
  const separator = text.indexOf('_');
  const known = separator < 0 ? undefined : kindOfPrefix.get(text.slice(0, separator));
  const uuid = known && decodeBody(text.slice(separator + 1));
  return known && uuid ? { ...known, uuid } : undefined;
}

function decodeBody(body: string): string | undefined {
  if (!bodyPattern.test(body)) return undefined;
  let bits = 0n;
  for (const digit of body) bits = (bits << 5n) | BigInt(valueOf.get(digit) ?? 0);
  const hex = bits.toString(16).padStart(32, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
