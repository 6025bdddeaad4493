/**
 * Two APIs and two workers are killed at random under load. Every acknowledged lead is there, sold once and charged once,
 * with whoever bought it, and the books are whole. Two minutes of it: npm run bench -- --only kills.
 *
 * Red when: an acknowledged lead is lost, a repeated request or a delivery that is taken over acts twice, or a lead that a
 * dead worker had taken is left behind.
 */
import { resolve } from 'node:path';
import pg from 'pg';
import { startTestApp, type TestApp } from '../support/app.js';
import { runs } from '../support/runs.js';
import { runRandomKills } from './random-kills.js';

const seconds = 7 * runs(1);
const seed = Number(process.env['LEADGER_TEST_SEED'] ?? 20_261_122);

let app: TestApp;
let connection: pg.Client;
beforeAll(async () => {
  app = await startTestApp();
  connection = new pg.Client({ connectionString: app.databaseUrl });
  await connection.connect();
});
afterAll(async () => {
  await connection.end();
  await app.stop();
});

it(
  `nothing is lost and nothing happens twice (seed ${seed})`,
  async () => {
    const { organizations, keys, databaseUrl } = app;
    const party = (name: 'agency' | 'buyer' | 'otherBuyer') => ({
      id: organizations[name].id,
      apiKey: keys[name],
    });
    const run = await runRandomKills({
      root: resolve('.'),
      databaseUrl,
      connection,
      cast: { agency: party('agency'), buyers: [party('buyer'), party('otherBuyer')] },
      ...{ seconds, seed, environment: {}, hurry: true },
    });
    expect(run.broken).toEqual([]);
    // It was a load, and there were kills in it.
    expect(run.leads).toBeGreaterThan(50);
    expect(run.reported).toBeGreaterThan(0);
    expect(Math.min(run.apiKills, run.workerKills)).toBeGreaterThan(0);
    expect(run.retries).toBeGreaterThan(0);
  },
  (seconds + 360) * 1_000,
);
