import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { Database, hashOf, once, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse } from '#outcome';
import {
  arePaymentsStopped,
  Operations,
  type PaymentProvider,
  ProviderUnavailable,
  refuseFor,
} from '#payments';
import { Inject, Injectable } from '@nestjs/common';
import { mayActFor } from './billing-acts.js';
import { readProfiles, saveSetup } from './billing-profile.store.js';
import { openBuyer } from './buyer-scope.store.js';
import { buyerExists } from './buyer.store.js';
import { Collector } from './collector.action.js';

export interface BeginPaymentSetupInput {
  readonly buyerId: string;
  readonly idempotencyKey: string;
}

/** What the browser needs to save a method. The secret is for the buyer's browser alone: it is neither kept nor logged. */
export interface PaymentSetupBegun {
  readonly buyerId: string;
  readonly browserSecret: string;
  /** A page that does the same; null where there is none. */
  readonly url: string | null;
  readonly replayed: boolean;
}

const firstLookMs = 60_000;

/** The buyer saves a payment method: with the provider, so that we never see its number. */
@Injectable()
export class BeginPaymentSetup {
  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
    private readonly collector: Collector,
    private readonly operations: Operations,
    @Inject('PaymentProvider') private readonly provider: PaymentProvider | null,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /**
   * The same key gives the same setup for a day. Refuses PAYMENTS_OFF, NOT_FOUND, NOT_PERMITTED, PROVIDER_REFUSED,
   * PAYMENTS_STOPPED and PROVIDER_UNAVAILABLE.
   */
  async execute(actor: Actor, input: BeginPaymentSetupInput): Promise<Outcome<PaymentSetupBegun>> {
    const { provider } = this;
    if (provider === null) return refuse('PAYMENTS_OFF');
    const allowed = mayActFor(actor, input.buyerId, ['input', 'buyerId']);
    if (!allowed.ok) return allowed;
    const begun = await this.begin(actor, input);
    if (!begun.ok) return begun;
    const { operationId, replayed } = begun.value;
    const known = operationId === null ? done(null) : await this.made(operationId);
    if (!known.ok) return known;
    const providerBuyerId = await this.providerBuyerOf(input.buyerId);
    if (providerBuyerId === null) return refuse('PROVIDER_UNAVAILABLE');
    try {
      const key = hashOf([actor.organizationId, input.idempotencyKey]).toString('hex');
      const { setupId, browserSecret, url } = await provider.beginSetup(providerBuyerId, `seti:${key}`);
      await this.keep(actor, input.buyerId, setupId);
      return done({ buyerId: input.buyerId, browserSecret, url, replayed });
    } catch (error) {
      if (error instanceof ProviderUnavailable) return refuseFor(error);
      throw error;
    }
  }

  /** Has the buyer made at the provider, where it is not yet. */
  private async begin(
    actor: Actor,
    { buyerId, idempotencyKey: key }: BeginPaymentSetupInput,
  ): Promise<Outcome<{ readonly operationId: string | null; readonly replayed: boolean }>> {
    const now = this.clock.now();
    const request = {
      organizationId: actor.organizationId,
      key,
      operation: 'beginPaymentSetup',
      input: { buyerId },
      now,
    };
    const begun = await this.unitOfWork.run((tx) =>
      once(tx, request, async () => {
        if (!(await buyerExists(tx, buyerId))) return refuse('NOT_FOUND', { field: ['input', 'buyerId'] });
        await recordAudit(tx, actor, { action: 'payment-setup.begin', subject: `buyer:${buyerId}`, at: now });
        return done({ buyerId });
      }),
    );
    if (!begun.ok) return begun;
    // Beside the key: who comes again after the provider was away needs it made all the same.
    return await this.unitOfWork.run(async (tx) => {
      const scope = await openBuyer(tx, { buyerId, actor, now });
      // One that is there will do: a method can be saved without an address for invoices.
      const { providerBuyerId, providerOperationId } = scope.profile;
      const isThere = providerBuyerId !== null && providerOperationId === null;
      const operationId = isThere ? null : await this.collector.makeBuyer(scope);
      return done({ operationId, replayed: begun.value.replayed });
    });
  }

  private async made(operationId: string): Promise<Outcome<null>> {
    const { state } = await this.operations.sendNow(operationId, this.clock.now());
    if (state === 'SUCCEEDED') return done(null);
    if (state === 'REFUSED') return refuse('PROVIDER_REFUSED');
    // Not sent: because nothing is, or because the provider does not answer at all.
    const isHeldBack = state === 'READY' && (await arePaymentsStopped(this.database));
    return refuse(isHeldBack ? 'PAYMENTS_STOPPED' : 'PROVIDER_UNAVAILABLE');
  }

  private async providerBuyerOf(buyerId: string): Promise<string | null> {
    const [profile] = await readProfiles(this.database, [buyerId]);
    return profile?.providerBuyerId ?? null;
  }

  private async keep(actor: Actor, buyerId: string, setupId: string): Promise<void> {
    const now = this.clock.now();
    await this.unitOfWork.run(async (tx) => {
      const { profile } = await openBuyer(tx, { buyerId, actor, now });
      const lookAt = new Date(now.getTime() + firstLookMs);
      // The same key again: it may be finished by now.
      if (profile.providerSetupId !== setupId) await saveSetup(tx, buyerId, { setupId, now, lookAt });
      return done(null);
    });
  }
}
