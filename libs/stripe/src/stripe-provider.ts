import type Stripe from 'stripe';
import { type CurrencyCode } from '#money';
import {
  type Answer,
  type BankPayoutSnapshot,
  type DisputeSnapshot,
  type FetchableKind,
  type FrozenBody,
  type FundsPage,
  type PaymentProvider,
  type PaymentRequest,
  type PaymentSnapshot,
  type ProviderBalance,
  type ProviderEvent,
  type ProviderObject,
  ProviderUnavailable,
  type Sendable,
  type SnapshotOf,
} from '#payments';
import { currencyFrom, minorFrom } from './amounts.js';
import { codeOf, isDefiniteNo, isMissing, isWithoutAccess } from './answers.js';
import { type AccountsVersion, connect, type StripeProviderOptions } from './connection.js';
import { StripeFinder } from './find.js';
import { freezeRequest } from './freeze.js';
import { fundsOf } from './funds.js';
import { pageSize } from './lists.js';
import { readEvent } from './read-event.js';
import { StripeReads } from './reads.js';
import { StripeSender } from './send.js';

/**
 * Stripe behind the port. Amounts are converted exactly both ways. `readEvent` wants the real time, whatever clock
 * the business runs on: Stripe, and its sandbox unless told otherwise, sign with the time of day.
 */
export function createStripeProvider(options: StripeProviderOptions): PaymentProvider {
  return new StripeProvider(connect(options), options);
}

class StripeProvider implements PaymentProvider {
  private readonly accountsVersion: AccountsVersion;
  private readonly reads: StripeReads;
  private readonly sender: StripeSender;
  private readonly finder: StripeFinder;

  constructor(
    private readonly stripe: Stripe,
    private readonly options: StripeProviderOptions,
  ) {
    this.accountsVersion = options.accountsVersion ?? 'v2';
    this.reads = new StripeReads(stripe, this.accountsVersion);
    this.sender = new StripeSender(stripe, this.reads);
    this.finder = new StripeFinder(stripe, this.reads);
  }

  freeze(request: PaymentRequest, operationId: string): FrozenBody {
    return freezeRequest(request, operationId, this.accountsVersion);
  }

  send(operation: Sendable): Promise<Answer> {
    return this.sender.send(operation);
  }

  find(operation: Sendable): Promise<ProviderObject | null> {
    return known(() => this.finder.find(operation));
  }

  retrieve<Kind extends FetchableKind>(
    kind: Kind,
    id: string,
    accountId: string | null = null,
  ): Promise<SnapshotOf<Kind> | null> {
    return known(() => orNull(() => this.reads.retrieve(kind, id, accountId), accountId));
  }

  disputesOf(chargeId: string): Promise<readonly DisputeSnapshot[]> {
    return known(() => this.reads.disputesOf(chargeId));
  }

  paymentOfCharge(chargeId: string): Promise<PaymentSnapshot | null> {
    return known(() => orNull(() => this.reads.paymentOfCharge(chargeId), null));
  }

  funds(since: Date, after: string | null): Promise<FundsPage> {
    return known(async () => {
      const page = await this.stripe.balanceTransactions.list({
        created: { gte: Math.floor(since.getTime() / 1000) },
        limit: pageSize,
        ...(after !== null && { starting_after: after }),
      });
      // Money that is set aside for Stripe's cards and the like is not in the balance that is paid from.
      const rows = page.data.filter((row) => row.balance_type === 'payments');
      return {
        movements: rows.map(fundsOf),
        after: page.has_more ? (page.data.at(-1)?.id ?? null) : null,
      };
    });
  }

  transferOfMovement(movementId: string): Promise<string | null> {
    return known(() => orNull(() => this.reads.transferOfMovement(movementId), null));
  }

  balances(): Promise<readonly ProviderBalance[]> {
    return known(async () => {
      const { available, pending } = await this.stripe.balance.retrieve();
      const found = new Map<CurrencyCode, { available: bigint; pending: bigint }>();
      for (const [name, parts] of [['available', available] as const, ['pending', pending] as const]) {
        for (const part of parts) {
          const currency = currencyFrom(part.currency);
          const sum = found.get(currency) ?? { available: 0n, pending: 0n };
          found.set(currency, { ...sum, [name]: sum[name] + minorFrom(part.amount, currency) });
        }
      }
      return [...found].map(([currency, sum]) => ({
        currency,
        availableMinor: sum.available,
        pendingMinor: sum.pending,
      }));
    });
  }

  bankPayouts(accountId: string | null, since: Date): Promise<readonly BankPayoutSnapshot[]> {
    return known(async () => {
      const found = await orNull(() => this.reads.bankPayouts(accountId, since), accountId);
      return found ?? [];
    });
  }

  onboardingLink(
    accountId: string,
    links: { readonly returnUrl: string; readonly refreshUrl: string },
  ): Promise<string> {
    const urls = { return_url: links.returnUrl, refresh_url: links.refreshUrl };
    return known(async () => {
      if (this.accountsVersion === 'v1') {
        const params = { account: accountId, type: 'account_onboarding', ...urls } as const;
        return (await this.stripe.accountLinks.create(params)).url;
      }
      const link = await this.stripe.v2.core.accountLinks.create({
        account: accountId,
        use_case: { type: 'account_onboarding', account_onboarding: urls },
      });
      return link.url;
    });
  }

  beginSetup(
    providerBuyerId: string,
    idempotencyKey: string,
  ): Promise<{ readonly setupId: string; readonly browserSecret: string; readonly url: string | null }> {
    return known(async () => {
      const setup = await this.stripe.setupIntents.create(
        {
          customer: providerBuyerId,
          usage: 'off_session',
          allowed_payment_method_types: ['card', 'us_bank_account'],
        },
        { idempotencyKey },
      );
      if (setup.client_secret === null) throw new ProviderUnavailable('no_client_secret');
      const { sandboxUrl } = this.options;
      const url = sandboxUrl === null ? null : `${sandboxUrl}/setup/${setup.id}`;
      return { setupId: setup.id, browserSecret: setup.client_secret, url };
    });
  }

  readEvent(rawBody: Buffer, signature: string, now: Date): ProviderEvent | null {
    return readEvent(this.stripe, this.options.webhookSecrets, { rawBody, signature, now });
  }
}

/** Whatever goes wrong on the way means that nothing is known. */
async function known<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ProviderUnavailable) throw error;
    throw new ProviderUnavailable(codeOf(error), isDefiniteNo(error));
  }
}

/** Null for what is not there; nor is what lies in an agency's account that is not connected any more. */
async function orNull<T>(work: () => Promise<T>, accountId: string | null): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (isMissing(error) || (accountId !== null && isWithoutAccess(error))) return null;
    throw error;
  }
}
