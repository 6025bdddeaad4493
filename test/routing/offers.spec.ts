/** Leads that are offered: what a chain of routes makes of bids and claims, and who wins. */
import fc from 'fast-check';
import { type Bid, claimOffer, Desk, entriesInOrder, offerOf, routeBatch, type RoutableLead } from '#routing';
import { compiled, entryOf, leadOf, routeOf, stateOf, usd } from './samples.js';

const at = '2026-01-01T00:00:00Z';
const bid = (contractId: string, amountMinor: bigint, more: Partial<Bid> = {}): Bid => ({
  ...{ contractId, amountMinor, currency: 'USD', bidId: null },
  expiresAt: new Date('2026-01-01T00:01:00Z'),
  ...more,
});

const first = routeOf([entryOf('a'), entryOf('b')], {
  name: 'first',
  method: 'PING_POST',
  fallback: 'second',
});
const second = routeOf([entryOf('b'), entryOf('c')], {
  name: 'second',
  method: 'FIRST_CLAIM',
  fallback: 'third',
});
const third = routeOf([entryOf('d')], { name: 'third', method: 'PING_POST', fallback: 'last' });
const last = routeOf([entryOf('e')], { name: 'last' });
const chain = compiled(first, [second, third, last]);

const decide = (wishes: Partial<RoutableLead>) => {
  const [decision] = routeBatch(chain, [leadOf(wishes)], stateOf(chain, at)).decisions;
  if (!decision) throw new Error('no decision');
  return decision;
};

describe('a chain of routes that offer', () => {
  it('offers by one route after the other, each once, and asks nobody twice', () => {
    const steps = [
      { bids: null },
      { bids: [], offeredBy: ['first'] },
      { bids: [], offeredBy: ['first', 'second'] },
      { bids: [bid('d', 700n)], offeredBy: ['first', 'second', 'third'] },
      { bids: [], offeredBy: ['first', 'second', 'third'] },
    ].map(decide);
    expect(steps.map(({ result, trail }) => [result, trail])).toEqual([
      ['OFFERED', ['Q0Q0']],
      ['OFFERED', ['W1W1', 'Q0Q0']],
      ['OFFERED', ['W1W1', 'Q1Q1', 'Q0']],
      ['SOLD', ['W1W1', 'Q1Q1', 'S0']],
      ['SOLD', ['W1W1', 'Q1Q1', 'W1', 'S0']],
    ]);
    expect(steps.slice(0, 3).map((step) => offerOf(chain, step))).toMatchObject([
      {
        method: 'PING_POST',
        routeId: 'first',
        claimSeconds: null,
        contracts: [{ contractId: 'a' }, { contractId: 'b' }],
      },
      {
        method: 'FIRST_CLAIM',
        routeId: 'second',
        claimSeconds: 120,
        contracts: [{ contractId: 'b' }, { contractId: 'c' }],
      },
      {
        method: 'PING_POST',
        routeId: 'third',
        contracts: [{ contractId: 'd', priceMinor: 1000n, currency: 'USD' }],
      },
    ]);
    expect(steps.slice(3).map((step) => offerOf(chain, step))).toEqual([undefined, undefined]);
  });

  it('gives a claimed lead by the route that offered it and by no other', () => {
    const lead = leadOf({ offeredBy: ['first'] });
    const claimed = claimOffer(new Desk(chain, stateOf(chain, at)), {
      lead,
      contractId: 'b',
      routeId: 'second',
    });
    expect(claimed.decisions).toMatchObject([{ result: 'SOLD', trail: ['----', 'S0--'] }]);
    const elsewhere = claimOffer(new Desk(chain, stateOf(chain, at)), {
      lead,
      contractId: 'e',
      routeId: 'second',
    });
    expect(elsewhere.decisions).toMatchObject([{ result: 'UNSOLD' }]);
    const gone = claimOffer(new Desk(chain, stateOf(chain, at)), {
      lead,
      contractId: 'b',
      routeId: 'no-more',
    });
    expect(gone.decisions).toMatchObject([{ result: 'UNSOLD', sales: [] }]);
  });

  it('says why there is no bid where that is known', () => {
    const { trail } = decide({ bids: [], bidFaults: [{ contractId: 'b', detail: 4 }], offeredBy: ['first'] });
    expect(trail[0]).toBe('W1W4');
  });
});

describe('the winner of a round', () => {
  const contracts = ['a', 'b', 'c', 'd', 'e'];
  const anyBids = fc.array(
    fc.record({
      contractId: fc.constantFrom(...contracts),
      amountMinor: fc.bigInt({ min: 0n, max: 12n }),
      currency: fc.constantFrom('USD', 'USD', 'USD', 'EUR'),
      isOver: fc.boolean(),
    }),
    { maxLength: 12 },
  );

  it('is always the highest bid that counts, and of equal ones the first in order', () => {
    const property = fc.property(
      anyBids,
      fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 5, maxLength: 5 }),
      fc.integer({ min: 1, max: 3 }),
      (made, priorities, maxBuyers) => {
        const entries = contracts.map((id, index) => entryOf(id, { priority: priorities[index] ?? 1 }));
        const route = routeOf(entries, { method: 'PING_POST', minBid: usd(3), maxBuyers });
        const ready = compiled(route);
        const bids = made.map(({ isOver, ...rest }) => ({
          ...{ ...rest, bidId: null },
          expiresAt: new Date(isOver ? at : '2026-01-01T00:00:01Z'),
        }));
        const [decision] = routeBatch(ready, [leadOf({ bids })], stateOf(ready, at)).decisions;
        // Told anew, without the library: the best valid bid of each, sorted by amount and then by order.
        const expected = entriesInOrder(route)
          .map(({ contractId }, place) => {
            const own = made.filter((each) => each.contractId === contractId && each.currency === 'USD');
            const valid = own.filter(({ isOver, amountMinor }) => !isOver && amountMinor >= 3n);
            const best = valid.reduce(
              (most, { amountMinor }) => (amountMinor > most ? amountMinor : most),
              0n,
            );
            return { contractId, place, best };
          })
          .filter(({ best }) => best > 0n)
          .toSorted((x, y) => Number(y.best - x.best) || x.place - y.place)
          .slice(0, maxBuyers)
          .map(({ contractId, best }) => `${contractId} ${best}`);
        expect(decision?.sales.map(({ contractId, amountMinor }) => `${contractId} ${amountMinor}`)).toEqual(
          expected,
        );
      },
    );
    fc.assert(property, { numRuns: 500 });
  });
});
