import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '#calendar';
import { BeginPaymentSetup } from '#collections';
import { Database, newId } from '#database';
import type { Actor } from '#organizations';
import { invariant, type Outcome } from '#outcome';
import { type PaymentProvider, RefreshObjects } from '#payments';
import { OnboardAgency } from '#payouts';

const timeoutMs = 10_000;
/** A card that the Stripe sandbox takes. */
const goodCard = 'pm_card_visa';
/** What the operator keeps there, in the smallest unit of each: the provider's fees come out of its own money. */
const float: Readonly<Record<string, number>> = {
  usd: 5_000_000,
  eur: 5_000_000,
  gbp: 5_000_000,
  jpy: 5_000_000,
};

/**
 * Has the demo's buyer save a card and its agency open an account, on the pages of the Stripe sandbox, as people would in
 * a browser. What is there already is kept.
 */
@Injectable()
export class PaymentSteps {
  constructor(
    private readonly database: Database,
    private readonly beginSetup: BeginPaymentSetup,
    private readonly onboard: OnboardAgency,
    private readonly refresh: RefreshObjects,
    @Inject('PaymentProvider') private readonly provider: PaymentProvider | null,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /** The operator tops up its balance at the provider, as it would from its bank, when there is nothing yet. */
  async operatorFloat(sandboxUrl: string): Promise<void> {
    const balances = (await this.provider?.balances()) ?? [];
    if (balances.some(({ availableMinor, pendingMinor }) => availableMinor + pendingMinor !== 0n)) return;
    for (const [currency, amount] of Object.entries(float)) {
      const body = JSON.stringify({ amount, currency });
      const headers = { 'content-type': 'application/json' };
      const signal = AbortSignal.timeout(timeoutMs);
      const response = await fetch(`${sandboxUrl}/_sandbox/fund`, { method: 'POST', body, headers, signal });
      invariant(response.ok, `the Stripe sandbox answers a top-up with ${response.status}`);
    }
  }

  /** `actor` is of the buyer. */
  async savedMethod(actor: Actor): Promise<void> {
    const buyerId = actor.organizationId;
    if ((await this.profileOf(buyerId))?.method_usable === true) return;
    const { url } = made(await this.beginSetup.execute(actor, { buyerId, idempotencyKey: newId() }));
    invariant(url !== null, 'the Stripe sandbox has no page for saving a method');
    await submitForm(url, { method: goodCard });
    const setupId = (await this.profileOf(buyerId))?.provider_setup_id;
    invariant(typeof setupId === 'string', 'the setup of a method is not known');
    await this.refresh.execute({ kind: 'setup', id: setupId, accountId: null }, this.clock.now());
  }

  /** `actor` is of the agency. */
  async verifiedAccount(actor: Actor): Promise<void> {
    const [account] = await this.database.query<{ state: string }>(
      'select state from payment_accounts where agency_id = $1',
      [actor.organizationId],
    );
    if (account?.state === 'ACTIVE') return;
    const input = { email: 'payouts@sunny-side.example', country: 'US', idempotencyKey: newId() };
    const { url } = made(await this.onboard.begin(actor, input));
    await submitForm(url, { do: 'complete' });
    made(await this.onboard.refresh(actor, { idempotencyKey: newId() }));
  }

  private async profileOf(
    buyerId: string,
  ): Promise<{ readonly method_usable: boolean; readonly provider_setup_id: string | null } | undefined> {
    const [profile] = await this.database.query<{
      method_usable: boolean;
      provider_setup_id: string | null;
    }>('select method_usable, provider_setup_id from billing_profiles where buyer_id = $1', [buyerId]);
    return profile;
  }
}

/** Where the form leads afterwards is for a browser to follow. */
async function submitForm(url: string, fields: Readonly<Record<string, string>>): Promise<void> {
  const body = new URLSearchParams(fields);
  const signal = AbortSignal.timeout(timeoutMs);
  const response = await fetch(url, { method: 'POST', body, redirect: 'manual', signal });
  invariant(response.status < 400, `a page of the Stripe sandbox answers with ${response.status}`);
}

function made<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new Error(`the seed was refused: ${outcome.refusals.map(({ code }) => code).join(', ')}`);
}
