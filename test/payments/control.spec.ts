import { newId } from '#database';
import { done } from '#outcome';
import { guardedProvider, paymentsHalted, TokenBucket } from '#payments';
import { made, openPayments, type PaymentsTest, usd } from './open-payments.js';

let payments: PaymentsTest;

beforeEach(async () => {
  payments = await openPayments();
  await payments.collect(1_000_00n);
});

afterEach(async () => {
  await payments.verify();
  await payments.stop();
});

const transfers = { method: 'POST', path: '/v1/transfers' } as const;

async function sendAll(): Promise<number> {
  return await payments.send.execute(payments.now(), 100);
}

function key(): { idempotencyKey: string } {
  return { idempotencyKey: newId() };
}

async function halted(): Promise<string | null> {
  return await paymentsHalted(payments.database, payments.agencyId, usd);
}

describe('the emergency stop', () => {
  it('holds back everything that is not sent, and lets what is in doubt come to its end', async () => {
    payments.sandbox.control.injectFault({ ...transfers, kind: 'error_after' });
    const doubtful = await payments.requestTransfer(1_00n);
    await sendAll();
    const waiting = await payments.requestTransfer(2_00n);
    const { preparer } = payments.people;
    made(await payments.control.stop(preparer, { reason: 'Something is odd', ...key() }));
    expect(await halted()).toBe('STOPPED');
    payments.advance(60_000);
    expect(await sendAll()).toBe(1);
    expect(await payments.operation(doubtful.id)).toMatchObject({ state: 'SUCCEEDED' });
    expect(await payments.operation(waiting.id)).toMatchObject({ state: 'READY', tries: 0 });
    expect(await payments.operations.sendNow(waiting.id, payments.now())).toMatchObject({ state: 'READY' });
    expect(payments.transfersMade()).toBe(1);
    made(await payments.control.resume(payments.people.approver, key()));
    expect(await halted()).toBeNull();
    expect(await sendAll()).toBe(1);
  });

  it('acts in the middle of a run', async () => {
    for (let index = 0; index < 40; index += 1) await payments.requestTransfer(1_00n);
    let goOn = (): void => undefined;
    const isStopped = new Promise<void>((resolve) => (goOn = resolve));
    // Whoever comes later waits with its last look until the stop is written: that takes as long as it likes.
    payments.switches.mayBeSent = async () => {
      if (payments.transfersMade() >= 5) await isStopped;
      return null;
    };
    const run = payments.send.execute(payments.now(), 40);
    while (payments.transfersMade() < 5) await new Promise(setImmediate);
    made(await payments.control.stop(payments.people.preparer, { reason: 'Stop', ...key() }));
    const atStop = payments.transfersMade();
    goOn();
    await run;
    // What eight senders had taken when it came is finished.
    expect(payments.transfersMade() - atStop).toBeLessThanOrEqual(8);
    expect((await payments.countsByState()).READY).toBeGreaterThan(10);
    made(await payments.control.resume(payments.people.approver, key()));
    await sendAll();
    expect(payments.transfersMade()).toBe(40);
  });

  it('is lifted by an approver who did not pull it', async () => {
    const { control, people } = payments;
    made(await control.stop(people.approver, { reason: 'Stop', ...key() }));
    made(await control.stop(people.preparer, { reason: 'Stop again', ...key() }));
    expect(await payments.queries.control()).toMatchObject({
      stoppedBy: people.approver.id,
      stopReason: 'Stop',
    });
    const codeOf = async (resumed: ReturnType<typeof control.resume>) => {
      const outcome = await resumed;
      return outcome.ok ? 'OK' : outcome.refusals[0]?.code;
    };
    expect(await codeOf(control.resume(people.preparer, key()))).toBe('NOT_PERMITTED');
    expect(await codeOf(control.resume(people.approver, key()))).toBe('SELF_APPROVAL');
    expect(await codeOf(control.resume(people.otherApprover, key()))).toBe('OK');
    expect(await codeOf(control.resume(people.otherApprover, key()))).toBe('OK');
    const agency = { ...people.approver, kind: 'AGENCY' } as const;
    expect(await codeOf(control.stop(agency, { reason: 'x', ...key() }))).toBe('NOT_PERMITTED');
    const audit = await payments.database.query<{ action: string }>(
      `select action from audit_entries where action like 'payments.%' order by recorded_at, id`,
    );
    expect(audit.map(({ action }) => action)).toEqual([
      'payments.stop',
      'payments.stop',
      'payments.resume',
      'payments.resume',
    ]);
  });
});

