import {
  type Bid,
  type RoutableLead,
  type Route,
  claimOffer,
  Desk,
  outcomesOf,
  routeBatch,
  stateAfter,
} from '#routing';
import { compiled, entryOf, leadOf, leadsOf, routeOf, stateOf, usd } from './samples.js';

const at = new Date('2026-01-05T12:00:00Z');
const dayCap = (limit: number) => [{ unit: 'DAY', measure: 'LEADS', limit } as const];

/** The contracts that each of the leads is sold under. */
function soldBy(route: Route, leads: readonly RoutableLead[], others: readonly Route[] = []): string[] {
  const ready = compiled(route, others);
  const { decisions } = routeBatch(ready, leads, stateOf(ready, at));
  return decisions.map(({ sales }) => sales.map(({ contractId }) => contractId).join('+'));
}

function bid(contractId: string, amountMinor: bigint, wishes: Partial<Bid> = {}): Bid {
  const expiresAt = new Date(at.getTime() + 1);
  return { contractId, amountMinor, currency: 'USD', expiresAt, bidId: `bid-${contractId}`, ...wishes };
}

describe('PRIORITY', () => {
  it('goes to the first that takes it, equals in the order of their ids', () => {
    const entries = [
      entryOf('c', { priority: 2 }),
      entryOf('b', { caps: dayCap(1) }),
      entryOf('a', { caps: dayCap(1) }),
    ];
    expect(soldBy(routeOf(entries), leadsOf(4))).toEqual(['a', 'b', 'c', 'c']);
  });

  it('shares with as many buyers as may have it, and tells the others that they came too late', () => {
    const route = routeOf(
      [
        entryOf('a'),
        entryOf('b', { minScore: 1 }),
        entryOf('c'),
        entryOf('d'),
        entryOf('e', { minScore: 1 }),
      ],
      { maxBuyers: 2 },
    );
    const ready = compiled(route);
    const [decision] = routeBatch(ready, leadsOf(1), stateOf(ready, at)).decisions;
    expect(decision?.sales.map(({ contractId, rank }) => [contractId, rank])).toEqual([
      ['a', 0],
      ['c', 1],
    ]);
    // Who would not have taken it is told so, and not that others came first.
    expect(decision?.trail).toEqual(['S0M0S1L0M0']);
  });

  it('never sells a lead twice to one buyer, by whatever contract', () => {
    const entries = [
      entryOf('a', { buyerId: 'x' }),
      entryOf('b', { buyerId: 'x' }),
      entryOf('c', { buyerId: 'y' }),
    ];
    const route = routeOf(entries, { maxBuyers: 3 });
    expect(soldBy(route, leadsOf(1))).toEqual(['a+c']);
    const ready = compiled(route);
    expect(routeBatch(ready, leadsOf(1), stateOf(ready, at)).decisions[0]?.trail).toEqual(['S0D3S1']);
  });

  it('counts the buyers who have it already, and does not go back to where it failed', () => {
    const route = routeOf([entryOf('a'), entryOf('b'), entryOf('c'), entryOf('d')], { maxBuyers: 2 });
    const lead = leadOf({ soldTo: ['buyer-of-a'], failedAt: ['b'] });
    expect(soldBy(route, [lead])).toEqual(['c']);
    const ready = compiled(route);
    expect(routeBatch(ready, [lead], stateOf(ready, at)).decisions[0]?.trail).toEqual(['D1D2S0L0']);
    const full = leadOf({ soldTo: ['buyer-of-a', 'a buyer outside the route'] });
    const [decision] = routeBatch(ready, [full], stateOf(ready, at)).decisions;
    expect([decision?.result, decision?.trail]).toEqual(['UNSOLD', ['D1L0L0L0']]);
  });

  it('considers only the contract that the lead names', () => {
    const route = routeOf([entryOf('a'), entryOf('b')]);
    expect(soldBy(route, [leadOf({ contractId: 'b' }), leadOf({ contractId: 'z' })])).toEqual(['b', '']);
    const ready = compiled(route);
    const { decisions } = routeBatch(ready, [leadOf({ contractId: 'b' })], stateOf(ready, at));
    const considered = decisions.flatMap((decision) => outcomesOf(decision, [route]));
    expect(considered.map(({ entry, outcome }) => [entry.contractId, outcome])).toEqual([['b', 'SOLD']]);
  });
});

