import { unreachable } from '#outcome';
import type { AttributeRule } from './attribute-rule.js';
import type { Clause } from './clauses.js';
import { type Area, type Geography, isWholeCountry } from './geography.js';
import type { SourceMatch, SourceRule } from './source-rule.js';

/** How many of a long list are told. */
const listed = 8;

/** Says in plain words what a condition of an entry asks for; the rest of a sentence that begins with "Leads". */
export function describeClause(clause: Clause): string {
  switch (clause.kind) {
    case 'GEOGRAPHY':
      return describeGeography(clause.geography);
    case 'SOURCES':
      return describeSources(clause.sources);
    case 'RULE':
      return `with ${describeRule(clause.rule)}`;
    default:
      return unreachable(clause);
  }
}

/** A rule in plain words: "income of at least 50000", "(not roof one of flat, thatch)". */
export function describeRule(rule: AttributeRule): string {
  switch (rule.is) {
    case 'EQ':
      return `${rule.attribute} ${rule.value}`;
    case 'IN':
      return `${rule.attribute} one of ${list(rule.values, ', ')}`;
    case 'RANGE':
      return `${rule.attribute} ${rangeOf(rule.atLeast, rule.atMost)}`;
    case 'EXISTS':
      return `${rule.attribute} given`;
    case 'NOT':
      return `not ${grouped(rule.rule)}`;
    case 'ANY':
      return rule.rules.map(grouped).join(' or ');
    case 'ALL':
      return rule.rules.map(grouped).join(' and ');
    default:
      return unreachable(rule);
  }
}

function grouped(rule: AttributeRule): string {
  const isSeveral = (rule.is === 'ANY' || rule.is === 'ALL') && rule.rules.length > 1;
  return isSeveral ? `(${describeRule(rule)})` : describeRule(rule);
}

function rangeOf(atLeast: string | null, atMost: string | null): string {
  if (atLeast !== null && atMost !== null) return `from ${atLeast} to ${atMost}`;
  return atLeast === null ? `of at most ${atMost ?? 'anything'}` : `of at least ${atLeast}`;
}

function describeGeography({ only, except }: Geography): string {
  const from = only.length === 0 ? 'from anywhere' : `from ${list(only.map(describeArea), '; ')}`;
  return except.length === 0 ? from : `${from}, except ${list(except.map(describeArea), '; ')}`;
}

function describeArea(area: Area): string {
  const { country, states, postalPrefixes, postalRanges } = area;
  if (isWholeCountry(area)) return country;
  const parts = [
    ...(states.length > 0 ? [`${states.length === 1 ? 'state' : 'states'} ${list(states, ', ')}`] : []),
    ...(postalPrefixes.length > 0
      ? [
          `postal codes ${list(
            postalPrefixes.map((code) => `${code}…`),
            ', ',
          )}`,
        ]
      : []),
    ...(postalRanges.length > 0
      ? [
          `postal codes ${list(
            postalRanges.map(({ from, to }) => `${from} to ${to}`),
            ', ',
          )}`,
        ]
      : []),
  ];
  return `${country} (${parts.join(' or ')})`;
}

function describeSources({ only, except }: SourceRule): string {
  const from = only.length === 0 ? 'from any source' : `from ${list(only.map(describeSource), '; ')}`;
  return except.length === 0 ? from : `${from}, except ${list(except.map(describeSource), '; ')}`;
}

function describeSource({ channel, campaign, subId }: SourceMatch): string {
  const parts = [
    ...(channel === null ? [] : [`channel ${channel}`]),
    ...(campaign === null ? [] : [`campaign ${campaign}`]),
    ...(subId === null ? [] : [`sub id ${subId}`]),
  ];
  return parts.join(' with ');
}

function list(items: readonly string[], separator: string): string {
  if (items.length <= listed) return items.join(separator);
  return `${items.slice(0, listed).join(separator)} and ${items.length - listed} more`;
}
