/**
 * How postal codes are written, by country: 9 is a digit, A a letter, everything else itself. Several shapes are
 * alternatives. Source: the addressing guides of the Universal Postal Union, compared with the patterns of Unicode CLDR;
 * only countries are here whose codes have had one form for decades. In all others a code is free text.
 */
const shapesByCountry: Readonly<Record<string, readonly string[]>> = {
  AT: ['9999'],
  AU: ['9999'],
  BE: ['9999'],
  BR: ['99999-999'],
  CA: ['A9A 9A9'],
  CH: ['9999'],
  CZ: ['999 99'],
  DE: ['99999'],
  DK: ['9999'],
  EE: ['99999'],
  ES: ['99999'],
  FI: ['99999'],
  FR: ['99999'],
  GB: ['A9 9AA', 'A99 9AA', 'A9A 9AA', 'AA9 9AA', 'AA99 9AA', 'AA9A 9AA', 'GIR 0AA'],
  GR: ['999 99'],
  HR: ['99999'],
  HU: ['9999'],
  IN: ['999999'],
  IT: ['99999'],
  JP: ['999-9999'],
  LI: ['9999'],
  LU: ['9999'],
  MX: ['99999'],
  NL: ['9999 AA'],
  NO: ['9999'],
  NZ: ['9999'],
  PL: ['99-999'],
  SE: ['999 99'],
  SI: ['9999'],
  SK: ['999 99'],
  US: ['99999', '99999-9999'],
};

/** Letters that were once put in front of a code for its country, and still are. */
const oldPrefixes: Readonly<Record<string, string>> = {
  AT: 'A',
  BE: 'B',
  DE: 'D',
  FR: 'F',
  IT: 'I',
  LU: 'L',
};

interface Shape {
  readonly pattern: RegExp;
  readonly written: string;
}

/** What stands between the signs of a code is not part of it. */
const separators = /[\s.\-‐-―]+/g;

const shapes: ReadonlyMap<string, readonly Shape[]> = new Map(
  Object.entries(shapesByCountry).map(([country, written]) => [country, written.map(shapeOf)]),
);

function shapeOf(written: string): Shape {
  const classes: Readonly<Record<string, string>> = { '9': '[0-9]', A: '[A-Z]' };
  const signs = [...written.replace(separators, '')].map((sign) => classes[sign] ?? sign);
  return { pattern: new RegExp(`^${signs.join('')}$`), written };
}

/**
 * A postal code as its country writes it: `sw1a1aa` in GB is `SW1A 1AA`. Undefined when the country's codes look otherwise;
 * trimmed text where their shape, or the country, is not known. That such a code exists is not asked.
 */
export function readPostalCode(given: string, country: string | null): string | undefined {
  const known = country === null ? undefined : shapes.get(country);
  const text = given.trim();
  if (country === null || !known) return text;
  const signs = text.normalize('NFKC').toUpperCase().replace(separators, '');
  for (const candidate of [signs, ...withoutPrefix(signs, country)]) {
    const shape = known.find(({ pattern }) => pattern.test(candidate));
    if (shape) return write(candidate, shape.written);
  }
  return undefined;
}

function withoutPrefix(signs: string, country: string): string[] {
  const prefixes = [country, oldPrefixes[country]].filter((prefix) => prefix !== undefined);
  return prefixes.filter((prefix) => signs.startsWith(prefix)).map((prefix) => signs.slice(prefix.length));
}

function write(signs: string, written: string): string {
  let next = 0;
  return [...written].map((sign) => (/[\s-]/.test(sign) ? sign : (signs[next++] ?? ''))).join('');
}

/** The shapes of a country's codes for whoever wrote another one; undefined where none are known. */
export function postalCodeShapes(country: string): readonly string[] | undefined {
  return shapesByCountry[country];
}

/** Every country whose codes are checked, in order. */
export const postalCodeCountries: readonly string[] = Object.keys(shapesByCountry);
