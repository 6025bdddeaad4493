/**
 * A circuit breaker. After five failures in a row an endpoint is left alone for a while; then one message goes out as a
 * probe, and its end decides whether the rest follow or the pause grows. Kept with the endpoint, so that all
 * workers share it.
 */
export interface Circuit {
  /** In a row. */
  readonly failures: number;
  /** How often in a row it opened: what makes the pause grow. */
  readonly opened: number;
  /** Null: closed. In the future: open. In the past: half open, the next message is a probe. */
  readonly openUntil: Date | null;
}

export const closedCircuit: Circuit = { failures: 0, opened: 0, openUntil: null };

const failuresToOpen = 5;
const shortestPauseMs = 15_000;
const longestPauseMs = 600_000;
/** A receiver that asks for more gets a probe after this long. */
const longestAskedPauseMs = 3_600_000;

export type CircuitState = 'CLOSED' | 'OPEN' | 'HALF_OPEN';

export function circuitState({ openUntil }: Circuit, now: Date): CircuitState {
  if (openUntil === null) return 'CLOSED';
  return openUntil.getTime() > now.getTime() ? 'OPEN' : 'HALF_OPEN';
}

export interface FailedTry {
  readonly now: Date;
  /** From 0 up to 1. */
  readonly random: number;
  /** What a receiver that is overloaded asked for; it opens the circuit at once. */
  readonly askedPauseMs: number | null;
  /** It was sent to find out whether the endpoint is back. */
  readonly isProbe: boolean;
}

/** The circuit after a failed try. The pause is between half and the whole of 15 s, 30 s, 60 s and so on to ten minutes. */
export function circuitAfterFailure(circuit: Circuit, failed: FailedTry): Circuit {
  const { now, random, askedPauseMs, isProbe } = failed;
  const failures = circuit.failures + 1;
  // Those that were under way when it opened tell nothing new: the pause does not grow by their number.
  if (circuit.openUntil !== null && !isProbe) return { ...circuit, failures };
  if (!isProbe && askedPauseMs === null && failures < failuresToOpen) return { ...circuit, failures };
  const cap = Math.min(longestPauseMs, shortestPauseMs * 2 ** Math.min(circuit.opened, 10));
  const pauseMs = Math.max((cap * (1 + random)) / 2, Math.min(askedPauseMs ?? 0, longestAskedPauseMs));
  return { failures, opened: circuit.opened + 1, openUntil: new Date(now.getTime() + Math.ceil(pauseMs)) };
}
