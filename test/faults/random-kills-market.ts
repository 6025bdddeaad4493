/** What agency and buyers do while processes die under them: everything again, under the same name, until it is answered. */
import { setTimeout as wait } from 'node:timers/promises';

/** Whoever takes part, with a key of their own. Ids as the API shows them. */
export interface KillsCast {
  readonly agency: { readonly id: string; readonly apiKey: string };
  readonly buyers: readonly { readonly id: string; readonly apiKey: string }[];
}

interface UserError {
  readonly code: string;
}

interface Payload {
  readonly userErrors: readonly UserError[];
}

export interface Acknowledged {
  readonly externalId: string;
  readonly leadId: string;
}

const terms = {
  baseRate: { amount: '10.00', currency: 'USD' },
  commissionBasis: 'PER_LEAD',
  commissionRatePpm: 200_000,
  commissionTrigger: 'QUALIFIED',
  timeZone: 'America/New_York',
};
const answersWithinMs = 5_000;
const givesUpAfterMs = 60_000;
const userErrors = 'userErrors { code message field }';

/** Sends requests to whichever of the APIs answers. */
export class PatientClient {
  /** Requests whose answer nobody heard, and those that were told to come later. */
  retries = 0;
  private turn = 0;

  constructor(private readonly urls: readonly string[]) {}

  /** Until there is an answer, so it must be a request that may come twice. Throws when there is none for a minute. */
  async ask<T>(apiKey: string, query: string, variables: object): Promise<T> {
    const deadline = performance.now() + givesUpAfterMs;
    for (;;) {
      this.turn += 1;
      const answer = await this.try<T>(this.urls[this.turn % this.urls.length] ?? '', apiKey, {
        query,
        variables,
      });
      if (answer !== undefined) return answer;
      if (performance.now() > deadline) throw new Error(`nobody answers: ${query}`);
      this.retries += 1;
      // Nobody may be there at the moment.
      await wait(20);
    }
  }

  /** The same of all of them at once, each until it answers. */
  async askAll<T>(apiKey: string, query: string, variables: object): Promise<T[]> {
    return await Promise.all(this.urls.map(async () => await this.ask<T>(apiKey, query, variables)));
  }

  private async try<T>(url: string, apiKey: string, payload: object): Promise<T | undefined> {
    try {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
        body: JSON.stringify(payload),
        signal: AbortSignal.timeout(answersWithinMs),
      });
      const text = await response.text();
      if (!response.ok) return undefined;
      const { data, errors } = JSON.parse(text) as {
        readonly data?: T | null;
        readonly errors?: readonly object[];
      };
      return errors || !data ? undefined : data;
    } catch {
      return undefined;
    }
  }
}

/** The contracts of the network, in the order in which the route asks them. */
export interface KillsContracts {
  /** Its buyer refuses a third of the leads. */
  readonly picky: string;
  /** It takes so many leads a month. */
  readonly capped: string;
  readonly steady: string;
  /** Its buyer fetches leads through the API. */
  readonly inbox: string;
}

export const cap = 40;

/** The acts of a marketplace, each of them once however often it is sent. */
export class KillsMarket {
  private acts = 0;

  constructor(
    readonly client: PatientClient,
    private readonly cast: KillsCast,
  ) {}

  /** A route over four contracts, three of which have their leads sent to `urlOf` them. Gives secrets by their names. */
  async open(
    urlOf: (name: string) => string,
  ): Promise<{ readonly contracts: KillsContracts; readonly secrets: ReadonlyMap<string, string> }> {
    const secrets = new Map<string, string>();
    const sent = async (name: string, which: number): Promise<string> => {
      const contractId = await this.contract(which);
      const target = { webhook: { url: urlOf(name) } };
      const made = await this.done<{ destination: { id: string }; secret: string }>(
        this.buyer(which).apiKey,
        'createDestination',
        { name, target },
        'destination { id } secret',
      );
      secrets.set(name, made.secret);
      const input = { contractId, destinationId: made.destination.id };
      await this.done(this.buyer(which).apiKey, 'setContractDestination', input, 'replayed');
      return contractId;
    };
    const contracts = {
      picky: await sent('picky', 0),
      capped: await sent('capped', 1),
      steady: await sent('steady', 0),
      inbox: await this.contract(1),
    };
    await this.openRoute(contracts);
    return { contracts, secrets };
  }

