import { type Circuit, circuitAfterFailure, circuitState, closedCircuit } from './circuit.js';

const now = new Date('2026-05-04T12:00:00Z');
const later = (ms: number): Date => new Date(now.getTime() + ms);
const failed = { now, random: 0, askedPauseMs: null, isProbe: false };

function afterFailures(count: number): Circuit {
  let circuit = closedCircuit;
  for (let at = 0; at < count; at += 1) circuit = circuitAfterFailure(circuit, failed);
  return circuit;
}

it('opens at the fifth failure in a row, for 7.5 to 15 s', () => {
  expect(afterFailures(4)).toEqual({ failures: 4, opened: 0, openUntil: null });
  expect(afterFailures(5)).toEqual({ failures: 5, opened: 1, openUntil: later(7_500) });
  expect(circuitAfterFailure(afterFailures(4), { ...failed, random: 1 }).openUntil).toEqual(later(15_000));
});

it('is open, then half open', () => {
  const circuit = afterFailures(5);
  expect(circuitState(closedCircuit, now)).toBe('CLOSED');
  expect(circuitState(circuit, later(7_499))).toBe('OPEN');
  expect(circuitState(circuit, later(7_500))).toBe('HALF_OPEN');
});

it('does not grow by what was under way when it opened', () => {
  expect(afterFailures(9)).toEqual({ failures: 9, opened: 1, openUntil: later(7_500) });
});

it('doubles with each probe that fails, up to ten minutes', () => {
  let circuit = afterFailures(5);
  const pauses: number[] = [];
  for (let at = 0; at < 8; at += 1) {
    circuit = circuitAfterFailure(circuit, { ...failed, random: 1, isProbe: true });
    pauses.push((circuit.openUntil?.getTime() ?? 0) - now.getTime());
  }
  expect(pauses).toEqual([30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000, 600_000]);
});

it('opens at once where a receiver asks for a pause, for that long and at most an hour', () => {
  const asked = (askedPauseMs: number) =>
    circuitAfterFailure(closedCircuit, { ...failed, askedPauseMs }).openUntil;
  expect(asked(60_000)).toEqual(later(60_000));
  expect(asked(1_000)).toEqual(later(7_500));
  expect(asked(86_400_000)).toEqual(later(3_600_000));
});
