import { randomUUID } from 'node:crypto';
import type { RunningRelay } from '#webhooks';
import { handoverToolsOf, openHandoverRelay } from '../../apps/process/src/handover-relay.js';
import { offerToolsOf, openOfferRelay } from '../../apps/process/src/offer-relay.js';
import { until } from '../handover/open-handover.js';
import { type Network, type RoutedLead, seen } from '../routing-api/network.js';
import { startTestApp, type TestApp, type TestKey } from '../support/app.js';
import { type Answer, answerWith, Receiver } from '../webhooks/receiver.js';

export { until };

export const answerMs = 3_000;

export async function startOfferApp(): Promise<TestApp> {
  return await startTestApp({
    environment: {
      LEADGER_LIMIT_COST_PER_SECOND: '1000000',
      LEADGER_POOL_SIZE: '16',
      // On a machine that does much else, half a second may pass for nothing.
      LEADGER_PING_ANSWER_MS: `${answerMs}`,
    },
  });
}

export const openRelays = (app: TestApp): RunningRelay[] => [
  openOfferRelay(offerToolsOf(app.nest)),
  openHandoverRelay(handoverToolsOf(app.nest)),
];

export async function stopRelays(relays: RunningRelay[]): Promise<void> {
  for (const each of relays.splice(0)) await each.stop(5_000);
}

/** An answer to a ping, as docs/routing.md describes it. */
export const bidding = (
  amount: string,
  more: { currency?: string; expiresInSeconds?: number } = {},
): Answer => {
  const { currency = 'USD', expiresInSeconds } = more;
  const body = { bid: { amount, currency }, ...(expiresInSeconds && { expiresInSeconds }) };
  return answerWith(200, { 'content-type': 'application/json' }, JSON.stringify(body));
};

export const noBid: Answer = answerWith(200, {}, '{"bid":null}');

/** Answers too late: not before it is asked to. */
export class Late {
  private readonly held: (() => void)[] = [];
  readonly answer: Answer = (response, received, count) => {
    this.held.push(() => void bidding('99.00')(response, received, count));
  };

  release(): void {
    for (const each of this.held.splice(0)) each();
  }
}

/** A receiver for the pings of each contract of the network, and its secret. */
export class Bidders {
  readonly receivers: Receiver[] = [];
  readonly secrets: string[] = [];

  constructor(private readonly network: Network) {}

  async open(...answers: readonly Answer[]): Promise<void> {
    for (const [index, answer] of answers.entries()) {
      const receiver = await Receiver.start(answer);
      this.receivers.push(receiver);
      this.secrets.push(await this.address(index, receiver.url));
    }
  }

  /** Sets the address of a contract; gives the secret. */
  async address(index: number, url: string): Promise<string> {
    const contract = this.network.contracts[index];
    if (!contract) throw new Error('no contract');
    const { secret } = await this.network.market.done<{ secret: string }>(
      contract.buyer,
      'setPingAddress',
      { contractId: contract.id, url },
      'contract { id } secret',
    );
    return secret;
  }

  at(index: number): Receiver {
    const receiver = this.receivers[index];
    if (!receiver) throw new Error('no receiver');
    return receiver;
  }

  async close(): Promise<void> {
    for (const each of this.receivers.splice(0)) await each.stop();
  }
}

/** Waits until the lead is on its way no more. */
export async function ended(network: Network, leadId: string): Promise<RoutedLead> {
  let lead: RoutedLead | undefined;
  await until(async () => {
    lead = await seen(network, leadId);
    const isOver = lead.deliveries.every(({ status }) => status !== 'PENDING');
    return isOver && lead.status !== 'ACCEPTED';
  }, 'the lead came to its end');
  if (!lead) throw new Error('no lead');
  return lead;
}

/** What deliveries of the network's vertical were charged as base, in minor units, the first one first. */
export async function charged({ app, vertical }: Network): Promise<string[]> {
  const rows = await app.database.query<{ amount: string }>(
    `select c.amount_minor::text as amount from charges c
     join contracts k on k.id = c.contract_id where k.vertical = $1 and c.component = 'BASE' order by c.id`,
    [vertical],
  );
  return rows.map(({ amount }) => amount);
}

export interface Told {
  readonly replayed: boolean;
  readonly userErrors: readonly {
    readonly code: string;
    readonly message: string;
    readonly field: readonly string[] | null;
  }[];
}

/** A mutation, whether it is refused or not. */
export async function act<T>(
  { app }: Pick<Network, 'app'>,
  key: TestKey,
  mutation: string,
  { input, selection }: { readonly input: object; readonly selection: string },
): Promise<T & Told> {
  const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
  const { payload } = await app.ask<{ payload: T & Told }>(
    app.keys[key],
    `mutation ($input: ${type}!) { payload: ${mutation}(input: $input) {
       ${selection} replayed userErrors { code message field } } }`,
    { input },
  );
  return payload;
}

export const codes = ({ userErrors }: Told): string[] =>
  userErrors.map(({ code, field }) => `${code} ${field?.join('.') ?? ''}`.trim());

export interface OfferSeen {
  readonly id: string;
  readonly leadId: string;
  readonly price: { readonly amount: string; readonly currency: string };
  readonly expiresAt: string;
  readonly contract: { readonly id: string };
}

/** What a side may claim, or sees offered, in the network's vertical. */
export async function offersOf({ app, vertical }: Network, key: TestKey): Promise<OfferSeen[]> {
  const { leadOffers } = await app.ask<{ leadOffers: { nodes: (OfferSeen & { vertical: string })[] } }>(
    app.keys[key],
    `{ leadOffers(first: 100) { nodes { id leadId vertical test price { amount currency } attributes { key value } country
       postalPrefix channel score offeredAt expiresAt contract { id } } } }`,
  );
  return leadOffers.nodes.filter((offer) => offer.vertical === vertical);
}

export interface Claimed extends Told {
  readonly lead: { readonly id: string; readonly contact: { readonly email: string } | null } | null;
  readonly leadId: string | null;
}

export async function claim(
  network: Network,
  key: TestKey,
  offerId: string,
  idempotencyKey: string = randomUUID(),
): Promise<Claimed> {
  const selection = 'lead { id contact { email } } leadId';
  return await act<Claimed>(network, key, 'claimLead', { input: { offerId, idempotencyKey }, selection });
}

export interface Pinged extends Told {
  readonly ping: {
    readonly id: string;
    readonly price: { readonly amount: string; readonly currency: string } | null;
    readonly isBid: boolean;
    readonly expiresAt: string;
    readonly summary: string;
    readonly entries: readonly { readonly outcome: string; readonly reason: string }[];
  } | null;
}

export async function ping(network: Network, input: object, key: TestKey = 'agency'): Promise<Pinged> {
  const selection = `ping { id price { amount currency } isBid expiresAt summary
    entries { outcome reason contract { id } price { amount } } }`;
  return await act<Pinged>(network, key, 'pingLead', { input, selection });
}
