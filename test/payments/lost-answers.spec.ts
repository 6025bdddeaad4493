import { newId } from '#database';
import { keyExpired } from '#payments';
import type { FaultKind } from '../../apps/stripe-sandbox/src/faults.js';
import { platformId } from '../../apps/stripe-sandbox/src/tables.js';
import { hourMs, made, openPayments, type PaymentsTest, type PaymentsTestOptions } from './open-payments.js';
import { drain, messages, sendAll, transfers } from './outbox-steps.js';

let payments: PaymentsTest;

/** Until an answer is given up: what does come must come in time, however busy the machine is. */
const soonMs = 2_500;

/** Gives up soon only for tests in which no answer comes: in others a busy machine would lose answers, too. */
function opened(options: PaymentsTestOptions = {}): void {
  beforeEach(async () => {
    payments = await openPayments(options);
    await payments.collect(1_000_00n);
  });
}

afterEach(async () => {
  await payments.verify();
  await payments.stop();
});

describe('an answer', () => {
  opened({ timeoutMs: soonMs });

  const oneEffect: readonly FaultKind[] = [
    'reset_after',
    'timeout_after',
    'cut_body',
    'error_after',
    'error_after_stored',
    'error_before_stored',
    'reset_before',
    'timeout_before',
    'error_before',
    'slow_before',
    'slow_after',
  ];

  it.each(oneEffect)(
    'that is lost (%s) leaves money in transit until it is certain, with one effect',
    async (kind) => {
      payments.sandbox.control.injectFault({
        ...transfers,
        kind,
        count: kind.startsWith('reset') ? 2 : 1,
        delayMs: soonMs + 500,
      });
      const { id } = await payments.requestTransfer(60_00n);
      await sendAll(payments);
      expect(await payments.operation(id)).toMatchObject({ state: 'UNKNOWN', inDoubt: true });
      expect(payments.endings).toEqual([]);
      await payments.verify();
      // Whoever is slow acts within seconds, and not a day later.
      const isAnswered = kind === 'slow_before';
      await payments.sandbox.control.waitForRequest({ ...transfers, fault: kind, isAnswered });
      for (let hour = 0; hour < 30 && (await payments.operation(id)).state === 'UNKNOWN'; hour += 1) {
        payments.advance(hourMs);
        await sendAll(payments);
      }
      const { state, lastCode } = await payments.operation(id);
      // Stripe's own stored error for a key is of a try that did nothing: the money comes back after a look.
      if (kind === 'error_before_stored')
        expect({ state, lastCode }).toEqual({ state: 'REFUSED', lastCode: keyExpired });
      else expect(state).toBe('SUCCEEDED');
      expect(payments.transfersMade()).toBe(kind === 'error_before_stored' ? 0 : 1);
      expect(payments.endings).toHaveLength(1);
    },
  );
});

