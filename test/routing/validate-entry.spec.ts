import type { RawEntry, RawRule } from '#routing';
import { raw, refusals } from './validate-samples.js';

const rule = (given: RawRule) => raw({}, { rules: [given] });
const deep = (depth: number): RawRule =>
  depth === 0 ? { is: 'EXISTS', attribute: 'note' } : { is: 'NOT', rule: deep(depth - 1) };

describe('a rule', () => {
  const at = 'route.entries.0.rules.0';

  it.each<[string, RawRule, readonly string[]]>([
    ['unknown kind', { is: 'LIKE', attribute: 'note', value: 'x' }, [`INVALID_VALUE ${at}.is`]],
    ['unknown attribute', { is: 'EXISTS', attribute: 'nose' }, [`INVALID_VALUE ${at}.attribute`]],
    ['no attribute', { is: 'EXISTS' }, [`REQUIRED ${at}.attribute`]],
    ['no value', { is: 'EQ', attribute: 'note' }, [`REQUIRED ${at}.value`]],
    [
      'a part of another kind',
      { is: 'EQ', attribute: 'note', value: 'x', values: ['y'] },
      [`INVALID_VALUE ${at}.values`],
    ],
    [
      'a value of another type',
      { is: 'EQ', attribute: 'income', value: '12.5' },
      [`INVALID_VALUE ${at}.value`],
    ],
    [
      'a value that an ENUM has not',
      { is: 'EQ', attribute: 'roof', value: 'straw' },
      [`INVALID_VALUE ${at}.value`],
    ],
    ['an empty list', { is: 'IN', attribute: 'roof', values: [] }, [`REQUIRED ${at}.values`]],
    [
      'one bad value of several',
      { is: 'IN', attribute: 'born', values: ['2026-01-01', '2026-02-30'] },
      [`INVALID_VALUE ${at}.values.1`],
    ],
    [
      'a long list',
      { is: 'IN', attribute: 'note', values: Array.from({ length: 1001 }, () => 'x') },
      [`TOO_MANY ${at}.values`],
    ],
    ['a range of text', { is: 'RANGE', attribute: 'note', atLeast: 'a' }, [`INVALID_VALUE ${at}.is`]],
    ['a range without ends', { is: 'RANGE', attribute: 'income' }, [`REQUIRED ${at}`]],
    [
      'a range that ends before it begins',
      { is: 'RANGE', attribute: 'bill', atLeast: '10.1', atMost: '10.09' },
      [`INVALID_VALUE ${at}.atMost`],
    ],
    ['a range of one value', { is: 'RANGE', attribute: 'bill', atLeast: '10.1', atMost: '10.10' }, []],
    ['NOT of nothing', { is: 'NOT' }, [`REQUIRED ${at}.rule`]],
    ['ANY of none', { is: 'ANY', rules: [] }, [`REQUIRED ${at}.rules`]],
    ['deep, but not too deep', deep(3), []],
    ['too deep', deep(4), [`TOO_MANY ${at}.rule.rule.rule.rule`]],
    ['too wide', { is: 'ALL', rules: Array.from({ length: 50 }, () => deep(0)) }, [`TOO_MANY ${at}`]],
    [
      'much too wide',
      { is: 'ALL', rules: Array.from({ length: 51 }, () => deep(0)) },
      [`TOO_MANY ${at}.rules`],
    ],
  ])('%s', (_, given, expected) => {
    expect(refusals(rule(given))).toEqual(expected);
  });
});

describe('where, when and how much', () => {
  it.each<[string, Partial<RawEntry>, readonly string[]]>([
    [
      'a country in small letters',
      { geography: { only: [{ country: 'us' }] } },
      ['INVALID_VALUE route.entries.0.geography.only.0.country'],
    ],
    [
      'no state',
      { geography: { only: [{ country: 'US', states: ['California'] }] } },
      ['INVALID_VALUE route.entries.0.geography.only.0.states.0'],
    ],
    [
      'no code',
      { geography: { except: [{ country: 'US', postalPrefixes: ['902', '9*'] }] } },
      ['INVALID_VALUE route.entries.0.geography.except.0.postalPrefixes.1'],
    ],
    [
      'a megabyte of a code',
      { geography: { only: [{ country: 'US', postalPrefixes: [' '.repeat(1_000_000)] }] } },
      ['INVALID_VALUE route.entries.0.geography.only.0.postalPrefixes.0'],
    ],
    [
      'a range backwards',
      { geography: { only: [{ country: 'US', postalRanges: [{ from: '902', to: '901' }] }] } },
      ['INVALID_VALUE route.entries.0.geography.only.0.postalRanges.0'],
    ],
    [
      'a range of two lengths',
      { geography: { only: [{ country: 'US', postalRanges: [{ from: '90', to: '901' }] }] } },
      ['INVALID_VALUE route.entries.0.geography.only.0.postalRanges.0'],
    ],
    ['a source without anything', { sources: { only: [{}] } }, ['REQUIRED route.entries.0.sources.only.0']],
    [
      'an empty channel',
      { sources: { except: [{ channel: ' ' }] } },
      ['INVALID_VALUE route.entries.0.sources.except.0.channel'],
    ],
    [
      'no days',
      { hours: [{ days: [], from: '08:00', to: '09:00' }] },
      ['REQUIRED route.entries.0.hours.0.days'],
    ],
    [
      'a day twice',
      { hours: [{ days: ['MONDAY', 'MONDAY'], from: '08:00', to: '09:00' }] },
      ['INVALID_VALUE route.entries.0.hours.0.days'],
    ],
    [
      'no day',
      { hours: [{ days: ['Montag'], from: '08:00', to: '09:00' }] },
      ['INVALID_VALUE route.entries.0.hours.0.days.0'],
    ],
    [
      'no times',
      { hours: [{ days: ['MONDAY'], from: '24:00', to: '8:00' }] },
      ['INVALID_VALUE route.entries.0.hours.0.from', 'INVALID_VALUE route.entries.0.hours.0.to'],
    ],
    ['a cap of neither', { caps: [{ unit: 'DAY' }] }, ['REQUIRED route.entries.0.caps.0']],
    [
      'a cap of both',
      { caps: [{ unit: 'DAY', leads: 1, amount: { amount: '1', currency: 'USD' } }] },
      ['REQUIRED route.entries.0.caps.0'],
    ],
    [
      'a cap below nothing',
      { caps: [{ unit: 'DAY', leads: -1 }] },
      ['INVALID_VALUE route.entries.0.caps.0.leads'],
    ],
    [
      'a cap in another currency',
      { caps: [{ unit: 'DAY', amount: { amount: '1', currency: 'EUR' } }] },
      ['CURRENCY_MISMATCH route.entries.0.caps.0.amount.currency'],
    ],
    [
      'too many caps',
      { caps: Array.from({ length: 17 }, () => ({ unit: 'DAY', leads: 1 })) },
      ['TOO_MANY route.entries.0.caps'],
    ],
    ['an area without parts is the country', { geography: { only: [{ country: 'US', states: [] }] } }, []],
  ])('%s', (_, entry, expected) => {
    expect(refusals(raw({}, entry))).toEqual(expected);
  });
});
