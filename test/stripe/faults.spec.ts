import type { Answer, PaymentProvider, PaymentRequest, Sendable } from '#payments';
import { type FaultKind } from '../../apps/stripe-sandbox/src/faults.js';
import { type TableName } from '../../apps/stripe-sandbox/src/tables.js';
import { agency, buyerWith, make, operationOf, providerFor, requests, useStripe } from './support.js';

const bench = useStripe();
/** What meets the fault: gives up soon where no answer comes, and nowhere else, or a busy machine would be one more fault. */
function meeting(kind: FaultKind): PaymentProvider {
  return kind.startsWith('timeout') ? providerFor(bench.sandbox, { timeoutMs: 250 }) : bench.provider;
}

/** What was given up has reached Stripe all the same, be it a moment later, and has acted if it ever does. */
async function arrived(kind: FaultKind, count = 1): Promise<void> {
  if (!kind.startsWith('timeout')) return;
  const isAnswered = kind === 'timeout_after';
  await bench.sandbox.control.waitForRequest({ fault: kind, count, isAnswered });
}

interface Case {
  readonly request: () => Promise<PaymentRequest>;
  readonly path: string;
  readonly table: TableName;
}

async function paid() {
  const { buyer, method } = await buyerWith(bench, 'pm_card_visa');
  const request = { ...requests.PAYMENT, providerBuyerId: buyer, methodId: method };
  return make(bench.provider, request, 'payment');
}

async function transferred() {
  const accountId = await agency(bench);
  bench.sandbox.control.fund({ amount: 100_00, currency: 'usd' });
  return make(bench.provider, { ...requests.TRANSFER, accountId }, 'transfer');
}

async function invoiced() {
  const { buyer } = await buyerWith(bench, 'pm_card_visa');
  return make(bench.provider, { ...requests.INVOICE, providerBuyerId: buyer }, 'invoice');
}

/** Every kind that makes something in one call. */
const cases: Readonly<Record<string, Case>> = {
  BUYER_CREATE: {
    request: () => Promise.resolve(requests.BUYER_CREATE),
    path: '/v1/customers',
    table: 'customers',
  },
  'BUYER_CREATE without email': {
    request: () => Promise.resolve({ ...requests.BUYER_CREATE, email: null }),
    path: '/v1/customers',
    table: 'customers',
  },
  PAYMENT: {
    request: async () => {
      const { buyer, method } = await buyerWith(bench, 'pm_card_visa');
      return { ...requests.PAYMENT, providerBuyerId: buyer, methodId: method };
    },
    path: '/v1/payment_intents',
    table: 'payment_intents',
  },
  TRANSFER: {
    request: async () => {
      bench.sandbox.control.fund({ amount: 100_00, currency: 'usd' });
      return { ...requests.TRANSFER, accountId: await agency(bench) };
    },
    path: '/v1/transfers',
    table: 'transfers',
  },
  'TRANSFER from a charge': {
    request: async () => {
      const { chargeId } = await paid();
      return { ...requests.TRANSFER, accountId: await agency(bench), sourceChargeId: chargeId };
    },
    path: '/v1/transfers',
    table: 'transfers',
  },
  TRANSFER_REVERSAL: {
    request: async () => ({ ...requests.TRANSFER_REVERSAL, transferId: (await transferred()).id }),
    path: '/v1/transfers/*/reversals',
    table: 'reversals',
  },
  REFUND: {
    request: async () => ({ ...requests.REFUND, chargeId: String((await paid()).chargeId) }),
    path: '/v1/refunds',
    table: 'refunds',
  },
};

function count(table: TableName): number {
  return bench.sandbox.control.rows({ table }).length;
}

type Class = Answer['class'];

/** kind, requests that meet it, class, effects after it, class of the same key again */
const faults: readonly (readonly [FaultKind, number, Class, number, Class])[] = [
  // A closed connection is tried again by the SDK, once: two have to fail for it to be told.
  ['reset_before', 2, 'UNKNOWN', 0, 'SUCCEEDED'],
  ['timeout_before', 1, 'UNKNOWN', 0, 'SUCCEEDED'],
  ['reset_after', 2, 'UNKNOWN', 1, 'SUCCEEDED'],
  ['timeout_after', 1, 'UNKNOWN', 1, 'SUCCEEDED'],
  ['cut_body', 1, 'UNKNOWN', 1, 'SUCCEEDED'],
  ['rate_limited', 1, 'NOT_EXECUTED', 0, 'SUCCEEDED'],
  ['key_in_use', 1, 'NOT_EXECUTED', 0, 'SUCCEEDED'],
  ['error_before', 1, 'UNKNOWN', 0, 'SUCCEEDED'],
  ['error_before_stored', 1, 'UNKNOWN', 0, 'UNKNOWN'],
  ['error_after', 1, 'UNKNOWN', 1, 'SUCCEEDED'],
  ['error_after_stored', 1, 'UNKNOWN', 1, 'UNKNOWN'],
  ['unauthorized', 1, 'MISCONFIGURED', 0, 'SUCCEEDED'],
  ['forbidden', 1, 'MISCONFIGURED', 0, 'SUCCEEDED'],
];

