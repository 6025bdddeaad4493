import { setTimeout as wait } from 'node:timers/promises';
import { CommandError } from '../command.js';
import type { DemoKeys } from './demo-keys.js';
import { type GraphqlClient, mustBeDone, type UserError } from './graphql-client.js';
import type { ApiMoney } from './marketplace.js';

/** What a buyer pays in the demo's route, and for whom. */
export interface RouteSeat {
  readonly contractId: string;
  /** Postal codes of the United States that begin so. */
  readonly postalPrefixes: readonly string[];
}

export interface Destination {
  readonly id: string;
  /** What leads are signed with. */
  readonly secret: string;
}

/** What of a lead differs from the others of the demo. */
export interface NewLead {
  readonly externalId: string;
  readonly vertical: string;
  readonly email: string;
  readonly phone: string;
  readonly postalCode: string;
  readonly channel: string;
  readonly score: number;
}

/** A lead with what became of it, as the agency sees it. */
export interface LeadSeen {
  readonly id: string;
  readonly externalId: string;
  readonly status: string;
  readonly routing: readonly {
    readonly number: number;
    readonly summary: string;
    readonly entries: readonly {
      readonly outcome: string;
      readonly reason: string;
      readonly price: ApiMoney | null;
      readonly contract: { readonly buyer: { readonly name: string } };
    }[];
  }[];
  readonly deliveries: readonly {
    readonly status: string;
    readonly buyer: { readonly name: string };
    readonly attempts: {
      readonly nodes: readonly {
        readonly durationMs: number;
        readonly verdict: string | null;
        readonly reason: string | null;
      }[];
    };
  }[];
}

interface Payload {
  readonly userErrors: readonly UserError[];
}

const userErrors = 'userErrors { code message field }';
const lookEveryMs = 20;
const giveUpMs = 60_000;
/** What `nodes` takes at once. */
const idsAtOnce = 25;

/** What the two sides do so that leads find their buyers, through the public API. */
export class LeadMoves {
  private acts = 0;

  constructor(
    private readonly client: GraphqlClient,
    private readonly keys: DemoKeys,
    private readonly run: string,
  ) {}

  /** The buyer wants its leads sent; null where the API sends nothing to this machine. */
  async createDestination(url: string): Promise<Destination | null> {
    const { createDestination: made } = await this.client.send<{
      createDestination: Payload & { destination: { id: string } | null; secret: string | null };
    }>(
      this.keys.buyer.apiKey,
      `mutation ($input: CreateDestinationInput!) {
        createDestination(input: $input) { destination { id } secret ${userErrors} }
      }`,
      { input: { name: 'The demo', target: { webhook: { url } }, idempotencyKey: this.nextKey() } },
    );
    if (made.userErrors.some(({ field }) => field?.at(-1) === 'url')) return null;
    mustBeDone('createDestination', made.userErrors);
    return { id: made.destination?.id ?? '', secret: made.secret ?? '' };
  }

  /** The leads of a contract are sent there from now on. */
  async sendTo(destination: Destination, contractId: string): Promise<void> {
    const { setContractDestination } = await this.client.send<{ setContractDestination: Payload }>(
      this.keys.buyer.apiKey,
      `mutation ($input: SetContractDestinationInput!) { setContractDestination(input: $input) { ${userErrors} } }`,
      { input: { contractId, destinationId: destination.id, idempotencyKey: this.nextKey() } },
    );
    mustBeDone('setContractDestination', setContractDestination.userErrors);
  }

  /** Nobody listens there any more: leads of its contracts are taken at once again. */
  async deleteDestination({ id }: Destination): Promise<void> {
    const { deleteDestination } = await this.client.send<{ deleteDestination: Payload }>(
      this.keys.buyer.apiKey,
      `mutation ($input: DeleteDestinationInput!) { deleteDestination(input: $input) { ${userErrors} } }`,
      { input: { destinationId: id, idempotencyKey: this.nextKey() } },
    );
    mustBeDone('deleteDestination', deleteDestination.userErrors);
  }