describe('WEIGHTED', () => {
  it('splits by weight, evenly in time', () => {
    const entries = [entryOf('a', { weight: 5 }), entryOf('b', { weight: 3 }), entryOf('c', { weight: 2 })];
    const order = soldBy(routeOf(entries, { method: 'WEIGHTED' }), leadsOf(20));
    const counts = ['a', 'b', 'c'].map((name) => order.filter((each) => each === name).length);
    expect(counts).toEqual([10, 6, 4]);
    // The ninth: a is owed 0.5 and b 0.7, and both would be owed a whole lead after one more; b is owed more.
    expect(order.slice(0, 10).join('')).toBe('abacabacba');
  });

  it('goes on where the batch before ended', () => {
    const ready = compiled(routeOf([entryOf('a', { weight: 2 }), entryOf('b')], { method: 'WEIGHTED' }));
    let state = stateOf(ready, at);
    const order: string[] = [];
    for (let batch = 0; batch < 6; batch += 1) {
      const routed = routeBatch(ready, leadsOf(1), state);
      state = stateAfter(state, routed);
      order.push(routed.decisions[0]?.sales[0]?.contractId ?? '-');
    }
    expect(order.join('')).toBe('abaaba');
  });

  it('shares what an absent one would have got among the others, and owes it nothing afterwards', () => {
    const entries = [
      entryOf('a', { weight: 2 }),
      entryOf('b', { weight: 1 }),
      entryOf('c', { weight: 1, minScore: 1 }),
    ];
    const route = routeOf(entries, { method: 'WEIGHTED' });
    const order = soldBy(route, [...leadsOf(30), ...leadsOf(40, { score: 9 })]);
    const count = (name: string, from: number, to: number) =>
      order.slice(from, to).filter((each) => each === name).length;
    expect([count('a', 0, 30), count('b', 0, 30), count('c', 0, 30)]).toEqual([20, 10, 0]);
    expect([count('a', 30, 70), count('b', 30, 70), count('c', 30, 70)]).toEqual([20, 10, 10]);
  });
});

describe('ROUND_ROBIN', () => {
  it('takes turns, and passes over who does not take it', () => {
    const entries = [entryOf('a'), entryOf('b', { minScore: 1 }), entryOf('c')];
    const leads = [...leadsOf(3), leadOf({ score: 5 }), ...leadsOf(2)];
    // b has waited from the beginning, so the first lead that it takes is its own.
    expect(soldBy(routeOf(entries, { method: 'ROUND_ROBIN' }), leads)).toEqual([
      'a',
      'c',
      'a',
      'b',
      'c',
      'a',
    ]);
  });

  it('shared, goes to the next so many', () => {
    const entries = ['a', 'b', 'c'].map((name) => entryOf(name));
    const route = routeOf(entries, { method: 'ROUND_ROBIN', maxBuyers: 2 });
    expect(soldBy(route, leadsOf(3))).toEqual(['a+b', 'c+a', 'b+c']);
  });
});

describe('HIGHEST_BID', () => {
  it('goes to the highest standing bid; without one, the base rate counts; equals by priority', () => {
    const entries = [
      entryOf('a', { bid: usd(1200), caps: dayCap(1) }),
      entryOf('b', { bid: usd(1500), caps: dayCap(1) }),
      entryOf('c', { priority: 9, bid: null, caps: dayCap(1) }), // 10.00 by its contract
      entryOf('d', { bid: usd(1000), caps: dayCap(1) }),
      entryOf('e', { bid: usd(999) }),
    ];
    const route = routeOf(entries, { method: 'HIGHEST_BID', minBid: usd(1000) });
    expect(soldBy(route, leadsOf(5))).toEqual(['b', 'a', 'd', 'c', '']);
    const ready = compiled(route);
    const { decisions } = routeBatch(ready, leadsOf(1), stateOf(ready, at));
    expect(decisions[0]?.sales).toMatchObject([{ contractId: 'b', amountMinor: 1500n, currency: 'USD' }]);
    expect(decisions[0]?.trail).toEqual(['L0S0L0W0L0']);
  });

  it('pays the bid out of the budget', () => {
    const caps = [{ unit: 'DAY', measure: 'MONEY', limit: usd(3500) } as const];
    const route = routeOf([entryOf('a', { bid: usd(1500), caps })], { method: 'HIGHEST_BID' });
    expect(soldBy(route, leadsOf(3))).toEqual(['a', 'a', '']);
  });
});

