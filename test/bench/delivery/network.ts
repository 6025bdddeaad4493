import type { INestApplicationContext } from '@nestjs/common';
import { GraphqlClient, mustBeDone, type UserError } from '../../../apps/cli/src/demo/graphql-client.js';
import { encodeId } from '../../../apps/process/src/public-ids.js';
import { addApiKey, addContract, addOrganization, benchTerms } from '../marketplace.js';
import type { ReceiverProcess } from './receiver-process.js';

/** Agencies and buyers that receive what they buy at a process of their own. */
export interface Network {
  readonly url: string;
  /** Its leads go round among the buyers that answer. */
  readonly agency: { readonly apiKey: string };
  /** Its leads go to a buyer that never answers. */
  readonly unlucky: { readonly apiKey: string };
}

interface Payload {
  readonly userErrors: readonly UserError[];
}

const liveBuyers = 4;

/** Buyers with signed destinations, and a route that gives leads to those that answer, in turn. */
export async function openNetwork(
  product: INestApplicationContext,
  url: string,
  receiver: ReceiverProcess,
): Promise<Network> {
  const client = new GraphqlClient(`${url}/graphql`);
  const agency = await addOrganization(product, 'AGENCY', 'Bench agency');
  const unlucky = await addOrganization(product, 'AGENCY', 'Unlucky bench agency');
  const agencyKey = await addApiKey(product, agency);
  const contracts: string[] = [];
  for (const name of [...Array.from({ length: liveBuyers }, (_, index) => `buyer-${index + 1}`), 'dead']) {
    const buyer = await addOrganization(product, 'BUYER', `Bench ${name}`);
    const apiKey = await addApiKey(product, buyer);
    const of = name === 'dead' ? unlucky : agency;
    const contractId = encodeId('ctr', await addContract(product, { agency: of, buyer, terms: benchTerms }));
    if (name !== 'dead') contracts.push(contractId);
    const { createDestination: made } = await client.send<{
      createDestination: Payload & { destination: { id: string } | null; secret: string | null };
    }>(apiKey, createDestination, {
      input: { name, target: { webhook: { url: receiver.urlOf(name) } }, idempotencyKey: name },
    });
    mustBeDone('createDestination', made.userErrors);
    receiver.useSecret(name, made.secret ?? '');
    const { setContractDestination } = await client.send<{ setContractDestination: Payload }>(
      apiKey,
      setDestination,
      { input: { contractId, destinationId: made.destination?.id, idempotencyKey: `${name}-contract` } },
    );
    mustBeDone('setContractDestination', setContractDestination.userErrors);
  }
  const entries = contracts.map((contractId) => ({ contractId }));
  const route = { name: 'bench', vertical: 'solar', method: 'ROUND_ROBIN', saleMode: 'EXCLUSIVE', entries };
  const { defineRoute } = await client.send<{ defineRoute: Payload }>(agencyKey, define, {
    input: { route, idempotencyKey: 'route' },
  });
  mustBeDone('defineRoute', defineRoute.userErrors);
  return { url, agency: { apiKey: agencyKey }, unlucky: { apiKey: await addApiKey(product, unlucky) } };
}

const userErrors = 'userErrors { code message field }';
const createDestination = `mutation ($input: CreateDestinationInput!) {
  createDestination(input: $input) { destination { id } secret ${userErrors} }
}`;
const setDestination = `mutation ($input: SetContractDestinationInput!) {
  setContractDestination(input: $input) { ${userErrors} }
}`;
const define = `mutation ($input: DefineRouteInput!) { defineRoute(input: $input) { ${userErrors} } }`;
