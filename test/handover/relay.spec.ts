import { AcceptanceStore } from '#leads';
import { done } from '#outcome';
import { readSecret, verifyWebhook } from '#webhooks';
import { Webhook } from 'standardwebhooks';
import { showId } from '../../apps/process/src/show-id.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { answerWith, Receiver } from '../webhooks/receiver.js';
import { clock, OpenHandover, until } from './open-handover.js';

let app: TestApp;
let it_: OpenHandover;
let receiver: Receiver;

beforeAll(async () => {
  app = await startTestApp({ environment: { LEADGER_POOL_SIZE: '8' } });
  it_ = new OpenHandover(app);
}, 60_000);
beforeEach(async () => {
  receiver = await Receiver.start();
});
afterEach(async () => {
  await it_.stopRelays();
  await receiver.stop();
  expect(it_.errors.splice(0)).toEqual([]);
  await app.verifyInvariants();
});
afterAll(async () => await app.stop());

const ids = () => receiver.received.map(({ headers }) => headers['webhook-id']);
const json = (body: object, status = 200) =>
  answerWith(status, { 'content-type': 'application/json' }, JSON.stringify(body));

describe('a delivery', () => {
  it('that is answered with 2xx is sold, charged and told of, once and together', async () => {
    const destination = await it_.webhook(receiver.url);
    const contract = await it_.contractTo(destination.id);
    const offers = await it_.offer(contract, 3);
    expect(await it_.deliveries(offers)).toMatchObject(
      offers.map(() => ({ state: 'PENDING', lead: 'ACCEPTED', charges: 0 })),
    );
    it_.relay();
    const seen = await it_.over(offers);
    // Base rate and platform fee.
    expect(seen).toMatchObject(offers.map(() => ({ state: 'ACCEPTED', lead: 'SOLD', charges: 2, tries: 1 })));
    const [first] = offers;
    const received = receiver.received.find(
      ({ headers }) => headers['webhook-id'] === showId('delivery', first?.deliveryId ?? ''),
    );
    const body = new Webhook(destination.secret).verify(received?.body ?? '', received?.headers ?? {});
    expect(body).toMatchObject({
      type: 'lead.delivery',
      test: false,
      data: {
        leadId: showId('lead', first?.leadId ?? ''),
        contact: { givenName: 'Ada', familyName: 'Number 0' },
      },
    });
    const told = await app.database.query<{ subject_id: string }>(
      `select subject_id from events where type = 'lead.delivered' and subject_id = any($1)`,
      [offers.map(({ deliveryId }) => deliveryId)],
    );
    expect(told).toHaveLength(3);
  });

  it('of a test lead is sent and taken, and never charged', async () => {
    const contract = await it_.contractTo((await it_.webhook(receiver.url)).id);
    const offers = await it_.offer(contract, 1, { test: true });
    it_.relay();
    expect(await it_.over(offers)).toMatchObject([{ state: 'ACCEPTED', lead: 'SOLD', charges: 0 }]);
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({ test: true });
  });

  it.each([
    ['{"status":"rejected","reason":"OUT_OF_AREA"}', 200, 'REJECTED', 'OUT_OF_AREA'],
    ['{"status":"duplicate"}', 200, 'DUPLICATE', null],
    ['{"reason":"Ada is known"}', 422, 'REJECTED', null],
    ['', 409, 'DUPLICATE', null],
  ])(
    'that is answered %s with %d is %s: not charged, told of, and its lead is unsold',
    async (body, status, state, reason) => {
      receiver.answer = answerWith(status, {}, body);
      const destination = await it_.webhook(receiver.url);
      const offers = await it_.offer(await it_.contractTo(destination.id));
      it_.relay();
      expect(await it_.over(offers)).toMatchObject([{ state, lead: 'UNSOLD', charges: 0, tries: 1 }]);
      const [told] = await app.database.query<{ payload: object }>(
        `select payload from events where type = 'delivery.failed' and subject_id = $1`,
        [offers[0]?.deliveryId],
      );
      expect(told?.payload).toMatchObject({ state, reason });
      const [attempt] = await app.database.query('select * from delivery_attempts where handover_id = $1', [
        offers[0]?.deliveryId,
      ]);
      expect(attempt).toMatchObject({ status, failure: null, verdict: state, reason, answer_start: null });
      // The receiver is there: its circuit does not count it.
      expect(await it_.circuitOf(destination.id)).toMatchObject({ failures: 0 });
    },
  );

  it('goes in the form that the buyer wants, with its headers, and the answer is read by its words', async () => {
    receiver.answer = json({ result: { ok: false, why: 'BUDGET' } });
    const destination = await it_.webhook(receiver.url, {
      headers: [{ header: 'Authorization', value: 'Bearer s3cret' }],
      fields: [
        { path: 'person.first', value: '{{contact.givenName}}' },
        { path: 'is_test', value: '{{lead.test}}', type: 'BOOLEAN' },
        { path: 'src', value: 'leadger' },
      ],
      answer: { verdictPath: 'result.ok', reasonPath: 'result.why', rejected: ['false'] },
    });
    const offers = await it_.offer(await it_.contractTo(destination.id));
    it_.relay();
    expect(await it_.over(offers)).toMatchObject([{ state: 'REJECTED', lead: 'UNSOLD' }]);
    const [received] = receiver.received;
    expect(JSON.parse(received?.body ?? '')).toEqual({
      person: { first: 'Ada' },
      is_test: false,
      src: 'leadger',
    });
    expect(received?.headers).toMatchObject({
      authorization: 'Bearer s3cret',
      'content-type': 'application/json',
    });
    const secret = readSecret(destination.secret);
    if (!received || !secret) throw new Error('nothing was received');
    expect(verifyWebhook(received, secret, clock.now())).toBeNull();
  });

  it('that fails is tried three times in all, with one id and body, and is then unsold and not charged', async () => {
    receiver.answer = answerWith(500);
    const offers = await it_.offer(await it_.contractTo((await it_.webhook(receiver.url)).id));
    it_.relay({ random: () => 0.5 });
    const waits: number[] = [];
    for (const count of [1, 2]) {
      const [seen] = await it_.tried(offers, count);
      expect(seen).toMatchObject({ state: 'PENDING', lead: 'ACCEPTED', failure: 'STATUS', tries: count });
      waits.push(seen?.waitMs ?? 0);
      await it_.makeDue();
    }
    // Half way between 1 and 5, and between 5 and 20 seconds, less what has passed until it was looked at.
    for (const [index, ms] of [3_000, 12_500].entries()) {
      expect(waits[index]).toBeLessThanOrEqual(ms);
      expect(waits[index]).toBeGreaterThan(ms - 2_000);
    }
    expect(await it_.over(offers)).toMatchObject([{ state: 'FAILED', lead: 'UNSOLD', charges: 0, tries: 3 }]);
    expect(receiver.received).toHaveLength(3);
    expect(new Set(ids()).size).toBe(1);
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
  });

  it('that is not answered in time is TIMED_OUT, and what is answered then changes nothing', async () => {
    const late: (() => void)[] = [];
    receiver.answer = (response) => void late.push(() => response.writeHead(200).end());
    const offers = await it_.offer(await it_.contractTo((await it_.webhook(receiver.url)).id));
    it_.relay({ timeoutMs: 50, random: () => 0 });
    for (const count of [1, 2]) {
      await it_.tried(offers, count);
      await it_.makeDue();
    }
    expect(await it_.over(offers)).toMatchObject([
      { state: 'TIMED_OUT', lead: 'UNSOLD', failure: 'TIMEOUT' },
    ]);
    for (const answer of late) answer();
    expect(await it_.deliveries(offers)).toMatchObject([{ state: 'TIMED_OUT', charges: 0 }]);
  });

  it('whose minute is over is not sent any more', async () => {
    const offers = await it_.offer(await it_.contractTo((await it_.webhook(receiver.url)).id));
    await app.database.query('update handovers set give_up_at = now() where id = $1', [
      offers[0]?.deliveryId,
    ]);
    it_.relay();
    expect(await it_.over(offers)).toMatchObject([
      { state: 'TIMED_OUT', lead: 'UNSOLD', failure: 'EXPIRED' },
    ]);
    expect(receiver.received).toHaveLength(0);
  });

  it('whose minute is over holds nobody up while it is ended', async () => {
    const contract = await it_.contractTo((await it_.webhook(receiver.url)).id);
    const late = await it_.offer(contract, 3);
    // They wait for their next try: what is due would be looked at, and ended, with what is sent.
    await app.database.query(
      `update handovers set give_up_at = now(), next_try_at = now() + interval '30 seconds' where id = any($1)`,
      [late.map(({ deliveryId }) => deliveryId)],
    );
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    let ending = (): void => undefined;
    const begun = new Promise<void>((resolve) => (ending = resolve));
    const acceptance = app.nest.get(AcceptanceStore, { strict: false });
    it_.relay({
      onUndelivered: async (tx, undelivered) => {
        ending();
        await held;
        await acceptance.free(tx, undelivered);
      },
    });
    await begun;
    // As long as that lasts, others are sent, taken and written down.
    const inTime = await it_.over(await it_.offer(contract, 3));
    goOn();
    expect(inTime).toMatchObject(inTime.map(() => ({ state: 'ACCEPTED', lead: 'SOLD' })));
    expect(await it_.over(late)).toMatchObject(late.map(() => ({ state: 'TIMED_OUT', lead: 'UNSOLD' })));
  });

  it('whose answer breaks off has not said what it means, and is sent again', async () => {
    receiver.answer = (response, _, count) => {
      if (count > 1) return void response.writeHead(200).end('{"status":"rejected"}');
      response.writeHead(200, { 'content-length': '21' });
      response.write('{"status":"rej');
      response.socket?.end();
    };
    const offers = await it_.offer(await it_.contractTo((await it_.webhook(receiver.url)).id));
    it_.relay();
    expect(await it_.tried(offers, 1)).toMatchObject([{ state: 'PENDING', failure: 'BAD_ANSWER' }]);
    await it_.makeDue();
    expect(await it_.over(offers)).toMatchObject([{ state: 'REJECTED', charges: 0, tries: 2 }]);
  });

  it('that a process sent and died over is sent again under the same id, and charged once', async () => {
    const offers = await it_.offer(await it_.contractTo((await it_.webhook(receiver.url)).id));
    const [taken] = await it_.queue.take({ capacity: 1, slots: 1, exceptions: [] });
    if (!taken) throw new Error('nothing was taken');
    // It is sent, and its end is never written down. Nobody else takes it while its lease lasts.
    expect(await it_.queue.take({ capacity: 1, slots: 1, exceptions: [] })).toEqual([]);
    await it_.makeDue();
    it_.relay();
    expect(await it_.over(offers)).toMatchObject([{ state: 'ACCEPTED', charges: 2, tries: 2 }]);
    expect(ids()).toEqual([showId('delivery', taken.id)]);
    // It was not dead, only slow: what it saw is on record, and changes nothing.
    const made = {
      startedAt: clock.now(),
      durationMs: 1,
      status: 200,
      bodyBytes: 1,
      answerBytes: 0,
      answerStart: null,
    };
    const finished = {
      handover: taken,
      made,
      failure: null,
      verdict: 'REJECTED',
      reason: null,
      retryInMs: null,
    } as const;
    const own = await it_.unitOfWork.run(async (tx) => done(await it_.queue.finish(tx, [finished])));
    expect(own).toEqual(done(new Set()));
    expect(await it_.deliveries(offers)).toMatchObject([{ state: 'ACCEPTED', lead: 'SOLD', charges: 2 }]);
  });

  it('is sent and charged once by twenty relays', async () => {
    const contract = await it_.contractTo((await it_.webhook(receiver.url)).id);
    for (let at = 0; at < 20; at += 1) it_.relay();
    const offers = (await Promise.all(Array.from({ length: 10 }, () => it_.offer(contract, 12)))).flat();
    const seen = await it_.over(offers);
    expect(
      seen.every(({ state, charges, tries }) => state === 'ACCEPTED' && charges === 2 && tries === 1),
    ).toBe(true);
    expect(ids()).toHaveLength(120);
    expect(new Set(ids()).size).toBe(120);
  });

  it('that cannot be finished is given back when the relay stops, and does not count as tried', async () => {
    receiver.answer = () => undefined;
    const offers = await it_.offer(await it_.contractTo((await it_.webhook(receiver.url)).id));
    const relay = it_.relay();
    await receiver.has(1);
    await relay.stop(1);
    expect(await it_.deliveries(offers)).toMatchObject([{ state: 'PENDING', queue: 'WAITING', tries: 0 }]);
    receiver.answer = answerWith(200);
    it_.relay();
    expect(await it_.over(offers)).toMatchObject([{ state: 'ACCEPTED', tries: 1 }]);
  });

  it('under a contract that was paused, or of a buyer without balance, is not sent', async () => {
    const destination = await it_.webhook(receiver.url);
    const paused = await it_.contractTo(destination.id);
    const offers = await it_.offer(paused);
    await it_.market.done('buyer', 'pauseContract', { contractId: paused.contractId }, 'contract { id }');
    const blocked = await it_.contractTo(destination.id);
    const others = await it_.offer(blocked);
    await app.database.query(`update contracts set credit_blocked_at = now() where vertical = $1`, [
      blocked.vertical,
    ]);
    it_.relay();
    expect(await it_.over([...offers, ...others])).toMatchObject([
      { state: 'CANCELED', lead: 'UNSOLD', failure: 'CONTRACT_INACTIVE' },
      { state: 'CANCELED', lead: 'UNSOLD', failure: 'INSUFFICIENT_BALANCE' },
    ]);
    expect(receiver.received).toHaveLength(0);
    // Contracts that the buyer accepts later are blocked as well.
    await app.database.query('update contracts set credit_blocked_at = null');
  });

  it('that waits for its next try is not sent once its buyer has paused', async () => {
    const contract = await it_.contractTo((await it_.webhook(receiver.url)).id);
    const offers = await it_.offer(contract, 1);
    receiver.answer = answerWith(503);
    it_.relay();
    await it_.tried(offers, 1);
    const { contractId } = contract;
    await it_.market.done('buyer', 'pauseBuying', { contractId }, 'contract { id }');
    receiver.answer = answerWith(200);
    await it_.makeDue();
    expect(await it_.over(offers)).toMatchObject([
      { state: 'CANCELED', lead: 'UNSOLD', failure: 'BUYER_PAUSED', charges: 0 },
    ]);
    expect(receiver.received).toHaveLength(1);
  });

  it('of a buyer that buys again is sent', async () => {
    const contract = await it_.contractTo((await it_.webhook(receiver.url)).id);
    const { contractId } = contract;
    const offers = await it_.offer(contract, 1);
    await it_.market.done('buyer', 'pauseBuying', { contractId }, 'contract { id }');
    await it_.market.done('buyer', 'resumeBuying', { contractId }, 'contract { id }');
    it_.relay();
    expect(await it_.over(offers)).toMatchObject([{ state: 'ACCEPTED', charges: 2 }]);
  });

  it.each(['\uFEFF{"status":"rejected"}', '{"status":"rejected"', '{"status":["rejected"]}', '"rejected"'])(
    'of which the answer is %s is never charged',
    async (body) => {
      const offers = await it_.offer(await it_.contractTo((await it_.webhook(receiver.url)).id), 1);
      receiver.answer = answerWith(200, {}, body);
      it_.relay();
      const [seen] = await it_.tried(offers, 1);
      expect(seen).toMatchObject(
        body.startsWith('\uFEFF') ? { state: 'REJECTED' } : { state: 'PENDING', failure: 'BAD_ANSWER' },
      );
      expect(seen?.charges).toBe(0);
    },
  );

  it('that cannot be written down does not keep the others of its batch from it', async () => {
    const contract = await it_.contractTo((await it_.webhook(receiver.url)).id);
    const offers = await it_.offer(contract, 5);
    // A charge of the same delivery stands already: the books refuse a second one.
    const [poisoned] = offers;
    await app.database.query(
      `create or replace function refuse_one() returns trigger language plpgsql as $$ begin
         if new.idempotency_key like 'delivery:${poisoned?.deliveryId}%' then raise exception 'poisoned'; end if;
         return new; end $$`,
    );
    await app.database.query(
      'create trigger poison before insert on journals for each row execute function refuse_one()',
    );
    it_.relay();
    const seen = await it_.over(offers.slice(1));
    expect(seen.every(({ state, charges }) => state === 'ACCEPTED' && charges === 2)).toBe(true);
    const isTold = async () => (await it_.deliveries(offers)).length > 0 && it_.errors.length > 0;
    await until(isTold, 'the error was told');
    expect(String(it_.errors.splice(0)[0])).toContain('poisoned');
    await app.database.query('drop trigger poison on journals');
    await it_.makeDue();
    expect(await it_.over(offers.slice(0, 1))).toMatchObject([{ state: 'ACCEPTED', charges: 2, tries: 2 }]);
    it_.errors.splice(0);
  });
});

it('the rules of the books find what was charged without being taken, and what is on its way to nobody', async () => {
  const contract = await it_.contractTo((await it_.webhook(receiver.url)).id);
  const [stuck, both] = await it_.offer(contract, 2);
  it_.relay();
  await it_.over([stuck, both].flatMap((each) => each ?? []));
  const set = async (state: string, id: string | undefined) =>
    await app.database.query('update deliveries set state = $2 where id = $1', [id, state]);
  await set('PENDING', stuck?.deliveryId);
  await set('REJECTED', both?.deliveryId);
  await expect(app.verifyInvariants()).rejects.toThrow(
    new RegExp(
      `I17[^]*${both?.deliveryId} is REJECTED and was charged[^]*${stuck?.deliveryId} is pending and on its way to nobody`,
    ),
  );
  await set('ACCEPTED', stuck?.deliveryId);
  await set('ACCEPTED', both?.deliveryId);
});
