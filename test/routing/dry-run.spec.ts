import fc from 'fast-check';
import {
  type CompiledRoute,
  type PastBatch,
  type RoutableLead,
  type Route,
  type RoutingState,
  applyChanges,
  counterKey,
  countersNeeded,
  draftOf,
  dryRun,
  readState,
  routeBatch,
  storedState,
  withCounters,
} from '#routing';
import { anyLeads, anyPresent, anyRoutes, compiledChain, presentState } from './any-route.js';
import { compiled, entryOf, leadOf, leadsOf, routeOf, stateOf, usd } from './samples.js';

const nobody = { contracts: new Map(), credit: new Map() };

/** What happens beside the decisions before a batch: in thousandths of what there is to choose from. */
const anyHappening = fc.record({
  minutes: fc.nat({ max: 3_000 }),
  counter: fc.nat({ max: 999 }),
  sold: fc.integer({ min: -1, max: 2 }),
  credit: fc.option(fc.nat({ max: 9_000 })),
  contract: fc.option(fc.nat({ max: 999 })),
  isActive: fc.boolean(),
  /** Whose lead can be read no more. */
  erased: fc.option(fc.nat({ max: 29 })),
});
type Happening = typeof anyHappening extends fc.Arbitrary<infer T> ? T : never;

function pick<T>(all: readonly T[], thousandths: number): T | undefined {
  return all[Math.floor((thousandths / 1_000) * all.length)];
}

/** The state as it is when the next batch comes. */
function happened(ready: CompiledRoute, before: RoutingState, { minutes, ...what }: Happening): RoutingState {
  const at = new Date(before.at.getTime() + minutes * 60_000);
  const draft = draftOf(withCounters(ready, { ...before, at }));
  const contracts = new Map(draft.contracts);
  const ref = pick(countersNeeded(ready, at), what.counter);
  if (ref) {
    const key = counterKey({ contractId: ref.contractId, windowKey: ref.window.key });
    const { leads = 0, amountMinor = 0n } = draft.counters.get(key) ?? {};
    const sold = Math.max(-leads, what.sold);
    const after = amountMinor + BigInt(sold) * 1_000n;
    draft.counters.set(key, { leads: leads + sold, amountMinor: after > 0n ? after : 0n });
  }
  // A lead that was routed again has had a turn.
  const turned = what.isActive ? pick([...draft.standings], what.counter) : undefined;
  if (turned) {
    const [key, { owed, lastTurn }] = turned;
    draft.standings.set(key, { owed: owed - 2.3, lastTurn: lastTurn + 7 });
  }
  if (what.credit !== null) draft.credit.set('b0 USD', BigInt(what.credit));
  const contractId = what.contract === null ? undefined : pick([...contracts.keys()], what.contract);
  if (contractId !== undefined)
    contracts.set(contractId, { active: what.isActive, buyerPaused: false, circuitOpen: false });
  return { ...draft, contracts };
}

const anyPast = fc.tuple(
  anyRoutes,
  fc.array(fc.tuple(anyLeads, anyHappening), { minLength: 1, maxLength: 5 }),
  anyPresent,
);

/** Some minutes later, if that is in the same windows. */
function laterWithin(ready: CompiledRoute, at: Date): Date {
  const later = new Date(at.getTime() + 7 * 60_000);
  const keysAt = (instant: Date): string =>
    countersNeeded(ready, instant)
      .map(({ window }) => window.key)
      .join();
  return keysAt(later) === keysAt(at) ? later : at;
}

/** As it is read from the database: only what the desk of then knew. */
function pastOf(
  ready: CompiledRoute,
  batches: readonly (readonly [readonly RoutableLead[], Happening])[],
  start: RoutingState,
): PastBatch[] {
  let state = start;
  return batches.map(([leads, happening]) => {
    state = happened(ready, state, happening);
    const stored = readState(
      JSON.parse(JSON.stringify(storedState(state))) as ReturnType<typeof storedState>,
    );
    const lonely = leads.map((lead) => ({ ...lead, personKeys: [] }));
    // Several transactions share what they rest on, as long as they count in the same windows.
    let draft = draftOf(state);
    const made = lonely.flatMap((lead, index) => {
      if (index > 0) draft = { ...draft, at: laterWithin(ready, draft.at) };
      const batch = routeBatch(ready, [lead], draft);
      applyChanges(draft, batch);
      return batch.decisions;
    });
    state = draft;
    const decisions = made.map((decision, index) => ({
      decision,
      lead: index === happening.erased ? null : (lonely[index] ?? null),
    }));
    return { compiled: ready, state: stored, decisions };
  });
}

describe('a dry run of the same rules', () => {
  it('comes out as it was, whatever happened beside it', () => {
    fc.assert(
      fc.property(anyPast, ([routes, batches, present]) => {
        const ready = compiledChain(routes);
        const past = pastOf(ready, batches, presentState(ready, present));
        const redecided = dryRun(compiledChain(routes), { present: nobody, batches: past });
        const wanted = past.flatMap(({ decisions }) => decisions.filter(({ lead }) => lead !== null));
        expect(redecided).toHaveLength(wanted.length);
        for (const { before, after } of redecided) expect(after).toEqual(before);
      }),
      { numRuns: 300 },
    );
  });
});

const at = new Date('2026-03-08T12:00:00Z');
const dayCap = (limit: number) => [{ unit: 'DAY', measure: 'LEADS', limit } as const];

