import { SystemClock } from '#calendar';
import { newId, UnitOfWork } from '#database';
import {
  HandoverQueueStore,
  type HandoverTools,
  MailSender,
  startHandoverRelay,
  TryHandover,
} from '#handover';
import { AcceptanceStore, LeadQueries } from '#leads';
import { type RunningRelay, Targets, WebhookSender } from '#webhooks';
import { decodeId } from '../../apps/api/src/graphql/ids.js';
import { showId } from '../../apps/process/src/show-id.js';
import type { TestApp } from '../support/app.js';
import { Marketplace, type Terms } from '../support/marketplace.js';

export const clock = new SystemClock();
const nobody = async () => await Promise.reject(new Error('nobody is asked for names'));

export const terms: Terms = {
  baseRate: { amount: '10.00', currency: 'USD' },
  commissionBasis: 'NONE',
  commissionRatePpm: 0,
  commissionTrigger: 'QUALIFIED',
  platformFeeRatePpm: 100_000,
};

export interface Offer {
  readonly leadId: string;
  readonly deliveryId: string;
}

interface Contract {
  readonly contractId: string;
  readonly vertical: string;
}

/** What tests of handing over do: destinations by the API, leads that are on their way, and relays. */
export class OpenHandover {
  readonly market: Marketplace;
  readonly unitOfWork: UnitOfWork;
  readonly queue: HandoverQueueStore;
  private readonly relays: RunningRelay[] = [];
  readonly errors: unknown[] = [];

  constructor(readonly app: TestApp) {
    this.market = new Marketplace(app);
    this.unitOfWork = new UnitOfWork(app.database.dataSource);
    this.queue = new HandoverQueueStore(app.database);
  }

  /** A contract of the buyer in a vertical of its own, whose leads go to that destination. */
  async contractTo(
    destinationId: string,
    more: Partial<Terms> & Record<string, unknown> = {},
  ): Promise<Contract> {
    const contract = await this.market.contract({ ...terms, ...more });
    const input = { contractId: contract.contractId, destinationId };
    await this.market.done('buyer', 'setContractDestination', input, 'destination { id }');
    return contract;
  }

  async webhook(url: string, more: object = {}): Promise<{ readonly id: string; readonly secret: string }> {
    const input = { name: 'for a test', target: { webhook: { url, ...more } } };
    const selection = 'destination { id } secret';
    const made = await this.market.done<{ destination: { id: string }; secret: string }>(
      'buyer',
      'createDestination',
      input,
      selection,
    );
    return { id: made.destination.id, secret: made.secret };
  }

  /** Leads that are on their way to the buyer of a contract. */
  async offer(
    { contractId, vertical }: Contract,
    count = 1,
    { test = false, givenName = 'Ada' }: { readonly test?: boolean; readonly givenName?: string } = {},
  ): Promise<Offer[]> {
    const leads = Array.from({ length: count }, (_, index) => {
      // A person of its own: one who was had before would be a duplicate.
      const contact = { email: `${newId()}@people.example`, givenName, familyName: `Number ${index}` };
      return { externalId: newId(), vertical, contractId, test, contact };
    });
    const { results } = await this.market.done<{ results: { lead: { id: string } | null }[] }>(
      'agency',
      'submitLeads',
      { leads },
      'results { lead { id } userErrors { code } }',
      false,
    );
    const ids = results.map(({ lead }) => decodeId('lead', lead?.id ?? ''));
    return await this.app.database.query<Offer>(
      `select d.lead_id as "leadId", d.id as "deliveryId" from unnest($1::uuid[]) with ordinality as k (id, n)
       join deliveries d on d.lead_id = k.id order by k.n`,
      [ids],
    );
  }

