import type { Actor } from '#organizations';
import { type Outcome, done } from '#outcome';
import { Injectable } from '@nestjs/common';
import {
  type ContractActed,
  type ContractActInput,
  ContractChanges,
  standingOf,
} from './change-contract.action.js';
import { decideNewVersion } from './contract.js';
import { ContractStore } from './contract.store.js';
import { proposedVersion } from './propose-contract.action.js';
import { type RawTerms, validateTerms } from './validate-terms.js';

/** The terms are as they came from outside. */
export interface ProposeContractVersionInput extends ContractActInput {
  readonly terms: RawTerms;
}

/** Proposes other terms for a contract that exists; those in force stay so until the other side accepts. */
@Injectable()
export class ProposeContractVersion {
  constructor(
    private readonly changes: ContractChanges,
    private readonly contracts: ContractStore,
  ) {}

  /** Refuses what `validateTerms` refuses, VERSION_PENDING while another proposal waits, and as every act on a contract. */
  async execute(actor: Actor, input: ProposeContractVersionInput): Promise<Outcome<ContractActed>> {
    const checked = validateTerms(input.terms);
    if (!checked.ok) return checked;
    const terms = checked.value;
    const operation = {
      name: 'proposeContractVersion',
      action: 'contract.propose-version',
      event: 'contract.proposed',
    } as const;
    return await this.changes.run(actor, operation, { ...input, terms }, async (tx, held, now) => {
      const decided = decideNewVersion(actor, standingOf(held));
      if (!decided.ok) return decided;
      const { state, version } = decided.value;
      const { agencyId, id: contractId } = held.contract;
      await this.contracts.insertVersion(
        tx,
        proposedVersion(actor, { agencyId, contractId, version, terms, now }),
      );
      return done({ state, latestVersion: version });
    });
  }
}