  /** The first of the seats that wants a lead gets it. Gives the route in words, seat by seat. */
  async defineRoute(vertical: string, seats: readonly RouteSeat[]): Promise<readonly string[]> {
    const entries = seats.map(({ contractId, postalPrefixes }, index) => ({
      contractId,
      priority: index + 1,
      geography: { only: [{ country: 'US', postalPrefixes }] },
    }));
    const route = { name: 'demo', vertical, method: 'PRIORITY', saleMode: 'EXCLUSIVE', entries };
    const { defineRoute } = await this.client.send<{
      defineRoute: Payload & { route: { entries: readonly { clauses: readonly string[] }[] } | null };
    }>(
      this.keys.agency.apiKey,
      `mutation ($input: DefineRouteInput!) {
        defineRoute(input: $input) { route { entries { clauses } } ${userErrors} }
      }`,
      { input: { route, idempotencyKey: this.nextKey() } },
    );
    mustBeDone('defineRoute', defineRoute.userErrors);
    return defineRoute.route?.entries.map(({ clauses }) => clauses.join('; ')) ?? [];
  }

  /** The agency was asked not to contact somebody. */
  async suppress(email: string): Promise<void> {
    const { addSuppressions } = await this.client.send<{ addSuppressions: Payload }>(
      this.keys.agency.apiKey,
      `mutation ($input: AddSuppressionsInput!) { addSuppressions(input: $input) { ${userErrors} } }`,
      { input: { entries: [{ who: { email }, note: 'demo' }], idempotencyKey: this.nextKey() } },
    );
    mustBeDone('addSuppressions', addSuppressions.userErrors);
  }

  /**
   * Submits leads in one request, for whom the route finds; gives their ids in order. What is kept and given to nobody is
   * no failure here: its state tells.
   */
  async submit(leads: readonly NewLead[]): Promise<string[]> {
    const { submitLeads } = await this.client.send<{
      submitLeads: Payload & { results: readonly (Payload & { lead: { id: string } | null })[] };
    }>(
      this.keys.agency.apiKey,
      `mutation ($input: SubmitLeadsInput!) {
        submitLeads(input: $input) { results { lead { id } ${userErrors} } ${userErrors} }
      }`,
      { input: { leads: leads.map(inputOf) } },
    );
    mustBeDone('submitLeads', [
      ...submitLeads.userErrors,
      ...submitLeads.results.flatMap(({ lead, userErrors: refused }) => (lead ? [] : refused)),
    ]);
    return submitLeads.results.map(({ lead }) => lead?.id ?? '');
  }

  /** Waits until it is known what became of each lead. Throws when that takes too long. */
  async settled(ids: readonly string[]): Promise<void> {
    const deadline = performance.now() + giveUpMs;
    let open = ids;
    while (open.length > 0) {
      const { nodes } = await this.client.send<{ nodes: readonly { id: string; status: string }[] }>(
        this.keys.agency.apiKey,
        'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Lead { id status } } }',
        { ids: open.slice(0, idsAtOnce) },
      );
      const over = new Set(nodes.filter(({ status }) => status !== 'ACCEPTED').map(({ id }) => id));
      open = open.filter((id) => !over.has(id));
      if (open.length === 0) return;
      if (performance.now() > deadline)
        throw new CommandError(
          `${open.length} leads are still on their way to their buyer. Is the worker running?`,
        );
      await wait(lookEveryMs);
    }
  }

  /** What became of leads, and why, in order. */
  async look(ids: readonly string[]): Promise<readonly LeadSeen[]> {
    const { nodes } = await this.client.send<{ nodes: readonly LeadSeen[] }>(
      this.keys.agency.apiKey,
      lookQuery,
      {
        ids,
      },
    );
    return nodes;
  }

  private nextKey(): string {
    this.acts += 1;
    return `demo-${this.run}:leads-${this.acts}`;
  }
}

const lookQuery = `query ($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Lead {
      id externalId status
      routing { number summary entries { outcome reason price { amount currency } contract { buyer { name } } } }
      deliveries {
        status buyer { name }
        attempts(first: 3) { nodes { durationMs verdict reason } }
      }
    }
  }
}`;

function inputOf({ externalId, vertical, email, phone, postalCode, channel, score }: NewLead): object {
  return {
    externalId,
    vertical,
    contact: { email, phone, postalCode, country: 'US' },
    source: { channel, campaign: 'demo' },
    score,
  };
}
