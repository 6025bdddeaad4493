import { newId } from '#database';
import { done } from '#outcome';
import { keyExpired } from '#payments';
import { hourMs, made, openPayments, type PaymentsTest, usd } from './open-payments.js';
import { until } from '../faults/gates.js';
import { dieWith, drain, messages, sendAll, transfers } from './outbox-steps.js';

let payments: PaymentsTest;

beforeEach(async () => {
  payments = await openPayments();
  await payments.collect(1_000_00n);
});

afterEach(async () => {
  await payments.verify();
  await payments.stop();
});

describe('an operation', () => {
  it('is sent once and ends with its effect booked', async () => {
    const { id } = await payments.requestTransfer(60_00n);
    expect(await sendAll(payments)).toBe(1);
    expect(await payments.operation(id)).toMatchObject({ state: 'SUCCEEDED', tries: 1, inDoubt: false });
    expect(await sendAll(payments)).toBe(0);
    expect(payments.transfersMade()).toBe(1);
    expect(payments.endings).toEqual([{ operationId: id, outcome: 'SUCCEEDED', code: null }]);
  });

  it('is the same under the same key, and another request under it is an error of ours', async () => {
    const payoutId = newId();
    const ask = (amountMinor: bigint) =>
      payments.unitOfWork.run(async (tx) =>
        done(
          await payments.operations.request(tx, {
            request: {
              kind: 'TRANSFER',
              ...{ payoutId, accountId: payments.accountId, amountMinor, currency: usd },
              ...{ transferGroup: 'g', sourceChargeId: null },
            },
            ...{
              subject: 'payout:x',
              bookId: payments.agencyId,
              idempotencyKey: 'tr:x:a1',
              now: payments.now(),
            },
          }),
        ),
      );
    const first = made(await ask(5_00n));
    expect(made(await ask(5_00n))).toEqual(first);
    await expect(ask(5_01n)).rejects.toThrow('used for another one');
    // It was never booked: nothing may be sent of it.
    await payments.database.query(`update stripe_operations set state = 'STOPPED' where id = $1`, [first.id]);
    await payments.database.query(
      `update stripe_operations set state = 'REFUSED', finished_at = now() where id = $1`,
      [first.id],
    );
  });

  it('of twenty is sent once each by twenty senders', async () => {
    const asked = [];
    for (let index = 0; index < 20; index += 1) asked.push(await payments.requestTransfer(1_00n));
    const ended = await Promise.all(
      Array.from({ length: 20 }, () => payments.send.execute(payments.now(), 20)),
    );
    expect(ended.reduce((sum, each) => sum + each, 0)).toBe(20);
    expect(payments.transfersMade()).toBe(20);
    expect(payments.endings.map(({ operationId }) => operationId).sort()).toEqual(
      asked.map(({ id }) => id).sort(),
    );
    const requests = payments.sandbox.control.requests(transfers);
    expect(requests).toHaveLength(20);
  });

  it('is sent at once for a person who waits', async () => {
    const { id } = await payments.requestTransfer(60_00n);
    expect(await payments.operations.sendNow(id, payments.now())).toMatchObject({ state: 'SUCCEEDED' });
    expect(await payments.operations.sendNow(id, payments.now())).toMatchObject({
      state: 'SUCCEEDED',
      tries: 1,
    });
  });

  it('that another worker is just claiming is waited for by a person', async () => {
    const { id } = await payments.requestTransfer(60_00n);
    // A worker whose claim takes its time to commit; then it sends.
    const other = payments.unitOfWork.run(async (tx) => {
      await tx.query('select 1 from stripe_operations where id = $1 for update', [id]);
      isHeld = true;
      await tx.query('select pg_sleep(0.25)');
      return done(null);
    });
    let isHeld = false;
    await until(async () => isHeld, 'the claim is held');
    expect(await payments.operations.sendNow(id, payments.now())).toMatchObject({ state: 'SUCCEEDED' });
    await other;
  });

  it('is refused before it is sent when a last look says so', async () => {
    payments.switches.mayBeSent = async () => 'capability_missing';
    const { id } = await payments.requestTransfer(60_00n);
    await sendAll(payments);
    expect(await payments.operation(id)).toMatchObject({ state: 'REFUSED', lastCode: 'capability_missing' });
    expect(payments.sandbox.control.requests(transfers)).toEqual([]);
  });

  it('waits, and nothing of it is sent, when the last look fails', async () => {
    payments.switches.mayBeSent = async () => {
      throw new Error('no look');
    };
    const { id } = await payments.requestTransfer(60_00n);
    await sendAll(payments);
    expect(await payments.operation(id)).toMatchObject({
      state: 'READY',
      inDoubt: false,
      lastCode: 'NOT_SENT',
    });
    expect(payments.sandbox.control.requests(transfers)).toEqual([]);
    payments.switches.mayBeSent = null;
    await drain(payments);
    expect(payments.transfersMade()).toBe(1);
  });
});

