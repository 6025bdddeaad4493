import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import type { Charge } from '#charges';
import type { PriceExplanation } from '#contracts';
import { invariant } from '#outcome';
import {
  type Settlement,
  type SettlementEvent,
  SettlementLineQueries,
  SettlementQueries,
  type SettlementTotals,
} from '#settlements';
import { type LoaderFactory, loaderOf, type RequestLoaders } from '../access/index.js';
import {
  lineTypeOf,
  type SettlementLineType,
  type SettlementType,
  settlementTypeOf,
} from './settlements.types.js';

const maxBatchSize = 500;
// A later mutation of the same request may change what they show.
const afresh = { cache: false, maxBatchSize };

/** What was voided before it was ever closed came to nothing. */
const nothing: SettlementTotals = {
  lineCount: 0,
  agencyMinor: 0n,
  feeMinor: 0n,
  correctedAgencyMinor: 0n,
  correctedFeeMinor: 0n,
};

/** One query per request for all settlements, or all of something of settlements or lines, that an answer shows. */
@Injectable()
export class SettlementLoaders {
  readonly byId;
  readonly lineById;
  readonly totalsSoFar: LoaderFactory<Settlement, SettlementTotals | null>;
  readonly history: LoaderFactory<Settlement, readonly SettlementEvent[]>;
  readonly explanation: LoaderFactory<Charge, PriceExplanation | null>;
  readonly runningTotal: LoaderFactory<Charge, bigint | null>;

  constructor(settlements: SettlementQueries, lines: SettlementLineQueries) {
    this.byId = loaderOf<string, Settlement>(
      async (actor, ids) => await settlements.byIds(actor, ids),
      ({ id }) => id,
    );
    this.lineById = loaderOf<string, Charge>(
      async (actor, ids) => await lines.byIds(actor, ids),
      ({ id }) => id,
    );
    this.totalsSoFar = () =>
      new DataLoader<Settlement, SettlementTotals | null>(async (asked) => {
        const found = await settlements.totalsSoFar(asked);
        return asked.map(({ id }) => found.get(id) ?? null);
      }, afresh);
    this.history = () =>
      new DataLoader<Settlement, readonly SettlementEvent[]>(async (asked) => {
        const events = await settlements.history(asked);
        return asked.map(({ id }) => events.filter(({ settlementId }) => settlementId === id));
      }, afresh);
    this.explanation = () =>
      new DataLoader<Charge, PriceExplanation | null>(
        async (asked) => {
          const found = await lines.explanations(asked);
          return asked.map(({ id }) => found.get(id) ?? null);
        },
        { maxBatchSize },
      );
    this.runningTotal = () =>
      new DataLoader<Charge, bigint | null>((asked) => runningTotals(lines, asked), afresh);
  }

  async settlement(loaders: RequestLoaders, uuid: string): Promise<SettlementType | null> {
    const found = await loaders.of(this.byId).load(uuid);
    return found && settlementTypeOf(found);
  }

  async line(loaders: RequestLoaders, uuid: string): Promise<SettlementLineType | null> {
    const found = await loaders.of(this.lineById).load(uuid);
    return found && lineTypeOf(found);
  }

  /** What it comes to; while it gathers, so far. */
  async totals(loaders: RequestLoaders, settlement: Settlement): Promise<SettlementTotals> {
    if (settlement.totals === null && settlement.state === 'VOIDED') return nothing;
    const totals = settlement.totals ?? (await loaders.of(this.totalsSoFar).load(settlement));
    invariant(totals, 'a settlement has no totals');
    return totals;
  }

  /** Forgets what an act of this request may have changed. */
  forget(loaders: RequestLoaders): void {
    loaders.of(this.byId).clearAll();
  }
}

/** A query for each settlement: lines of one page have one. */
async function runningTotals(
  queries: SettlementLineQueries,
  asked: readonly Charge[],
): Promise<(bigint | null)[]> {
  const bySettlement = new Map<string, Charge[]>();
  for (const line of asked) {
    const lines = bySettlement.get(line.settlementId);
    if (lines) lines.push(line);
    else bySettlement.set(line.settlementId, [line]);
  }
  const totals = new Map<string, bigint>();
  for (const [rootId, lines] of bySettlement) {
    const [{ agencyId } = { agencyId: '' }] = lines;
    const ids = [...new Set(lines.map(({ id }) => id))];
    for (const { id, totalMinor } of await queries.runningTotals({ agencyId, rootId }, ids))
      totals.set(id, totalMinor);
  }
  return asked.map(({ id }) => totals.get(id) ?? null);
}
