import { BeginPaymentSetup } from '#collections';
import { newId } from '#database';
import { actorOf } from '../settlements/open-book.js';
import { OneDeal, type Sold, withFee } from '../scenarios/one-deal.js';
import type { TestAppWithStripe } from '../support/app.js';

export const accountFields =
  'account { status words requirements { words } transfersActive providerAccountId agency { name } }';

export interface Account {
  readonly status: string;
  readonly words: string;
  readonly requirements: readonly { readonly words: string }[];
  readonly providerAccountId: string;
}

/** A deal whose money the buyer pays and the agency gets, through the API. */
export class PaidDeal extends OneDeal {
  constructor(private readonly world: TestAppWithStripe) {
    super(world);
  }

  async onboard(): Promise<void> {
    const input = { email: 'agency@example.com', country: 'US' };
    const { account } = await this.done<{ account: Account }>(
      'agency',
      'beginOnboarding',
      input,
      `${accountFields} url replayed`,
    );
    this.world.stripe.control.completeAccount({ account: account.providerAccountId });
    await this.done('agency', 'refreshPaymentAccount', {}, `${accountFields} replayed`);
  }

  async saveMethod(method = 'pm_card_visa'): Promise<void> {
    const { nest, database, organizations, stripe } = this.world;
    const buyerId = organizations.buyer.uuid;
    const begin = nest.get(BeginPaymentSetup, { strict: false });
    await begin.execute(actorOf('BUYER', buyerId, ['OWNER']), { buyerId, idempotencyKey: newId() });
    const [row] = await database.query<{ id: string }>(
      'select provider_setup_id as id from billing_profiles',
    );
    const body = new URLSearchParams({ method, do: 'pay' });
    await fetch(`${stripe.url}/setup/${row?.id}`, { method: 'POST', body, redirect: 'manual' });
    await this.pass(5 * 60_000);
  }

  async pass(ms: number): Promise<void> {
    await this.world.advanceClock(new Date(this.world.now().getTime() + ms));
  }

  /** A month of 410.00 for the agency, collected and held. */
  async held(): Promise<Sold & { readonly settlementId: string }> {
    await this.saveMethod();
    const month = await this.sold({ ...withFee });
    const { id } = await this.close(month.period);
    await this.pass(60_000);
    return { ...month, settlementId: id };
  }
}
