import { type WeeklyHours, type Weekday, type WindowUnit, weekdays } from '#calendar';
import { formatMoney } from '#money';
import { unreachable } from '#outcome';
import { clausesOf } from './clauses.js';
import { entriesInOrder } from './decision.js';
import { describeClause } from './describe-rule.js';
import {
  type Cap,
  type Pause,
  type RouteEntry,
  type RouteMethod,
  type RouteRules,
  capsOf,
  conditionsOf,
  maxAgeSecondsOf,
  minScoreOf,
} from './route.js';

/** A route in plain words. */
export interface DescribedRoute {
  /** How a lead is given away, and what happens to it when nobody takes it. */
  readonly summary: string;
  /** In the order of consideration; one line per clause, "Name: what it says", always in the same order. */
  readonly entries: readonly { readonly contractId: string; readonly clauses: readonly string[] }[];
}

const methodWords: Readonly<Record<RouteMethod, string>> = {
  PRIORITY: 'the first that takes it, in order of priority',
  WEIGHTED: 'the one that is owed it most, so that each that takes leads gets its share by weight',
  ROUND_ROBIN: 'the one that takes it and has waited longest',
  HIGHEST_BID: 'the one that takes it and bids most, by its standing bid',
  PING_POST: 'the one that bids most for this lead, having been told of it without personal data',
  FIRST_CLAIM: 'the first that claims it, of all that take it and are offered it',
};

const unitWords: Readonly<Record<WindowUnit, string>> = {
  HOUR: 'an hour',
  DAY: 'a day',
  WEEK: 'a week from Monday',
  MONTH: 'a calendar month',
};

const dayWords: Readonly<Record<Weekday, string>> = {
  MONDAY: 'Monday',
  TUESDAY: 'Tuesday',
  WEDNESDAY: 'Wednesday',
  THURSDAY: 'Thursday',
  FRIDAY: 'Friday',
  SATURDAY: 'Saturday',
  SUNDAY: 'Sunday',
};

/** Says in plain words what the rules of a route mean. Pure; amounts are printed exactly, long lists shortened. */
export function describeRoute(rules: RouteRules): DescribedRoute {
  const { vertical, method, maxBuyers, fallback, minBid } = rules;
  const sale =
    maxBuyers === 1
      ? 'Each is sold once'
      : `Each is sold to at most ${maxBuyers} buyers, chosen one after the other, each at its own price`;
  const floor = minBid ? ` Bids below ${formatMoney(minBid)} do not count.` : '';
  const claims =
    method === 'FIRST_CLAIM' ? ` It may be claimed for ${describeSeconds(rules.claimSeconds)}.` : '';
  const rest =
    fallback === null
      ? 'What nobody takes stays unsold and is kept.'
      : `What nobody takes goes to the route ${fallback}.`;
  return {
    summary: `A lead of ${vertical} goes to ${methodWords[method]}. ${sale}.${floor}${claims} ${rest}`,
    entries: entriesInOrder(rules).map((entry) => ({
      contractId: entry.contractId,
      clauses: describeEntry(entry, method),
    })),
  };
}

/** One entry, clause by clause: what its own buyer may read as well. The agency's part (the order) comes first. */
export function describeEntry(entry: RouteEntry, method: RouteMethod): readonly string[] {
  const { timeZone } = entry;
  const minScore = minScoreOf(entry);
  const maxAgeSeconds = maxAgeSecondsOf(entry);
  const both = conditionsOf(entry);
  const hours = both
    .filter((each) => each.hours.length > 0)
    .map((each) => each.hours.map(describeHours).join('; '));
  return [
    placeOf(entry, method),
    ...clausesOf(entry).map((clause) => `Filter: leads ${describeClause(clause)}`),
    ...(minScore === null ? [] : [`Score: at least ${minScore} of 100`]),
    ...(maxAgeSeconds === null
      ? []
      : [`Age: at most ${describeSeconds(maxAgeSeconds)} since the lead was received`]),
    ...(both.some(({ requiresConsent }) => requiresConsent)
      ? ['Consent: must be recorded with the lead']
      : []),
    hours.length === 0
      ? 'Hours: always'
      : `Hours: ${hours.join(', and within ')}, by the clock in ${timeZone}`,
    ...capsOf(entry).map(
      (cap) => `${cap.measure === 'LEADS' ? 'Cap' : 'Budget'}: ${describeCap(cap)}, counted in ${timeZone}`,
    ),
    ...both.flatMap(({ pause }) => (pause ? [`Pause: ${describePause(pause)}`] : [])),
  ];
}

function placeOf({ priority, weight, bid }: RouteEntry, method: RouteMethod): string {
  switch (method) {
    case 'PRIORITY':
      return `Order: priority ${priority}`;
    case 'WEIGHTED':
      return `Share: weight ${weight}`;
    case 'HIGHEST_BID':
      return `Bid: ${bid ? formatMoney(bid) : "the contract's base rate"} for a lead`;
    case 'PING_POST':
      return 'Bid: lead by lead';
    case 'ROUND_ROBIN':
      return 'Order: in turn';
    case 'FIRST_CLAIM':
      return 'Order: whoever claims first';
    default:
      return unreachable(method);
  }
}

/** "at most 100 leads a day", "at most $500.00 a week from Monday". */
export function describeCap(cap: Cap): string {
  const what =
    cap.measure === 'MONEY' ? formatMoney(cap.limit) : `${cap.limit} ${cap.limit === 1 ? 'lead' : 'leads'}`;
  return `at most ${what} ${unitWords[cap.unit]}`;
}

function describeHours({ days, fromMinute, toMinute }: WeeklyHours): string {
  const when = daysInWords(days);
  if (fromMinute === toMinute % 1440) {
    return fromMinute === 0
      ? `${when} all day`
      : `${when} ${clock(fromMinute)} to the same time of the next day`;
  }
  const end = toMinute < fromMinute ? `${clock(toMinute)} of the next day` : clock(toMinute);
  return `${when} ${clock(fromMinute)} to ${end}`;
}

/** Days that follow one another are a stretch: "Monday to Friday, Sunday". */
function daysInWords(days: readonly Weekday[]): string {
  const numbers = weekdays.flatMap((day, number) => (days.includes(day) ? [number] : []));
  const stretches: [number, number][] = [];
  for (const number of numbers) {
    const last = stretches.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else stretches.push([number, number]);
  }
  const name = (number: number): string => dayWords[weekdays[number] ?? 'MONDAY'];
  return stretches
    .map(([from, to]) => {
      if (from === to) return name(from);
      return to === from + 1 ? `${name(from)}, ${name(to)}` : `${name(from)} to ${name(to)}`;
    })
    .join(', ');
}

function clock(minute: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

function describePause({ from, until }: Pause): string {
  return `takes nothing from ${from.toISOString()} ${until ? `to ${until.toISOString()}` : 'until it is lifted'}`;
}

/** "90 seconds", "5 minutes", "2 hours": in the largest unit that is exact. */
export function describeSeconds(seconds: number): string {
  const units = [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
    ['second', 1],
  ] as const;
  for (const [name, length] of units) {
    const count = seconds / length;
    if (Number.isInteger(count) && count > 0) return `${count} ${count === 1 ? name : `${name}s`}`;
  }
  return `${seconds} seconds`;
}
