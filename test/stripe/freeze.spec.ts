import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asCurrency } from '#money';
import type { PaymentProvider, PaymentRequest } from '#payments';
import { createStripeProvider } from '#stripe';
import { requests } from './support.js';

const file = join(import.meta.dirname, 'frozen-bodies.json');

function providerOf(accountsVersion: 'v1' | 'v2' = 'v2'): PaymentProvider {
  // Nobody listens there: freezing only computes.
  const sandboxUrl = 'http://127.0.0.1:1';
  return createStripeProvider({ secretKey: 'sk_test_x', webhookSecrets: [], sandboxUrl, accountsVersion });
}

/** Every body that may lie in an outbox while the program is changed. */
function bodies() {
  const provider = providerOf();
  const of = (request: PaymentRequest, by = provider) => by.freeze(request, 'op-1');
  return {
    ...Object.fromEntries(Object.entries(requests).map(([kind, request]) => [kind, of(request)])),
    'BUYER_CREATE without email': of({ ...requests.BUYER_CREATE, email: null }),
    'ACCOUNT_CREATE v1': of(requests.ACCOUNT_CREATE, providerOf('v1')),
    'PAYMENT by debit': of({ ...requests.PAYMENT, methodKind: 'BANK_DEBIT' }),
    'TRANSFER from a charge': of({ ...requests.TRANSFER, sourceChargeId: 'ch_1' }),
  };
}

describe('what is frozen', () => {
  it('is what was frozen before this version of the program', () => {
    // A body that changes is a new body under an old key for whatever is retried across a deploy. If that is meant,
    // remove the file: it is written anew.
    const text = JSON.stringify(bodies(), null, 2);
    if (!existsSync(file)) writeFileSync(file, `${text}\n`);
    // The order counts, too: it is text that is compared, apart from how it is laid out.
    expect(JSON.stringify(JSON.parse(readFileSync(file, 'utf8')), null, 2)).toBe(text);
  });

  it('is the same every time, and nothing but JSON', () => {
    expect(bodies()).toEqual(bodies());
    expect(JSON.parse(JSON.stringify(bodies()))).toEqual(bodies());
  });

  it('does not change with what it was frozen from, nor that with it', () => {
    const lines = [{ description: 'Statement 1', amountMinor: 60_00n }];
    const request = { ...requests.INVOICE, lines };
    const before = JSON.stringify(providerOf().freeze(request, 'op-1'));
    const body = providerOf().freeze(Object.freeze(request), 'op-1');
    lines.push({ description: 'Statement 2', amountMinor: 1n });
    expect(JSON.stringify(body)).toBe(before);
  });

  it.each([
    ['USD', 10_00n, 10_00],
    ['JPY', 1_000n, 1_000],
    // Stripe's unit is not ISO's.
    ['ISK', 5n, 500],
    ['KWD', 10_000n, 10_000],
    ['USD', 999_999_99n, 999_999_99],
  ])('%s %s goes out as %s', (code, amountMinor, amount) => {
    const request = { ...requests.TRANSFER, currency: asCurrency(code), amountMinor };
    expect(providerOf().freeze(request, 'op-1')).toMatchObject({
      params: { amount, currency: code.toLowerCase() },
    });
  });

  it.each([
    ['USD', 0n],
    ['USD', -1n],
    ['USD', 1_000_000_00n],
    ['KWD', 10_001n],
    ['IQD', 1_000n],
  ])('%s %s cannot be sent, and is not', (code, amountMinor) => {
    const request = { ...requests.TRANSFER, currency: asCurrency(code), amountMinor };
    expect(() => providerOf().freeze(request, 'op-1')).toThrow('cannot be sent to Stripe');
  });
});
