import { guardedProvider, TokenBucket } from '#payments';
import { openPayments, type PaymentsTest } from './open-payments.js';

let payments: PaymentsTest;

beforeAll(async () => {
  payments = await openPayments();
});
afterAll(() => payments.stop());

it('each endpoint has a pace of its own, and waiting for one keeps nobody from another', async () => {
  const guarded = guardedProvider(payments.provider, new TokenBucket(10_000), 1);
  const ended: string[] = [];
  const call = async (name: string, made: Promise<unknown>): Promise<void> => {
    await made;
    ended.push(name);
  };
  const startedMs = performance.now();
  await Promise.all([
    call('balances', guarded.balances()),
    call('balances again', guarded.balances()),
    call('an account', guarded.retrieve('account', payments.accountId)),
    call('a transfer', guarded.retrieve('transfer', 'tr_none')),
  ]);
  expect(performance.now() - startedMs).toBeGreaterThan(990);
  expect(ended.slice(0, 3).toSorted()).toEqual(['a transfer', 'an account', 'balances']);
});
