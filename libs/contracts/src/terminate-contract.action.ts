import type { Actor } from '#organizations';
import { type Outcome, done } from '#outcome';
import { Injectable } from '@nestjs/common';
import {
  type ContractActed,
  type ContractActInput,
  ContractChanges,
  standingOf,
} from './change-contract.action.js';
import { decideManaging } from './contract.js';
import { ContractStore } from './contract.store.js';

/**
 * Ends a contract for good. Leads that were delivered before keep their terms, so the version in force keeps its state;
 * a proposal that waits can no longer be accepted and is declined.
 */
@Injectable()
export class TerminateContract {
  constructor(
    private readonly changes: ContractChanges,
    private readonly contracts: ContractStore,
  ) {}

  /** Refuses ILLEGAL_TRANSITION for a contract that has ended, and as every act on a contract. */
  async execute(actor: Actor, input: ContractActInput): Promise<Outcome<ContractActed>> {
    const operation = {
      name: 'terminateContract',
      action: 'contract.terminate',
      event: 'contract.terminated',
    } as const;
    return await this.changes.run(actor, operation, input, async (tx, held, now) => {
      const decided = decideManaging(actor, standingOf(held), 'terminate');
      if (!decided.ok) return decided;
      if (held.pending) {
        await this.contracts.declineVersion(tx, held.pending, { answeredBy: actor.id, at: now });
      }
      return done({ state: decided.value });
    });
  }
}
