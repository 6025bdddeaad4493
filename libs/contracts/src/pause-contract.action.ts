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

/** Stops deliveries under a contract at once: a lead that comes after the pause finds no active contract. */
@Injectable()
export class PauseContract {
  constructor(private readonly changes: ContractChanges) {}

  /** Refuses ILLEGAL_TRANSITION unless the contract is active, and as every act on a contract. */
  async execute(actor: Actor, input: ContractActInput): Promise<Outcome<ContractActed>> {
    const operation = { name: 'pauseContract', action: 'contract.pause', event: 'contract.paused' } as const;
    return await this.changes.run(actor, operation, input, async (_tx, held) => {
      const decided = decideManaging(actor, standingOf(held), 'pause');
      return decided.ok ? done({ state: decided.value }) : decided;
    });
  }
}
