/** A country, or parts of it: a place is in the area when one of the parts holds it. */
export interface Area {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** ISO 3166-2 without the country: CA, NSW. */
  readonly states: readonly string[];
  /** In capitals, without blanks and hyphens: 902, SW1A. */
  readonly postalPrefixes: readonly string[];
  readonly postalRanges: readonly PostalRange[];
}

/** Postal codes of one length, both ends included; a longer code counts by its beginning (90210-1234 as 90210). */
export interface PostalRange {
  readonly from: string;
  readonly to: string;
}

/** Where leads may come from. A lead without the country or code that is asked for is outside. */
export interface Geography {
  /** None: from anywhere. */
  readonly only: readonly Area[];
  readonly except: readonly Area[];
}

/** Takes every place, known or not. */
export const anywhere: Geography = { only: [], except: [] };

/** Where a lead comes from, in normal form. */
export interface Place {
  readonly country: string | null;
  readonly state: string | null;
  /** See {@link postalBeginnings}; empty without a postal code. */
  readonly postalBeginnings: readonly string[];
}

const longestCode = 12;

/**
 * The beginnings of a postal code by their length, the empty one first. Cut once per lead and not once per entry, whose
 * look-ups would each hash a new text: with fifty entries that was two thirds of a decision.
 */
export function postalBeginnings(postalCode: string): string[] {
  const code = normalPostalCode(postalCode).slice(0, longestCode);
  return Array.from({ length: code.length + 1 }, (_, length) => code.slice(0, length));
}

/** Capitals without blanks and hyphens, which people set as they like: "sw1a 1aa" is SW1A1AA. */
export function normalPostalCode(text: string): string {
  return text.replace(/[\s-]+/g, '').toUpperCase();
}

/** "us-ca" and "ca" are CA. */
export function normalState(text: string): string {
  return text
    .trim()
    .toUpperCase()
    .replace(/^[A-Z]{2}-/, '');
}

/** Makes a geography ready to be asked for every lead; undefined when every place is in it. */
export function placeTest(geography: Geography): ((place: Place) => boolean) | undefined {
  const only = areasTest(geography.only);
  const except = areasTest(geography.except);
  if (only && except) return (place) => only(place) && !except(place);
  if (except) return (place) => !except(place);
  return only;
}

/** Undefined without areas. */
function areasTest(areas: readonly Area[]): ((place: Place) => boolean) | undefined {
  if (areas.length === 0) return undefined;
  const countries = new Map<string, Area[]>();
  for (const area of areas) {
    const own = countries.get(area.country);
    if (own) own.push(area);
    else countries.set(area.country, [area]);
  }
  const tests = new Map([...countries].map(([country, own]) => [country, countryTest(own)]));
  const [only, ...more] = tests;
  if (only && more.length === 0) {
    const [country, test] = only;
    return (place) => place.country === country && test(place);
  }
  return (place) => place.country !== null && (tests.get(place.country)?.(place) ?? false);
}

function countryTest(areas: readonly Area[]): (place: Place) => boolean {
  if (areas.some(isWholeCountry)) return () => true;
  const states = new Set(areas.flatMap((area) => area.states));
  const prefixes = byLength(areas.flatMap((area) => area.postalPrefixes));
  const ranges = rangesByLength(areas.flatMap((area) => area.postalRanges));
  return ({ state, postalBeginnings: beginnings }) => {
    if (state !== null && states.has(state)) return true;
    for (const { length, codes } of prefixes) {
      const code = beginnings[length];
      if (code !== undefined && codes.has(code)) return true;
    }
    for (const { length, sorted } of ranges) {
      const code = beginnings[length];
      if (code !== undefined && isInRanges(sorted, code)) return true;
    }
    return false;
  };
}

/** True for an area that names no part of its country. */
export function isWholeCountry({ states, postalPrefixes, postalRanges }: Area): boolean {
  return states.length + postalPrefixes.length + postalRanges.length === 0;
}

function byLength(
  codes: readonly string[],
): readonly { readonly length: number; readonly codes: ReadonlySet<string> }[] {
  const lengths = new Map<number, Set<string>>();
  for (const code of codes) {
    const own = lengths.get(code.length);
    if (own) own.add(code);
    else lengths.set(code.length, new Set([code]));
  }
  return [...lengths].map(([length, own]) => ({ length, codes: own }));
}

/** Of each length in order and joined where they overlap, so that the last that begins before a code decides. */
function rangesByLength(
  ranges: readonly PostalRange[],
): readonly { readonly length: number; readonly sorted: readonly PostalRange[] }[] {
  const lengths = new Map<number, { from: string; to: string }[]>();
  for (const { from, to } of ranges.toSorted((a, b) => (a.from < b.from ? -1 : Number(a.from > b.from)))) {
    const own = lengths.get(from.length) ?? [];
    lengths.set(from.length, own);
    const last = own.at(-1);
    if (last && from <= last.to) last.to = to > last.to ? to : last.to;
    else own.push({ from, to });
  }
  return [...lengths].map(([length, sorted]) => ({ length, sorted }));
}

function isInRanges(sorted: readonly PostalRange[], code: string): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.from ?? '') <= code) low = middle + 1;
    else high = middle;
  }
  const found = sorted[low - 1];
  return found !== undefined && code <= found.to;
}
