import { startTestApp, type TestApp } from '../support/app.js';
import { answerWith, Receiver } from '../webhooks/receiver.js';
import { OpenHandover, until } from './open-handover.js';

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

describe('a destination', () => {
  it('that answers 410 is disabled, and what waits for it is canceled', async () => {
    receiver.answer = answerWith(410);
    const destination = await it_.webhook(receiver.url);
    const contract = await it_.contractTo(destination.id);
    const offers = await it_.offer(contract, 1);
    it_.relay();
    expect(await it_.over(offers)).toMatchObject([{ state: 'FAILED', failure: 'GONE' }]);
    const more = await it_.offer(contract, 3);
    expect(await it_.over(more)).toMatchObject(
      more.map(() => ({ state: 'CANCELED', lead: 'UNSOLD', failure: 'DESTINATION_DISABLED', tries: 0 })),
    );
    expect(receiver.received).toHaveLength(1);
  });

  it('that fails five times in a row is left alone, then probed by one, then sent the rest', async () => {
    receiver.answer = answerWith(503);
    const destination = await it_.webhook(receiver.url);
    const contract = await it_.contractTo(destination.id);
    const offers = await it_.offer(contract, 30);
    for (let at = 0; at < 3; at += 1) it_.relay({ random: () => 0 });
    await until(async () => (await it_.circuitOf(destination.id)).open === true, 'the circuit opened');
    await until(async () => await nothingUnderWay(), 'what was under way ended');
    const before = receiver.received.length;
    // Five, and what three relays had taken before the fifth was written down.
    expect(before).toBeLessThan(20);
    await it_.makeDue();
    for (let turn = 0; turn < 20; turn += 1) await it_.deliveries(offers);
    expect(receiver.received.length).toBe(before);
    receiver.answer = answerWith(200);
    await it_.openUntil(destination.id, `now() - interval '1 second'`);
    await it_.makeDue();
    const seen = await it_.over(offers);
    expect(seen.every(({ state, charges }) => state === 'ACCEPTED' && charges === 2)).toBe(true);
    expect(await it_.circuitOf(destination.id)).toEqual({ failures: 0, open: null });
  });

  it('whose circuit stays open longer than a lead stays fresh gives it back at once', async () => {
    const destination = await it_.webhook(receiver.url);
    const contract = await it_.contractTo(destination.id);
    await it_.openUntil(destination.id, `now() + interval '5 minutes'`);
    const offers = await it_.offer(contract, 200);
    it_.relay();
    const seen = await it_.over(offers);
    expect(
      seen.every(
        ({ state, lead, failure, tries }) =>
          `${state} ${lead} ${failure} ${tries}` === 'FAILED UNSOLD CIRCUIT_OPEN 0',
      ),
    ).toBe(true);
    expect(receiver.received).toHaveLength(0);
  });

  it('that keeps silent, with hundreds waiting for it, takes two places and no more', async () => {
    const silent = await Receiver.start(() => undefined);
    const dead = await it_.contractTo((await it_.webhook(silent.url)).id);
    const alive = await it_.contractTo((await it_.webhook(receiver.url)).id);
    const waiting = await it_.offer(dead, 300);
    it_.relay({ timeoutMs: 15_000, capacity: 8 });
    await silent.has(2);
    const offers = await it_.offer(alive, 100);
    await it_.over(offers);
    expect(silent.received).toHaveLength(2);
    expect((await it_.deliveries(waiting)).filter(({ tries }) => tries > 0)).toHaveLength(2);
    await silent.stop();
    await app.database.query(
      `update handovers set give_up_at = now(), leased_until = null where state = 'WAITING'`,
    );
    await it_.over(waiting);
  });
});

async function nothingUnderWay(): Promise<boolean> {
  const rows = await app.database.query(`select 1 from handovers where leased_until > now()`);
  return rows.length === 0;
}
