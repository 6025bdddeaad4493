import Stripe from 'stripe';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../apps/stripe-sandbox/src/sandbox.js';

export const start = '2027-01-04T12:00:00.000Z';
const key = 'sk_test_sandbox';

/** The real SDK, set as this project sets it. */
export function sdkFor({ port }: Pick<Sandbox, 'port'>, timeout = 15_000): Stripe {
  return new Stripe(key, {
    host: '127.0.0.1',
    port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
    timeout,
  });
}

/** A sandbox whose clock stands still, and an SDK for it; both end with the suite. */
export function useSandbox(options: Partial<SandboxOptions> = {}) {
  const used: { sandbox: Sandbox; stripe: Stripe } = {} as never;
  beforeEach(async () => {
    used.sandbox = await startSandbox({ port: 0, frozenAt: start, ...options });
    used.stripe = sdkFor(used.sandbox);
  });
  afterEach(() => used.sandbox.stop());
  return used;
}

/** A buyer with a saved method. */
export async function buyerWith(stripe: Stripe, method: string): Promise<{ id: string; method: string }> {
  const { id } = await stripe.customers.create({ name: 'Buyer', email: 'buyer@example.com' });
  const setup = await stripe.setupIntents.create({
    customer: id,
    usage: 'off_session',
    confirm: true,
    payment_method: method,
    return_url: 'https://example.com/back',
  });
  return { id, method: String(setup.payment_method) };
}

/** What the worker does to collect. */
export function collect(
  stripe: Stripe,
  buyer: { id: string; method: string },
  amount: number,
  more: Partial<Stripe.PaymentIntentCreateParams> = {},
  options: Stripe.RequestOptions = {},
): Promise<Stripe.PaymentIntent> {
  return stripe.paymentIntents.create(
    {
      amount,
      currency: 'usd',
      customer: buyer.id,
      payment_method: buyer.method,
      off_session: true,
      confirm: true,
      expand: ['latest_charge.balance_transaction'],
      ...more,
    },
    options,
  );
}

/** An agency that can receive. */
export async function agency({ sandbox, stripe }: { sandbox: Sandbox; stripe: Stripe }): Promise<string> {
  const { id } = await stripe.v2.core.accounts.create({
    contact_email: 'agency@example.com',
    display_name: 'Agency',
    identity: { country: 'us' },
    dashboard: 'express',
    defaults: { responsibilities: { fees_collector: 'application', losses_collector: 'application' } },
    configuration: {
      recipient: { capabilities: { stripe_balance: { stripe_transfers: { requested: true } } } },
    },
  });
  sandbox.control.completeAccount({ account: id });
  return id;
}

/** The error that a request ends with. */
export async function errorOf(request: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  try {
    await request;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeError) return error;
    throw error;
  }
  throw new Error('it succeeded');
}
