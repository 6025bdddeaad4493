import { SystemClock } from '#calendar';
import { createDataSource, Database, newId, type Transaction, UnitOfWork } from '#database';
import {
  CreateWebhookEndpoint,
  emit,
  type EventFact,
  EventQueries,
  type FeedEvent,
  WebhookEndpointStore,
  WebhookQueueStore,
} from '#events';
import { asCurrency } from '#money';
import { type Actor, type OrganizationKind, systemActor } from '#organizations';
import { done } from '#outcome';
import { readSecret, Targets } from '#webhooks';
import type { DataSource } from 'typeorm';
import { createTestDatabase } from '../support/database.js';

export const clock = new SystemClock();
const occurredAt = new Date('2026-05-04T12:00:00Z');

export type Side = 'agency' | 'otherAgency' | 'buyer' | 'otherBuyer' | 'operator';
const kinds: Readonly<Record<Side, OrganizationKind>> = {
  agency: 'AGENCY',
  otherAgency: 'AGENCY',
  buyer: 'BUYER',
  otherBuyer: 'BUYER',
  operator: 'OPERATOR',
};

/** A database with five organizations and no facts, in which events can be told of whatever a test likes. */
export interface OpenEvents {
  readonly url: string;
  readonly dataSource: DataSource;
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly queries: EventQueries;
  readonly queue: WebhookQueueStore;
  readonly ids: Readonly<Record<Side, string>>;
  /** Somebody of that organization who may do everything there. */
  actor(side: Side, over?: Partial<Actor>): Actor;
  /** A sale of a lead of the agency to the buyer, each of a deal of its own. */
  deal(over?: {
    agency?: Side;
    buyer?: Side;
    test?: boolean;
    type?: 'deal.won' | 'deal.restated';
    dealId?: string;
  }): EventFact;
  delivered(over?: { agency?: Side; buyer?: Side }): EventFact;
  tell(...facts: readonly EventFact[]): Promise<void>;
  /** The whole feed of an organization, page by page. */
  feed(side: Side, page?: number): Promise<FeedEvent[]>;
  /** An endpoint of that organization, by way of the action. */
  endpoint(
    url: string,
    side?: Side,
    types?: readonly string[] | null,
  ): Promise<{ id: string; secret: Uint8Array }>;
  close(): Promise<void>;
}

export async function openEvents(poolSize = 4): Promise<OpenEvents> {
  const testDatabase = await createTestDatabase();
  const dataSource = await createDataSource({ url: testDatabase.url, poolSize }).initialize();
  const database = new Database(dataSource);
  const unitOfWork = new UnitOfWork(dataSource);
  const queries = new EventQueries(database);
  const ids = Object.fromEntries(Object.keys(kinds).map((side) => [side, newId()])) as Record<Side, string>;
  for (const [side, kind] of Object.entries(kinds)) {
    await database.query(
      'insert into organizations (id, kind, name, created_at) values ($1, $2, $3, now())',
      [ids[side as Side], kind, side],
    );
  }
  const actor = (side: Side, over: Partial<Actor> = {}): Actor => ({
    ...systemActor('test'),
    kind: kinds[side],
    organizationId: ids[side],
    roles: ['OWNER', 'ADMIN'],
    ...over,
  });
  const targets = new Targets(
    { loopbackAllowed: true },
    async () => await Promise.reject(new Error('none')),
    clock,
  );
  const create = new CreateWebhookEndpoint(unitOfWork, new WebhookEndpointStore(), targets, clock);
  return {
    url: testDatabase.url,
    dataSource,
    database,
    unitOfWork,
    queries,
    queue: new WebhookQueueStore(database),
    ids,
    actor,
    ...factsOf(ids),
    tell: async (...facts) =>
      void (await unitOfWork.run(async (tx: Transaction) => done(await emit(tx, ...facts)))),
    feed: async (side, page = 7) => await wholeFeed(queries, actor(side), page),
    endpoint: async (url, side = 'agency', types = null) => {
      const input = { url, description: 'for a test', types, idempotencyKey: newId() };
      const made = await create.execute(actor(side), input);
      if (!made.ok) throw new Error(JSON.stringify(made.refusals));
      return { id: made.value.endpointId, secret: readSecret(made.value.secret ?? '') ?? Buffer.alloc(0) };
    },
    close: async () => {
      await dataSource.destroy();
      await testDatabase.drop();
    },
  };
}

/** Facts that nothing stands behind. */
function factsOf(ids: Readonly<Record<Side, string>>): Pick<OpenEvents, 'deal' | 'delivered'> {
  const sides = ({ agency = 'agency', buyer = 'buyer' }: { agency?: Side; buyer?: Side }) => ({
    agencyId: ids[agency],
    buyerId: ids[buyer],
  });
  const currency = asCurrency('USD');
  const [amount, price] = [
    { amountMinor: 200_000n, currency },
    { amountMinor: 1_000n, currency },
  ];
  return {
    deal: ({ test = false, type = 'deal.won', dealId = newId(), ...of } = {}) => {
      const ids = { dealId, contractId: newId(), leadId: newId(), deliveryId: newId(), ...sides(of) };
      return {
        type,
        occurredAt,
        test,
        payload: { ...ids, state: 'WON', version: 1, amount, closedAt: occurredAt },
      };
    },
    delivered: (of = {}) => {
      const ids = { leadId: newId(), deliveryId: newId(), contractId: newId(), ...sides(of) };
      return {
        type: 'lead.delivered',
        occurredAt,
        test: false,
        payload: { ...ids, contractVersion: 1, price },
      };
    },
  };
}

export async function wholeFeed(queries: EventQueries, actor: Actor, limit: number): Promise<FeedEvent[]> {
  const all: FeedEvent[] = [];
  for (let last: string | undefined; ; last = all.at(-1)?.id) {
    const after = last === undefined ? {} : { after: [last] };
    const page = await queries.page(actor, null, { limit, backwards: false, ...after });
    all.push(...page.slice(0, limit));
    if (page.length <= limit) return all;
  }
}
