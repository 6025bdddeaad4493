import type { Actor } from '#organizations';
import { type Outcome, done, invariant } from '#outcome';
import { Injectable } from '@nestjs/common';
import type { AnswerContractInput } from './accept-contract.action.js';
import { type ContractActed, ContractChanges, standingOf } from './change-contract.action.js';
import { decideAnswer } from './contract.js';
import { ContractStore } from './contract.store.js';

/** Declines a waiting version. What is in force stays so; a contract without any is a draft again. */
@Injectable()
export class DeclineContract {
  constructor(
    private readonly changes: ContractChanges,
    private readonly contracts: ContractStore,
  ) {}

  /** Refuses OWN_PROPOSAL, ILLEGAL_TRANSITION for a version that does not wait, and as every act on a contract. */
  async execute(actor: Actor, input: AnswerContractInput): Promise<Outcome<ContractActed>> {
    const operation = {
      name: 'declineContract',
      action: 'contract.decline',
      event: 'contract.declined',
    } as const;
    return await this.changes.run(actor, operation, input, async (tx, held, now) => {
      const decided = decideAnswer(actor, standingOf(held), { act: 'decline', version: input.version });
      if (!decided.ok) return decided;
      invariant(held.pending, 'a version was declined that does not wait');
      await this.contracts.declineVersion(tx, held.pending, { answeredBy: actor.id, at: now });
      return done({ state: decided.value });
    });
  }
}
