import { TidyCounters } from '#routing';
import { decodeId } from '../../apps/api/src/graphql/ids.js';
import type { TestApp } from '../support/app.js';
import { defineRoute, type Network, openNetwork, outcomes, startNetworkApp, submitOne } from './network.js';

let app: TestApp;
let network: Network;

beforeAll(async () => {
  app = await startNetworkApp();
  network = await openNetwork(app, [{ buyer: 'buyer' }]);
  const entries = [
    {
      contractId: network.contracts[0]?.id,
      caps: [
        { unit: 'DAY', leads: 1 },
        { unit: 'MONTH', leads: 2 },
      ],
    },
  ];
  await defineRoute(network, { entries });
});
afterAll(async () => await app.stop());

const counters = async (): Promise<string[]> => {
  const rows = await app.database.query<{ key: string; leads: number }>(
    'select window_key as key, leads from cap_counters where contract_id = $1 order by 1',
    [decodeId('ctr', network.contracts[0]?.id ?? '')],
  );
  return rows.map(({ key, leads }) => `${key} ${leads}`);
};

describe('counters of caps whose window is over', () => {
  it('are forgotten by what falls due, and those that count still count', async () => {
    await app.advanceClock('2027-02-02T12:00:00Z');
    await submitOne(network);
    expect(await counters()).toEqual(['DAY 2027-02-02 1', 'MONTH 2027-02 1']);
    // Over, and still within the day that clocks may differ by.
    await app.advanceClock('2027-02-03T12:00:00Z');
    expect(await counters()).toEqual(['DAY 2027-02-02 1', 'MONTH 2027-02 1']);
    await submitOne(network);
    await submitOne(network);
    expect(await counters()).toEqual(['DAY 2027-02-02 1', 'DAY 2027-02-03 1', 'MONTH 2027-02 2']);
    await app.advanceClock('2027-02-05T12:00:00Z');
    expect(await counters()).toEqual(['MONTH 2027-02 2']);
    // The cap of the month holds, and who had the counters in mind makes them anew.
    const id = await submitOne(network);
    expect(await outcomes(network, id)).toEqual(['CAP_REACHED']);
    await app.advanceClock('2027-03-03T12:00:00Z');
    expect(await outcomes(network, await submitOne(network))).toEqual(['SOLD']);
    expect(await counters()).toEqual(['DAY 2027-03-03 1', 'MONTH 2027-03 1']);
  });

  it('go in batches, side by side, and none that is held', async () => {
    await app.database.query(
      `insert into cap_counters (agency_id, contract_id, window_key, leads, amount_minor, ends_at)
       select gen_random_uuid(), gen_random_uuid(), 'DAY 2020-01-01', 1, 1, '2020-01-02' from generate_series(1, 25)`,
    );
    const tidy = app.nest.get(TidyCounters, { strict: false });
    const before = await counters();
    const first = await Promise.all([tidy.execute(app.now(), 10), tidy.execute(app.now(), 10)]);
    const rest = await tidy.execute(app.now(), 10);
    expect(Math.max(...first, rest)).toBeLessThanOrEqual(10);
    let left = 25 - first.reduce((sum, count) => sum + count, rest);
    while (left > 0) left -= await tidy.execute(app.now(), 10);
    expect(await tidy.execute(app.now(), 10)).toBe(0);
    expect(await counters()).toEqual(before);
  });
});
