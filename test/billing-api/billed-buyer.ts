/** What a buyer and finance do about the buyer's money, through the API; the money moves at the Stripe sandbox. */
import { OneDeal, type Sold } from '../scenarios/one-deal.js';
import type { TestAppWithStripe, TestKey } from '../support/app.js';

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

export interface Failure {
  readonly code: string;
  readonly words: string;
  readonly remedy: string;
}

export interface ShownCollection {
  readonly id: string;
  readonly method: string;
  readonly status: string;
  readonly attempt: number;
  readonly failure: Failure | null;
  readonly payUrl: string | null;
}

export interface ShownInvoice {
  readonly id: string;
  readonly number: string;
  readonly status: string;
  readonly nextTryAt: string | null;
  readonly lastFailure: Failure | null;
  readonly payUrl: string | null;
  readonly settlements: { readonly nodes: readonly { readonly id: string }[] };
  readonly collections: { readonly nodes: readonly ShownCollection[] };
}

export const profileFields = `terms netTermsDays creditLimit { amount currency }
  recharge { below { amount } amount { amount } lastFailure { words } nextTryAt } billingEmail
  method { kind label expires usable failure { words } savedAt } blocked blockedAt version
  balances { currency balance { amount } credit { amount } unbilled { amount } owed { amount } exposure { amount }
    limit { amount } }
  buyer { name } topUps { count nodes { id method status amount { amount currency } invoice { id } } }`;
const collectionFields = `id method status attempt amount { amount } received { amount } fee { amount }
  failure { code words remedy } payUrl reference requestedAt succeededAt buyer { name } invoice { id }`;
export const invoiceFields = `id number status currency total { amount currency } paid { amount } open { amount }
  writtenOff { amount } creditApplied { amount } issuedAt dueAt paidAt tries nextTryAt
  lastFailure { code words remedy } payUrl buyer { name }
  settlements { count nodes { id status amountCollected { amount } invoice { id } } }
  collections { count nodes { ${collectionFields} } }`;
export const requestFields = 'financeRequest { id kind status amount { amount currency } reason } replayed';

export class BilledBuyer extends OneDeal {
  constructor(override readonly app: TestAppWithStripe) {
    super(app);
  }

  async ask<T>(key: TestKey, query: string, variables: object = {}): Promise<T> {
    return await this.app.ask<T>(this.app.keys[key], query, variables);
  }

  async codes(key: TestKey, query: string): Promise<readonly string[]> {
    const { errors = [] } = await this.app.gql(this.app.keys[key], query);
    return errors.map(({ extensions }) => extensions.code);
  }

  /** Later, and what is due by then is done. */
  async pass(ms: number): Promise<void> {
    await this.app.advanceClock(new Date(this.app.now().getTime() + ms));
  }

  async page(url: string | null, method: string): Promise<void> {
    const body = new URLSearchParams({ method, do: 'pay' });
    const answer = await fetch(url ?? '', { method: 'POST', body, redirect: 'manual' });
    expect(answer.status).toBeLessThan(400);
  }

  /** The buyer saves a method on the page that it is given. */
  async saveMethod(method = 'pm_card_visa'): Promise<void> {
    const { url } = await this.done<{ url: string | null }>('buyer', 'beginPaymentSetup', {}, 'url replayed');
    await this.page(url, method);
    await this.pass(5 * 60_000);
  }

  /** A month of 451.00, approved; it was tried to collect it where there is a way to. */
  async billed(): Promise<Sold> {
    const month = await this.settled();
    await this.pass(60_000);
    return month;
  }

  async invoices(key: TestKey, args = ''): Promise<readonly ShownInvoice[]> {
    const query = `{ invoices${args} { count nodes { ${invoiceFields} } } }`;
    const { invoices } = await this.ask<{ invoices: { nodes: readonly ShownInvoice[]; count: number } }>(
      key,
      query,
    );
    expect(invoices.count).toBe(invoices.nodes.length);
    return invoices.nodes;
  }

  async invoice(key: TestKey = 'buyer'): Promise<ShownInvoice> {
    const [invoice, ...others] = await this.invoices(key);
    if (!invoice || others.length > 0) throw new Error('there is not one invoice');
    return invoice;
  }

  async profile<T>(key: TestKey, buyerId?: string): Promise<T | null> {
    const query = `query ($id: ID) { billingProfile(buyerId: $id) { ${profileFields} } }`;
    const { billingProfile } = await this.ask<{ billingProfile: T | null }>(key, query, { id: buyerId });
    return billingProfile;
  }

  /** The preparer asks, the approver agrees. */
  async byTwo(name: string, input: Record<string, unknown>): Promise<void> {
    const whole = { reason: 'As agreed.', ...input };
    const { financeRequest } = await this.done<{ financeRequest: { id: string } }>(
      'preparer',
      name,
      whole,
      requestFields,
    );
    const approval = { requestId: financeRequest.id };
    expect(
      (await this.act('preparer', 'approveFinanceRequest', approval, requestFields)).userErrors,
    ).toHaveLength(1);
    await this.done('approver', 'approveFinanceRequest', approval, requestFields);
  }
}