describe('PING_POST', () => {
  const route = routeOf(
    [
      entryOf('a'),
      entryOf('b'),
      entryOf('c', { caps: [{ unit: 'DAY', measure: 'MONEY', limit: usd(2500) }] }),
      entryOf('d', { minScore: 1 }),
    ],
    { method: 'PING_POST', minBid: usd(500) },
  );
  const ready = compiled(route);
  const decide = (bids: readonly Bid[] | null) => {
    const [decision] = routeBatch(ready, [leadOf({ bids })], stateOf(ready, at)).decisions;
    return decision;
  };

  it('first asks those who may have it', () => {
    expect(decide(null)).toMatchObject({ result: 'OFFERED', sales: [], trail: ['Q0Q0Q0M0'] });
  });

  it.each([
    ['the highest wins and pays it', [bid('a', 700n), bid('b', 900n)], 'b 900', 'L0S0W1M0'],
    ['of equal ones the first in order', [bid('b', 900n), bid('a', 900n)], 'a 900', 'S0L0W1M0'],
    [
      'the higher of two by one buyer counts',
      [bid('a', 700n), bid('a', 950n), bid('b', 900n)],
      'a 950',
      'S0L0W1M0',
    ],
    [
      'an expired one does not count',
      [bid('a', 700n), bid('b', 900n, { expiresAt: at })],
      'a 700',
      'S0W2W1M0',
    ],
    ['one below the lowest does not count', [bid('a', 499n)], '', 'W0W1W1M0'],
    ['one of nothing does not count', [bid('a', 0n)], '', 'W0W1W1M0'],
    ['one in another currency does not count', [bid('a', 900n, { currency: 'EUR' })], '', 'W3W1W1M0'],
    ['one beyond the budget does not count', [bid('c', 2501n), bid('a', 600n)], 'a 600', 'S0W1B0M0'],
    ['one that just fits the budget does', [bid('c', 2500n), bid('a', 600n)], 'c 2500', 'L0W1S0M0'],
    ['who was not asked cannot bid', [bid('d', 9900n), bid('a', 600n)], 'a 600', 'S0W1W1M0'],
    ['nobody bids', [], '', 'W1W1W1M0'],
  ])('then sells: %s', (_, bids, winner, trail) => {
    const decision = decide(bids);
    expect(decision?.trail).toEqual([trail]);
    expect(decision?.sales.map(({ contractId, amountMinor }) => `${contractId} ${amountMinor}`).join()).toBe(
      winner,
    );
    expect(decision?.sales.map(({ contractId, bidId }) => bidId === `bid-${contractId}`)).toEqual(
      winner ? [true] : [],
    );
  });

  it('takes any bid above nothing where no lowest is set', () => {
    const open = { ...route, minBid: null };
    expect(soldBy(open, [leadOf({ bids: [bid('a', 0n)] }), leadOf({ bids: [bid('a', 1n)] })])).toEqual([
      '',
      'a',
    ]);
  });

  it('goes on to the next bid when the winner did not take it', () => {
    const lead = leadOf({ bids: [bid('a', 700n), bid('b', 900n)], failedAt: ['b'] });
    expect(soldBy(route, [lead])).toEqual(['a']);
  });
});

