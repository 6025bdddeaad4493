import { asCurrency } from '#money';
import { type CreditUse, exposureOf, isCreditUsedUp } from './credit.js';

const usd = asCurrency('USD');
const eur = asCurrency('EUR');
const use = (
  unbilledMinor: bigint,
  receivableMinor: bigint,
  creditMinor: bigint,
  currency = usd,
): CreditUse => ({
  ...{ currency, offeredMinor: 0n, unbilledMinor, receivableMinor, creditMinor },
});
const limit = (creditLimitMinor: bigint | null, terms: 'INVOICE' | 'PREPAID' = 'INVOICE') => ({
  ...{ terms, currency: usd, creditLimitMinor },
});

it('a buyer owes what is charged and billed, less what it has', () => {
  expect(exposureOf(use(100n, 50n, 30n))).toBe(120n);
});

it.each([
  ['without a limit', limit(null), [use(10n ** 12n, 0n, 0n)], false],
  ['below its limit', limit(100n), [use(99n, 0n, 0n)], false],
  ['at its limit', limit(100n), [use(60n, 40n, 0n)], true],
  ['beyond it', limit(100n), [use(200n, 0n, 0n)], true],
  ['beyond it, had it not prepaid', limit(100n), [use(200n, 0n, 101n)], false],
  ['with no credit at all', limit(0n), [use(0n, 0n, 0n)], true],
  ['prepaying, with nothing', limit(null, 'PREPAID'), [use(0n, 0n, 0n)], true],
  ['prepaying, with something', limit(null, 'PREPAID'), [use(0n, 0n, 1n)], false],
  ['prepaying, with as much as it used', limit(null, 'PREPAID'), [use(5n, 0n, 5n)], true],
  ['prepaying, trusted with a limit', limit(50n, 'PREPAID'), [use(40n, 0n, 0n)], false],
  ['prepaying, without a contract', limit(null, 'PREPAID'), [], true],
  [
    'with money in one of its currencies',
    limit(null, 'PREPAID'),
    [use(0n, 0n, 9n), use(0n, 0n, 0n, eur)],
    false,
  ],
  ['owing in another currency than its limit', limit(100n), [use(0n, 0n, 0n), use(1n, 0n, 0n, eur)], true],
] as const)('a buyer %s', (_, profile, uses, usedUp) => {
  expect(isCreditUsedUp(profile, uses)).toBe(usedUp);
});
