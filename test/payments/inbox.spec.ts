import { openPayments, type PaymentsTest, signedEvent } from './open-payments.js';

let payments: PaymentsTest;
let transferId: string;

beforeEach(async () => {
  payments = await openPayments();
  await payments.collect(1_000_00n);
  const { id } = await payments.requestTransfer(60_00n);
  await payments.send.execute(payments.now(), 10);
  transferId = (await payments.operation(id)).objectId ?? '';
});

afterEach(() => payments.stop());

async function receive(id: string, type: string, object: object = { id: transferId }): Promise<string> {
  const { body, signature } = signedEvent({ id, type, object });
  return await payments.receive.execute(body, signature);
}

async function eventsBy(): Promise<object[]> {
  return await payments.database.query(
    'select id, state, tries, last_code as code from stripe_events order by received_at, id',
  );
}

describe('a webhook', () => {
  it('is kept once, however often it comes', async () => {
    expect(await receive('evt_1', 'transfer.created')).toBe('STORED');
    expect(await receive('evt_1', 'transfer.created')).toBe('KNOWN');
    const twenty = Array.from({ length: 20 }, () => receive('evt_2', 'transfer.updated'));
    expect((await Promise.all(twenty)).filter((each) => each === 'STORED')).toHaveLength(1);
    expect(await eventsBy()).toHaveLength(2);
  });

  it.each([
    ['with other bytes', (body: Buffer) => Buffer.concat([body, Buffer.from(' ')]), 0],
    ['301 seconds old', (body: Buffer) => body, -301_000],
    // Not 301: real time goes on until it is read, and one second less would be in time.
    ['six minutes ahead', (body: Buffer) => body, 360_000],
  ])('%s is refused', async (_, change, offMs) => {
    const at = new Date(Date.now() + offMs);
    const { body, signature } = signedEvent({ id: 'evt_1', type: 'transfer.created', object: {} }, at);
    expect(await payments.receive.execute(change(body), signature)).toBe('REFUSED');
    expect(await payments.receive.execute(body, 't=1,v1=00')).toBe('REFUSED');
    expect(await eventsBy()).toEqual([]);
  });

  it('of an unknown type is kept and ignored', async () => {
    await receive('evt_1', 'made.up.later');
    await payments.events.execute(payments.now(), 10);
    expect(await eventsBy()).toMatchObject([{ state: 'IGNORED', tries: 0 }]);
  });

  it('of an object that nobody handles, or that is not there, is ignored', async () => {
    await receive('evt_1', 'payment_intent.created', { id: 'pi_nobody' });
    await receive('evt_2', 'transfer.created', { id: 'tr_nobody' });
    expect(await payments.events.execute(payments.now(), 10)).toBe(2);
    expect(await eventsBy()).toMatchObject([
      { state: 'IGNORED', code: 'NOT_HANDLED' },
      { state: 'IGNORED', code: 'NOT_THERE' },
    ]);
  });
});

describe('events', () => {
  it('of one object are applied together, with one request', async () => {
    for (const id of ['evt_3', 'evt_1', 'evt_2']) await receive(id, 'transfer.updated');
    expect(await payments.events.execute(payments.now(), 10)).toBe(3);
    expect(payments.snapshots).toHaveLength(1);
    expect(await eventsBy()).toMatchObject([
      { state: 'APPLIED' },
      { state: 'APPLIED' },
      { state: 'APPLIED' },
    ]);
    expect(await payments.events.execute(payments.now(), 10)).toBe(0);
  });

  it('in any order, doubled, and from several workers end in the same books', async () => {
    await fetch(`${payments.sandbox.url}/v1/transfers/${transferId}/reversals`, {
      method: 'POST',
      headers: {
        authorization: 'Bearer sk_test_sandbox',
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ amount: '1000' }),
    });
    for (const id of ['evt_2', 'evt_1', 'evt_3']) await receive(id, 'transfer.reversed');
    await Promise.all([1, 2, 3].map(() => payments.events.execute(payments.now(), 1)));
    await receive('evt_0', 'transfer.created');
    await payments.events.execute(payments.now(), 10);
    await payments.verify();
    expect((await payments.reconcile.execute(payments.now())).differences).toEqual([]);
  });

  it('that cannot be applied are tried again, and given up after twenty-five tries', async () => {
    await receive('evt_1', 'transfer.created');
    await payments.sandbox.control.down();
    expect(await payments.events.execute(payments.now(), 10)).toBe(0);
    expect(await eventsBy()).toMatchObject([{ state: 'RECEIVED', tries: 1 }]);
    await payments.database.query('update stripe_events set tries = 24');
    payments.advance(3_600_000);
    expect(await payments.events.execute(payments.now(), 10)).toBe(1);
    expect(await eventsBy()).toMatchObject([{ state: 'FAILED', tries: 25 }]);
    expect(payments.lines.filter(({ level }) => level === 50)).toMatchObject([
      { msg: 'an event of the payment provider is given up', eventId: 'evt_1', kind: 'transfer' },
    ]);
    await payments.sandbox.control.up();
  });

  it('are left to the next worker by one that died', async () => {
    await receive('evt_1', 'transfer.created');
    // It took them and was gone.
    await payments.database.query(
      `update stripe_events set tries = 1, next_try_at = $1::timestamptz + interval '2 minutes'`,
      [payments.now()],
    );
    expect(await payments.events.execute(payments.now(), 10)).toBe(0);
    payments.advance(121_000);
    expect(await payments.events.execute(payments.now(), 10)).toBe(1);
  });

  it('hurry what is in doubt', async () => {
    payments.sandbox.control.injectFault({ method: 'POST', path: '/v1/transfers', kind: 'error_after' });
    const { id } = await payments.requestTransfer(5_00n);
    await payments.send.execute(payments.now(), 10);
    const far = new Date(payments.now().getTime() + 3_600_000);
    await payments.database.query('update stripe_operations set next_try_at = $2 where id = $1', [id, far]);
    expect(await payments.send.execute(payments.now(), 10)).toBe(0);
    const made = payments.sandbox.control.rows({ table: 'transfers' }).at(-1);
    await receive('evt_9', 'transfer.created', { id: made?.id });
    await payments.events.execute(payments.now(), 10);
    expect(await payments.send.execute(payments.now(), 10)).toBe(1);
    expect(await payments.operation(id)).toMatchObject({ state: 'SUCCEEDED' });
  });
});

describe('the sweeper', () => {
  it('looks at what is unfinished without any webhook', async () => {
    payments.unfinished.push({ kind: 'transfer', id: transferId, accountId: null });
    expect(await payments.sweep.execute(payments.now(), 10)).toBe(1);
    expect(payments.snapshots).toMatchObject([{ id: transferId }]);
  });

  it('goes on past what fails, and says what the provider does not know', async () => {
    payments.unfinished.push(
      { kind: 'transfer', id: 'tr_nobody', accountId: null },
      { kind: 'transfer', id: transferId, accountId: null },
    );
    expect(await payments.sweep.execute(payments.now(), 10)).toBe(1);
    expect(payments.lines.filter(({ level }) => level === 50)).toMatchObject([
      { msg: 'the payment provider does not know an object of ours', objectId: 'tr_nobody' },
    ]);
  });
});
