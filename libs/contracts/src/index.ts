import { ContractRow } from './contract.row.js';
import { ContractVersionRow } from './contract-version.row.js';

export * from './terms.js';
export * from './priced-charge.js';
export { price } from './price.js';
export {
  type ChargeComponent,
  type PriceExplanation,
  type StoredCharge,
  chargeComponents,
  explainCharge,
} from './explain-charge.js';
export { type DescribedTerms, describeTerms } from './describe-terms.js';
export {
  type RawTerms,
  clawbackMethods,
  commissionBases,
  commissionTriggers,
  contactSlaLimits,
  parseVertical,
  validateTerms,
  windowLimits,
} from './validate-terms.js';
export {
  type ContractAct,
  type ContractState,
  type ContractVersionState,
  contractStates,
  contractTransitions,
  contractVersionStates,
  contractVersionTransitions,
} from './contract.js';
export { type Contract, type ContractVersion } from './contract.js';
export { showDays } from './show.js';
export { type ContractActed, type ContractActInput } from './change-contract.action.js';
export { ProposeContract, type ProposeContractInput } from './propose-contract.action.js';
export {
  ProposeContractVersion,
  type ProposeContractVersionInput,
} from './propose-contract-version.action.js';
export { AcceptContract, type AnswerContractInput } from './accept-contract.action.js';
export { DeclineContract } from './decline-contract.action.js';
export { PauseContract } from './pause-contract.action.js';
export { ResumeContract } from './resume-contract.action.js';
export { TerminateContract } from './terminate-contract.action.js';
export { type ContractFilter, type ContractPage, ContractsQueries } from './contracts.queries.js';
export {
  type ActiveContract,
  activeContracts,
  type ContractReader,
  type ContractsFound,
  type ContractVersionRef,
  contractVersionKey,
  type ContractWanted,
  termsOfVersion,
  termsOfVersions,
} from './terms.queries.js';
export { type CreditBlocks, setCreditBlocks } from './credit-blocks.store.js';
export {
  closeCreditRooms,
  type CreditRoom,
  holdCreditRooms,
  openCreditRooms,
  roomOf,
  setCreditRooms,
  useCredit,
} from './credit-rooms.store.js';
export { ContractsModule } from './contracts.module.js';

/** For the data source. */
export const contractRows = [ContractRow, ContractVersionRow] as const;