describe('a worker', () => {
  it('that lost its lease does not apply its answer', async () => {
    const { id } = await payments.requestTransfer(60_00n);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let isFirst = true;
    payments.switches.mayBeSent = async () => {
      // The first worker hangs; the one that takes over does not.
      if (isFirst) {
        isFirst = false;
        await held;
      }
      return null;
    };
    const slow = payments.send.execute(payments.now(), 1);
    while ((await payments.operation(id)).state !== 'SENDING') await new Promise(setImmediate);
    expect(await sendAll(payments)).toBe(0);
    await payments.database.query(
      `update stripe_operations set leased_until = clock_timestamp() - interval '1 second' where id = $1`,
      [id],
    );
    expect(await sendAll(payments)).toBe(1);
    release();
    expect(await slow).toBe(0);
    expect(payments.endings).toHaveLength(1);
    expect(payments.transfersMade()).toBe(1);
    expect(messages(payments, 40)).toEqual(['an answer came too late: another worker has taken over']);
  });

  it('that died leaves the operation in doubt to the next one', async () => {
    const { id } = await payments.requestTransfer(60_00n);
    await dieWith(payments, id);
    await sendAll(payments);
    expect(await payments.operation(id)).toMatchObject({ state: 'SUCCEEDED', tries: 2 });
    expect(payments.transfersMade()).toBe(1);
  });

  it('that died after it had sent is not outlived by its key', async () => {
    const { id, payoutId } = await payments.requestTransfer(60_00n);
    const { body } = await payments.operation(id);
    await dieWith(payments, id);
    await payments.provider.send({
      id,
      createdAt: null,
      kind: 'TRANSFER',
      body,
      idempotencyKey: `tr:${payoutId}:a1`,
    });
    payments.advance(25 * hourMs);
    await sendAll(payments);
    expect(await payments.operation(id)).toMatchObject({ state: 'SUCCEEDED' });
    expect(payments.transfersMade()).toBe(1);
  });

  it('that dies of an operation again and again has it stopped', async () => {
    const { id } = await payments.requestTransfer(60_00n);
    for (let death = 0; death < 6; death += 1) {
      await dieWith(payments, id);
      // Claimed by the next one, who dies too.
      await payments.database.query('update stripe_operations set lost_leases = $2 where id = $1', [
        id,
        death,
      ]);
    }
    await sendAll(payments);
    expect(await payments.operation(id)).toMatchObject({ state: 'STOPPED', lastCode: 'LEASES_LOST' });
    expect(messages(payments, 50)).toEqual([
      'an operation is stopped, because it ended the process each time',
    ]);
    made(
      await payments.control.retryOperation(payments.people.approver, {
        operationId: id,
        idempotencyKey: newId(),
      }),
    );
    await sendAll(payments);
    expect(await payments.operation(id)).toMatchObject({ state: 'SUCCEEDED' });
  });

  it('sends nothing inside a transaction', async () => {
    await payments.requestTransfer(60_00n);
    const inside = payments.unitOfWork.run(async () => done(await sendAll(payments)));
    await expect(inside).rejects.toThrow('inside a transaction');
    expect(payments.transfersMade()).toBe(0);
  });

  it('begins nothing after it was told to stop', async () => {
    await payments.requestTransfer(60_00n);
    expect(await payments.send.execute(payments.now(), 10, AbortSignal.abort())).toBe(0);
    expect((await payments.countsByState()).READY).toBe(1);
  });
});

describe('after a restore', () => {
  // As docs/runbook.md has it.
  async function takeForDoubtful(): Promise<void> {
    await payments.database.query(
      `update stripe_operations set state = 'UNKNOWN', in_doubt = true, leased_until = null, tries = greatest(tries, 3),
         first_sent_at = coalesce(first_sent_at, $1), next_try_at = $1
       where state in ('READY', 'SENDING')`,
      [payments.now()],
    );
  }

  it('what was sent since the backup is found, and never sent again', async () => {
    const { id, payoutId } = await payments.requestTransfer(60_00n);
    const { body } = await payments.operation(id);
    // The other life of this database has sent it.
    const frozen = await payments.provider.send({
      id,
      createdAt: null,
      kind: 'TRANSFER',
      body,
      idempotencyKey: `tr:${payoutId}:a1`,
    });
    expect(frozen.class).toBe('SUCCEEDED');
    payments.advance(48 * hourMs);
    await takeForDoubtful();
    payments.advance(24 * hourMs);
    await sendAll(payments);
    expect(await payments.operation(id)).toMatchObject({ state: 'SUCCEEDED' });
    expect(payments.transfersMade()).toBe(1);
  });

  it('what was not sent is free after a day, without being sent', async () => {
    const { id } = await payments.requestTransfer(60_00n);
    await takeForDoubtful();
    payments.advance(24 * hourMs);
    await sendAll(payments);
    expect(await payments.operation(id)).toMatchObject({ state: 'REFUSED', lastCode: keyExpired });
    expect(payments.transfersMade()).toBe(0);
  });
});
