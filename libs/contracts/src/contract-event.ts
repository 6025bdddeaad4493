import type { EventFact, EventType } from '#events';
import type { Contract } from './contract.js';

export type ContractEvent = Extract<EventType, `contract.${string}`>;

/** What both sides are told of an act on a contract. */
export function contractEvent(type: ContractEvent, contract: Contract, occurredAt: Date): EventFact {
  const { id, agencyId, buyerId, state, latestVersion, inForceVersion } = contract;
  const payload = { contractId: id, agencyId, buyerId, state, version: latestVersion, inForceVersion };
  return { type, occurredAt, test: false, payload };
}
