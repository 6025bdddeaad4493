import { isInsideTransaction } from '#database';
import { invariant } from '#outcome';
import { CallWindow } from './call-window.js';
import type { PaymentProvider } from './provider.js';
import type { TokenBucket } from './token-bucket.js';

/**
 * The provider as every process uses it: each call over the network takes a token, and throws InvariantViolation inside
 * a transaction, which would hold its locks for as long as a stranger's computer likes, and might run again.
 * `perEndpoint`: calls a second of one kind, as providers limit each endpoint by itself, too; absent: no such limit.
 */
export function guardedProvider(
  provider: PaymentProvider,
  bucket: TokenBucket,
  perEndpoint?: number,
): PaymentProvider {
  const endpoints = new Map<string, CallWindow>();
  const takeOf = async (endpoint: string): Promise<void> => {
    if (perEndpoint === undefined) return;
    const own = endpoints.get(endpoint) ?? new CallWindow(perEndpoint);
    endpoints.set(endpoint, own);
    await own.take();
  };
  const overNetwork = async <T>(name: string, call: () => Promise<T>, kind = ''): Promise<T> => {
    invariant(!isInsideTransaction(), `${name} of the payment provider is called inside a transaction`);
    // First: whoever waits for an endpoint keeps the calls to others from nothing.
    await takeOf(`${name} ${kind}`);
    await bucket.take();
    return await call();
  };
  return {
    freeze: (request, operationId) => provider.freeze(request, operationId),
    readEvent: (rawBody, signature, now) => provider.readEvent(rawBody, signature, now),
    send: (operation) => overNetwork('send', () => provider.send(operation), operation.kind),
    find: (operation) => overNetwork('find', () => provider.find(operation)),
    retrieve: (kind, id, accountId) =>
      overNetwork('retrieve', () => provider.retrieve(kind, id, accountId ?? null), kind),
    disputesOf: (chargeId) => overNetwork('disputesOf', () => provider.disputesOf(chargeId)),
    paymentOfCharge: (chargeId) => overNetwork('paymentOfCharge', () => provider.paymentOfCharge(chargeId)),
    funds: (since, after) => overNetwork('funds', () => provider.funds(since, after)),
    transferOfMovement: (movementId) =>
      overNetwork('transferOfMovement', () => provider.transferOfMovement(movementId)),
    balances: () => overNetwork('balances', () => provider.balances()),
    bankPayouts: (accountId, since) =>
      overNetwork('bankPayouts', () => provider.bankPayouts(accountId, since)),
    onboardingLink: (accountId, links) =>
      overNetwork('onboardingLink', () => provider.onboardingLink(accountId, links)),
    beginSetup: (providerBuyerId, idempotencyKey) =>
      overNetwork('beginSetup', () => provider.beginSetup(providerBuyerId, idempotencyKey)),
  };
}
