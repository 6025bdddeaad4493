import type { DeliveryState } from './delivery.js';

/** A delivery of a lead, as far as it says who has it. */
export interface GivenTo {
  readonly buyer_id: string;
  readonly state: DeliveryState;
  readonly rerouted: boolean;
}

/** Who has a lead, or is being given it, and who did not take it or lost it again. */
export function buyersOf(given: readonly GivenTo[]): {
  readonly soldTo: ReadonlySet<string>;
  readonly failedBuyers: ReadonlySet<string>;
} {
  const ids = (rows: readonly GivenTo[]) => new Set(rows.map(({ buyer_id: id }) => id));
  return { soldTo: ids(given.filter(isHad)), failedBuyers: ids(given.filter((row) => !isHad(row))) };
}

function isHad({ state, rerouted }: GivenTo): boolean {
  return !rerouted && (state === 'PENDING' || state === 'ACCEPTED' || state === 'RETURNED');
}
