import { type DecisionView, outcomesOf } from '#routing';

/** Contracts against which the person of a lead stood when it was decided on: its person has not changed since. */
export function contractsWith(
  decided: Pick<DecisionView, 'decision' | 'routes'> | undefined,
  reason: 'DUPLICATE_FOR_BUYER' | 'SUPPRESSED',
): readonly string[] {
  if (!decided) return [];
  return outcomesOf(decided.decision, decided.routes).flatMap(({ outcome, detail, entry }) =>
    outcome === reason && detail === 0 ? [entry.contractId] : [],
  );
}
