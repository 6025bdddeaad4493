/** Anything that can happen to a buyer's money, in any order: the books stay whole, and are what the provider has. */
import { newId } from '#database';
import { outOfBandPayload, refundPayload, writeOffPayload } from '#collections';
import fc from 'fast-check';
import { type Billing, dollars, openBilling, type Statement } from './open-billing.js';

/** One thing that happens; `pick` chooses of what there is. What cannot be done at the time is refused, which is fine. */
type Act = (life: Life, pick: number) => Promise<unknown>;

class Life {
  readonly statements: Statement[] = [];
  constructor(readonly billing: Billing) {}

  key(): { readonly idempotencyKey: string } {
    return { idempotencyKey: newId() };
  }

  async charges(): Promise<readonly string[]> {
    const all = await this.billing.allCollections();
    return all.flatMap(({ providerChargeId, state }) =>
      state === 'SUCCEEDED' ? (providerChargeId ?? []) : [],
    );
  }
}

function one<T>(items: readonly T[], pick: number): T | undefined {
  return items[pick % Math.max(items.length, 1)];
}

const methods = [
  'pm_card_visa',
  'pm_card_laterInsufficientFunds',
  'pm_card_laterExpired',
  'pm_card_refundFail',
  'pm_usBankAccount_success',
  'pm_usBankAccount_returnedLate',
  'pm_usBankAccount_insufficientFunds',
];

const acts: Readonly<Record<string, Act>> = {
  bill: async (life, pick) => {
    const shares = { agencyMinor: BigInt(1_000 + (pick % 90_000)), feeMinor: BigInt(pick % 3_000) };
    life.statements.push(await life.billing.statement(shares));
    await life.billing.work();
  },
  takeBack: async (life) => {
    const statement = life.statements.pop();
    if (!statement) return;
    const { id } = await life.billing.takeBack(statement);
    await life.billing.approveStatement(id);
  },
  days: async ({ billing }, pick) => await billing.days(1 + (pick % 6)),
  method: async ({ billing }, pick) => await billing.saveMethod(one(methods, pick) ?? 'pm_card_visa'),
  terms: async (life, pick) => {
    const { buyerId, preparer } = life.billing;
    const terms = one(['AUTOPAY', 'INVOICE', 'PREPAID'] as const, pick) ?? 'AUTOPAY';
    const recharge = pick % 2 === 0 ? { below: dollars(50), amount: dollars(150) } : null;
    await life.billing.setProfile.execute(preparer, { buyerId, terms, recharge, ...life.key() });
  },
  topUp: async (life, pick) => {
    const { buyerId, buyer } = life.billing;
    const amount = dollars(1 + (pick % 500));
    await life.billing.topUp.execute(buyer, { buyerId, amount, ...life.key() });
    await life.billing.work();
  },
  pay: async ({ billing }, pick) => {
    const { hostedUrl, state } = one(await billing.allCollections(), pick) ?? {
      hostedUrl: null,
      state: 'FAILED',
    };
    if (hostedUrl !== null && state === 'NEEDS_ACTION') await billing.page(hostedUrl, 'pm_card_visa');
  },
  collect: async (life, pick) => {
    const invoice = one(await life.billing.allInvoices(), pick);
    if (invoice)
      await life.billing.collectNow.execute(life.billing.buyer, { invoiceId: invoice.id, ...life.key() });
  },
  cancel: async (life, pick) => {
    const found = one(await life.billing.allCollections(), pick);
    if (found)
      await life.billing.cancel.execute(life.billing.preparer, { collectionId: found.id, ...life.key() });
    await life.billing.work();
  },
  contest: async (life, pick) => {
    const charge = one(await life.charges(), pick);
    try {
      if (charge)
        life.billing.sandbox.control.openDispute({ charge, ...(pick % 3 === 0 && { amount: 700 }) });
    } catch {
      // It is contested, or smaller than that.
    }
  },
  decide: async ({ billing }, pick) => {
    const open = billing.sandbox.control
      .rows({ table: 'disputes' })
      .filter(({ status }) => status === 'needs_response');
    const dispute = one(open, pick);
    if (dispute) billing.sandbox.control.resolveDispute({ dispute: dispute.id, won: pick % 2 === 0 });
  },
  refund: async ({ billing }, pick) => {
    const { buyerId, agencyId } = billing;
    const amount = dollars(1 + (pick % 60));
    const payload = refundPayload({ buyerId, agencyId: pick % 2 === 0 ? null : agencyId, amount });
    await billing.decideTogether('REFUND', payload);
    await billing.work();
  },
  writeOff: async ({ billing, statements }, pick) => {
    const statement = one(statements, pick);
    if (statement) await billing.decideTogether('WRITE_OFF', writeOffPayload(statement));
  },
  outOfBand: async ({ billing }, pick) => {
    const invoice = one(await billing.allInvoices(), pick);
    if (!invoice) return;
    const payment = { invoiceId: invoice.id, amount: dollars(1 + (pick % 100)), reference: 'the bank' };
    await billing.decideTogether('OUT_OF_BAND_PAYMENT', outOfBandPayload(payment));
  },
};

const step = fc.record({
  act: fc.constantFrom('bill', 'bill', 'days', 'days', ...Object.keys(acts)),
  pick: fc.nat(1_000_000),
});

it('whatever happens, the books are whole and match', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 30 }), async (steps) => {
      const billing = await openBilling();
      try {
        const life = new Life(billing);
        await billing.saveMethod('pm_card_visa');
        for (const { act, pick } of steps) {
          await acts[act]?.(life, pick);
          expect(await billing.broken()).toEqual([]);
        }
        // What the provider still keeps back is told in the end.
        await billing.days(10);
        await billing.verify();
      } finally {
        await billing.close();
      }
    }),
    // A shrunk counterexample would take longer to find than to read.
    { numRuns: 4, endOnFailure: true },
  );
}, 300_000);
