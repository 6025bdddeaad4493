/** Messages on their way, through a real database to real servers. */
import { Webhook } from 'standardwebhooks';
import { done } from '#outcome';
import { showSecret, signWebhook } from '#webhooks';
import { answerWith, Receiver } from '../webhooks/receiver.js';
import { type OpenEvents, openEvents } from './open-events.js';
import { makeDue, messagesOf, openRelay, openSender, settled, until } from './open-relay.js';
import { showId } from '../../apps/process/src/show-id.js';

let it_: OpenEvents;
let receiver: Receiver;
let relays: ReturnType<typeof openRelay>[];
beforeEach(async () => {
  [it_, receiver] = [await openEvents(), await Receiver.start()];
  relays = [];
});
afterEach(async () => {
  await Promise.all(relays.map((relay) => relay.stop(5_000)));
  expect(relays.flatMap(({ errors }) => errors)).toEqual([]);
  await receiver.stop();
  await it_.close();
});

function relay(over: Parameters<typeof openRelay>[1] = {}): ReturnType<typeof openRelay> {
  const started = openRelay(it_, over);
  relays.push(started);
  return started;
}

const ids = () => receiver.received.map(({ headers }) => headers['webhook-id'] ?? '');
const tellMany = async (count: number) => await it_.tell(...Array.from({ length: count }, () => it_.deal()));