describe('an answer that says something', () => {
  opened();

  it.each<FaultKind>(['rate_limited', 'key_in_use'])(
    'of "not now" (%s) is tried again with the same key',
    async (kind) => {
      payments.sandbox.control.injectFault({ ...transfers, kind });
      const { id } = await payments.requestTransfer(60_00n);
      await sendAll(payments);
      expect(await payments.operation(id)).toMatchObject({ state: 'READY', inDoubt: false });
      await drain(payments);
      const keys = payments.sandbox.control.requests(transfers).map(({ idempotencyKey }) => idempotencyKey);
      expect(new Set(keys).size).toBe(1);
      expect(payments.transfersMade()).toBe(1);
    },
  );

  it('of a definite no ends it at once, with the reason', async () => {
    const { id } = await payments.requestTransfer(900_00n);
    payments.sandbox.control.payOut({ account: platformId });
    await sendAll(payments);
    expect(await payments.operation(id)).toMatchObject({
      state: 'REFUSED',
      lastCode: 'balance_insufficient',
    });
    expect(payments.endings).toEqual([{ operationId: id, outcome: 'REFUSED', code: 'balance_insufficient' }]);
  });

  it('that the key was used with another body stops it for a person, who has it looked for', async () => {
    const { id, payoutId } = await payments.requestTransfer(60_00n);
    await fetch(`${payments.sandbox.url}/v1/transfers`, {
      method: 'POST',
      headers: {
        authorization: 'Bearer sk_test_sandbox',
        'content-type': 'application/x-www-form-urlencoded',
        'idempotency-key': `tr:${payoutId}:a1`,
      },
      body: new URLSearchParams({ amount: '100', currency: 'usd', destination: 'acct_nobody' }),
    });
    await sendAll(payments);
    expect(await payments.operation(id)).toMatchObject({ state: 'STOPPED', inDoubt: true });
    expect(messages(payments, 50)).toEqual(['an operation is stopped: its key was used with another body']);
    await sendAll(payments);
    expect(await payments.operation(id)).toMatchObject({ state: 'STOPPED', tries: 1 });
    const retry = { operationId: id, idempotencyKey: newId() };
    expect(await payments.control.retryOperation(payments.people.preparer, retry)).toMatchObject({
      ok: false,
    });
    made(await payments.control.retryOperation(payments.people.approver, retry));
    payments.sandbox.control.forgetIdempotencyKeys();
    await sendAll(payments);
    expect(await payments.operation(id)).toMatchObject({ state: 'SUCCEEDED' });
    expect(payments.transfersMade()).toBe(1);
  });

  it('that cannot be applied is learnt again with the same key, and logged each time', async () => {
    payments.switches.beforeEnd = async () => {
      throw new Error('a bug');
    };
    const { id } = await payments.requestTransfer(60_00n);
    await sendAll(payments);
    expect(await payments.operation(id)).toMatchObject({ state: 'UNKNOWN', lastCode: 'NOT_APPLIED' });
    expect(messages(payments, 50)).toEqual(['an answer of the payment provider was not applied']);
    payments.switches.beforeEnd = null;
    await drain(payments);
    expect(payments.transfersMade()).toBe(1);
    expect(payments.endings).toEqual([{ operationId: id, outcome: 'SUCCEEDED', code: null }]);
  });
});

describe('a key that the provider has forgotten', () => {
  opened({ timeoutMs: soonMs });
  beforeEach(async () => {
    payments.sandbox.control.injectFault({ ...transfers, kind: 'timeout_after' });
  });

  it('is never used again: its effect is found', async () => {
    const { id } = await payments.requestTransfer(60_00n);
    await sendAll(payments);
    payments.advance(25 * hourMs);
    await sendAll(payments);
    expect(await payments.operation(id)).toMatchObject({ state: 'SUCCEEDED' });
    expect(payments.sandbox.control.requests(transfers)).toHaveLength(1);
    expect(payments.transfersMade()).toBe(1);
  });

  it('is never used again: without an effect the money is free again', async () => {
    payments.sandbox.control.clearFaults();
    payments.sandbox.control.injectFault({ ...transfers, kind: 'timeout_before' });
    const { id } = await payments.requestTransfer(60_00n);
    await sendAll(payments);
    payments.advance(25 * hourMs);
    await sendAll(payments);
    expect(await payments.operation(id)).toMatchObject({ state: 'REFUSED', lastCode: keyExpired });
    expect(payments.transfersMade()).toBe(0);
  });

  it('stays in doubt while nobody can look', async () => {
    const { id } = await payments.requestTransfer(60_00n);
    await sendAll(payments);
    payments.advance(25 * hourMs);
    await payments.sandbox.control.down();
    await sendAll(payments);
    expect(await payments.operation(id)).toMatchObject({ state: 'UNKNOWN' });
    await payments.sandbox.control.up();
    await drain(payments);
    expect(payments.transfersMade()).toBe(1);
  });
});
