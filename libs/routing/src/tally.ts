import type { Decision, Sale } from './decision.js';

/** What is sold under a contract, or in all. */
export interface Sold {
  readonly leads: number;
  /** In minor units, by currency. */
  readonly amounts: ReadonlyMap<string, bigint>;
}

/** What became of decisions, by number. */
export interface Tally extends Sold {
  readonly offered: number;
  readonly unsold: number;
  readonly byContract: ReadonlyMap<string, Sold>;
}

/** Counts what decisions come to; `leads` of the whole are those that are sold at all. */
export function tallyOf(decisions: readonly Decision[]): Tally {
  const sales = decisions.flatMap((decision) => decision.sales);
  const byContract = new Map<string, Sale[]>();
  for (const sale of sales) {
    const own = byContract.get(sale.contractId);
    if (own) own.push(sale);
    else byContract.set(sale.contractId, [sale]);
  }
  const count = (result: Decision['result']): number =>
    decisions.filter((each) => each.result === result).length;
  return {
    leads: count('SOLD'),
    offered: count('OFFERED'),
    unsold: count('UNSOLD'),
    amounts: amountsOf(sales),
    byContract: new Map(
      [...byContract].map(([id, own]) => [id, { leads: own.length, amounts: amountsOf(own) }]),
    ),
  };
}

function amountsOf(sales: readonly Sale[]): ReadonlyMap<string, bigint> {
  const amounts = new Map<string, bigint>();
  for (const { currency, amountMinor } of sales) {
    amounts.set(currency, (amounts.get(currency) ?? 0n) + amountMinor);
  }
  return new Map([...amounts].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
