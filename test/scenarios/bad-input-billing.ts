/** How each mutation of billing succeeds: what the bad inputs differ from in one thing. */
import { newId } from '#database';
import { approve, contractOf, leadOf, make, pairs, send } from '../access/tenancy-world.js';
import { terms } from '../access/tenancy-inputs.js';
import type { TestApp } from '../support/app.js';
import type { PreparedActs } from './bad-input-payments.js';

const [, pair] = pairs;
const currencies = ['EUR', 'GBP', 'CHF', 'CAD', 'AUD', 'NZD', 'SEK', 'NOK', 'DKK', 'PLN', 'CZK', 'MXN'];

interface Failed {
  readonly invoiceId: string;
  readonly settlementId: string;
  readonly currency: string;
}

/** A buyer with a balance in dollars, whose card is declined since, and an open invoice in each of some currencies. */
class FailingBuyer {
  private free: Failed[] = [];
  private topUps: string[] = [];
  private built: Promise<void> | undefined;

  constructor(private readonly app: TestApp) {}

  get id(): string {
    return this.app.organizations.otherBuyer.id;
  }

  async build(): Promise<void> {
    await (this.built ??= this.make());
  }

  /** An invoice that nothing collects now, of its own for each act. */
  async invoice(): Promise<Failed> {
    await this.build();
    if (this.free.length < 2) await this.collectAgain();
    const next = this.free.pop();
    if (!next) throw new Error('no invoice is open');
    return next;
  }

  /** One that stays as it is. */
  async standing(): Promise<Failed> {
    await this.build();
    const [first] = this.free;
    if (!first) throw new Error('no invoice is open');
    return first;
  }

  /** A currency in which no top-up is under way. */
  async currency(): Promise<string> {
    await this.build();
    if (this.topUps.length === 0) await this.collectAgain();
    return this.topUps.pop() ?? '';
  }

  private async make(): Promise<void> {
    const { app, id: buyerId } = this;
    const { url } = await send(app, app.keys.otherBuyer, 'beginPaymentSetup', {});
    const body = new URLSearchParams({ method: 'pm_card_visa', do: 'pay' });
    await fetch(String(url), { method: 'POST', body, redirect: 'manual' });
    await this.pass(300_000);
    const amount = { amount: '100.00', currency: 'USD' };
    await make(app, app.keys.otherBuyer, 'topUpBalance', { amount }, 'collection');
    await this.pass(60_000);
    await send(app, app.keys.preparer, 'setBillingProfile', { buyerId });
    const [method] = await app.database.query<{ id: string }>(
      'select method_id as id from billing_profiles where buyer_id = $1',
      [app.organizations.otherBuyer.uuid],
    );
    const behaviour = 'pm_card_laterInsufficientFunds';
    app.stripe?.control.setBehaviour({ method: method?.id ?? '', behaviour });
    await this.deliver();
    await this.collectAgain();
  }

  private async deliver(): Promise<void> {
    const { app } = this;
    for (const currency of currencies) {
      const vertical = newId();
      const baseRate = { amount: '10.00', currency };
      const contractId = await contractOf(app, pair, { vertical, terms: { ...terms, baseRate } });
      await leadOf(app, pair, contractId, vertical);
    }
    const periodStart = app.now().toISOString().slice(0, 10);
    const end = new Date(Date.parse(periodStart) + 86_400_000);
    await app.advanceClock(new Date(end.getTime() + 3_600_000));
    const period = { periodStart, periodEnd: end.toISOString().slice(0, 10) };
    const sides = { agencyId: app.organizations[pair.agency].id, buyerId: this.id };
    const { settlements } = await send(app, app.keys.preparer, 'prepareSettlements', { ...period, ...sides });
    for (const each of settlements as readonly { id: string; version: number }[]) await approve(app, each);
  }

  /** What is under way is declined, so that everything is free again. */
  private async collectAgain(): Promise<void> {
    await this.pass(60_000);
    interface Shown {
      readonly invoices: {
        readonly nodes: readonly {
          readonly id: string;
          readonly currency: string;
          readonly settlements: { readonly nodes: readonly { readonly id: string }[] };
        }[];
      };
    }
    const { invoices } = await this.app.ask<Shown>(
      this.app.keys.otherBuyer,
      '{ invoices(status: OPEN, first: 100) { nodes { id currency settlements { nodes { id } } } } }',
    );
    this.free = invoices.nodes.map(({ id, currency, settlements: { nodes } }) => ({
      invoiceId: id,
      settlementId: nodes[0]?.id ?? '',
      currency,
    }));
    this.topUps = [...currencies];
  }

  private async pass(ms: number): Promise<void> {
    await this.app.advanceClock(new Date(this.app.now().getTime() + ms));
  }
}

/** Takes what holds the app, which is there by the time an act is asked for. */
export function billingActs({ app }: { readonly app: TestApp }): PreparedActs {
  let only: FailingBuyer | undefined;
  const failing = (): FailingBuyer => (only ??= new FailingBuyer(app));
  const topUp = async () => {
    const currency = await failing().currency();
    return [{ buyerId: failing().id }, { amount: { amount: '5.00', currency } }] as const;
  };
  return {
    setBillingProfile: async () => {
      await failing().build();
      return ['preparer', { buyerId: failing().id }];
    },
    beginPaymentSetup: async () => {
      await failing().build();
      return ['preparer', { buyerId: failing().id }];
    },
    topUpBalance: async () => ['otherBuyer', ...(await topUp())],
    requestTopUp: async () => ['preparer', ...(await topUp())],
    cancelCollection: async () => {
      const [ids, more] = await topUp();
      const collectionId = await make(
        app,
        app.keys.otherBuyer,
        'topUpBalance',
        { ...ids, ...more },
        'collection',
      );
      return ['preparer', { collectionId }];
    },
    collectInvoice: async () => {
      const { invoiceId } = await failing().invoice();
      return ['preparer', { invoiceId }];
    },
    requestWriteOff: async () => {
      const { settlementId } = await failing().standing();
      return ['preparer', { settlementId }];
    },
    recordOutOfBandPayment: async () => {
      const { invoiceId, currency } = await failing().standing();
      return ['preparer', { invoiceId }, { amount: { amount: '1.00', currency } }];
    },
    requestRefund: async () => {
      await failing().build();
      return ['preparer', { buyerId: failing().id }, { amount: { amount: '1.00', currency: 'USD' } }];
    },
  };
}

/** How lists are found that are no fields of a node; by the type that they are a field of. */
export function waysToBillingLists({
  organizations,
}: TestApp): Readonly<Record<string, (list: string) => string>> {
  return {
    BillingProfile: (list) => `{ billingProfile(buyerId: "${organizations.buyer.id}") { ${list} } }`,
  };
}
