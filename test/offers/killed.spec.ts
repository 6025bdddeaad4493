/** Workers as an operator starts them, killed while buyers are asked what they bid. */
import { ProductProcess } from '../faults/processes.js';
import { defineRoute, type Network, openNetwork, submitOne } from '../routing-api/network.js';
import type { TestApp } from '../support/app.js';
import { answerMs, Bidders, bidding, charged, ended, startOfferApp } from './open-offers.js';

let app: TestApp;
let network: Network;
let bidders: Bidders;

beforeAll(async () => {
  app = await startOfferApp();
  network = await openNetwork(app, [{ buyer: 'buyer' }, { buyer: 'otherBuyer' }]);
  bidders = new Bidders(network);
}, 60_000);
afterAll(async () => {
  await bidders.close();
  await app.verifyInvariants();
  await app.stop();
});

it('a round is held again under the same ids, and its lead sold and charged once, however often its worker is killed', async () => {
  const start = async () =>
    await ProductProcess.start('worker', {
      DATABASE_URL: app.databaseUrl,
      LEADGER_LOG_LEVEL: 'info',
      LEADGER_PING_ANSWER_MS: `${answerMs}`,
    });
  await bidders.open(bidding('12.00'), bidding('13.00'));
  await defineRoute(network, { method: 'PING_POST' });
  let worker = await start();
  bidders.at(0).answer = async (response, received, count) => {
    // The first two times nobody is left to read the answer.
    if (count > 2) return await bidding('12.00')(response, received, count);
    await worker.kill();
    response.destroy();
  };
  const id = await submitOne(network);
  for (const times of [1, 2]) {
    await bidders.at(0).has(times);
    await worker.kill();
    expect(await charged(network)).toEqual([]);
    // As if its lease had ended.
    await app.database.query(`update lead_offers set leased_until = null where state = 'OPEN'`);
    worker = await start();
  }
  expect((await ended(network, id)).status).toBe('SOLD');
  await worker.kill();
  expect(await charged(network)).toEqual(['1300']);
  const { received } = bidders.at(0);
  expect(received).toHaveLength(3);
  expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
}, 180_000);
