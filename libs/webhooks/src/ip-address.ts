/** An IP address as its bytes: four of IPv4, sixteen of IPv6. */
export type IpAddress = Uint8Array;

/**
 * Reads an address in its ordinary notation: four decimal numbers, or the text forms of RFC 4291. Undefined for anything else:
 * octal, hexadecimal and short forms, which some programs take for an IPv4 address, and zones are none here. Never throws.
 */
export function parseIp(text: string): IpAddress | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): IpAddress | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined;
  const parts = text.split('.');
  // "010" is eight to some and ten to others.
  if (parts.some((part) => Number(part) > 255 || (part.length > 1 && part.startsWith('0')))) return undefined;
  return Uint8Array.from(parts, Number);
}

function parseIpv6(text: string): IpAddress | undefined {
  const embedded = /^(.*:)([\d.]+)$/.exec(text);
  if (embedded && text.includes('.')) {
    const ipv4 = parseIpv4(embedded[2] ?? '');
    if (!ipv4) return undefined;
    const [a = 0, b = 0, c = 0, d = 0] = ipv4;
    return parseIpv6(`${embedded[1]}${hex(a * 256 + b)}:${hex(c * 256 + d)}`);
  }
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const groups = [...(head ?? []), ...(tail ?? [])];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  const missing = 8 - groups.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const whole = [...(head ?? []), ...Array.from({ length: missing }, () => '0'), ...(tail ?? [])];
  return Uint8Array.from(whole.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]));
}

const hex = (value: number): string => value.toString(16);

/** A block of addresses: the first `bits` bits of each are those of `base`. */
export interface IpRange {
  readonly base: IpAddress;
  readonly bits: number;
}

/** Reads `10.0.0.0/8` or `fc00::/7`. Throws a TypeError for what is none: ranges are written by us. */
export function ipRange(text: string): IpRange {
  const [address = '', bits = ''] = text.split('/');
  const base = parseIp(address);
  if (!base || !/^\d+$/.test(bits) || Number(bits) > base.length * 8)
    throw new TypeError('not a range of addresses');
  return { base, bits: Number(bits) };
}

/** Whether the address lies in the range; those of the other family never do. */
export function isInRange(address: IpAddress, { base, bits }: IpRange): boolean {
  if (address.length !== base.length) return false;
  const wholeBytes = bits >> 3;
  for (let index = 0; index < wholeBytes; index += 1) if (address[index] !== base[index]) return false;
  const rest = bits & 7;
  if (rest === 0) return true;
  const mask = (0xff << (8 - rest)) & 0xff;
  return ((address[wholeBytes] ?? 0) & mask) === ((base[wholeBytes] ?? 0) & mask);
}

/** The IPv4 address within an IPv4-mapped IPv6 address, which connects to it; any other as it is. */
export function unmapped(address: IpAddress): IpAddress {
  return isInRange(address, mappedRange) ? address.slice(12) : address;
}

const mappedRange = ipRange('::ffff:0:0/96');