  /** A lead, by its name alone; sent to every API at once when it is to be a race. */
  async submit(number: number, isRace: boolean): Promise<Acknowledged> {
    const externalId = `lead-${number}`;
    const lead = {
      externalId,
      vertical: 'solar',
      contact: {
        email: `${externalId}@people.example`,
        phone: `+1${2_120_000_000 + number}`,
        givenName: 'Ada',
      },
    };
    const query = `mutation ($input: SubmitLeadInput!) { submitLead(input: $input) { lead { id } ${userErrors} } }`;
    type Answer = { readonly submitLead: Payload & { readonly lead: { readonly id: string } | null } };
    const { apiKey } = this.cast.agency;
    const answers = isRace
      ? await this.client.askAll<Answer>(apiKey, query, { input: lead })
      : [await this.client.ask<Answer>(apiKey, query, { input: lead })];
    const ids = new Set(answers.map(({ submitLead }) => submitLead.lead?.id));
    const [leadId] = ids;
    if (ids.size !== 1 || leadId === undefined)
      throw new Error(`${externalId} was answered ${JSON.stringify(answers)}`);
    return { externalId, leadId };
  }

  /** The newest leads that a buyer has. */
  async leadsOf(which: number): Promise<readonly string[]> {
    const { leads } = await this.client.ask<{ leads: { nodes: readonly { id: string }[] } }>(
      this.buyer(which).apiKey,
      '{ leads(first: 10, status: SOLD) { nodes { id } } }',
      {},
    );
    return leads.nodes.map(({ id }) => id);
  }

  /** The buyer says that a lead is good, which brings a commission. */
  async qualify(which: number, leadId: string): Promise<void> {
    const input = { leadId, outcome: { stage: { stage: 'QUALIFIED' } }, idempotencyKey: leadId };
    await this.done(this.buyer(which).apiKey, 'reportOutcome', input, 'replayed');
  }

  private async contract(which: number): Promise<string> {
    const { agency } = this.cast;
    const { contract } = await this.done<{ contract: { id: string } }>(
      agency.apiKey,
      'proposeContract',
      { agencyId: agency.id, buyerId: this.buyer(which).id, vertical: 'solar', terms },
      'contract { id }',
    );
    await this.done(
      this.buyer(which).apiKey,
      'acceptContract',
      { contractId: contract.id, version: 1 },
      'replayed',
    );
    return contract.id;
  }

  /** In turn, so that every way is taken from the first to the last second. */
  private async openRoute({ picky, capped, steady, inbox }: KillsContracts): Promise<void> {
    const entries = [
      { contractId: picky },
      { contractId: capped, caps: [{ unit: 'MONTH', leads: cap }] },
      { contractId: steady },
      { contractId: inbox },
    ];
    const route = { name: 'all', vertical: 'solar', method: 'ROUND_ROBIN', saleMode: 'EXCLUSIVE', entries };
    await this.done(this.cast.agency.apiKey, 'defineRoute', { route }, 'replayed');
  }

  private async done<T extends object>(
    apiKey: string,
    name: string,
    input: object,
    selection: string,
  ): Promise<T> {
    this.acts += 1;
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
    const { payload } = await this.client.ask<{ payload: T & Payload }>(
      apiKey,
      `mutation ($input: ${type}!) { payload: ${name}(input: $input) { ${selection} ${userErrors} } }`,
      { input: { idempotencyKey: `act-${this.acts}`, ...input } },
    );
    if (payload.userErrors.length > 0) throw new Error(`${name}: ${JSON.stringify(payload.userErrors)}`);
    return payload;
  }

  private buyer(which: number): KillsCast['buyers'][number] {
    const buyer = this.cast.buyers[which];
    if (!buyer) throw new RangeError(`there is no buyer ${which}`);
    return buyer;
  }
}
