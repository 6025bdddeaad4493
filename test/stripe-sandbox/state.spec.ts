import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox } from '../../apps/stripe-sandbox/src/sandbox.js';
import { agency, buyerWith, collect, errorOf, sdkFor, start, useSandbox } from './support.js';

const used = useSandbox();

describe('what happened', () => {
  it('is in the log: requests, their effects, the passing of time, and what was told to the double', async () => {
    const { stripe, sandbox } = used;
    const buyer = await buyerWith(stripe, 'pm_usBankAccount_success');
    await collect(stripe, buyer, 50_00, {}, { idempotencyKey: 'pi:1' });
    sandbox.control.advance({ days: 4 });
    sandbox.control.fund({ amount: 1_00, currency: 'usd' });
    const log = sandbox.control.requests();
    expect(log.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /v1/customers',
      'POST /v1/setup_intents',
      'POST /v1/payment_intents',
      'CONTROL /setClock',
      'TIME /',
      'CONTROL /fund',
    ]);
    const kinds = (index: number) => log[index]?.effects.map(({ verb, table }) => `${verb} ${table}`);
    expect(kinds(2)).toEqual(['created payment_intents', 'created charges']);
    expect(kinds(4)).toEqual(['updated charges', 'created balance_transactions', 'updated payment_intents']);
    expect(log[2]).toMatchObject({ idempotencyKey: 'pi:1', status: 200, isReplay: false });
  });

  it('is shown on a page, with nothing of it taken for HTML', async () => {
    const { stripe, sandbox } = used;
    const id = await agency(used);
    sandbox.control.fund({ amount: 12_34, currency: 'usd' });
    await stripe.v2.core.accounts.update(id, { display_name: '<script>alert(1)</script>' });
    const page = await (await fetch(sandbox.url)).text();
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page).not.toContain('<script>');
    expect(page).toContain('12.34 USD');
    expect(page).toContain(id);
  });
});

describe('the clock', () => {
  it('follows real time from where it was set, unless it stands still', async () => {
    const { control } = used.sandbox;
    expect(control.clock().now).toBe(start);
    control.setClock({ at: '2027-02-01T00:00:00.000Z' });
    expect(control.clock().now).toBe('2027-02-01T00:00:00.000Z');
    expect(() => control.setClock({ at: 'soon' })).toThrow('no time');
    control.unfreezeClock();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(control.clock().now > '2027-02-01T00:00:00.000Z').toBe(true);
    control.setClockOffset({ offsetMs: 0 });
    expect(Math.abs(Date.parse(control.clock().now) - Date.now())).toBeLessThan(5000);
  });

  it('gives the same when a month is jumped over and when it is lived through', async () => {
    const run = async (steps: number) => {
      const sandbox = await startSandbox({ port: 0, frozenAt: start, seed: 'same' });
      const stripe = sdkFor(sandbox);
      const destination = await agency({ sandbox, stripe });
      const buyer = await buyerWith(stripe, 'pm_usBankAccount_returnedLate');
      await collect(stripe, buyer, 500_00);
      sandbox.control.fund({ amount: 100_00, currency: 'usd' });
      await stripe.transfers.create({ amount: 40_00, currency: 'usd', destination });
      for (let step = 0; step < steps; step += 1) sandbox.control.advance({ hours: (30 * 24) / steps });
      const rows = sandbox.control
        .rows({ table: 'balance_transactions' })
        .map(({ type, net, created, available_on: on }) => ({ type, net, created, on }));
      await sandbox.stop();
      return rows;
    };
    const jumped = await run(1);
    expect(jumped.map(({ type }) => type)).toEqual([
      'topup',
      'transfer',
      'payment',
      'payout',
      'payment',
      'adjustment',
    ]);
    expect(await run(30)).toEqual(jumped);
  });
});

describe('a sandbox that is kept in a file', () => {
  it('goes on where it stopped, or was killed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stripe-sandbox-'));
    const stateFile = join(folder, 'state', 'stripe.jsonl');
    const first = await startSandbox({ port: 0, stateFile });
    const stripe = sdkFor(first);
    const destination = await agency({ sandbox: first, stripe });
    first.control.setClockOffset({ offsetMs: 86_400_000 });
    first.control.setSettings({ cardAvailableDays: 5 });
    first.control.fund({ amount: 100_00, currency: 'usd' });
    const params = { amount: 30_00, currency: 'usd', destination };
    const made = await stripe.transfers.create(params, { idempotencyKey: 'tr:1' });
    const killed = readFileSync(stateFile, 'utf8');
    await first.stop();
    // A killed process leaves half a line.
    appendFileSync(stateFile, '{"table":"transfers","id":"tr_half');
    expect(killed.length).toBeGreaterThan(0);

    const second = await startSandbox({ port: 0, stateFile });
    const again = sdkFor(second);
    expect(await again.transfers.create(params, { idempotencyKey: 'tr:1' })).toEqual(made);
    const error = await errorOf(again.transfers.create({ ...params, amount: 70_01 }));
    expect(error).toMatchObject({ code: 'balance_insufficient' });
    const other = await again.transfers.create({ ...params, amount: 70_00 });
    expect(other.id).not.toBe(made.id);
    expect(second.control.clock().offsetMs).toBe(86_400_000);
    expect(second.control.settings().cardAvailableDays).toBe(5);
    expect(second.control.problems()).toEqual([]);
    await second.stop();
    rmSync(folder, { recursive: true });
  });
});