describe('the breaker', () => {
  async function minuteLater(): Promise<void> {
    await payments.database.query(
      `update payment_control set breaker_probe_after = clock_timestamp() - interval '1 second'`,
    );
    payments.advance(60_000);
  }

  it.each(['unauthorized', 'forbidden'] as const)(
    'opens when the key is refused (%s), and closes by one try',
    async (kind) => {
      payments.sandbox.control.injectFault({ ...transfers, kind, count: 1_000 });
      for (let index = 0; index < 12; index += 1) await payments.requestTransfer(1_00n);
      await sendAll();
      expect(await halted()).toBe('BREAKER');
      const tried = payments.sandbox.control.requests(transfers).length;
      // At most one each of those who were on their way.
      expect(tried).toBeLessThanOrEqual(8);
      expect(await payments.countsByState()).toMatchObject({ READY: 12 });
      payments.advance(600_000);
      await sendAll();
      expect(payments.sandbox.control.requests(transfers)).toHaveLength(tried);
      await minuteLater();
      await sendAll();
      expect(payments.sandbox.control.requests(transfers)).toHaveLength(tried + 1);
      expect(await halted()).toBe('BREAKER');
      expect(payments.lines.filter(({ level }) => level === 50)).toHaveLength(1);

      payments.sandbox.control.clearFaults();
      await minuteLater();
      expect(await sendAll()).toBeGreaterThan(0);
      expect(await halted()).toBeNull();
      payments.advance(60_000);
      await sendAll();
      expect(payments.transfersMade()).toBe(12);
    },
  );

  it('closes by a question when there is nothing to send', async () => {
    payments.sandbox.control.injectFault({ ...transfers, kind: 'unauthorized' });
    const { id } = await payments.requestTransfer(1_00n);
    await sendAll();
    await payments.database.query(
      `update stripe_operations set next_try_at = now() + interval '100 years' where id = $1`,
      [id],
    );
    await minuteLater();
    await sendAll();
    expect(await halted()).toBeNull();
  });
});

describe('the provider', () => {
  it('cannot be called inside a transaction, by anybody', async () => {
    const guarded = guardedProvider(payments.provider, new TokenBucket(100));
    const calls = {
      send: () =>
        guarded.send({ id: newId(), createdAt: null, kind: 'TRANSFER', body: {}, idempotencyKey: 'k' }),
      find: () =>
        guarded.find({ id: newId(), createdAt: null, kind: 'TRANSFER', body: {}, idempotencyKey: 'k' }),
      retrieve: () => guarded.retrieve('transfer', 'tr_1'),
      disputesOf: () => guarded.disputesOf('ch_1'),
      paymentOfCharge: () => guarded.paymentOfCharge('ch_1'),
      funds: () => guarded.funds(payments.now(), null),
      transferOfMovement: () => guarded.transferOfMovement('txn_1'),
      balances: () => guarded.balances(),
      bankPayouts: () => guarded.bankPayouts(null, payments.now()),
      onboardingLink: () =>
        guarded.onboardingLink('acct_1', { returnUrl: 'https://a', refreshUrl: 'https://a' }),
      beginSetup: () => guarded.beginSetup('cus_1', 'key'),
    };
    // Whatever the port has is tried here, but what only computes.
    const computing = ['freeze', 'readEvent'];
    expect([...Object.keys(calls), ...computing].sort()).toEqual(Object.keys(guarded).sort());
    const before = payments.sandbox.control.requests().length;
    for (const [name, call] of Object.entries(calls)) {
      const inside = payments.unitOfWork.run(async () => done(await call()));
      await expect(inside).rejects.toThrow(`${name} of the payment provider is called inside a transaction`);
    }
    expect(payments.sandbox.control.requests()).toHaveLength(before);
    expect(await guarded.balances()).toHaveLength(1);
  });

  it('is called again once the transaction is over, in the same breath', async () => {
    const guarded = guardedProvider(payments.provider, new TokenBucket(100));
    await payments.unitOfWork.run(async () => done(null));
    expect(await guarded.balances()).toMatchObject([{ currency: 'USD', availableMinor: 1_000_00n }]);
  });
});
