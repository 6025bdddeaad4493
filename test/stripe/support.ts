import { asCurrency } from '#money';
import type {
  Answer,
  OperationKind,
  PaymentProvider,
  PaymentRequest,
  ProviderObject,
  ProviderObjectKind,
  Sendable,
  SnapshotOf,
} from '#payments';
import { createStripeProvider, type StripeProviderOptions } from '#stripe';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../apps/stripe-sandbox/src/sandbox.js';

export const start = '2027-01-04T12:00:00.000Z';
export const usd = asCurrency('USD');
export const secret = 'whsec_test';

export interface Bench {
  sandbox: Sandbox;
  provider: PaymentProvider;
}

export function providerFor(
  { url }: Pick<Sandbox, 'url'>,
  options: Partial<StripeProviderOptions> = {},
): PaymentProvider {
  // Longer than this process can stand still: who tests lost answers says how soon they are given up.
  const timeoutMs = 15_000;
  return createStripeProvider({
    secretKey: 'sk_test_sandbox',
    webhookSecrets: [secret],
    sandboxUrl: url,
    timeoutMs,
    ...options,
  });
}

/** A sandbox whose clock stands still, and the provider on it; both end with the test. */
export function useStripe(
  options: Partial<StripeProviderOptions> = {},
  sandboxOptions: Partial<SandboxOptions> = {},
): Bench {
  const bench = {} as Bench;
  beforeEach(async () => {
    bench.sandbox = await startSandbox({ port: 0, frozenAt: start, ...sandboxOptions });
    bench.provider = providerFor(bench.sandbox, options);
  });
  afterEach(() => bench.sandbox.stop());
  return bench;
}

let made = 0;

/** The operation of a request, as the outbox keeps it: its body has been through JSON. */
export function operationOf(
  provider: PaymentProvider,
  request: PaymentRequest,
  number = (made += 1),
): Sendable {
  const id = `op-${number}`;
  const body = JSON.parse(JSON.stringify(provider.freeze(request, id))) as Sendable['body'];
  return {
    id,
    createdAt: null,
    kind: request.kind,
    body,
    idempotencyKey: `${request.kind.toLowerCase()}:${number}`,
  };
}

export async function send(provider: PaymentProvider, request: PaymentRequest): Promise<Answer> {
  return provider.send(operationOf(provider, request));
}

/** What a request made; throws when it was not made. */
export async function make<Kind extends ProviderObjectKind>(
  provider: PaymentProvider,
  request: PaymentRequest,
  kind: Kind,
): Promise<SnapshotOf<Kind>> {
  const answer = await send(provider, request);
  if (answer.class !== 'SUCCEEDED') throw new Error(`${request.kind}: ${JSON.stringify(answer)}`);
  return only(answer.object, kind);
}

export function only<Kind extends ProviderObjectKind>(
  object: ProviderObject | null,
  kind: Kind,
): SnapshotOf<Kind> {
  if (object?.object !== kind) throw new Error(`it is no ${kind}: ${object?.object}`);
  return object as SnapshotOf<Kind>;
}

/** A buyer at Stripe with a saved method. */
export async function buyerWith(bench: Bench, method: string): Promise<{ buyer: string; method: string }> {
  const buyer = await make(bench.provider, requests.BUYER_CREATE, 'buyer');
  return { buyer: buyer.id, method: await saveMethod(bench, buyer.id, method) };
}

/** What a buyer does on the page behind beginSetup. */
export async function saveMethod({ provider }: Bench, buyer: string, method: string): Promise<string> {
  const { setupId, url } = await provider.beginSetup(buyer, `setup:${(made += 1)}`);
  const answer = await fetch(String(url), { method: 'POST', body: `method=${method}`, redirect: 'manual' });
  const next = answer.headers.get('location');
  if (next !== null) await fetch(next, { method: 'POST', body: 'do=complete', redirect: 'manual' });
  const setup = await provider.retrieve('setup', setupId);
  if (!setup?.method) throw new Error(`it was not saved: ${JSON.stringify(setup)}`);
  return setup.method.id;
}

/** An agency that can receive. */
export async function agency({ provider, sandbox }: Bench): Promise<string> {
  const { id } = await make(provider, requests.ACCOUNT_CREATE, 'account');
  sandbox.control.completeAccount({ account: id });
  return id;
}

/** One request of each kind, complete but for what only Stripe can name. */
export const requests = {
  BUYER_CREATE: { kind: 'BUYER_CREATE', buyerId: 'buyer-1', name: 'Buyer', email: 'buyer@example.com' },
  ACCOUNT_CREATE: {
    kind: 'ACCOUNT_CREATE',
    agencyId: 'agency-1',
    name: 'Agency',
    email: 'agency@example.com',
    country: 'US',
  },
  PAYMENT: {
    kind: 'PAYMENT',
    collectionId: 'collection-1',
    providerBuyerId: 'cus_1',
    methodId: 'pm_1',
    methodKind: 'CARD',
    amountMinor: 100_00n,
    currency: usd,
    transferGroup: 'group-1',
    description: 'Statement 1',
  },
  INVOICE: {
    kind: 'INVOICE',
    collectionId: 'collection-2',
    providerBuyerId: 'cus_1',
    lines: [
      { description: 'Statement 1', amountMinor: 60_00n },
      { description: 'Statement 2', amountMinor: 40_00n },
    ],
    currency: usd,
    daysUntilDue: 14,
    transferGroup: 'group-2',
  },
  PAYMENT_CANCEL: { kind: 'PAYMENT_CANCEL', collectionId: 'collection-1', paymentId: 'pi_1' },
  INVOICE_VOID: { kind: 'INVOICE_VOID', collectionId: 'collection-2', invoiceId: 'in_1' },
  TRANSFER: {
    kind: 'TRANSFER',
    payoutId: 'payout-1',
    accountId: 'acct_1',
    amountMinor: 30_00n,
    currency: usd,
    transferGroup: 'payout-1',
    sourceChargeId: null,
  },
  TRANSFER_REVERSAL: {
    kind: 'TRANSFER_REVERSAL',
    reversalId: 'reversal-1',
    transferId: 'tr_1',
    amountMinor: 10_00n,
    currency: usd,
  },
  REFUND: { kind: 'REFUND', refundId: 'refund-1', chargeId: 'ch_1', amountMinor: 20_00n, currency: usd },
} as const satisfies { readonly [Kind in OperationKind]: Extract<PaymentRequest, { readonly kind: Kind }> };
