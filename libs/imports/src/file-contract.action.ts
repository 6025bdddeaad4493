import { Injectable } from '@nestjs/common';
import { recordAudit } from '#audit';
import { ContractsQueries } from '#contracts';
import type { Transaction } from '#database';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse } from '#outcome';
import { ImportStore, type NewImport, type SameFile } from './import.store.js';
import { contractsIn } from './lead-columns.js';
import { startable } from './lead-import.js';

/** What is said with a file about the contract that all of its rows are for. */
export interface ContractGiven {
  /** The contract's uuid; null leaves the choice to the first row of a corrected file, or to the routes of the vertical. */
  readonly contractId: string | null;
  /** The uuid of a contract by its id as people see it, as a download of failed rows has it; undefined for what is none. */
  readonly readContractId: (text: string) => string | undefined;
}

/** A file that comes with the contract that all of its rows are for; null: with none. */
export interface FileAgain extends Pick<NewImport, 'vertical' | 'contractId'> {
  readonly contentHash: Buffer;
  readonly now: Date;
}

/** The contract that a file is for: whose it is, and what becomes of it when the file comes again. */
@Injectable()
export class FileContract {
  constructor(
    private readonly contracts: ContractsQueries,
    private readonly imports: ImportStore,
  ) {}

  /**
   * The one that is named with the file, or else by its first row: refused rows go on under the contract that they had. Refuses
   * INVALID_VALUE for a first row that is not as it was, NOT_FOUND for a contract that is not the agency's own.
   */
  async ofFile(
    actor: Actor,
    { contractId, readContractId }: ContractGiven,
    columns: readonly string[],
  ): Promise<Outcome<string | null>> {
    const [told, ...more] = contractId === null ? contractsIn(columns) : [];
    const wanted = contractId ?? (told === undefined ? null : readContractId(told));
    if (wanted === undefined || more.length > 0) {
      const message = 'The column leadger_contract names no contract, or more than one. Give contractId.';
      return refuse('INVALID_VALUE', { field: ['contractId'], message });
    }
    if (wanted === null) return done(null);
    const contract = await this.contracts.contract(actor, wanted);
    const isOwn = contract?.agencyId === actor.organizationId;
    return isOwn ? done(wanted) : refuse('NOT_FOUND', { field: ['contractId'] });
  }

  /**
   * The import that the file is already, with the contract that counts from now on; null: there is none. Refuses
   * ILLEGAL_TRANSITION, with that import, when rows may have been taken for another contract.
   */
  async ofSameFile(
    tx: Transaction,
    actor: Actor,
    { vertical, contractId, contentHash, now }: FileAgain,
  ): Promise<Outcome<Pick<SameFile, 'id' | 'contractId'> | null>> {
    const of = { agencyId: actor.organizationId, vertical, test: actor.mode === 'test' };
    const same = await this.imports.sameFile(tx, of, contentHash);
    if (!same) return done(null);
    const { id, state } = same;
    if (state === 'COMPLETED' && same.isAllRefused) {
      // Nothing came of it, most often because of the contract: whoever sends it again means something else.
      await this.imports.forgetFile(tx, id);
      return done(null);
    }
    if (contractId === null || contractId === same.contractId) return done(same);
    if (!startable.includes(state)) return takenOtherwise(id);
    await this.imports.setContract(tx, id, contractId);
    await recordAudit(tx, actor, {
      action: 'lead-import.contract',
      subject: `lead-import:${id}`,
      before: { state, contractId: same.contractId },
      after: { contractId },
      at: now,
    });
    return done({ id, contractId });
  }
}

/** The file is an import with another contract, which has been started. */
export function takenOtherwise(existingId: string): Outcome<never> {
  return refuse('ILLEGAL_TRANSITION', { field: ['contractId'], data: { allowed: [], existingId } });
}
