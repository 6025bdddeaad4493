import { type Transaction } from '#database';
import type { Actor } from '#organizations';
import { invariant } from '#outcome';
import { Injectable } from '@nestjs/common';
import type { Contract, ContractState, ContractVersion } from './contract.js';
import {
  type ContractRecord,
  type VersionRecord,
  contractColumns,
  contractOf,
  versionColumns,
  versionOf,
} from './contract-record.js';
import { ContractRow } from './contract.row.js';
import { ContractVersionRow } from './contract-version.row.js';

/** A contract whose row is held until the transaction ends, with the versions that can still change. */
export interface HeldContract {
  readonly contract: Contract;
  readonly pending: ContractVersion | null;
  readonly inForce: ContractVersion | null;
}

/** Writes `contracts` and `contract_versions`. Versions only change while their contract's row is held. */
@Injectable()
export class ContractStore {
  /**
   * Holds the contract's row FOR UPDATE, so that acts on one contract happen one after the other and intake, whose
   * foreign keys share the row, is either before or after. Undefined when the actor may not see it.
   */
  async hold(tx: Transaction, actor: Actor, contractId: string): Promise<HeldContract | undefined> {
    const [record] = await tx.query<ContractRecord>(
      `select ${contractColumns} from contracts c
       where c.id = $1 and ($2 or c.agency_id = $3 or c.buyer_id = $3) for update`,
      [contractId, actor.kind === 'OPERATOR' || actor.kind === 'SYSTEM', actor.organizationId],
    );
    if (!record) return undefined;
    // A statement of its own: a join would see the versions as they were before the wait for the lock.
    const versions = await tx.query<VersionRecord>(
      `select ${versionColumns} from contract_versions v
       where v.agency_id = $1 and v.contract_id = $2 and v.state in ('PROPOSED', 'IN_FORCE')`,
      [record.agency_id, record.id],
    );
    const inState = (state: 'PROPOSED' | 'IN_FORCE'): ContractVersion | null => {
      const found = versions.find((version) => version.state === state);
      return found ? versionOf(found) : null;
    };
    return { contract: contractOf(record), pending: inState('PROPOSED'), inForce: inState('IN_FORCE') };
  }

  async insert(tx: Transaction, contract: Contract): Promise<void> {
    await tx.manager.insert(ContractRow, { ...contract });
  }

  async insertVersion(tx: Transaction, version: ContractVersion): Promise<void> {
    const { terms, ...rest } = version;
    const { baseRate, ...conditions } = terms;
    await tx.manager.insert(ContractVersionRow, {
      ...rest,
      ...conditions,
      baseRateMinor: baseRate.amountMinor,
      currency: baseRate.currency,
    });
  }

  /** Writes what changed of a held contract and counts the change. */
  async update(
    tx: Transaction,
    before: Contract,
    change: {
      readonly state: ContractState;
      readonly latestVersion?: number;
      readonly inForceVersion?: number;
      readonly pausedByOrganizationId: string | null;
      readonly changedAt: Date;
    },
  ): Promise<Contract> {
    const [record] = await tx.query<ContractRecord>(
      `update contracts c set state = $4, latest_version = $5, in_force_version = $6, changed_at = $7,
         paused_by_organization_id = $8,
         row_version = c.row_version + 1
       where c.agency_id = $1 and c.id = $2 and c.row_version = $3 returning ${contractColumns}`,
      [
        before.agencyId,
        before.id,
        before.rowVersion,
        change.state,
        change.latestVersion ?? before.latestVersion,
        change.inForceVersion ?? before.inForceVersion,
        change.changedAt,
        change.pausedByOrganizationId,
      ],
    );
    invariant(record, 'a held contract has changed');
    return contractOf(record);
  }

  /** Puts a waiting version in force, in place of the one that was. */
  async putInForce(
    tx: Transaction,
    pending: ContractVersion,
    previous: ContractVersion | null,
    by: { readonly answeredBy: string; readonly at: Date; readonly effectiveFrom: Date },
  ): Promise<void> {
    if (previous !== null) {
      const ended = await tx.query(
        `update contract_versions set state = 'SUPERSEDED', effective_to = $4
         where agency_id = $1 and contract_id = $2 and version = $3 and state = 'IN_FORCE' returning version`,
        [previous.agencyId, previous.contractId, previous.version, by.effectiveFrom],
      );
      invariant(ended.length === 1, 'the version in force has changed under a held contract');
    }
    const begun = await tx.query(
      `update contract_versions set state = 'IN_FORCE', effective_from = $4, answered_by = $5, answered_at = $6
       where agency_id = $1 and contract_id = $2 and version = $3 and state = 'PROPOSED' returning version`,
      [pending.agencyId, pending.contractId, pending.version, by.effectiveFrom, by.answeredBy, by.at],
    );
    invariant(begun.length === 1, 'the waiting version has changed under a held contract');
  }

  async declineVersion(
    tx: Transaction,
    pending: ContractVersion,
    by: { readonly answeredBy: string; readonly at: Date },
  ): Promise<void> {
    const declined = await tx.query(
      `update contract_versions set state = 'DECLINED', answered_by = $4, answered_at = $5
       where agency_id = $1 and contract_id = $2 and version = $3 and state = 'PROPOSED' returning version`,
      [pending.agencyId, pending.contractId, pending.version, by.answeredBy, by.at],
    );
    invariant(declined.length === 1, 'the waiting version has changed under a held contract');
  }
}
