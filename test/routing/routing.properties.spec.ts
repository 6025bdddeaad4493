import fc from 'fast-check';
import {
  type Decision,
  Desk,
  type RoutableLead,
  type RoutingState,
  counterKey,
  countersNeeded,
  outcomesOf,
  readState,
  routeAt,
  routeBatch,
  skipReasons,
  stateAfter,
  stateBefore,
  storedState,
} from '#routing';
import { compiledChain, anyLeads, anyPresent, anyRoutes, presentState } from './any-route.js';
import { Auditor, ShareBook } from './audit.js';
import { compiled, entryOf, leadsOf, routeOf, stateOf } from './samples.js';

const anyRun = fc.tuple(anyRoutes, fc.array(anyLeads, { minLength: 1, maxLength: 4 }), anyPresent);

/** Batches at one instant, each on what the one before left. */
function run(
  routes: Parameters<typeof compiledChain>[0],
  batches: readonly (readonly RoutableLead[])[],
  start: RoutingState,
) {
  const ready = compiledChain(routes);
  let state = start;
  const done = batches.map((leads) => {
    const before = state;
    const batch = routeBatch(ready, leads, before);
    state = stateAfter(state, batch);
    return { before, batch, leads };
  });
  return { ready, done, end: state };
}

describe('any route with any leads', () => {
  it('keeps every cap and balance, and sells no lead too often', () => {
    fc.assert(
      fc.property(anyRun, ([routes, batches, present]) => {
        const start = presentState(compiledChain(routes), { ...present, sold: 0 });
        const { done, end } = run(routes, batches, start);
        const auditor = new Auditor(routes);
        for (const { batch } of done) auditor.follow(batch.decisions);
        expect(auditor.complaints).toEqual([]);
        for (const amountMinor of end.credit.values()) expect(amountMinor >= 0n).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('counts what it sells, and nothing else', () => {
    fc.assert(
      fc.property(anyRun, ([routes, batches, present]) => {
        const { done } = run(routes, batches, presentState(compiledChain(routes), present));
        for (const { before, batch } of done) {
          const sales = batch.decisions.filter(({ test }) => !test).flatMap(({ sales: own }) => own);
          for (const { contractId, window, leads, amountMinor } of batch.increments) {
            const own = sales.filter((sale) => sale.contractId === contractId);
            expect(leads).toBe(own.length);
            expect(amountMinor).toBe(own.reduce((sum, sale) => sum + sale.amountMinor, 0n));
            expect(window.startsAt <= before.at && before.at < window.endsAt).toBe(true);
          }
          const keys = batch.increments.map(({ contractId, window }) =>
            counterKey({ contractId, windowKey: window.key }),
          );
          expect(keys).toEqual([...new Set(keys)].toSorted());
          const used = batch.creditUses.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
          expect(used).toBe(sales.reduce((sum, { amountMinor }) => sum + amountMinor, 0n));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('gives each considered entry exactly one outcome, and says who got it in only one way', () => {
    fc.assert(
      fc.property(anyRun, ([routes, batches, present]) => {
        const { done } = run(routes, batches, presentState(compiledChain(routes), present));
        for (const decision of done.flatMap(({ batch }) => batch.decisions)) {
          const outcomes = outcomesOf(decision, routes);
          const entries = routes
            .slice(0, decision.trail.length)
            .reduce((sum, route) => sum + route.entries.length, 0);
          expect(outcomes).toHaveLength(entries);
          expect(new Set(outcomes.map(({ stage, entry }) => `${stage} ${entry.contractId}`)).size).toBe(
            entries,
          );
          for (const { outcome } of outcomes) {
            expect(outcome === 'SOLD' || outcome === 'OFFERED' || skipReasons.includes(outcome)).toBe(true);
          }
          const sold = outcomes.filter(({ outcome }) => outcome === 'SOLD');
          const byRank = sold.toSorted((a, b) => a.detail - b.detail).map(({ entry }) => entry.contractId);
          expect(byRank).toEqual(decision.sales.map(({ contractId }) => contractId));
          // Nobody is left out who could have had it: room for one more means that all others had a reason.
          const last = routes[decision.trail.length - 1];
          const isFull = outcomes.some(({ outcome }) => outcome === 'SELL_LIMIT_REACHED');
          if (isFull && decision.result === 'SOLD') expect(sold.length).toBeGreaterThan(0);
          if (sold.length > 0 && !isFull) expect(sold.length).toBeLessThanOrEqual(last?.maxBuyers ?? 0);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is decided at a desk that goes on as at one that is opened anew, whatever time has passed in its windows', () => {
    const anyBatches = fc.array(fc.tuple(anyLeads, fc.nat({ max: 40 * 60_000 })), {
      minLength: 2,
      maxLength: 5,
    });
    fc.assert(
      fc.property(anyRoutes, anyBatches, anyPresent, (routes, batches, present) => {
        const ready = compiledChain(routes);
        let state = presentState(ready, { ...present, credit: null });
        const desk = new Desk(ready, state);
        const windows = countersNeeded(ready, state.at);
        for (const [leads, pauseMs] of batches) {
          state = { ...state, at: new Date(state.at.getTime() + pauseMs) };
          if (countersNeeded(ready, state.at) !== windows) return;
          desk.goOn(state.at);
          const batch = routeBatch(compiledChain(routes), leads, state);
          expect(routeAt(desk, leads)).toEqual(batch);
          state = stateAfter(state, batch);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is taken again at a desk that goes on as soon as a pause is over', () => {
    const at = new Date('2026-06-01T12:00:00Z');
    const later = new Date('2026-06-01T12:00:20Z');
    const ready = compiled(routeOf([entryOf('a', { pause: { from: at, until: later } })]));
    const desk = new Desk(ready, stateOf(ready, at));
    expect(routeAt(desk, leadsOf(1)).decisions[0]?.result).toBe('UNSOLD');
    desk.goOn(later);
    expect(routeAt(desk, leadsOf(1)).decisions[0]?.result).toBe('SOLD');
  });

  it('is decided the same again: by another compilation, from the stored state, and lead by lead', () => {
    fc.assert(
      fc.property(anyRun, ([routes, batches, present]) => {
        const start = presentState(compiledChain(routes), present);
        const { done, end } = run(routes, batches, start);
        for (const { before, batch, leads } of done) {
          const stored = JSON.parse(JSON.stringify(storedState(before)));
          const again = routeBatch(compiledChain(routes), leads, readState(stored));
          expect(again).toEqual(batch);
        }
        expect(run(routes, batches, start).end).toEqual(end);
      }),
      { numRuns: 100 },
    );
  });

  it('can be replayed for any single lead, from what was stored with the decisions', () => {
    fc.assert(
      fc.property(anyRun, fc.nat(), ([routes, batches, present], pick) => {
        const { done, ready } = run(routes, batches, presentState(compiledChain(routes), present));
        for (const { before, batch, leads } of done) {
          // Persons are remembered within a batch by hashes that decisions do not keep.
          const strangers = leads.map((lead) => ({ ...lead, personKeys: [] }));
          const plain = routeBatch(ready, strangers, before);
          if (plain.decisions.length === 0) continue;
          const at = pick % plain.decisions.length;
          const state = stateBefore(ready, { state: before, earlier: plain.decisions.slice(0, at) });
          const lead = strangers[at];
          if (!lead) throw new Error('there is no such lead');
          expect(routeBatch(ready, [lead], state).decisions).toEqual([plain.decisions[at]]);
          expect(stateBefore(ready, { state: before, earlier: plain.decisions })).toEqual(
            stateAfter(before, plain),
          );
          expect(batch.decisions).toHaveLength(leads.length);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('tells nothing of a person in its decisions', () => {
    fc.assert(
      fc.property(anyRun, ([routes, [leads = []], present]) => {
        const planted = leads.map((lead, number) => ({
          ...lead,
          state: 'Planted-State',
          postalCode: `PLANTED${number}`,
          attributes: [
            { key: 'income', value: 987_654_321 },
            { key: 'nickname', value: 'Planted Name' },
          ],
          personKeys: ['planted-hash'],
          source: { channel: 'planted', campaign: 'planted', subId: 'planted' },
        }));
        const ready = compiledChain(routes);
        const batch = routeBatch(ready, planted, presentState(ready, present));
        const text = JSON.stringify(batch, (_, value: unknown) =>
          typeof value === 'bigint' ? String(value) : value,
        );
        expect(text).not.toMatch(/planted|987654321/i);
      }),
      { numRuns: 50 },
    );
  });
});

describe('shares by weight', () => {
  const anyWeights = fc.array(
    fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 10_000 })),
    {
      minLength: 1,
      maxLength: 30,
    },
  );

  it('are kept within one lead after every single lead, while the same buyers take them', () => {
    fc.assert(
      fc.property(
        anyWeights,
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1, max: 60 }),
        (weights, count, size) => {
          const route = routeOf(
            weights.map((weight, number) => entryOf(`c${String(number).padStart(2, '0')}`, { weight })),
            { method: 'WEIGHTED' },
          );
          const ready = compiled(route);
          const total = weights.reduce((sum, weight) => sum + weight, 0);
          const got = weights.map(() => 0);
          let state = stateOf(ready);
          for (let decided = 0; decided < count;) {
            const batch = routeBatch(ready, leadsOf(Math.min(size, count - decided)), state);
            state = stateAfter(state, batch);
            for (const { sales } of batch.decisions) {
              decided += 1;
              const chosen = Number(sales[0]?.contractId.slice(1));
              got[chosen] = (got[chosen] ?? 0) + 1;
              // Whole numbers: |got − decided × weight ÷ total| < 1, with both sides times total.
              weights.forEach((weight, number) => {
                const distance = Math.abs((got[number] ?? 0) * total - decided * weight);
                if (distance >= total)
                  throw new Error(`entry ${number} is ${distance / total} leads away after ${decided}`);
              });
            }
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('are booked exactly when buyers come and go: what is owed is what the shares add up to less what was got', () => {
    fc.assert(
      fc.property(anyWeights, fc.array(fc.nat({ max: 100 }), { maxLength: 200 }), (weights, scores) => {
        const route = routeOf(
          weights.map((weight, number) =>
            entryOf(`c${String(number).padStart(2, '0')}`, { weight, minScore: (number * 37) % 90 }),
          ),
          { method: 'WEIGHTED' },
        );
        const ready = compiled(route);
        const leads = scores.map((score) => leadsOf(1, { score })[0] ?? missing());
        const batch = routeBatch(ready, leads, stateOf(ready));
        const book = new ShareBook(route);
        for (const decision of batch.decisions) book.follow(decision);
        for (const { contractId, owed } of batch.standings) {
          expect(owed).toBeCloseTo((book.owed.get(contractId) ?? 0) - (book.got.get(contractId) ?? 0), 9);
        }
        expect(batch.standings.reduce((sum, { owed }) => sum + owed, 0)).toBeCloseTo(0, 9);
      }),
      { numRuns: 100 },
    );
  });
});

describe('turns', () => {
  it('are fair: of two that both take a run of leads, neither gets two more than the other', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 100 }), { minLength: 2, maxLength: 8 }),
        fc.array(fc.nat({ max: 100 }), { minLength: 1, maxLength: 80 }),
        (minimums, scores) => {
          const route = routeOf(
            minimums.map((minScore, number) => entryOf(`c${number}`, { minScore })),
            { method: 'ROUND_ROBIN' },
          );
          const ready = compiled(route);
          const leads = scores.map((score) => leadsOf(1, { score })[0] ?? missing());
          const { decisions } = routeBatch(ready, leads, stateOf(ready));
          // Of any two, the run of leads that both take, however many others come and go.
          minimums.forEach((first, a) =>
            minimums.forEach((second, b) => {
              if (a === b) return;
              const both = runsWhere(decisions, (index) => (scores[index] ?? 0) >= Math.max(first, second));
              for (const stretch of both) {
                const counts = [a, b].map(
                  (number) => stretch.filter(({ sales }) => sales[0]?.contractId === `c${number}`).length,
                );
                expect(Math.abs((counts[0] ?? 0) - (counts[1] ?? 0))).toBeLessThanOrEqual(1);
              }
            }),
          );
        },
      ),
      { numRuns: 100 },
    );
  });
});

/** The longest stretches of decisions whose index is as wanted. */
function runsWhere(decisions: readonly Decision[], isWanted: (index: number) => boolean): Decision[][] {
  const runs: Decision[][] = [[]];
  decisions.forEach((decision, index) => {
    if (isWanted(index)) runs.at(-1)?.push(decision);
    else runs.push([]);
  });
  return runs;
}

function missing(): never {
  throw new Error('there is no lead');
}
