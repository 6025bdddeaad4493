import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { once, UnitOfWork } from '#database';
import type { Money } from '#money';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { isFinance, mayActFor } from './billing-acts.js';
import { type BillingProfile, type BillingTerms, isEmail, longestNetTermsDays } from './billing-profile.js';
import { type ProfileSettings, saveSettings } from './billing-profile.store.js';
import { openBuyer, reread } from './buyer-scope.store.js';
import { buyerExists } from './buyer.store.js';
import { refreshCredit } from './credit-check.store.js';
import { tryWaiting } from './money-in.store.js';
import { topUpAmount } from './top-up-amount.js';

/** What is not there stays as it is; null takes it away. */
export interface SetBillingProfileInput {
  readonly buyerId: string;
  readonly terms?: BillingTerms;
  readonly netTermsDays?: number;
  readonly creditLimit?: Money | null;
  readonly recharge?: { readonly below: Money; readonly amount: Money } | null;
  readonly billingEmail?: string | null;
  /** The version that the caller has read; null or absent: whatever it is now. */
  readonly expectedVersion?: number | null;
  readonly idempotencyKey: string;
}

/** How a buyer pays. Terms, net days and the credit limit are set by the operator's finance team, the rest by the buyer too. */
@Injectable()
export class SetBillingProfile {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /**
   * Refuses NOT_FOUND, NOT_PERMITTED, STALE_VERSION, INVALID_VALUE for net days and e-mail, CURRENCY_MISMATCH when the
   * amounts are not of one currency, and AMOUNT_TOO_LOW, AMOUNT_TOO_HIGH and INVALID_AMOUNT for a recharge that cannot
   * be charged at once.
   */
  async execute(
    actor: Actor,
    { idempotencyKey: key, ...input }: SetBillingProfileInput,
  ): Promise<Outcome<{ readonly buyerId: string; readonly replayed: boolean }>> {
    const allowed = this.check(actor, input);
    if (!allowed.ok) return allowed;
    const now = this.clock.now();
    const { buyerId } = input;
    const request = { organizationId: actor.organizationId, key, operation: 'setBillingProfile', input, now };
    return await this.unitOfWork.run((tx) =>
      once(tx, request, async () => {
        if (!(await buyerExists(tx, buyerId))) return refuse('NOT_FOUND', { field: ['input', 'buyerId'] });
        const scope = await openBuyer(tx, { buyerId, actor, now });
        const before = scope.profile;
        const { expectedVersion } = input;
        if (typeof expectedVersion === 'number' && expectedVersion !== before.version) {
          const data = { currentVersion: before.version };
          return refuse('STALE_VERSION', { field: ['input', 'expectedVersion'], data });
        }
        const settings = settingsOf(before, input);
        if (!settings.ok) return settings;
        await saveSettings(tx, buyerId, settings.value, now);
        const after = await reread(scope);
        // Other terms, or an address, may be a way to collect what waits.
        if (input.terms !== undefined || input.billingEmail !== undefined) await tryWaiting(after);
        await refreshCredit(after);
        await recordAudit(tx, actor, {
          ...{ action: 'billing-profile.set', subject: `buyer:${buyerId}` },
          ...{ before, after: after.profile, at: now },
        });
        return done({ buyerId });
      }),
    );
  }

  private check(actor: Actor, input: Omit<SetBillingProfileInput, 'idempotencyKey'>): Outcome<null> {
    const allowed = mayActFor(actor, input.buyerId, ['input', 'buyerId']);
    if (!allowed.ok) return allowed;
    for (const name of ['terms', 'netTermsDays', 'creditLimit'] as const) {
      if (input[name] === undefined || isFinance(actor)) continue;
      const message = 'Only the finance team of the operator may set this.';
      return refuse('NOT_PERMITTED', { field: ['input', name], message });
    }
    const { netTermsDays: days, billingEmail: email } = input;
    if (days !== undefined && !(Number.isInteger(days) && days >= 0 && days <= longestNetTermsDays)) {
      const message = `Net terms are from 0 to ${longestNetTermsDays} days.`;
      return refuse('INVALID_VALUE', { field: ['input', 'netTermsDays'], message });
    }
    if (typeof email === 'string' && !isEmail(email)) {
      const message = 'This is no e-mail address.';
      return refuse('INVALID_VALUE', { field: ['input', 'billingEmail'], message });
    }
    return done(null);
  }
}

type Wanted = Omit<SetBillingProfileInput, 'idempotencyKey'>;

/** What the profile becomes. All its amounts are of one currency. */
function settingsOf(before: BillingProfile, input: Wanted): Outcome<ProfileSettings> {
  const { creditLimit, recharge } = input;
  const named = [creditLimit?.currency, recharge?.below.currency, recharge?.amount.currency].filter(
    (each) => each !== undefined,
  );
  const keepsLimit = creditLimit === undefined && before.creditLimitMinor !== null;
  const keepsRecharge = recharge === undefined && before.recharge !== null;
  const currency = keepsLimit || keepsRecharge ? before.currency : (named[0] ?? before.currency);
  if (named.some((each) => each !== currency)) {
    const field = creditLimit && creditLimit.currency !== currency ? ['creditLimit'] : ['recharge', 'amount'];
    const message = `The amounts of a billing profile are of one currency: ${currency}.`;
    return refuse('CURRENCY_MISMATCH', { field: ['input', ...field, 'currency'], message });
  }
  const chargeable = recharge ? topUpAmount(recharge.amount, ['input', 'recharge', 'amount']) : done(null);
  if (!chargeable.ok) return chargeable;
  return done({
    terms: input.terms ?? before.terms,
    netTermsDays: input.netTermsDays ?? before.netTermsDays,
    currency,
    creditLimitMinor:
      creditLimit === undefined ? before.creditLimitMinor : (creditLimit?.amountMinor ?? null),
    recharge:
      recharge === undefined
        ? before.recharge
        : recharge && { belowMinor: recharge.below.amountMinor, amountMinor: recharge.amount.amountMinor },
    billingEmail: input.billingEmail === undefined ? before.billingEmail : input.billingEmail,
  });
}
