import type { Clock } from '#calendar';
import { once, type Transaction, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import {
  arePaymentsStopped,
  type OperationHandler,
  Operations,
  type PaymentProvider,
  ProviderUnavailable,
  refuseFor,
} from '#payments';
import { done, invariant, type Outcome, refuse } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { recordAudit } from '#audit';
import { readOnboarding } from './onboarding-input.js';
import type { PaymentAccount } from './payment-account.js';
import { beginAccount, lockAccount, markAccountRefused, takeOver } from './payment-account.store.js';
import type { PayoutSettings } from './payout-settings.js';

export interface BeginOnboardingInput {
  /** Where the payment provider writes to the agency. */
  readonly email: string;
  /** ISO 3166-1 alpha-2: where the agency's bank is. */
  readonly country: string;
  readonly idempotencyKey: string;
}

export interface OnboardingBegun {
  readonly agencyId: string;
  /** Of the provider, for some minutes and for one visit. */
  readonly url: string;
  readonly replayed: boolean;
}

/** An agency tells the payment provider who it is, on the provider's own pages. */
@Injectable()
export class OnboardAgency {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly operations: Operations,
    @Inject('PaymentProvider') private readonly provider: PaymentProvider | null,
    @Inject('Clock') private readonly clock: Clock,
    @Inject('Config') private readonly settings: PayoutSettings,
  ) {}

  /**
   * Opens the actor's account at the provider when there is none, and gives a fresh link each time. E-mail and country
   * are of the new account; the provider's pages change them later. Refuses PAYMENTS_OFF, NOT_PERMITTED, REQUIRED and
   * INVALID_VALUE, PAYMENTS_STOPPED, PROVIDER_UNAVAILABLE, PROVIDER_REFUSED.
   */
  async begin(actor: Actor, input: BeginOnboardingInput): Promise<Outcome<OnboardingBegun>> {
    const { provider } = this;
    const permitted = permittedTo(actor);
    if (!permitted.ok) return permitted;
    if (provider === null) return refuse('PAYMENTS_OFF');
    const wanted = readOnboarding(input);
    if (!wanted.ok) return wanted;
    const now = this.clock.now();
    const { organizationId: agencyId } = actor;
    const asked = await this.unitOfWork.run((tx) =>
      once<{ operationId: string | null }>(
        tx,
        {
          organizationId: agencyId,
          key: input.idempotencyKey,
          operation: 'beginOnboarding',
          input: wanted.value,
          now,
        },
        async () => done({ operationId: await this.ask(tx, actor, wanted.value, now) }),
      ),
    );
    if (!asked.ok) return asked;
    const account = await this.opened(agencyId, now);
    if (!account.ok) return account;
    const linked = await this.link(provider, account.value.providerAccountId);
    if (!linked.ok) return linked;
    return done({ agencyId, url: linked.value, replayed: asked.value.replayed });
  }

  /** Looks at the actor's account at the provider now. Refuses as `begin`, and ACCOUNT_MISSING. */
  async refresh(
    actor: Actor,
    { idempotencyKey: key }: { readonly idempotencyKey: string },
  ): Promise<Outcome<{ readonly agencyId: string; readonly replayed: boolean }>> {
    const { provider } = this;
    const permitted = permittedTo(actor);
    if (!permitted.ok) return permitted;
    if (provider === null) return refuse('PAYMENTS_OFF');
    const { organizationId: agencyId } = actor;
    const providerAccountId = (await this.read(agencyId))?.providerAccountId ?? null;
    if (providerAccountId === null) return refuse('ACCOUNT_MISSING');
    try {
      const snapshot = await provider.retrieve('account', providerAccountId);
      invariant(snapshot !== null, "an agency's account is gone at the provider");
      const now = this.clock.now();
      const request = {
        ...{ organizationId: agencyId, key, now },
        ...{ operation: 'refreshPaymentAccount', input: {} },
      };
      return await this.unitOfWork.run((tx) =>
        once<{ agencyId: string }>(tx, request, async () => {
          await takeOver(tx, snapshot, now);
          return done({ agencyId });
        }),
      );
    } catch (error) {
      if (error instanceof ProviderUnavailable) return refuseFor(error);
      throw error;
    }
  }

  /** Asks for an account unless there is one, or it is asked for already; null when nothing is to be asked. */
  private async ask(
    tx: Transaction,
    actor: Actor,
    { email, country }: { readonly email: string; readonly country: string },
    now: Date,
  ): Promise<string | null> {
    const { organizationId: agencyId } = actor;
    // Two who begin at once: the second waits for the first, and finds its account.
    const [agency] = await tx.query<{ name: string }>(
      'select name from organizations where id = $1 for no key update',
      [agencyId],
    );
    invariant(agency, 'an actor is of no organization');
    const account = await lockAccount(tx, agencyId);
    if (account && account.failureCode === null) return account.operationId;
    // What the provider refused is asked for under a new key: the old one only repeats its answer.
    const attempt = account === undefined ? 1 : account.attempt + 1;
    const { id: operationId } = await this.operations.request(tx, {
      request: { kind: 'ACCOUNT_CREATE', agencyId, name: agency.name, email, country },
      subject: `agency:${agencyId}`,
      bookId: agencyId,
      idempotencyKey: attempt === 1 ? `acct:${agencyId}` : `acct:${agencyId}:a${attempt}`,
      now,
    });
    await beginAccount(tx, { agencyId, attempt, operationId, now });
    await recordAudit(tx, actor, {
      action: 'payment-account.begin',
      subject: `organization:${agencyId}`,
      after: { country, attempt },
      at: now,
    });
    return operationId;
  }

  /** The account once the provider has it: asked for now, if it is not there yet. */
  private async opened(
    agencyId: string,
    now: Date,
  ): Promise<Outcome<PaymentAccount & { readonly providerAccountId: string }>> {
    const before = await this.read(agencyId);
    if (before?.providerAccountId === null && before.failureCode === null && before.operationId !== null) {
      const { state } = await this.operations.sendNow(before.operationId, now);
      // Not sent: because nothing is, or because the provider does not answer at all.
      if (state === 'READY' && (await this.isStopped())) return refuse('PAYMENTS_STOPPED');
    }
    const account = await this.read(agencyId);
    if (account?.failureCode) {
      const message =
        'The payment provider refused to open the account. Check the e-mail address and the country.';
      return refuse('PROVIDER_REFUSED', { message });
    }
    const providerAccountId = account?.providerAccountId ?? null;
    if (!account || providerAccountId === null) return refuse('PROVIDER_UNAVAILABLE');
    return done({ ...account, providerAccountId });
  }

  private async read(agencyId: string): Promise<PaymentAccount | undefined> {
    const found = await this.unitOfWork.run(async (tx) => done(await lockAccount(tx, agencyId)));
    return found.ok ? found.value : undefined;
  }

  private async isStopped(): Promise<boolean> {
    const stopped = await this.unitOfWork.run(async (tx) => done(await arePaymentsStopped(tx)));
    return stopped.ok && stopped.value;
  }

  private async link(provider: PaymentProvider, accountId: string): Promise<Outcome<string>> {
    const { publicUrl } = this.settings;
    try {
      const url = await provider.onboardingLink(accountId, {
        returnUrl: `${publicUrl}/?onboarding=returned`,
        refreshUrl: `${publicUrl}/?onboarding=expired`,
      });
      return done(url);
    } catch (error) {
      if (error instanceof ProviderUnavailable) return refuseFor(error);
      throw error;
    }
  }
}

function permittedTo({ kind, mode }: Actor): Outcome<null> {
  if (kind !== 'AGENCY')
    return refuse('NOT_PERMITTED', { message: 'Only an agency has an account to be paid to.' });
  if (mode === 'test') return refuse('NOT_PERMITTED', { message: 'A test key never touches money.' });
  return done(null);
}

/** What the end of asking for an account means. */
export const accountOperations: OperationHandler = {
  kinds: ['ACCOUNT_CREATE'],
  succeeded: async (tx, { bookId }, object, now) => {
    invariant(object.object === 'account', 'an account has come to something else');
    await takeOver(tx, object, now, { agencyId: bookId });
  },
  refused: async (tx, { bookId }, { code }, now) => await markAccountRefused(tx, bookId, code, now),
};
