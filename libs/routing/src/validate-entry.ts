import { type WeeklyHours, isInstantInRange, isTimeZone, weekdays, windowUnits } from '#calendar';
import type { Money } from '#money';
import { isCountry } from '#verticals';
import { type Area, type Geography, type PostalRange, normalPostalCode, normalState } from './geography.js';
import type {
  RawArea,
  RawBuyingRules,
  RawCap,
  RawEntry,
  RawGeography,
  RawHours,
  RawSource,
  RawSources,
} from './raw-route.js';
import {
  type BuyingRules,
  type Cap,
  type Pause,
  type RoutedContract,
  type RouteEntry,
  routeLimits,
} from './route.js';
import { type Path, type RouteCheck, readEach } from './route-check.js';
import type { SourceMatch, SourceRule } from './source-rule.js';
import { type Attributes, readRules } from './validate-rules.js';

/** Against what an entry or a buyer's rules are read. */
interface Around {
  readonly path: Path;
  readonly attributes: Attributes;
  /** False where the vertical's schema has no attribute `state`: no area of states would ever fit. */
  readonly canHaveState: boolean;
}

/** Reads one entry. Undefined when its contract is not known, since little else can be told without it. */
export function readEntry(
  check: RouteCheck,
  raw: RawEntry,
  around: Around & { readonly contract: RoutedContract | undefined },
): RouteEntry | undefined {
  const { path, contract } = around;
  const at = (...parts: Path): Path => [...path, ...parts];
  if (!contract) {
    const message = 'You have no contract of this id for this vertical.';
    check.refuse('NOT_FOUND', at('contractId'), message);
    return undefined;
  }
  const { priority, weight } = raw;
  return {
    contractId: contract.contractId,
    buyerId: contract.buyerId,
    priority: wholeOrNull(check, priority, at('priority'), { least: 1, most: routeLimits.priority }) ?? 1,
    weight: wholeOrNull(check, weight, at('weight'), { least: 1, most: routeLimits.weight }) ?? 1,
    ...readWanted(check, raw, { ...around, contract }),
    buyer: null,
  };
}

/** Reads what either side may say of a contract: zone, bid and conditions. */
export function readWanted(
  check: RouteCheck,
  raw: RawBuyingRules,
  { path, attributes, canHaveState, contract }: Around & { readonly contract: RoutedContract },
): BuyingRules {
  const at = (...parts: Path): Path => [...path, ...parts];
  const timeZone = raw.timeZone ?? contract.timeZone;
  if (!isTimeZone(timeZone)) check.refuse('INVALID_TIME_ZONE', at('timeZone'));
  const { currency } = contract.baseRate;
  const inCurrency = (amount: Money | undefined, where: Path): Money | null => {
    if (amount && amount.currency !== currency) check.refuse('CURRENCY_MISMATCH', [...where, 'currency']);
    return amount ?? null;
  };
  const { minScore, maxAgeSeconds: maxAge } = raw;
  return {
    timeZone,
    bid: raw.bid ? inCurrency(check.amount(raw.bid, at('bid')), at('bid')) : null,
    rules: readRules(check, raw.rules ?? [], { path: at('rules'), attributes }),
    geography: readGeography(check, raw.geography ?? {}, { path: at('geography'), canHaveState }),
    sources: readSources(check, raw.sources ?? {}, at('sources')),
    hours: readHours(check, raw.hours ?? [], at('hours')),
    caps: readCaps(check, raw.caps ?? [], { path: at('caps'), inCurrency }),
    minScore: wholeOrNull(check, minScore, at('minScore'), { least: 0, most: 100 }),
    maxAgeSeconds: wholeOrNull(check, maxAge, at('maxAgeSeconds'), {
      least: 1,
      most: routeLimits.maxAgeSeconds,
    }),
    requiresConsent: raw.requiresConsent ?? false,
    pause: readPause(check, raw, at('pause')),
  };
}

