import { doDueWorkToTheEnd, type DueWork } from './index.js';

const began = Date.parse('2026-05-04T12:00:00Z');

/** A minute later each time it is asked. */
function tickingClock() {
  let asked = 0;
  return { now: () => new Date(began + 60_000 * asked++) };
}

/** Work on things of one state, each of which passes into another that falls due when it is entered. */
function passing(states: Record<string, Date[]>, from: string, to: string): DueWork {
  return {
    name: `${from}-to-${to}`,
    run: async (now, limit) => {
      const due = (states[from] ?? []).filter((since) => since <= now).slice(0, limit);
      states[from] = (states[from] ?? []).filter((since) => !due.includes(since));
      // What is entered now is dated a moment later than the pass began.
      states[to] = [...(states[to] ?? []), ...due.map(() => new Date(now.getTime() + 1_000))];
      return due.length;
    },
  };
}

describe('due work to the end', () => {
  it('goes on with what it has made itself, whatever the order of the list', async () => {
    const states: Record<string, Date[]> = { approved: [new Date(began), new Date(began)] };
    const list = [
      passing(states, 'held', 'paid'),
      passing(states, 'collected', 'held'),
      passing(states, 'approved', 'collected'),
    ];
    expect(await doDueWorkToTheEnd(list, tickingClock())).toEqual({ pieces: 6, isAllDone: true });
    expect(states['paid']).toHaveLength(2);
  });

  it('gives up on work that makes itself anew for ever, and says so', async () => {
    const states = { there: [new Date(began)], back: [] };
    const list = [passing(states, 'there', 'back'), passing(states, 'back', 'there')];
    const { pieces, isAllDone } = await doDueWorkToTheEnd(list, tickingClock());
    expect(isAllDone).toBe(false);
    expect(pieces).toBeLessThan(1_000);
  });
});
