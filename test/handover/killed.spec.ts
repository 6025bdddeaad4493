/** Workers as an operator starts them, killed between sending a lead and writing down what was answered. */
import { ProductProcess } from '../faults/processes.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { Receiver } from '../webhooks/receiver.js';
import { OpenHandover } from './open-handover.js';

let app: TestApp;
let receiver: Receiver;
beforeAll(async () => {
  app = await startTestApp();
  receiver = await Receiver.start();
}, 60_000);
afterAll(async () => {
  await app.verifyInvariants();
  await app.stop();
  await receiver.stop();
});

it('a lead is sent again under the same id and charged once, however often its worker is killed', async () => {
  const it_ = new OpenHandover(app);
  const contract = await it_.contractTo((await it_.webhook(receiver.url)).id);
  const start = async () =>
    await ProductProcess.start('worker', { DATABASE_URL: app.databaseUrl, LEADGER_LOG_LEVEL: 'info' });
  let worker = await start();
  const killed = new Set<number>();
  receiver.answer = async (response, _, count) => {
    // The first two tries: it has come, and nobody is left to read the answer.
    if (count > 2) return void response.writeHead(200).end();
    killed.add(count);
    await worker.kill();
    response.destroy();
  };
  const offers = await it_.offer(contract);
  // Its minute is not what this is about, and three workers may take longer to start.
  await app.database.query(`update handovers set give_up_at = now() + interval '1 hour'`);
  for (const tries of [1, 2]) {
    await receiver.has(tries);
    await worker.kill();
    expect(await it_.deliveries(offers)).toMatchObject([
      { state: 'PENDING', lead: 'ACCEPTED', charges: 0, tries },
    ]);
    // As if its lease had ended.
    await it_.makeDue();
    worker = await start();
  }
  expect(await it_.over(offers)).toMatchObject([{ state: 'ACCEPTED', lead: 'SOLD', charges: 2, tries: 3 }]);
  expect(killed).toEqual(new Set([1, 2]));
  expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
  await worker.kill();
}, 180_000);