describe('FIRST_CLAIM', () => {
  const route = routeOf([entryOf('a'), entryOf('b', { caps: dayCap(1) }), entryOf('c', { minScore: 1 })], {
    method: 'FIRST_CLAIM',
  });
  const ready = compiled(route);

  it('offers it to all that take it, and counts nothing yet', () => {
    const batch = routeBatch(ready, leadsOf(2), stateOf(ready, at));
    expect(batch.decisions.map(({ result, trail }) => [result, trail])).toEqual([
      ['OFFERED', ['Q0Q0M0']],
      ['OFFERED', ['Q0Q0M0']],
    ]);
    expect([batch.increments, batch.standings, batch.creditUses]).toEqual([[], [], []]);
  });

  it('gives it to the first that claims it, and to nobody else', () => {
    const lead = leadOf();
    const first = claimOffer(new Desk(ready, stateOf(ready, at)), { lead, contractId: 'b' });
    expect(first.decisions).toMatchObject([
      { result: 'SOLD', sales: [{ contractId: 'b' }], trail: ['--S0--'] },
    ]);
    expect(first.increments).toMatchObject([{ contractId: 'b', leads: 1 }]);
    const state = stateAfter(stateOf(ready, at), first);
    const second = claimOffer(new Desk(ready, state), {
      lead: { ...lead, soldTo: ['buyer-of-b'] },
      contractId: 'a',
    });
    expect(second.decisions).toMatchObject([{ result: 'UNSOLD', trail: ['L0----'] }]);
    expect(second.increments).toEqual([]);
    // Its cap was used up by the first.
    const third = claimOffer(new Desk(ready, state), { lead: leadOf(), contractId: 'b' });
    expect(third.decisions).toMatchObject([{ result: 'UNSOLD', trail: ['--C0--'] }]);
  });

  it('does not give it to whom it would not have been offered', () => {
    const claim = claimOffer(new Desk(ready, stateOf(ready, at)), { lead: leadOf(), contractId: 'c' });
    expect(claim.decisions).toMatchObject([{ result: 'UNSOLD', trail: ['----M0'] }]);
  });
});

describe('a fallback', () => {
  const main = routeOf([entryOf('a', { minScore: 50 })], { fallback: 'rest' });
  const rest = routeOf([entryOf('b', { minScore: 10 })], { name: 'rest', fallback: 'last' });
  const last = routeOf([entryOf('c')], { name: 'last', fallback: 'main', method: 'ROUND_ROBIN' });

  it('gets what nobody before it takes, and the decision tells of each route on the way', () => {
    const leads = [leadOf({ score: 60 }), leadOf({ score: 20 }), leadOf({ score: 0 })];
    const ready = compiled(main, [rest, last]);
    const { decisions } = routeBatch(ready, leads, stateOf(ready, at));
    expect(decisions.map(({ sales }) => sales.map(({ contractId, stage }) => [contractId, stage]))).toEqual([
      [['a', 0]],
      [['b', 1]],
      [['c', 2]],
    ]);
    expect(decisions.map(({ trail }) => trail)).toEqual([['S0'], ['M0', 'S0'], ['M0', 'M0', 'S0']]);
    expect(decisions.map(({ routes }) => routes.map(({ routeId }) => routeId))).toEqual([
      ['main'],
      ['main', 'rest'],
      ['main', 'rest', 'last'],
    ]);
  });

  it('that is gone, of another vertical, or in a circle ends the way', () => {
    const names = (others: readonly Route[]) => compiled(main, others).routes.map(({ name }) => name);
    expect(names([])).toEqual(['main']);
    expect(names([{ ...rest, vertical: 'roofing' }])).toEqual(['main']);
    expect(names([rest, last, main])).toEqual(['main', 'rest', 'last']);
  });

  it('counts in the same caps as the route, for a contract that stands in both', () => {
    const caps = dayCap(3);
    const both = routeOf([entryOf('a', { caps, minScore: 50 })], { fallback: 'rest' });
    const again = routeOf([entryOf('a', { caps })], { name: 'rest' });
    const leads = [leadOf({ score: 60 }), leadOf(), leadOf({ score: 60 }), leadOf(), leadOf({ score: 60 })];
    expect(soldBy(both, leads, [again])).toEqual(['a', 'a', 'a', '', '']);
  });
});