/** What each lead is sold under, by the rules of then and by the others. */
function compared(
  route: Route,
  batches: readonly PastBatch[],
  present: RoutingState | typeof nobody = nobody,
) {
  return dryRun(compiled(route), { present, batches }).map(({ before, after }) =>
    [before, after].map(({ sales }) => sales.map(({ contractId }) => contractId).join('+')),
  );
}

describe('a dry run of other rules', () => {
  const old = routeOf([entryOf('a', { caps: dayCap(2) }), entryOf('b', { priority: 2 })]);
  const ready = compiled(old);
  const past = (hours: readonly number[], wish?: (index: number) => Partial<Happening>): PastBatch[] =>
    pastOf(
      ready,
      hours.map((hour, index) => [
        [leadOf()],
        {
          ...{ minutes: (hour - (hours[index - 1] ?? 0)) * 60, counter: 0, sold: 0, credit: null },
          ...{ contract: null, isActive: true, erased: null, ...wish?.(index) },
        },
      ]),
      stateOf(ready, at),
    );
  const changed = (entries: Route['entries']): Route => ({ ...old, version: 2, entries });

  it('counts on from what it decides itself', () => {
    const wider = changed([entryOf('a', { caps: dayCap(3) }), entryOf('b', { priority: 2 })]);
    expect(compared(wider, past([0, 1, 2, 3]))).toEqual([
      ['a', 'a'],
      ['a', 'a'],
      ['b', 'a'],
      ['b', 'b'],
    ]);
    const turned = changed([
      entryOf('a', { priority: 2, caps: dayCap(2) }),
      entryOf('b', { caps: dayCap(1) }),
    ]);
    // What b has room for was nothing that the old rules counted: it begins at zero.
    expect(compared(turned, past([0, 1, 2, 3]))).toEqual([
      ['a', 'b'],
      ['a', 'a'],
      ['b', 'a'],
      ['b', ''],
    ]);
  });

  it('has what was sold beside it in its way as well', () => {
    const wider = changed([entryOf('a', { caps: dayCap(3) }), entryOf('b', { priority: 2 })]);
    // Before the third one somebody sold one of a's.
    expect(
      compared(
        wider,
        past([0, 1, 2, 3], (index) => ({ sold: index === 1 ? 1 : 0 })),
      ),
    ).toEqual([
      ['a', 'a'],
      ['b', 'a'],
      ['b', 'b'],
      ['b', 'b'],
    ]);
  });

  it('leaves a lead that is read no more where it was', () => {
    const wider = changed([entryOf('a', { caps: dayCap(2) })]);
    expect(
      compared(
        wider,
        past([0, 1, 2], (index) => ({ erased: index === 0 ? 0 : null })),
      ),
    ).toEqual([
      ['a', 'a'],
      ['b', ''],
    ]);
  });

  it('counts from window to window as it happened, through a day of 23 hours', () => {
    const route = routeOf([entryOf('a', { timeZone: 'America/New_York', caps: dayCap(2) })]);
    const open = compiled(routeOf([entryOf('a', { timeZone: 'America/New_York' })]));
    // From Saturday 23:00 to Monday 01:00 in New York, a lead every hour: 1 on Saturday, 23 on Sunday, 2 on Monday.
    const batches = pastOf(
      open,
      Array.from({ length: 26 }, (_, hour) => [
        [leadOf()],
        {
          ...{ minutes: hour === 0 ? 0 : 60, counter: 0, sold: 0, credit: null },
          ...{ contract: null, isActive: true, erased: null },
        },
      ]),
      stateOf(open, '2026-03-08T04:00:00Z'),
    );
    const sold = compared(route, batches).flatMap(([, after], hour) => (after === 'a' ? [hour] : []));
    expect(sold).toEqual([0, 1, 2, 24, 25]);
  });

  it('takes contracts that were in no route then as they are now, and the others as they were', () => {
    const added = changed([entryOf('c'), entryOf('a', { priority: 2 })]);
    const batches = past([0, 1], (index) => ({ contract: index === 0 ? 0 : null, isActive: false }));
    expect(compared(added, batches)).toEqual([
      ['b', ''],
      ['b', ''],
    ]);
    const present = stateOf(compiled(added), at);
    expect(compared(added, batches, present)).toEqual([
      ['b', 'c'],
      ['b', 'c'],
    ]);
  });

  it('goes on with turns, and leaves what it was given alone', () => {
    const turns = routeOf([entryOf('a'), entryOf('b')], { method: 'ROUND_ROBIN' });
    const start = stateOf(compiled(turns), at, {
      standings: new Map([['main a', { owed: 0, lastTurn: 4 }]]),
    });
    const decided = routeBatch(compiled(turns), leadsOf(3), start).decisions;
    const batches = [
      {
        compiled: compiled(turns),
        state: start,
        decisions: decided.map((decision) => ({ decision, lead: leadOf() })),
      },
    ];
    expect(compared(turns, batches).map(([, after]) => after)).toEqual(['b', 'a', 'b']);
    expect(start.standings.size).toBe(1);
    const bid = routeOf([entryOf('a', { bid: usd(1_200n) }), entryOf('b', { bid: usd(1_100n) })], {
      method: 'HIGHEST_BID',
    });
    expect(compared(bid, batches).map(([, after]) => after)).toEqual(['a', 'a', 'a']);
  });
});
