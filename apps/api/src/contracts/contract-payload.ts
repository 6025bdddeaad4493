import type { ContractActed } from '#contracts';
import { done, type Outcome, refuse } from '#outcome';
import type { RequestLoaders } from '../access/index.js';
import { decodeId, type IdPrefix, toUserErrors } from '../graphql/index.js';
import type { ContractPayload } from './contracts.inputs.js';
import type { ContractLoaders } from './contracts.loaders.js';

/** The answer to every act on a contract: the contract as it is now, or why nothing happened. */
export async function contractPayload(
  load: ContractLoaders,
  loaders: RequestLoaders,
  outcome: Outcome<ContractActed>,
): Promise<ContractPayload> {
  if (!outcome.ok) return { contract: null, replayed: false, userErrors: toUserErrors(outcome.refusals) };
  const { contractId, replayed } = outcome.value;
  load.forget(loaders);
  return { contract: await load.contract(loaders, contractId), replayed, userErrors: [] };
}

/** The UUID behind an id of the input; what is no id of that kind is answered like a missing object. */
export function idOf(prefix: IdPrefix, text: string, field: string): Outcome<string> {
  const uuid = decodeId(prefix, text);
  return uuid === undefined ? refuse('NOT_FOUND', { field: ['input', field] }) : done(uuid);
}

/** Does an act on the contract that the input names. */
export async function onContract<Input extends { readonly contractId: string }>(
  input: Input,
  act: (input: Input) => Promise<Outcome<ContractActed>>,
): Promise<Outcome<ContractActed>> {
  const contractId = idOf('ctr', input.contractId, 'contractId');
  return contractId.ok ? await act({ ...input, contractId: contractId.value }) : contractId;
}