describe.each(Object.entries(cases))('%s', (_, { request, path, table }) => {
  it.each(faults)('after %s', async (kind, times, seen, effects, again) => {
    const { provider } = bench;
    const operation = operationOf(provider, await request());
    const before = count(table);
    bench.sandbox.control.injectFault({ kind, path, method: 'POST', count: times });
    expect((await meeting(kind).send(operation)).class).toBe(seen);
    await arrived(kind);
    expect(count(table) - before).toBe(effects);
    const found = await provider.find(operation);
    if (effects === 0) expect(found).toBeNull();
    else expect(found).toMatchObject({ operationId: operation.id });
    const second = await provider.send(operation);
    expect(second.class).toBe(again);
    // Whatever happened, there is never a second one, and looking gives what sending gave.
    expect(count(table) - before).toBe(again === 'SUCCEEDED' ? 1 : effects);
    if (second.class === 'SUCCEEDED') expect(await provider.find(operation)).toEqual(second.object);
    expect(bench.sandbox.control.problems()).toEqual([]);
  });
});

describe('ACCOUNT_CREATE', () => {
  // API v2 keeps no failures: the same key always ends well, and makes one account.
  it.each(faults)('after %s', async (kind, times, seen, effects) => {
    const { provider } = bench;
    const operation = operationOf(provider, requests.ACCOUNT_CREATE);
    bench.sandbox.control.injectFault({ kind, path: '/v2/core/accounts', count: times });
    expect((await meeting(kind).send(operation)).class).toBe(seen);
    await arrived(kind);
    const found = await provider.find(operation);
    expect(found === null ? 0 : 1).toBe(effects);
    const second = await provider.send(operation);
    expect(second.class).toBe('SUCCEEDED');
    expect(count('accounts')).toBe(1);
  });
});

describe('PAYMENT_CANCEL and INVOICE_VOID', () => {
  async function waiting(): Promise<readonly Sendable[]> {
    const { provider, sandbox } = bench;
    const { buyer, method } = await buyerWith(bench, 'pm_card_visa');
    sandbox.control.setBehaviour({ method, behaviour: 'pm_card_laterInsufficientFunds' });
    const request = { ...requests.PAYMENT, providerBuyerId: buyer, methodId: method };
    const declined = await provider.send(operationOf(provider, request));
    const paymentId =
      declined.class === 'REFUSED'
        ? String(declined.object && 'id' in declined.object && declined.object.id)
        : '';
    return [
      operationOf(provider, { ...requests.PAYMENT_CANCEL, paymentId }),
      operationOf(provider, { ...requests.INVOICE_VOID, invoiceId: (await invoiced()).id }),
    ];
  }

  it.each(faults)('after %s', async (kind, times, seen, effects, again) => {
    const { provider } = bench;
    for (const [index, operation] of (await waiting()).entries()) {
      bench.sandbox.control.injectFault({ kind, method: 'POST', count: times });
      expect((await meeting(kind).send(operation)).class).toBe(seen);
      await arrived(kind, index + 1);
      expect((await provider.find(operation)) === null ? 0 : 1).toBe(effects);
      expect((await provider.send(operation)).class).toBe(again);
      expect((await provider.find(operation)) === null).toBe(again !== 'SUCCEEDED' && effects === 0);
    }
  });
});

