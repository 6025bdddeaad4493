import { OrganizationsModule } from '#organizations';
import { Module } from '@nestjs/common';
import { AcceptContract } from './accept-contract.action.js';
import { ContractChanges } from './change-contract.action.js';
import { ContractStore } from './contract.store.js';
import { ContractsQueries } from './contracts.queries.js';
import { DeclineContract } from './decline-contract.action.js';
import { PauseContract } from './pause-contract.action.js';
import { ProposeContractVersion } from './propose-contract-version.action.js';
import { ProposeContract } from './propose-contract.action.js';
import { ResumeContract } from './resume-contract.action.js';
import { TerminateContract } from './terminate-contract.action.js';

const offered = [
  ProposeContract,
  ProposeContractVersion,
  AcceptContract,
  DeclineContract,
  PauseContract,
  ResumeContract,
  TerminateContract,
  ContractsQueries,
];

/** Contracts and their versions. Needs a provider of 'Clock' and the database module. */
@Module({
  imports: [OrganizationsModule],
  providers: [...offered, ContractStore, ContractChanges],
  exports: offered,
})
export class ContractsModule {}
