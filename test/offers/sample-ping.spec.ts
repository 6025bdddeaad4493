import { type Network, openNetwork } from '../routing-api/network.js';
import type { TestApp } from '../support/app.js';
import { type Answer, answerWith } from '../webhooks/receiver.js';
import { Bidders, bidding, noBid, startOfferApp } from './open-offers.js';

let app: TestApp;
let network: Network;
let bidders: Bidders;

beforeAll(async () => {
  app = await startOfferApp();
});
beforeEach(async () => {
  network = await openNetwork(app, [{ buyer: 'buyer' }]);
  bidders = new Bidders(network);
});
afterEach(async () => await bidders.close());
afterAll(async () => await app.stop());

const body = '{"bid":{"amount":"12.50","currency":"USD"}}';

it.each<[string, Answer, string, string | null]>([
  ['a bid', bidding('12.50'), 'BID', 'USD'],
  [
    'a bid in another currency than the contract’s',
    bidding('12.50', { currency: 'EUR' }),
    'OTHER_CURRENCY',
    'EUR',
  ],
  ['no bid', noBid, 'NO_BID', null],
  ['204', answerWith(204), 'NO_BID', null],
  ['201 with a bid', answerWith(201, {}, body), 'UNREADABLE', null],
  ['an error with a bid', answerWith(500, {}, body), 'UNREACHABLE', null],
])('a sample ping that is answered by %s says so', async (_, answer, outcome, currency) => {
  await bidders.open(answer);
  const sampled = await network.market.done<{
    answer: { outcome: string; bid: { amount: string; currency: string } | null };
  }>(
    'buyer',
    'sendSamplePing',
    { contractId: network.contracts[0]?.id },
    'answer { outcome bid { amount currency } }',
  );
  const bid = currency && { amount: '12.50', currency };
  expect(sampled.answer).toEqual({ outcome, bid });
});