describe('an answer', () => {
  it('says when to try again', async () => {
    const { provider, sandbox } = bench;
    sandbox.control.injectFault({ kind: 'rate_limited' });
    expect(await provider.send(operationOf(provider, requests.BUYER_CREATE))).toEqual({
      class: 'NOT_EXECUTED',
      code: 'rate_limit',
      retryAfterMs: 1_000,
    });
  });

  it('to a key that stands for something else is a mismatch', async () => {
    const { provider } = bench;
    const operation = operationOf(provider, requests.BUYER_CREATE);
    await provider.send(operation);
    const other = operationOf(provider, { ...requests.BUYER_CREATE, name: 'Other' });
    expect(await provider.send({ ...other, idempotencyKey: operation.idempotencyKey })).toEqual({
      class: 'MISMATCH',
      code: 'idempotency_error',
    });
  });

  it('that is slow is waited for, and a key that is at work is let alone', async () => {
    const { provider, sandbox } = bench;
    const operation = operationOf(provider, requests.BUYER_CREATE);
    sandbox.control.injectFault({ kind: 'slow_before', delayMs: 2_500 });
    const first = provider.send(operation);
    await sandbox.control.waitForRequest({ path: '/v1/customers' });
    expect(await provider.send(operation)).toMatchObject({
      class: 'NOT_EXECUTED',
      code: 'idempotency_key_in_use',
    });
    expect((await first).class).toBe('SUCCEEDED');
    expect(count('customers')).toBe(1);
  });

  it('without a server is unknown, and no read knows anything', async () => {
    const { provider, sandbox } = bench;
    const operation = operationOf(provider, requests.BUYER_CREATE);
    await sandbox.control.down();
    expect(await provider.send(operation)).toEqual({ class: 'UNKNOWN', code: 'econnrefused' });
    await expect(provider.find(operation)).rejects.toThrow('did not answer: econnrefused');
    await expect(provider.retrieve('payment', 'pi_1')).rejects.toThrow('econnrefused');
    await expect(provider.balances()).rejects.toMatchObject({ name: 'ProviderUnavailable' });
    await sandbox.control.up();
    expect(await provider.find(operation)).toBeNull();
  });

  it('that arrives and cannot be read to its end is unknown, not refused', async () => {
    const { provider, sandbox } = bench;
    const { buyer } = await buyerWith(bench, 'pm_card_visa');
    const invoice = operationOf(provider, { ...requests.INVOICE, providerBuyerId: buyer });
    // Made, filled, finalized and sent; the look at it afterwards fails.
    sandbox.control.injectFault({ kind: 'error_before', path: '/v1/invoices/*', method: 'GET', skip: 1 });
    expect(await provider.send(invoice)).toEqual({ class: 'UNKNOWN', code: 'api_error' });
    expect(await provider.send(invoice)).toMatchObject({ class: 'SUCCEEDED', object: { state: 'OPEN' } });
    expect(count('invoices')).toBe(1);
  });
});

describe('a refusal', () => {
  it('for lack of money or of a capability has its code', async () => {
    const { provider, sandbox } = bench;
    const accountId = await agency(bench);
    const operation = () => operationOf(provider, { ...requests.TRANSFER, accountId });
    expect(await provider.send(operation())).toEqual({
      class: 'REFUSED',
      code: 'balance_insufficient',
      declineCode: null,
      object: null,
    });
    sandbox.control.fund({ amount: 100_00, currency: 'usd' });
    sandbox.control.restrictAccount({ account: accountId });
    const refused = operation();
    expect(await provider.send(refused)).toMatchObject({
      class: 'REFUSED',
      code: 'insufficient_capabilities_for_transfer',
    });
    // The same key replays it; it does not come back to life.
    sandbox.control.completeAccount({ account: accountId });
    expect(await provider.send(refused)).toMatchObject({ class: 'REFUSED' });
    expect(await provider.send(operation())).toMatchObject({ class: 'SUCCEEDED' });
    const nobody = operationOf(provider, { ...requests.TRANSFER, accountId: 'acct_nobody' });
    expect(await provider.send(nobody)).toMatchObject({ class: 'REFUSED', code: 'resource_missing' });
  });

  it.each([
    ['pm_card_laterInsufficientFunds', 'card_declined', 'insufficient_funds'],
    ['pm_card_laterExpired', 'expired_card', 'expired_card'],
    ['pm_card_authenticationRequired', 'authentication_required', 'authentication_required'],
  ])('of %s comes with the payment', async (behaviour, code, declineCode) => {
    const { provider, sandbox } = bench;
    const { buyer, method } = await buyerWith(bench, 'pm_card_visa');
    sandbox.control.setBehaviour({ method, behaviour });
    const operation = operationOf(provider, {
      ...requests.PAYMENT,
      providerBuyerId: buyer,
      methodId: method,
    });
    const answer = await provider.send(operation);
    const payment = {
      object: 'payment',
      operationId: operation.id,
      state: 'FAILED',
      amountMinor: 100_00n,
      funds: null,
      failure: { code, declineCode },
    };
    expect(answer).toMatchObject({ class: 'REFUSED', code, declineCode, object: payment });
    expect(await provider.send(operation)).toEqual(answer);
    expect(await provider.find(operation)).toMatchObject(payment);
    expect(count('payment_intents')).toBe(1);
  });
});
