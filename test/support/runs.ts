/**
 * How often a property is tried whose tries are slow: `usual` times, and LEADGER_TEST_RUNS times as often where that is
 * set, as for a night or after a change of what it is about.
 */
export function runs(usual: number): number {
  return Math.ceil(usual * Number(process.env['LEADGER_TEST_RUNS'] ?? 1));
}