describe('a message', () => {
  it('reaches each endpoint of each side that wants its type, signed, under the id of the event', async () => {
    const agency = await it_.endpoint(`${receiver.url}/agency`);
    const buyer = await it_.endpoint(`${receiver.url}/buyer`, 'buyer', ['deal.won']);
    await it_.endpoint(`${receiver.url}/operator`, 'operator', ['contract.accepted', 'deal.won']);
    await it_.endpoint(`${receiver.url}/other-type`, 'buyer', ['deal.refunded']);
    await it_.endpoint(`${receiver.url}/other-side`, 'otherBuyer');
    relay();
    await it_.tell(it_.deal());
    await receiver.has(3);
    for (const { id } of [agency, buyer])
      expect(await settled(it_, id)).toMatchObject([{ state: 'DELIVERED' }]);
    expect(receiver.received.map(({ path }) => path.slice(6)).sort()).toEqual([
      'agency',
      'buyer',
      'operator',
    ]);
    const [event] = await it_.feed('agency');
    expect(new Set(ids())).toEqual(new Set([showId('event', event?.id ?? '')]));
    for (const [path, { secret }] of [
      ['agency', agency],
      ['buyer', buyer],
    ] as const) {
      const received = receiver.received.find((each) => each.path.endsWith(path));
      const body = new Webhook(showSecret(secret)).verify(received?.body ?? '', received?.headers ?? {});
      expect(body).toMatchObject({
        type: 'deal.won',
        timestamp: '2026-05-04T12:00:00.000Z',
        test: false,
        data: {
          amount: { amount: '2000.00', currency: 'USD' },
          buyerId: showId('organization', it_.ids.buyer),
        },
      });
    }
  });

  it('is on record with what was sent and how it was answered, but for the answer itself', async () => {
    const { id } = await it_.endpoint(receiver.url);
    receiver.answer = answerWith(200, {}, 'welcome, Ada Lovelace');
    relay();
    await tellMany(1);
    await settled(it_, id);
    const attempts = await it_.database.query<Record<string, unknown>>('select * from webhook_attempts');
    expect(attempts).toEqual([
      expect.objectContaining({
        number: 1,
        status: 200,
        failure: null,
        answer_bytes: 21,
        answer_start: null,
      }),
    ]);
    expect(JSON.stringify(await it_.database.query('select * from webhook_deliveries'))).not.toContain('Ada');
  });

  it('that fails is tried again, later each time, with the same id and body and a new time', async () => {
    const { id } = await it_.endpoint(receiver.url);
    receiver.answer = (response, _, count) => void response.writeHead(count < 3 ? 500 : 200).end();
    relay({ random: () => 0.5 });
    await tellMany(1);
    expect(await settled(it_, id)).toMatchObject([{ state: 'WAITING', tries: 1, last_failure: 'STATUS' }]);
    const waits: number[] = [];
    for (let tries = 1; tries < 3; tries += 1) {
      const [message] = await settled(it_, id);
      // Rounded up: some of the wait has passed by now, on a slow machine seconds of it.
      waits.push(Math.ceil((message?.waitMs ?? 0) / 2_500) * 2.5);
      await makeDue(it_);
      await receiver.has(tries + 1);
      await settled(it_, id);
    }
    expect(waits).toEqual([5, 20]);
    expect(await messagesOf(it_, id)).toMatchObject([{ state: 'DELIVERED', tries: 3, last_failure: null }]);
    expect(new Set(ids()).size).toBe(1);
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
  });

  it('that a process took and died over is sent again under the same id, and the dead have no say', async () => {
    const { id } = await it_.endpoint(receiver.url);
    await tellMany(1);
    const [taken] = await it_.queue.take({ capacity: 1, slots: 1, exceptions: [] });
    if (!taken) throw new Error('nothing was taken');
    const sender = openSender();
    const body = '{"sent":"by the one that died"}';
    const made = await sender.send({ ...taken, id: showId('event', taken.eventId), body });
    expect(made.failure).toBeNull();
    // Here it dies: sent, and never written down. Nobody else takes the message while its lease lasts.
    expect(await it_.queue.take({ capacity: 1, slots: 1, exceptions: [] })).toEqual([]);
    await makeDue(it_);
    receiver.answer = answerWith(500);
    relay({ random: () => 0.99 });
    const isWritten = async () => (await it_.database.query('select 1 from webhook_attempts')).length === 1;
    await until(isWritten, 'the second try was written down');
    expect(await messagesOf(it_, id)).toMatchObject([{ state: 'WAITING', tries: 2, attempts: 2 }]);
    expect(new Set(ids()).size).toBe(1);
    // It was not dead, only slow: what it saw is on record, and changes nothing.
    await it_.unitOfWork.run(async (tx) =>
      done(await it_.queue.finish(tx, [{ message: taken, made, failure: null, retryInMs: null }])),
    );
    expect(await messagesOf(it_, id)).toMatchObject([{ state: 'WAITING', last_failure: 'STATUS' }]);
    expect(await it_.database.query('select number, status from webhook_attempts order by 1')).toEqual([
      { number: 1, status: 200 },
      { number: 2, status: 500 },
    ]);
    await sender.close();
  });

  it('is sent once by twenty relays', async () => {
    const { id } = await it_.endpoint(receiver.url);
    for (let at = 0; at < 20; at += 1) relay();
    for (let at = 0; at < 10; at += 1) await tellMany(12);
    await receiver.has(120);
    await settled(it_, id);
    expect(ids()).toHaveLength(120);
    expect(new Set(ids()).size).toBe(120);
    expect(
      (await messagesOf(it_, id)).every(({ state, tries }) => state === 'DELIVERED' && tries === 1),
    ).toBe(true);
  });

  it('that cannot be finished is given back when the relay stops', async () => {
    const { id } = await it_.endpoint(receiver.url);
    receiver.answer = () => undefined;
    const stopping = openRelay(it_);
    await tellMany(1);
    await receiver.has(1);
    const stopped = stopping.stop(1);
    await stopped;
    expect(await messagesOf(it_, id)).toMatchObject([{ state: 'WAITING', tries: 0, attempts: 1 }]);
    receiver.answer = answerWith(200);
    relay();
    await receiver.has(2);
    expect(await settled(it_, id).then(([message]) => message?.tries)).toBe(1);
  });

  it('is given up after three days, or after too many tries, and stays to be seen', async () => {
    const { id } = await it_.endpoint(receiver.url);
    receiver.answer = answerWith(500);
    await tellMany(3);
    const [one, two] = await messagesOf(it_, id);
    const set = async (what: string, of: string | undefined) =>
      await it_.database.query(`update webhook_deliveries set ${what} where id = $1`, [of]);
    await set(`give_up_at = now() + interval '100 milliseconds'`, one?.id);
    await set('tries = 40', two?.id);
    relay({ random: () => 0.99 });
    const isOver = async () =>
      (await messagesOf(it_, id)).every(({ state, last_failure: why }) => state === 'DEAD' || why !== null);
    await until(isOver, 'two died and one was tried');
    const states = (await messagesOf(it_, id)).map(({ state, last_failure: why }) => `${state} ${why}`);
    expect(states.sort()).toEqual([
      expect.stringMatching(/^DEAD (EXPIRED|STATUS)$/),
      'DEAD TOO_MANY_TRIES',
      'WAITING STATUS',
    ]);
  });
});

