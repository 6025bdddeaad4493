import { type OutcomeStage, outcomeStages } from '#leads';
import fc from 'fast-check';
import {
  allowedAfter,
  mayFollow,
  qualifiedAtAfter,
  qualifies,
  qualifyingStages,
  stageTransitions,
} from './outcome-stage.js';

/** The table once more, as a picture: a row per present stage, `x` where the column's stage may follow. */
const picture = `
                 NEW ATTEMPTED CONTACTED QUALIFIED APPOINTMENT_SET APPOINTMENT_HELD PROPOSAL WON LOST UNREACHABLE NOT_INTERESTED DISQUALIFIED REFUNDED CANCELED
NEW              -   x         x         x         x               x                x        x   x    x           x              x            -        -
ATTEMPTED        -   -         x         x         x               x                x        x   x    x           x              x            -        -
CONTACTED        -   -         -         x         x               x                x        x   x    -           x              x            -        -
QUALIFIED        -   -         -         -         x               x                x        x   x    -           x              x            -        -
APPOINTMENT_SET  -   -         -         -         -               x                x        x   x    -           x              x            -        -
APPOINTMENT_HELD -   -         -         -         -               -                x        x   x    -           x              x            -        -
PROPOSAL         -   -         -         -         -               -                -        x   x    -           x              x            -        -
WON              -   -         -         -         -               -                -        x   -    -           -              -            -        -
LOST             -   -         -         -         -               -                -        x   -    -           -              -            -        -
UNREACHABLE      -   x         x         x         x               x                x        x   x    -           x              x            -        -
NOT_INTERESTED   -   -         x         x         x               x                x        x   x    -           -              x            -        -
DISQUALIFIED     -   -         -         x         -               -                -        x   -    -           -              -            -        -
REFUNDED         -   -         -         -         -               -                -        x   -    -           -              -            -        -
CANCELED         -   -         -         -         -               -                -        x   -    -           -              -            -        -
`;

const lines = picture.trim().split('\n');
const columns = (lines[0] ?? '').trim().split(/\s+/);
const cells = lines.slice(1).flatMap((line) => {
  const [from = '', ...marks] = line.trim().split(/\s+/);
  return columns.map((to, index) => ({ from, to, allowed: marks[index] === 'x' }));
});

const anyStage = fc.constantFrom<OutcomeStage>(...outcomeStages);
const instant = fc.date({
  min: new Date('2026-01-01T00:00:00Z'),
  max: new Date('2026-12-31T00:00:00Z'),
  noInvalidDate: true,
});

describe('stage transitions', () => {
  it('are written down for every pair of stages', () => {
    expect(columns).toEqual([...outcomeStages]);
    expect(cells).toHaveLength(outcomeStages.length ** 2);
    expect(Object.keys(stageTransitions).sort()).toEqual([...outcomeStages].sort());
  });

  it.each(cells)('$from to $to: $allowed', ({ from, to, allowed }) => {
    expect(mayFollow(from as OutcomeStage, to as OutcomeStage)).toBe(allowed);
  });

  it('name what is allowed, each stage once', () => {
    for (const stage of outcomeStages) {
      const allowed = allowedAfter(stage);
      expect(allowed.length).toBeGreaterThan(0);
      expect(new Set(allowed).size).toBe(allowed.length);
      expect(outcomeStages.filter((to) => mayFollow(stage, to)).sort()).toEqual([...allowed].sort());
    }
  });

  it('always let a sale be reported', () => {
    expect(outcomeStages.filter((stage) => !mayFollow(stage, 'WON'))).toEqual([]);
  });

  it('never lead back to NEW, and to REFUNDED and CANCELED only by taking a deal back', () => {
    const reachable = new Set(outcomeStages.flatMap((stage) => allowedAfter(stage)));
    expect(outcomeStages.filter((stage) => !reachable.has(stage))).toEqual(['NEW', 'REFUNDED', 'CANCELED']);
  });
});

describe('quality', () => {
  it('is said by QUALIFIED and every later forward stage', () => {
    expect(outcomeStages.filter((stage) => qualifies(stage))).toEqual([...qualifyingStages]);
  });

  it('counts from the first fact that says so, and is taken back by DISQUALIFIED alone', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ to: anyStage, at: instant }), { maxLength: 30 }), (steps) => {
        let qualifiedAt: Date | null = null;
        for (const { to, at } of steps) qualifiedAt = qualifiedAtAfter(qualifiedAt, to, at);
        const since = steps.slice(steps.findLastIndex(({ to }) => to === 'DISQUALIFIED') + 1);
        expect(qualifiedAt).toEqual(since.find(({ to }) => qualifies(to))?.at ?? null);
      }),
    );
  });

  it.each(['LOST', 'NOT_INTERESTED', 'UNREACHABLE'] as const)('outlasts %s', (stage) => {
    const qualifiedAt = new Date('2026-03-02T09:00:00Z');
    expect(qualifiedAtAfter(qualifiedAt, stage, new Date('2026-03-09T09:00:00Z'))).toEqual(qualifiedAt);
    expect(qualifiedAtAfter(null, stage, new Date('2026-03-09T09:00:00Z'))).toBeNull();
  });
});
