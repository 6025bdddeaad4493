import type { Pool } from 'pg';
import { Database } from '#database';
import { startTestApp, type TestApp } from '../support/app.js';

describe('what one request reads', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.stop());

  /** How many connections are in use at the same time, at most, until `work` has ended. */
  async function mostConnections(work: () => Promise<unknown>): Promise<number> {
    const { master } = app.nest.get(Database).dataSource.driver as unknown as { readonly master: Pool };
    let inUse = 0;
    let most = 0;
    const taken = () => (most = Math.max(most, (inUse += 1)));
    const released = () => (inUse -= 1);
    master.on('acquire', taken).on('release', released);
    await work();
    master.off('acquire', taken).off('release', released);
    return most;
  }

  const lists = Array.from({ length: 8 }, (_, index) => `l${index}: contracts(first: 1) { nodes { id } }`);

  it('leaves connections to the others, however many lists it asks for', async () => {
    const { status, errors } = await app.gql(app.keys.agency, `{ ${lists.join(' ')} }`);
    expect([status, errors]).toEqual([200, undefined]);
    expect(await mostConnections(async () => await app.gql(app.keys.agency, `{ ${lists.join(' ')} }`))).toBe(
      3,
    );
  });
});