function wholeOrNull(
  check: RouteCheck,
  value: number | null | undefined,
  path: Path,
  bounds: { readonly least: number; readonly most: number },
): number | null {
  return value === null || value === undefined ? null : check.whole(value, path, bounds);
}

function readGeography(
  check: RouteCheck,
  raw: RawGeography,
  { path, canHaveState }: Pick<Around, 'path' | 'canHaveState'>,
): Geography {
  const areas = (given: readonly RawArea[], at: Path): readonly Area[] =>
    check.fits(given, at, routeLimits.areas)
      ? readEach(given, at, (area, place) => {
          if (!canHaveState && (area.states ?? []).length > 0)
            check.refuse('INVALID_VALUE', [...place, 'states'], noState);
          return readArea(check, area, place);
        })
      : [];
  return {
    only: areas(raw.only ?? [], [...path, 'only']),
    except: areas(raw.except ?? [], [...path, 'except']),
  };
}

const noState = 'The schema of the vertical has no attribute state, so no lead would fit.';

function readArea(check: RouteCheck, raw: RawArea, path: Path): Area | undefined {
  if (!isCountry(raw.country)) {
    const message = 'An ISO 3166-1 code of two capital letters, such as US, or GB for the United Kingdom.';
    check.refuse('INVALID_VALUE', [...path, 'country'], message);
    return undefined;
  }
  const codes = (
    given: readonly string[],
    field: string,
    normal: { readonly of: (text: string) => string; readonly pattern: RegExp; readonly such: string },
  ): readonly string[] => {
    const at = [...path, field];
    if (!check.fits(given, at, routeLimits.areaParts)) return [];
    return readEach(given, at, (text, place) => {
      const code = normal.of(text.slice(0, 40));
      if (text.length <= 40 && normal.pattern.test(code)) return code;
      check.refuse('INVALID_VALUE', place, normal.such);
      return undefined;
    });
  };
  const state = {
    of: normalState,
    pattern: /^[A-Z0-9]{1,3}$/,
    such: 'A part of the country by ISO 3166-2, such as CA.',
  };
  return {
    country: raw.country,
    states: codes(raw.states ?? [], 'states', state),
    postalPrefixes: codes(raw.postalPrefixes ?? [], 'postalPrefixes', postal),
    postalRanges: readRanges(check, raw.postalRanges ?? [], [...path, 'postalRanges']),
  };
}

const postal = {
  of: normalPostalCode,
  pattern: /^[A-Z0-9]{1,12}$/,
  such: 'A postal code or its beginning: 1 to 12 letters and digits.',
} as const;

function readRanges(
  check: RouteCheck,
  raw: readonly { readonly from: string; readonly to: string }[],
  path: Path,
): readonly PostalRange[] {
  if (!check.fits(raw, path, routeLimits.areaParts)) return [];
  return readEach(raw, path, (given, place) => {
    const range = { from: postal.of(given.from.slice(0, 40)), to: postal.of(given.to.slice(0, 40)) };
    const ends = (['from', 'to'] as const).filter(
      (end) => given[end].length > 40 || !postal.pattern.test(range[end]),
    );
    for (const end of ends) check.refuse('INVALID_VALUE', [...place, end], postal.such);
    if (ends.length > 0) return undefined;
    if (range.from.length === range.to.length && range.from <= range.to) return range;
    check.refuse(
      'INVALID_VALUE',
      place,
      'Both ends must be of one length, and the first not after the second.',
    );
    return undefined;
  });
}

function readSources(check: RouteCheck, raw: RawSources, path: Path): SourceRule {
  const matches = (given: readonly RawSource[], at: Path): readonly SourceMatch[] =>
    check.fits(given, at, routeLimits.sourceMatches)
      ? readEach(given, at, (source, place) => readSource(check, source, place))
      : [];
  return {
    only: matches(raw.only ?? [], [...path, 'only']),
    except: matches(raw.except ?? [], [...path, 'except']),
  };
}

