import { readBuyingRules, readRules, storedBuyingRules, storedRules } from '#routing';
import fc from 'fast-check';
import { anyRoutes } from './any-route.js';
import { entryOf, usd } from './samples.js';

describe('rules that are stored', () => {
  it('are read as they were, whatever they are', () => {
    fc.assert(
      fc.property(anyRoutes, ([route]) => {
        const asJson: unknown = JSON.parse(JSON.stringify(storedRules(route)));
        expect(readRules(asJson as ReturnType<typeof storedRules>)).toEqual(route);
      }),
    );
  });

  it('keep instants and amounts of what a buyer wants', () => {
    const { rules, geography, sources, hours, minScore, maxAgeSeconds, requiresConsent } = entryOf('c');
    const wanted = {
      ...{ rules, geography, sources, hours, minScore, maxAgeSeconds, requiresConsent },
      timeZone: 'Europe/Berlin',
      bid: usd(12_50),
      caps: [{ unit: 'MONTH', measure: 'MONEY', limit: usd(999_999_999_999_999n) } as const],
      pause: { from: new Date('2026-03-01T00:00:00Z'), until: null },
    };
    const asJson: unknown = JSON.parse(JSON.stringify(storedBuyingRules(wanted)));
    expect(readBuyingRules(asJson as ReturnType<typeof storedBuyingRules>)).toEqual(wanted);
  });
});
