import { createLog } from '../../apps/process/src/log.js';
import { openWorker, type Worker } from '../../apps/worker/src/worker.js';
import { startTestApp, type TestAppWithStripe } from '../support/app.js';

let app: TestAppWithStripe;
let worker: Worker;
const lines: Record<string, unknown>[] = [];

beforeAll(async () => {
  app = await startTestApp({ stripe: true });
  const log = createLog('info', {
    write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  });
  worker = await openWorker(app.config, log);
});

afterAll(() => app.stop());

async function until(question: string): Promise<void> {
  for (;;) {
    if ((await app.database.query(question)).length > 0) return;
    await new Promise(setImmediate);
  }
}

it('does the work of payments beside its jobs, in several processes, and ends cleanly', async () => {
  const second = await openWorker(app.config, createLog('silent'));
  app.stripe.control.fund({ amount: 5_00, currency: 'usd' });
  // The event of the top-up is received by the app and taken over by a worker.
  await app.stripe.control.settleWebhooks();
  await until(`select 1 from stripe_events where type like 'topup.%' and state <> 'RECEIVED'`);
  await until(`select 1 from payment_control where funds_opened_at is not null`);
  const startedMs = performance.now();
  await Promise.all([worker.stop(), second.stop()]);
  expect(performance.now() - startedMs).toBeLessThan(app.config.shutdownTimeoutMs);
  // What it could not do would stand there.
  expect(lines.filter(({ level }) => Number(level) >= 40)).toEqual([]);
  await app.verifyInvariants();
});