function readSource(check: RouteCheck, raw: RawSource, path: Path): SourceMatch | undefined {
  const text = (value: string | null | undefined, field: string): string | null =>
    typeof value === 'string' ? (check.text(value, [...path, field], 200) ?? null) : null;
  const match = {
    channel: text(raw.channel, 'channel'),
    campaign: text(raw.campaign, 'campaign'),
    subId: text(raw.subId, 'subId'),
  };
  if ([raw.channel, raw.campaign, raw.subId].some((value) => typeof value === 'string')) return match;
  check.refuse('REQUIRED', path, 'Give a channel, a campaign or a subId.');
  return undefined;
}

function readHours(check: RouteCheck, raw: readonly RawHours[], path: Path): readonly WeeklyHours[] {
  if (!check.fits(raw, path, routeLimits.hours)) return [];
  return readEach(raw, path, (given, at) => {
    const days = readEach(given.days.slice(0, 7), [...at, 'days'], (day, place) =>
      check.oneOf(weekdays, day, place),
    );
    if (given.days.length === 0) check.refuse('REQUIRED', [...at, 'days']);
    if (new Set(given.days).size < given.days.length) {
      check.refuse('INVALID_VALUE', [...at, 'days'], 'Each day once.');
    }
    const fromMinute = minuteOf(given.from);
    const toMinute = given.to === '24:00' ? 1440 : minuteOf(given.to);
    const message = 'A time such as 08:30.';
    if (fromMinute === undefined) check.refuse('INVALID_VALUE', [...at, 'from'], message);
    if (toMinute === undefined) check.refuse('INVALID_VALUE', [...at, 'to'], message);
    return fromMinute === undefined || toMinute === undefined ? undefined : { days, fromMinute, toMinute };
  });
}

function minuteOf(text: string): number | undefined {
  const [, hours, minutes] = /^([01][0-9]|2[0-3]):([0-5][0-9])$/.exec(text) ?? [];
  return hours === undefined || minutes === undefined ? undefined : Number(hours) * 60 + Number(minutes);
}

function readCaps(
  check: RouteCheck,
  raw: readonly RawCap[],
  around: {
    readonly path: Path;
    readonly inCurrency: (amount: Money | undefined, where: Path) => Money | null;
  },
): readonly Cap[] {
  const { path, inCurrency } = around;
  if (!check.fits(raw, path, routeLimits.caps)) return [];
  return readEach(raw, path, (given, at): Cap | undefined => {
    const unit = check.oneOf(windowUnits, given.unit, [...at, 'unit']);
    const { leads = null, amount = null } = given;
    if ((leads === null) === (amount === null)) {
      check.refuse('REQUIRED', at, 'Give leads or an amount, one of the two.');
      return undefined;
    }
    if (amount !== null) {
      const limit = inCurrency(check.amount(amount, [...at, 'amount']), [...at, 'amount']);
      return unit && limit ? { unit, measure: 'MONEY', limit } : undefined;
    }
    const limit = check.whole(leads ?? 0, [...at, 'leads'], { least: 0, most: routeLimits.leadsPerCap });
    return unit && { unit, measure: 'LEADS', limit };
  });
}

function readPause(check: RouteCheck, { pause }: RawBuyingRules, path: Path): Pause | null {
  if (!pause) return null;
  const { from, until = null } = pause;
  const message = 'An instant in the years 1900 to 9000.';
  if (!isInstantInRange(from)) check.refuse('INVALID_VALUE', [...path, 'from'], message);
  if (until !== null && !isInstantInRange(until)) check.refuse('INVALID_VALUE', [...path, 'until'], message);
  if (until !== null && until <= from) {
    check.refuse('INVALID_VALUE', [...path, 'until'], 'The pause ends before it begins.');
  }
  return { from, until };
}
