import { accountsOfContract, ensureAccounts } from '#ledger';
import type { Actor } from '#organizations';
import { type Outcome, done, invariant } from '#outcome';
import { Injectable } from '@nestjs/common';
import {
  type ContractActed,
  type ContractActInput,
  ContractChanges,
  standingOf,
} from './change-contract.action.js';
import { decideAnswer } from './contract.js';
import { ContractStore } from './contract.store.js';

/** `version` is the number of the contract version that is answered. */
export interface AnswerContractInput extends ContractActInput {
  readonly version: number;
}

/** Accepts a waiting version: it is in force from now on, in place of the one before. */
@Injectable()
export class AcceptContract {
  constructor(
    private readonly changes: ContractChanges,
    private readonly contracts: ContractStore,
  ) {}

  /** Refuses OWN_PROPOSAL, ILLEGAL_TRANSITION for a version that does not wait, and as every act on a contract. */
  async execute(actor: Actor, input: AnswerContractInput): Promise<Outcome<ContractActed>> {
    const operation = {
      name: 'acceptContract',
      action: 'contract.accept',
      event: 'contract.accepted',
    } as const;
    return await this.changes.run(actor, operation, input, async (tx, held, now) => {
      const decided = decideAnswer(actor, standingOf(held), { act: 'accept', version: input.version });
      if (!decided.ok) return decided;
      const { pending, inForce } = held;
      invariant(pending, 'a version was accepted that does not wait');
      // Clocks of two processes may differ by a little: a version never begins before the one it replaces.
      const effectiveFrom = latest(now, inForce?.effectiveFrom ?? now);
      await this.contracts.putInForce(tx, pending, inForce, { answeredBy: actor.id, at: now, effectiveFrom });
      // Made here, so that intake only looks them up.
      const { agencyId, buyerId } = held.contract;
      await ensureAccounts(tx, agencyId, pending.terms.baseRate.currency, accountsOfContract(buyerId));
      return done({ state: decided.value, inForceVersion: pending.version });
    });
  }
}

function latest(a: Date, b: Date): Date {
  return a.getTime() >= b.getTime() ? a : b;
}
