import { type RawEntry, type RawRoute, type RouteContext, validateRoute } from '#routing';
import { asCurrency, money } from '#money';
import { usd } from './samples.js';

/** Contracts in two currencies, an attribute of each type, and other routes of which one leads back to "main". */
export const context: RouteContext = {
  canHaveState: true,
  attributes: [
    { key: 'roof', type: 'ENUM', values: ['Flat', 'Tile'] },
    { key: 'income', type: 'INTEGER', values: [] },
    { key: 'bill', type: 'DECIMAL', values: [] },
    { key: 'born', type: 'DATE', values: [] },
    { key: 'owner', type: 'BOOLEAN', values: [] },
    { key: 'note', type: 'TEXT', values: [] },
  ],
  contracts: [
    {
      contractId: 'c1',
      buyerId: 'b1',
      baseRate: usd(1000),
      timeZone: 'America/New_York',
      consentRequired: false,
      platformFeeRatePpm: 0,
    },
    {
      contractId: 'c2',
      buyerId: 'b2',
      baseRate: usd(2000),
      timeZone: 'Europe/London',
      consentRequired: false,
      platformFeeRatePpm: 0,
    },
    {
      contractId: 'c3',
      buyerId: 'b3',
      baseRate: money(900n, asCurrency('EUR')),
      timeZone: 'Europe/Berlin',
      consentRequired: false,
      platformFeeRatePpm: 0,
    },
  ],
  others: [
    { name: 'rest', fallback: null },
    { name: 'circle', fallback: 'main' },
    { name: 'f1', fallback: 'f2' },
    { name: 'f2', fallback: 'f3' },
    { name: 'f3', fallback: 'f4' },
    { name: 'f4', fallback: 'f5' },
    { name: 'f5', fallback: null },
  ],
};

/** A route that is in order, with something of it changed. */
export function raw(wishes: Partial<RawRoute> = {}, entry: Partial<RawEntry> = {}): RawRoute {
  return {
    name: 'main',
    vertical: 'solar',
    method: 'PRIORITY',
    saleMode: 'EXCLUSIVE',
    entries: [{ contractId: 'c1', ...entry }],
    ...wishes,
  };
}

/** Each refusal as "code path"; nothing when it is taken. */
export function refusals(route: RawRoute): string[] {
  const outcome = validateRoute(route, context, ['route']);
  return outcome.ok ? [] : outcome.refusals.map(({ code, field }) => `${code} ${field?.join('.')}`);
}
