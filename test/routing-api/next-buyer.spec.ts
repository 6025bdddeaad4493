import type { RunningRelay } from '#webhooks';
import { handoverToolsOf, openHandoverRelay } from '../../apps/process/src/handover-relay.js';
import { until } from '../handover/open-handover.js';
import type { TestApp, TestKey } from '../support/app.js';
import { type Answer, answerWith, Receiver } from '../webhooks/receiver.js';
import {
  defineRoute,
  type Network,
  openNetwork,
  seen,
  startNetworkApp,
  submitAll,
  submitOne,
} from './network.js';

let app: TestApp;
let network: Network;
let relay: RunningRelay;
let receivers: Receiver[] = [];

beforeAll(async () => {
  app = await startNetworkApp();
});
beforeEach(async () => {
  network = await openNetwork(app, [{ buyer: 'buyer' }, { buyer: 'otherBuyer' }]);
  receivers = [await Receiver.start(), await Receiver.start()];
  relay = openHandoverRelay(handoverToolsOf(app.nest));
});
afterEach(async () => {
  await relay.stop(5_000);
  for (const receiver of receivers) await receiver.stop();
  await app.verifyInvariants();
});
afterAll(async () => await app.stop());

function tell(index: number, answer: Answer): void {
  const receiver = receivers[index];
  if (receiver) receiver.answer = answer;
}

const says = (status: string) =>
  answerWith(200, { 'content-type': 'application/json' }, JSON.stringify({ status }));

/** Has the leads of a contract go to a receiver of its own. */
async function destine(index: number): Promise<void> {
  const contract = network.contracts[index];
  const receiver = receivers[index];
  const key: TestKey = contract?.buyer ?? 'buyer';
  const made = await network.market.done<{ destination: { id: string } }>(
    key,
    'createDestination',
    { name: 'for a test', target: { webhook: { url: receiver?.url } } },
    'destination { id } secret',
  );
  const input = { contractId: contract?.id, destinationId: made.destination.id };
  await network.market.done(key, 'setContractDestination', input, 'destination { id }');
}

const over = async (leadId: string) => {
  await until(async () => {
    const { status, deliveries } = await seen(network, leadId);
    return status !== 'ACCEPTED' && deliveries.every((each) => each.status !== 'PENDING');
  }, 'the lead came to its end');
  return await seen(network, leadId);
};

describe('a lead that its buyer does not take', () => {
  it('goes to the next one, who alone is charged, and both decisions are told', async () => {
    await destine(0);
    await destine(1);
    tell(0, says('rejected'));
    await defineRoute(network);
    const id = await submitOne(network);
    const lead = await over(id);
    expect(lead.status).toBe('SOLD');
    expect(lead.deliveries.map(({ status }) => status).toSorted()).toEqual(['ACCEPTED', 'REJECTED']);
    expect(lead.routing.map(({ number, result }) => [number, result])).toEqual([
      [1, 'SOLD'],
      [2, 'SOLD'],
    ]);
    expect(lead.routing[1]?.entries.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      [
        'DUPLICATE_FOR_BUYER',
        'The buyer was given the lead before, and did not take it or did not reach the person in time.',
      ],
      ['SOLD', 'Sold for $10.00.'],
    ]);
  });

  it('is unsold when there is no other, and the caps have their room again', async () => {
    await destine(0);
    tell(0, says('duplicate'));
    const [first] = network.contracts;
    await defineRoute(network, { entries: [{ contractId: first?.id, caps: [{ unit: 'DAY', leads: 1 }] }] });
    const id = await submitOne(network);
    expect(await over(id)).toMatchObject({ status: 'UNSOLD', deliveries: [{ status: 'DUPLICATE' }] });
    tell(0, says('accepted'));
    const next = await submitOne(network);
    expect(await over(next)).toMatchObject({ status: 'SOLD', deliveries: [{ status: 'ACCEPTED' }] });
  });

  it('of many, each is sold once and charged once', async () => {
    await destine(0);
    tell(0, says('rejected'));
    await defineRoute(network);
    const ids = await submitAll(
      network,
      Array.from({ length: 40 }, () => ({})),
    );
    for (const id of ids) expect((await over(id)).status).toBe('SOLD');
    const [row] = await app.database.query<{ charges: number; leads: number }>(
      `select count(*)::int as charges, count(distinct c.lead_id)::int as leads from charges c
       join contracts k on k.id = c.contract_id where k.vertical = $1`,
      [network.vertical],
    );
    expect(row).toEqual({ charges: 40, leads: 40 });
  });

  it('is not tried again at a buyer whose circuit is open', async () => {
    await destine(0);
    await app.database.query(
      `update destinations set open_until = now() + interval '1 hour' where id in (
         select destination_id from contract_destinations x join contracts c on c.id = x.contract_id
         where c.vertical = $1)`,
      [network.vertical],
    );
    await defineRoute(network);
    const lead = await seen(network, await submitOne(network));
    expect(lead).toMatchObject({ status: 'SOLD', routing: [{ number: 1 }] });
    expect(lead.routing[0]?.entries.map(({ outcome }) => outcome)).toEqual(['CIRCUIT_OPEN', 'SOLD']);
  });

  it('goes nowhere else when it named its contract', async () => {
    await destine(0);
    tell(0, says('rejected'));
    await defineRoute(network);
    const id = await submitOne(network, { contractId: network.contracts[0]?.id });
    expect(await over(id)).toMatchObject({ status: 'UNSOLD', deliveries: [{ status: 'REJECTED' }] });
  });
});
