import { type Route, differencesOf, routeBatch, stateAfter, stateBefore, withCounters } from '#routing';
import { compiled, entryOf, leadOf, leadsOf, routeOf, stateOf } from './samples.js';

const at = new Date('2026-03-08T12:00:00Z');
const dayCap = (limit: number) => [{ unit: 'DAY', measure: 'LEADS', limit } as const];

describe('a decision', () => {
  const old = routeOf([entryOf('a', { caps: dayCap(2) }), entryOf('b', { priority: 2 })]);
  const ready = compiled(old);
  const leads = [...leadsOf(3, { score: 10 }), leadOf({ leadId: 'fourth', score: 90 })];
  const state = stateOf(ready, at);
  const { decisions } = routeBatch(ready, leads, state);

  it('can be made again as of then, by the same rules and by changed ones', () => {
    const then = stateBefore(ready, { state, earlier: decisions.slice(0, 3) });
    const [fourth] = leads.slice(3);
    if (!fourth) throw new Error('there is no fourth lead');
    expect(routeBatch(ready, [fourth], then).decisions).toEqual(decisions.slice(3));
    // One more a day for a: the first two had used up its cap.
    const changed: Route = {
      ...old,
      version: 2,
      entries: [entryOf('a', { caps: dayCap(3) }), entryOf('b', { priority: 2 })],
    };
    const dry = routeBatch(compiled(changed), [fourth], then);
    expect(differencesOf(decisions, dry.decisions)).toEqual([
      { leadId: 'fourth', before: ['b'], after: ['a'] },
    ]);
  });

  it('by rules that count in other windows, begins those at zero when told to', () => {
    const hourly: Route = {
      ...old,
      version: 2,
      entries: [entryOf('a', { caps: [{ unit: 'HOUR', measure: 'LEADS', limit: 1 }] })],
    };
    const other = compiled(hourly);
    expect(() => routeBatch(other, leads, state)).toThrow('not read');
    const dry = routeBatch(other, leads, withCounters(other, state));
    expect(dry.decisions.map(({ result }) => result)).toEqual(['SOLD', 'UNSOLD', 'UNSOLD', 'UNSOLD']);
  });

  it.each(['WEIGHTED', 'ROUND_ROBIN'] as const)(
    'by %s leaves turns and shares as they were, read from its trail',
    (method) => {
      // a and b are of one buyer: whichever of them is not chosen took part all the same.
      const entries = [
        entryOf('a', { buyerId: 'x', weight: 3 }),
        entryOf('b', { buyerId: 'x', weight: 2 }),
        entryOf('c', { weight: 2 }),
        entryOf('d', { weight: 7, minScore: 50 }),
      ];
      const shared = compiled(routeOf(entries, { method, maxBuyers: 2 }));
      const some = [...leadsOf(5), ...leadsOf(5, { score: 60 }), ...leadsOf(3)];
      const begin = stateOf(shared, at);
      const batch = routeBatch(shared, some, begin);
      expect(stateBefore(shared, { state: begin, earlier: batch.decisions })).toEqual(
        stateAfter(begin, batch),
      );
      const last = some.slice(9);
      const then = stateBefore(shared, { state: begin, earlier: batch.decisions.slice(0, 9) });
      expect(routeBatch(shared, last, then).decisions).toEqual(batch.decisions.slice(9));
    },
  );

  it('is not replayed by another version than its own', () => {
    const other = compiled({ ...old, version: 2 });
    expect(() => stateBefore(other, { state, earlier: decisions })).toThrow('another version');
  });
});

describe('a difference', () => {
  it('is told only of leads that both ways decided', () => {
    const ready = compiled(routeOf([entryOf('a')]));
    const [one, two] = [leadsOf(2), leadsOf(2)].map(
      (leads) => routeBatch(ready, leads, stateOf(ready, at)).decisions,
    );
    expect(differencesOf(one ?? [], two ?? [])).toEqual([]);
  });
});
