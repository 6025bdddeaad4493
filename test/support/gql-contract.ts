/** A contract in force between the two sides of a test marketplace, made through the public API. */
import type { TestApp, TestKey } from './app.js';

interface ContractAnswer {
  readonly payload: {
    readonly contract: { readonly id: string } | null;
    readonly userErrors: readonly { readonly code: string; readonly field: readonly string[] | null }[];
  };
}

const propose = `mutation ($input: ProposeContractInput!) {
  payload: proposeContract(input: $input) { contract { id } userErrors { code field } } }`;
const accept = `mutation ($input: AcceptContractInput!) {
  payload: acceptContract(input: $input) { contract { id } userErrors { code field } } }`;

/**
 * Proposes as agency and accepts as buyer; gives the contract's id. Terms take 10.00 USD, no commission and the zone
 * UTC where they say nothing. Throws with the codes when either is refused.
 */
export async function contractFor(
  app: TestApp,
  terms: Readonly<Record<string, unknown>> = {},
  sides: {
    readonly agency?: TestKey & keyof TestApp['organizations'];
    readonly buyer?: TestKey & keyof TestApp['organizations'];
    readonly vertical?: string;
  } = {},
): Promise<string> {
  const { agency = 'agency', buyer = 'buyer', vertical = 'solar' } = sides;
  const contractId = await act(app, agency, propose, {
    agencyId: app.organizations[agency].id,
    buyerId: app.organizations[buyer].id,
    vertical,
    terms: {
      baseRate: { amount: '10.00', currency: 'USD' },
      commissionBasis: 'NONE',
      commissionRatePpm: 0,
      commissionTrigger: 'CONVERTED',
      timeZone: 'UTC',
      ...terms,
    },
    idempotencyKey: `propose-${vertical}-${agency}-${buyer}`,
  });
  const idempotencyKey = `accept-${contractId}`;
  return act(app, buyer, accept, { contractId, version: 1, idempotencyKey });
}

async function act(app: TestApp, key: TestKey, mutation: string, input: object): Promise<string> {
  const { payload } = await app.ask<ContractAnswer>(app.keys[key], mutation, { input });
  if (!payload.contract)
    throw new Error(payload.userErrors.map(({ code, field }) => `${code} ${field?.join('.')}`).join('\n'));
  return payload.contract.id;
}
