import type { Transaction } from '#database';
import { type Circuit, circuitAfterFailure } from './circuit.js';

/** One try to send something to an endpoint, as far as it says anything about the endpoint. */
export interface EndpointTry {
  readonly endpointId: string;
  readonly isProbe: boolean;
  /** ARRIVED: it took it, or said why not. GONE: it asks for nothing any more. SAYS_NOTHING: it was not its fault. */
  readonly end: 'ARRIVED' | 'FAILED' | 'GONE' | 'SAYS_NOTHING';
  /** Null: it did not answer. */
  readonly status: number | null;
  readonly retryAfterMs: number | null;
}

/** Circuits of endpoints, kept in the table of these: id, state, disabled_because, changed_at, failures, opened and open_until. */
export class CircuitStore {
  constructor(
    private readonly table: 'destinations' | 'webhook_endpoints',
    /** From 0 up to 1. */
    private readonly random: () => number = Math.random,
  ) {}

  /** Counts tries that are written down together. One that arrived outweighs all that failed at its endpoint. */
  async count(tx: Transaction, tries: readonly EndpointTry[]): Promise<void> {
    const arrived = new Set(tries.flatMap(({ end, endpointId }) => (end === 'ARRIVED' ? [endpointId] : [])));
    if (arrived.size > 0) await this.close(tx, [...arrived]);
    // In one order in every relay: they lock the same endpoints.
    const others = tries
      .filter(({ endpointId }) => !arrived.has(endpointId))
      .toSorted((a, b) => (a.endpointId < b.endpointId ? -1 : 1));
    for (const each of others) {
      if (each.end === 'GONE') await this.disable(tx, each.endpointId);
      else if (each.end === 'FAILED') await this.countFailure(tx, each);
    }
  }

  /** Nothing is written where they are closed. */
  private async close(tx: Transaction, ids: readonly string[]): Promise<void> {
    await tx.query(
      `update ${this.table} set failures = 0, opened = 0, open_until = null
       where id = any($1::uuid[]) and (failures > 0 or open_until is not null)`,
      [ids.toSorted()],
    );
  }

  private async countFailure(
    tx: Transaction,
    { endpointId, isProbe, status, retryAfterMs }: EndpointTry,
  ): Promise<void> {
    const [found] = await tx.query<Circuit & { readonly now: Date }>(
      `select failures, opened, open_until as "openUntil", clock_timestamp() as now
       from ${this.table} where id = $1 and state <> 'DELETED' for no key update`,
      [endpointId],
    );
    if (!found) return;
    const { now, ...circuit } = found;
    const isBusy = status === 429 || status === 503;
    const askedPauseMs = isBusy ? retryAfterMs : null;
    const next = circuitAfterFailure(circuit, { now, random: this.random(), askedPauseMs, isProbe });
    await tx.query(`update ${this.table} set failures = $2, opened = $3, open_until = $4 where id = $1`, [
      endpointId,
      next.failures,
      next.opened,
      next.openUntil,
    ]);
  }

  /** What the receiver asked for with 410. */
  private async disable(tx: Transaction, id: string): Promise<void> {
    await tx.query(
      `update ${this.table} set state = 'DISABLED', disabled_because = 'GONE', changed_at = now()
       where id = $1 and state = 'ENABLED'`,
      [id],
    );
  }
}
