import { SandboxClockStore, UnitOfWork } from '#database';
import { done } from '#outcome';
import { startTestApp, type TestApp } from '../support/app.js';

const advance = `mutation ($to: DateTime!) { advanceSandboxClock(input: { to: $to }) {
  now userErrors { code field } } }`;
interface Advanced {
  readonly advanceSandboxClock: {
    readonly now: string | null;
    readonly userErrors: readonly { readonly code: string; readonly field: readonly string[] | null }[];
  };
}

describe('the sandbox clock', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(async () => {
    await app.stop();
  });

  it('moves forward for everyone who asks, and is stored', async () => {
    const to = new Date(app.now().getTime() + 40 * 86_400_000);
    const now = await app.advanceClock(to);
    expect(now.getTime()).toBeGreaterThanOrEqual(to.getTime());
    expect(app.now().getTime() - to.getTime()).toBeLessThan(10_000);
    const [row] = await app.database.query<{ offset_ms: string }>('select offset_ms from sandbox_clock');
    expect(Math.abs(Number(row?.offset_ms) - 40 * 86_400_000)).toBeLessThan(10_000);
    const entries = await app.database.query(`select 1 from audit_entries where action = 'sandbox.advance'`);
    expect(entries).toHaveLength(1);
  });

  it('follows another process that moves it', async () => {
    const day = 86_400_000;
    const before = app.now().getTime();
    const [row] = await app.database.query<{ offset_ms: string }>('select offset_ms from sandbox_clock');
    const offsetMs = Number(row?.offset_ms) + day;
    await app.nest
      .get(UnitOfWork)
      .run(async (tx) => done(await app.nest.get(SandboxClockStore).advance(tx, offsetMs)));
    const deadline = performance.now() + 10_000;
    while (app.now().getTime() < before + day && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(app.now().getTime()).toBeGreaterThanOrEqual(before + day);
  });

  it.each([
    ['the past', '2020-01-01T00:00:00Z', 'CLOCK_BACKWARDS'],
    ['the year 9999', '9999-12-31T23:59:59Z', 'INVALID_VALUE'],
  ])('does not go to %s, and says what time it is', async (_what, to, code) => {
    const before = app.now().getTime();
    const { advanceSandboxClock } = await app.ask<Advanced>(app.keys.agency, advance, { to });
    expect(advanceSandboxClock.userErrors).toEqual([{ code, field: ['input', 'to'] }]);
    const now = Date.parse(advanceSandboxClock.now ?? '');
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(app.now().getTime());
    expect(app.now().getTime() - before).toBeLessThan(10_000);
  });
});

it('does not exist in production', async () => {
  const app = await startTestApp({ environment: { LEADGER_MODE: 'production' } });
  try {
    const { advanceSandboxClock } = await app.ask<Advanced>(app.keys.admin, advance, {
      to: '2999-01-01T00:00:00Z',
    });
    expect(advanceSandboxClock).toEqual({ now: null, userErrors: [{ code: 'NOT_SANDBOX', field: null }] });
    expect(Math.abs(app.now().getTime() - performance.timeOrigin - performance.now())).toBeLessThan(10_000);
  } finally {
    await app.stop();
  }
});
