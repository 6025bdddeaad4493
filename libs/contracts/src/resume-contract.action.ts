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

/** Lets a paused contract take leads again, under the version that is in force. */
@Injectable()
export class ResumeContract {
  constructor(private readonly changes: ContractChanges) {}

  /** Refuses ILLEGAL_TRANSITION unless the contract is paused, and as every act on a contract. */
  async execute(actor: Actor, input: ContractActInput): Promise<Outcome<ContractActed>> {
    const operation = {
      name: 'resumeContract',
      action: 'contract.resume',
      event: 'contract.resumed',
    } as const;
    return await this.changes.run(actor, operation, input, async (_tx, held) => {
      const decided = decideManaging(actor, standingOf(held), 'resume');
      return decided.ok ? done({ state: decided.value }) : decided;
    });
  }
}
