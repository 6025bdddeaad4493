import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type Answer, type PaymentProvider, type PaymentRequest } from '#payments';
import { createStripeProvider } from '#stripe';
import { operationOf, requests } from './support.js';

interface Canned {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers whatever it is told, as a proxy, a Stripe of next year or a broken one would. */
let canned: Canned;
let server: Server;
let provider: PaymentProvider;

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.writeHead(canned.status, canned.headers).end(canned.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  provider = createStripeProvider({
    secretKey: 'sk_test_x',
    webhookSecrets: [],
    sandboxUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  });
});
afterAll(
  () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
);

function answerTo(answer: Canned, request: PaymentRequest = requests.TRANSFER): Promise<Answer> {
  canned = answer;
  return provider.send(operationOf(provider, request));
}

function errorBody(error: object): string {
  return JSON.stringify({ error: { message: 'No.', ...error } });
}

describe('an error', () => {
  it.each<[number, object, Answer['class'], string]>([
    [400, { type: 'invalid_request_error', code: 'parameter_unknown' }, 'REFUSED', 'parameter_unknown'],
    [400, { type: 'invalid_request_error' }, 'REFUSED', 'invalid_request_error'],
    [400, { type: 'a_new_type' }, 'REFUSED', 'a_new_type'],
    [400, {}, 'REFUSED', 'http_400'],
    [400, { type: 'idempotency_error' }, 'MISMATCH', 'idempotency_error'],
    [400, { type: 'invalid_request_error', code: 'lock_timeout' }, 'NOT_EXECUTED', 'lock_timeout'],
    [400, { type: 'invalid_request_error', code: 'rate_limit' }, 'NOT_EXECUTED', 'rate_limit'],
    [400, { code: 'livemode_mismatch' }, 'MISCONFIGURED', 'livemode_mismatch'],
    [401, { type: 'invalid_request_error' }, 'MISCONFIGURED', 'invalid_request_error'],
    [401, { code: 'api_key_expired' }, 'MISCONFIGURED', 'api_key_expired'],
    [402, { type: 'card_error', code: 'card_declined' }, 'REFUSED', 'card_declined'],
    [403, { code: 'more_permissions_required' }, 'MISCONFIGURED', 'more_permissions_required'],
    [404, { code: 'resource_missing' }, 'REFUSED', 'resource_missing'],
    [
      409,
      { type: 'idempotency_error', code: 'idempotency_key_in_use' },
      'NOT_EXECUTED',
      'idempotency_key_in_use',
    ],
    [409, { type: 'idempotency_error' }, 'NOT_EXECUTED', 'idempotency_error'],
    [409, { code: 'lock_timeout' }, 'NOT_EXECUTED', 'lock_timeout'],
    [409, { code: 'something_else' }, 'UNKNOWN', 'something_else'],
    [424, { code: 'dependency_failed' }, 'UNKNOWN', 'dependency_failed'],
    [429, { code: 'rate_limit' }, 'NOT_EXECUTED', 'rate_limit'],
    [429, {}, 'NOT_EXECUTED', 'http_429'],
    [429, { code: 'lock_timeout' }, 'NOT_EXECUTED', 'lock_timeout'],
    [500, { type: 'api_error' }, 'UNKNOWN', 'api_error'],
    [503, { type: 'api_error', code: 'resource_missing' }, 'UNKNOWN', 'resource_missing'],
  ])('%i %j is %s', async (status, error, seen, code) => {
    expect(await answerTo({ status, body: errorBody(error) })).toMatchObject({ class: seen, code });
  });

  it('403 about the account that money should go to concerns nobody else', async () => {
    const message = "The provided key does not have access to account 'acct_1'.";
    const body = errorBody({ code: 'account_invalid', message });
    expect(await answerTo({ status: 403, body })).toMatchObject({
      class: 'REFUSED',
      code: 'account_invalid',
    });
    const request = { ...requests.TRANSFER, accountId: 'acct_2' };
    expect(await answerTo({ status: 403, body }, request)).toMatchObject({ class: 'MISCONFIGURED' });
  });

  it.each([
    ['7', 7_000],
    ['0.5', 500],
    ['Wed, 21 Oct 2027 07:28:00 GMT', null],
    ['-1', null],
  ])('429 with Retry-After %s', async (after, retryAfterMs) => {
    const headers = { 'retry-after': after };
    const body = errorBody({ code: 'rate_limit' });
    expect(await answerTo({ status: 429, body, headers })).toMatchObject({ retryAfterMs });
  });
});