describe('an endpoint', () => {
  it('that answers 410 is disabled; what waits stays, and nothing more is queued', async () => {
    const { id } = await it_.endpoint(receiver.url);
    receiver.answer = answerWith(410);
    await tellMany(1);
    relay();
    expect(await settled(it_, id)).toMatchObject([{ state: 'DEAD', last_failure: 'GONE' }]);
    const [endpoint] = await it_.database.query('select state, disabled_because from webhook_endpoints');
    expect(endpoint).toEqual({ state: 'DISABLED', disabled_because: 'GONE' });
    await tellMany(1);
    expect(await messagesOf(it_, id)).toHaveLength(1);
  });

  it('that fails five times in a row is left alone, then probed by one, then sent the rest', async () => {
    const { id } = await it_.endpoint(receiver.url);
    receiver.answer = answerWith(503);
    for (let at = 0; at < 3; at += 1) relay();
    await tellMany(30);
    const circuit = async () => {
      const [row] = await it_.database.query<{ failures: number; opened: number; open: boolean | null }>(
        'select failures, opened, open_until > now() as open from webhook_endpoints where id = $1',
        [id],
      );
      return row;
    };
    const opens = async () => (await circuit())?.open === true;
    await until(opens, 'the circuit opened');
    await settledOrNotTaken();
    const tried = receiver.received.length;
    // Five, and what three relays had taken before the fifth was written down.
    expect(tried).toBeLessThan(20);
    await makeDue(it_);
    for (let turn = 0; turn < 20; turn += 1) await messagesOf(it_, id);
    expect(receiver.received.length).toBe(tried);
    // Half open: three relays see it at once.
    const endThePause = async () =>
      await it_.database.query(`update webhook_endpoints set open_until = now() - interval '1 second'`);
    await endThePause();
    await receiver.has(tried + 1);
    await until(async () => ((await circuit())?.opened ?? 0) >= 2, 'the probe failed');
    expect(receiver.received.length).toBe(tried + 1);
    receiver.answer = answerWith(200);
    await makeDue(it_);
    await endThePause();
    await until(
      async () => (await messagesOf(it_, id)).every(({ state }) => state === 'DELIVERED'),
      'all came',
    );
    expect(await circuit()).toEqual({ failures: 0, opened: 0, open: null });
    expect(new Set(ids()).size).toBe(30);

    async function settledOrNotTaken(): Promise<void> {
      const underWay = async () =>
        (
          await it_.database.query(
            `select 1 from webhook_deliveries d where attempts > (
               select count(*) from webhook_attempts a where a.delivery_id = d.id)`,
          )
        ).length === 0;
      await until(underWay, 'what was under way ended');
    }
  });

  it('that asks for a pause gets it', async () => {
    const { id } = await it_.endpoint(receiver.url);
    receiver.answer = answerWith(429, { 'retry-after': '120' });
    relay({ random: () => 0 });
    await tellMany(1);
    const [message] = await settled(it_, id);
    expect(message?.waitMs).toBeGreaterThan(110_000);
    const [row] = await it_.database.query<{ seconds: number }>(
      'select extract(epoch from open_until - now())::float8 as seconds from webhook_endpoints',
    );
    expect(row?.seconds).toBeGreaterThan(110);
    expect(row?.seconds).toBeLessThanOrEqual(120);
  });

  it('that keeps silent, with thousands waiting for it, takes two places and no more', async () => {
    const silent = await Receiver.start(() => undefined);
    const dead = await it_.endpoint(silent.url, 'otherAgency');
    const { id } = await it_.endpoint(receiver.url);
    for (let at = 0; at < 10; at += 1)
      await it_.tell(...Array.from({ length: 300 }, () => it_.deal({ agency: 'otherAgency' })));
    relay({ timeoutMs: 15_000, capacity: 8 });
    await silent.has(2);
    await tellMany(200);
    await receiver.has(200);
    await until(
      async () => (await messagesOf(it_, id)).every(({ state }) => state === 'DELIVERED'),
      'all came',
    );
    expect(silent.received).toHaveLength(2);
    expect((await messagesOf(it_, dead.id)).filter(({ tries }) => tries > 0)).toHaveLength(2);
    await silent.stop();
  });

  it('whose secret was replaced gets both signatures while the old one is right, and then the new one', async () => {
    const { id, secret } = await it_.endpoint(receiver.url);
    const newer = Buffer.alloc(32, 5);
    await it_.database.query(
      `update webhook_secrets set expires_at = now() + interval '1 hour' where endpoint_id = $1`,
      [id],
    );
    await it_.database.query(
      'insert into webhook_secrets (endpoint_id, number, secret, created_at) values ($1, 2, $2, now())',
      [id, newer],
    );
    relay();
    await tellMany(1);
    await receiver.has(1);
    await it_.database.query(`update webhook_secrets set expires_at = now() where number = 1`);
    await tellMany(1);
    await receiver.has(2);
    const signatures = receiver.received.map(({ headers, body }) => {
      const timestampSeconds = Number(headers['webhook-timestamp']);
      const message = { id: headers['webhook-id'] ?? '', timestampSeconds, body };
      const [both, one] = [signWebhook(message, [newer, secret]), signWebhook(message, [newer])];
      return { [both]: 'both', [one]: 'the new one' }[headers['webhook-signature'] ?? ''];
    });
    expect(signatures).toEqual(['both', 'the new one']);
  });
});
