import { asCurrency } from '#money';
import { explainGroup } from './settlement-line.js';

const usd = asCurrency('USD');

it.each([
  [1000n, 80, '80 × $10.00'],
  [-40_000n, 1, '1 × −$400.00'],
  [null, 57, '57 lines of different amounts'],
])('%s, %s times: %s', (unitMinor, count, text) => {
  expect(explainGroup({ component: 'BASE', currency: usd, unitMinor, count, amountMinor: 0n })).toBe(text);
});