describe('an answer that makes no sense is unknown', () => {
  const transfer = {
    id: 'tr_1',
    object: 'transfer',
    amount: 30_00,
    currency: 'usd',
    amount_reversed: 0,
    metadata: {},
    reversals: { data: [] },
    balance_transaction: { id: 'txn_1', amount: -30_00, fee: 0, net: -30_00, currency: 'usd', created: 1 },
  };

  it.each([
    [200, '{}'],
    [200, '[]'],
    [200, 'null'],
    [200, ''],
    [200, '<html>'],
    [200, '{"id":"tr_1"'],
    [302, ''],
    [400, '<html>'],
    [403, '<html>blocked</html>'],
    [404, 'not found'],
    [413, ''],
    [502, '<html>bad gateway</html>'],
  ])('%i %j', async (status, body) => {
    expect((await answerTo({ status, body })).class).toBe('UNKNOWN');
  });

  it.each([
    ['a currency that nobody knows', { ...transfer, currency: 'zzz' }, 'unknown_currency'],
    ['half a cent', { ...transfer, amount: 30_00.5 }, 'unreadable_amount'],
  ])('%s', async (_, body, code) => {
    expect(await answerTo({ status: 200, body: JSON.stringify(body) })).toEqual({ class: 'UNKNOWN', code });
  });
});

describe('values that Stripe adds later', () => {
  const funds = {
    id: 'txn_1',
    object: 'balance_transaction',
    type: 'something_new',
    amount: 100_00,
    fee: 0,
    net: 100_00,
    currency: 'usd',
    created: 1,
    available_on: 1,
    source: null,
    balance_type: 'payments',
  };
  const rows = {
    payment: {
      id: 'pi_1',
      amount: 100,
      currency: 'usd',
      status: 'new',
      latest_charge: null,
      last_payment_error: null,
    },
    refund: { id: 're_1', amount: 100, currency: 'usd', status: 'new', charge: 'ch_1' },
    invoice: { id: 'in_1', amount_due: 100, currency: 'usd', status: 'new', due_date: null },
    dispute: {
      id: 'du_1',
      amount: 100,
      currency: 'usd',
      status: 'new',
      charge: 'ch_1',
      created: 1,
      reason: 'new',
      evidence_details: { due_by: null },
      balance_transactions: [{ ...funds, amount: -100_00, net: -100_00 }],
    },
    setup: { id: 'seti_1', status: 'new', customer: 'cus_1', last_setup_error: null },
    method: { id: 'pm_1', type: 'new', customer: 'cus_1' },
    bank_payout: {
      id: 'po_1',
      amount: 100,
      currency: 'usd',
      status: 'new',
      arrival_date: 1,
      failure_code: null,
    },
  } as const;

  it.each([
    ['payment', { state: 'PROCESSING', funds: null, failure: null }],
    ['refund', { state: 'PENDING' }],
    ['invoice', { state: 'OPEN', payment: null }],
    ['dispute', { state: 'OPEN' }],
    ['setup', { state: 'OPEN' }],
    ['method', { kind: 'CARD', brand: 'new', last4: '', expires: null }],
    ['bank_payout', { state: 'PENDING' }],
  ] as const)('leave a %s in the state that promises least', async (kind, seen) => {
    canned = { status: 200, body: JSON.stringify(rows[kind]) };
    expect(await provider.retrieve(kind, 'id_1')).toMatchObject({ object: kind, ...seen });
  });

  it('do not hide a movement of the balance', async () => {
    const other = { ...funds, id: 'txn_2', balance_type: 'issuing' };
    canned = { status: 200, body: JSON.stringify({ object: 'list', data: [funds, other], has_more: false }) };
    expect(await provider.funds(new Date(0), null)).toMatchObject({
      movements: [{ id: 'txn_1', type: 'something_new', netMinor: 100_00n }],
      after: null,
    });
  });
});
