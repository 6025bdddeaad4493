import { randomUUID } from 'node:crypto';
import { startTestApp, type TestApp, type TestKey } from '../support/app.js';
import { Marketplace, type Payload, type Terms } from '../support/marketplace.js';

/** Several buyers of one agency in one vertical. */
export interface Network {
  readonly app: TestApp;
  readonly market: Marketplace;
  readonly vertical: string;
  /** By buyer; a buyer may have several. */
  readonly contracts: readonly NetworkContract[];
}

export interface NetworkContract {
  readonly id: string;
  readonly buyer: TestKey;
}

export interface RoutedLead {
  readonly id: string;
  readonly status: string;
  readonly deliveries: readonly { readonly status: string; readonly contract: { readonly id: string } }[];
  readonly routing: readonly {
    readonly number: number;
    readonly result: string | null;
    readonly summary: string;
    readonly entries: readonly {
      readonly outcome: string;
      readonly reason: string;
      readonly contract: { readonly id: string };
      readonly price: { readonly amount: string } | null;
    }[];
  }[];
}

export const routingSelection = `routing { number result summary entries { outcome reason contract { id }
  price { amount } } }`;

const terms: Terms = {
  baseRate: { amount: '10.00', currency: 'USD' },
  commissionBasis: 'NONE',
  commissionRatePpm: 0,
  commissionTrigger: 'QUALIFIED',
};

/** From now on, leads of the network's vertical that name no country are of this one. */
export async function assumeCountry({ market, vertical }: Network, defaultCountry: string): Promise<void> {
  const input = { key: vertical, name: 'Solar', expectedVersion: 2, defaultCountry };
  await market.done('admin', 'defineVertical', input, 'replayed');
}

/** A vertical of its own with a schema, and a contract with each of the buyers, in their order. */
export async function openNetwork(
  app: TestApp,
  buyers: readonly { readonly buyer: 'buyer' | 'otherBuyer'; readonly terms?: Partial<Terms> }[],
): Promise<Network> {
  const market = new Marketplace(app, randomUUID());
  const vertical = `solar-${randomUUID()}`;
  await market.done('admin', 'defineVertical', { key: vertical, name: 'Solar' }, 'replayed');
  const attributes = [
    { key: 'income', type: 'INTEGER', label: 'Income', required: false },
    { key: 'roof', type: 'ENUM', label: 'Roof', values: ['flat', 'steep'], required: false },
  ];
  await market.done(
    'admin',
    'publishLeadSchema',
    { vertical, schema: { attributes, otherAttributes: true } },
    'replayed',
  );
  const contracts: NetworkContract[] = [];
  for (const { buyer, terms: own } of buyers) {
    const { contract } = await market.done<{ contract: { id: string } }>(
      'agency',
      'proposeContract',
      {
        agencyId: app.organizations.agency.id,
        buyerId: app.organizations[buyer].id,
        vertical,
        terms: { timeZone: 'America/New_York', ...terms, ...own },
      },
      'contract { id } replayed',
    );
    await market.done(buyer, 'acceptContract', { contractId: contract.id, version: 1 }, 'replayed');
    contracts.push({ id: contract.id, buyer });
  }
  return { app, market, vertical, contracts };
}

export async function startNetworkApp(): Promise<TestApp> {
  return await startTestApp({ environment: { LEADGER_LIMIT_COST_PER_SECOND: '1000000' } });
}

/** An exclusive route by priority over all contracts unless told. */
export async function defineRoute(
  { market, vertical, contracts }: Network,
  wishes: Record<string, unknown> = {},
  input: Record<string, unknown> = {},
): Promise<Payload & { readonly route: { readonly id: string; readonly version: number } }> {
  return await market.done(
    'agency',
    'defineRoute',
    {
      route: {
        name: 'main',
        vertical,
        method: 'PRIORITY',
        saleMode: 'EXCLUSIVE',
        entries: contracts.map(({ id }, index) => ({ contractId: id, priority: index + 1 })),
        ...wishes,
      },
      ...input,
    },
    'route { id version isDefault summary entries { clauses } } replayed',
  );
}

let persons = 0;

/** Submits leads about different persons at once, and gives their ids. */
export async function submitAll(
  { app, market, vertical }: Network,
  leads: readonly Record<string, unknown>[],
): Promise<string[]> {
  const submitted = leads.map((lead) => {
    persons += 1;
    return {
      externalId: randomUUID(),
      vertical,
      contact: { email: `person-${persons}-${randomUUID()}@example.com` },
      ...lead,
    };
  });
  const { results } = await market.done<{ results: { lead: { id: string } | null; userErrors: object[] }[] }>(
    'agency',
    'submitLeads',
    { leads: submitted },
    'results { lead { id } userErrors { code message field } }',
    false,
  );
  void app;
  return results.map(({ lead, userErrors }) => {
    if (!lead) throw new Error(JSON.stringify(userErrors));
    return lead.id;
  });
}

export async function submitOne(network: Network, lead: Record<string, unknown> = {}): Promise<string> {
  const [id] = await submitAll(network, [lead]);
  if (id === undefined) throw new Error('no lead');
  return id;
}

/** A lead as one side sees it, with every decision on it. */
export async function seen(network: Network, leadId: string, key: TestKey = 'agency'): Promise<RoutedLead> {
  const { lead } = await network.app.ask<{ lead: RoutedLead }>(
    network.app.keys[key],
    `query ($id: ID!) { lead(id: $id) { id status deliveries { status contract { id } } ${routingSelection} } }`,
    { id: leadId },
  );
  return lead;
}

/** Which contracts each lead went to, as their numbers in the network, first chosen first. */
export async function soldTo(network: Network, leadIds: readonly string[]): Promise<string[]> {
  const leads: RoutedLead[] = [];
  for (const id of leadIds) leads.push(await seen(network, id));
  return leads.map(({ routing }) =>
    (routing.at(-1)?.entries ?? [])
      .filter(({ outcome }) => outcome === 'SOLD')
      .map(({ contract }) => network.contracts.findIndex(({ id }) => id === contract.id))
      .join('+'),
  );
}

/** What stands in the last decision against each entry, in the order of consideration. */
export async function outcomes(network: Network, leadId: string, key: TestKey = 'agency'): Promise<string[]> {
  const { routing } = await seen(network, leadId, key);
  return (routing.at(-1)?.entries ?? []).map(({ outcome }) => outcome);
}
