import { Global, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { PaymentProvider } from '#payments';
import { StripeModule } from '#stripe';
import { requests, useStripe } from './support.js';

const bench = useStripe();

function settings(stripe: object | null): Type {
  @Global()
  @Module({ providers: [{ provide: 'Config', useValue: { stripe } }], exports: ['Config'] })
  class Settings {}
  @Module({ imports: [Settings, StripeModule] })
  class App {}
  return App;
}

async function providerWith(stripe: object | null): Promise<PaymentProvider | null> {
  const app = await NestFactory.createApplicationContext(settings(stripe), { logger: false });
  const provider = app.get<PaymentProvider | null>('PaymentProvider');
  await app.close();
  return provider;
}

describe('StripeModule', () => {
  it('provides nothing where payments are off', async () => {
    expect(await providerWith(null)).toBeNull();
  });

  it('provides Stripe as the settings say', async () => {
    const { url: sandboxUrl } = bench.sandbox;
    const stripe = { secretKey: 'sk_test_x', webhookSecrets: [], sandboxUrl, requestsPerSecond: 20 };
    const provider = await providerWith(stripe);
    const body = provider?.freeze(requests.BUYER_CREATE, 'op-1') ?? {};
    const operation = {
      id: 'op-1',
      createdAt: null,
      kind: 'BUYER_CREATE',
      body,
      idempotencyKey: 'k',
    } as const;
    expect(await provider?.send(operation)).toMatchObject({ class: 'SUCCEEDED' });
    expect(bench.sandbox.control.rows({ table: 'customers' })).toHaveLength(1);
  });
});