  relay(
    over: Partial<HandoverTools> & {
      readonly timeoutMs?: number;
      readonly smtpUrl?: string;
      readonly mailAnswerMs?: number;
    } = {},
  ): RunningRelay {
    const { timeoutMs = 10_000, smtpUrl, mailAnswerMs = timeoutMs, ...tools } = over;
    const targets = new Targets({ loopbackAllowed: true }, nobody, clock);
    const times = { sendMs: timeoutMs, answerMs: mailAnswerMs };
    const mails = smtpUrl ? new MailSender({ smtpUrl, from: 'leads@leadger.example' }, times) : null;
    const tryHandover = new TryHandover(
      new WebhookSender(targets, clock, timeoutMs, timeoutMs),
      mails,
      clock,
    );
    const acceptance = this.app.nest.get(AcceptanceStore, { strict: false });
    const relay = startHandoverRelay({
      queue: this.queue,
      acceptance,
      leads: this.app.nest.get(LeadQueries, { strict: false }),
      unitOfWork: this.unitOfWork,
      tryHandover,
      showId,
      businessTime: async () => await Promise.resolve(this.app.now()),
      onUndelivered: async (tx, undelivered) => await acceptance.free(tx, undelivered),
      onError: (error) => this.errors.push(error),
      idleMs: 5,
      ...tools,
    });
    const running = {
      stop: async (ms: number) => {
        await relay.stop(ms);
        await tryHandover.close();
      },
    };
    this.relays.push(running);
    return running;
  }

  async stopRelays(): Promise<void> {
    for (const each of this.relays.splice(0)) await each.stop(5_000);
  }

  async deliveries(offers: readonly Offer[]): Promise<DeliverySeen[]> {
    return await this.app.database.query<DeliverySeen>(
      `select d.state, l.state as lead, h.state as queue, h.tries, h.last_failure as failure,
         (extract(epoch from h.next_try_at - now()) * 1000)::float8 as "waitMs",
         (select count(*)::int from charges c where c.delivery_id = d.id) as charges
       from unnest($1::uuid[]) with ordinality as k (id, n) join deliveries d on d.id = k.id
       join leads l on l.id = d.lead_id left join handovers h on h.id = d.id order by k.n`,
      [offers.map(({ deliveryId }) => deliveryId)],
    );
  }

  /** Waits until every one of them is over. */
  async over(offers: readonly Offer[]): Promise<DeliverySeen[]> {
    let seen: DeliverySeen[] = [];
    await until(async () => {
      seen = await this.deliveries(offers);
      return seen.every(({ queue }) => queue === 'DONE');
    }, 'every delivery came to its end');
    return seen;
  }

  /** Waits until so many tries are on record. */
  async tried(offers: readonly Offer[], count: number): Promise<DeliverySeen[]> {
    const logged = async () => {
      const [row] = await this.app.database.query<{ count: number }>(
        'select count(*)::int as count from delivery_attempts where handover_id = any($1)',
        [offers.map(({ deliveryId }) => deliveryId)],
      );
      return (row?.count ?? 0) >= count;
    };
    await until(logged, `${count} tries were written down`);
    return await this.deliveries(offers);
  }

  /** The circuit of a destination. */
  async circuitOf(id: string): Promise<{ readonly failures: number; readonly open: boolean | null }> {
    const [row] = await this.app.database.query<{ failures: number; open: boolean | null }>(
      'select failures, open_until > now() as open from destinations where id = $1',
      [decodeId('dst', id)],
    );
    return row ?? { failures: -1, open: null };
  }

  /** Opens it until then, in SQL. */
  async openUntil(id: string, instant: string): Promise<void> {
    const statement = `update destinations set open_until = ${instant} where id = $1`;
    await this.app.database.query(statement, [decodeId('dst', id)]);
  }

  /** As if the time of everything that waits had come. */
  async makeDue(): Promise<void> {
    await this.app.database.query(
      `update handovers set next_try_at = now(), leased_until = null where state = 'WAITING'`,
    );
  }
}

export interface DeliverySeen {
  readonly state: string;
  readonly lead: string;
  readonly queue: string;
  readonly tries: number;
  readonly failure: string | null;
  readonly waitMs: number;
  readonly charges: number;
}

/** Asks until it is so. */
export async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  const begun = performance.now();
  while (!(await isSo()))
    if (performance.now() - begun > 60_000) throw new Error(`it did not happen: ${what}`);
}
