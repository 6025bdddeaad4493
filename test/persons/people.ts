import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { loadConfig } from '#config';
import { createApp, stopApp } from '../../apps/api/src/create-app.js';
import { createLog } from '../../apps/process/src/log.js';
import type { TestApp, TestKey } from '../support/app.js';
import { Marketplace, type Terms, type UserError } from '../support/marketplace.js';

export const terms: Terms = {
  baseRate: { amount: '10.00', currency: 'USD' },
  commissionBasis: 'NONE',
  commissionRatePpm: 0,
  commissionTrigger: 'QUALIFIED',
};

export interface Submitted {
  readonly lead: {
    readonly id: string;
    readonly status: string;
    readonly quarantineReason: string | null;
  } | null;
  readonly replayed: boolean;
  readonly userErrors: readonly (UserError & { readonly existing?: string })[];
}

/** Another process of the same installation, with a memory of its own. */
export interface OtherProcess {
  readonly url: string;
  readonly nest: NestFastifyApplication;
  stop(): Promise<void>;
}

export async function startOther(
  app: TestApp,
  environment: Readonly<Record<string, string>> = {},
): Promise<OtherProcess> {
  const config = loadConfig({
    DATABASE_URL: app.databaseUrl,
    LEADGER_LOG_LEVEL: 'error',
    LEADGER_POOL_SIZE: '3',
    ...environment,
  });
  const nest = await createApp(config, createLog('error'));
  await nest.listen({ host: '127.0.0.1', port: 0 });
  return { url: await nest.getUrl(), nest, stop: () => stopApp(nest, { drain: false }) };
}

const selection = `lead { id status quarantineReason } replayed
  userErrors { code message field ... on ExistingObjectError { existing } }`;

/** Leads as agencies send them, through any process. */
export class People extends Marketplace {
  /** Submits one; `url` is that of another process. */
  async submitOne(key: TestKey, input: Record<string, unknown>, url = this.app.url): Promise<Submitted> {
    const query = `mutation ($input: SubmitLeadInput!) { payload: submitLead(input: $input) { ${selection} } }`;
    return await this.send(url, key, query, { externalId: this.nextKey(), ...input });
  }

  /** Submits a list in one request. */
  async submitList(
    key: TestKey,
    leads: readonly Record<string, unknown>[],
    url = this.app.url,
  ): Promise<readonly Submitted[]> {
    const query = `mutation ($input: SubmitLeadsInput!) {
      payload: submitLeads(input: $input) { results { ${selection} } } }`;
    const named = leads.map((lead) => ({ externalId: this.nextKey(), ...lead }));
    const { results } = await this.send<{ results: Submitted[] }>(url, key, query, { leads: named });
    return results;
  }

  /** A contract of any pair; each with a vertical of its own unless one is named. */
  async pair(
    agency: 'agency' | 'otherAgency',
    buyer: 'buyer' | 'otherBuyer',
    more: { readonly vertical?: string; readonly terms?: object } = {},
  ): Promise<{ readonly contractId: string; readonly vertical: string }> {
    const { vertical = `vertical-${this.nextKey()}` } = more;
    const { organizations } = this.app;
    const { contract } = await this.done<{ contract: { id: string } }>(
      agency,
      'proposeContract',
      {
        agencyId: organizations[agency].id,
        buyerId: organizations[buyer].id,
        vertical,
        terms: { timeZone: 'America/New_York', ...terms, ...more.terms },
      },
      'contract { id } replayed',
    );
    await this.done(buyer, 'acceptContract', { contractId: contract.id, version: 1 }, 'replayed');
    return { contractId: contract.id, vertical };
  }

  private async send<T>(url: string, key: TestKey, query: string, input: object): Promise<T> {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.app.keys[key]}` },
      body: JSON.stringify({ query, variables: { input } }),
    });
    const { data, errors } = (await response.json()) as { data: { payload: T }; errors?: unknown };
    if (errors) throw new Error(JSON.stringify(errors));
    return data.payload;
  }
}

/** `SOLD`, or `DUPLICATE DUPLICATE_LEAD`. */
export function became({ lead, userErrors }: Submitted): string {
  return [lead?.status ?? 'nothing', ...userErrors.map(({ code }) => code)].join(' ');
}
