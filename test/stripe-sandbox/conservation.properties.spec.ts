import fc from 'fast-check';
import Stripe from 'stripe';
import { startSandbox, type Sandbox } from '../../apps/stripe-sandbox/src/sandbox.js';
import { agency, buyerWith, collect, sdkFor, start } from './support.js';

interface Bench {
  readonly sandbox: Sandbox;
  readonly stripe: Stripe;
  readonly destinations: readonly string[];
  readonly buyers: readonly { id: string; method: string }[];
}

type Correction = 'refund' | 'reverse' | 'dispute' | 'return';
type Decision = 'decide' | 'failPayout' | 'failRefund';
type Step =
  | { readonly kind: 'charge'; readonly buyer: number; readonly amount: number }
  | { readonly kind: 'transfer'; readonly to: number; readonly amount: number; readonly fromCharge: boolean }
  | { [K in Correction]: { readonly kind: K; readonly which: number; readonly percent: number } }[Correction]
  | { [K in Decision]: { readonly kind: K; readonly which: number; readonly won: boolean } }[Decision]
  | { readonly kind: 'payout'; readonly amount: number }
  | { readonly kind: 'wait'; readonly hours: number };

const amount = fc.integer({ min: 1, max: 30_000 });
// Now and then more than there is.
const percent = fc.integer({ min: 10, max: 110 });
const which = fc.nat(20);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('charge' as const), buyer: fc.nat(3), amount }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('transfer' as const),
      to: fc.nat(1),
      amount,
      fromCharge: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom<Correction[]>('refund', 'reverse', 'dispute', 'return'),
      which,
      percent,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom<Decision[]>('decide', 'failPayout', 'failRefund'),
      which,
      won: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('payout' as const), amount }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), hours: fc.integer({ min: 1, max: 100 }) }),
  },
);

async function bench(): Promise<Bench> {
  const sandbox = await startSandbox({ port: 0, frozenAt: start, seed: 'property' });
  const stripe = sdkFor(sandbox);
  const destinations = [await agency({ sandbox, stripe }), await agency({ sandbox, stripe })];
  const buyers = [];
  for (const method of [
    'pm_card_visa',
    'pm_usBankAccount_returnedLate',
    'pm_card_refundFail',
    'pm_card_bypassPending',
  ]) {
    buyers.push(await buyerWith(stripe, method));
  }
  return { sandbox, stripe, destinations, buyers };
}

function pick<T>(rows: readonly T[], index: number): T | undefined {
  return rows[index % Math.max(1, rows.length)];
}

function part({ amount: whole }: { amount: number }, { percent: share }: { percent: number }): number {
  return Math.max(1, Math.floor((whole * share) / 100));
}

async function take({ sandbox, stripe, destinations, buyers }: Bench, one: Step): Promise<unknown> {
  const { control } = sandbox;
  const own = control.rows({ table: 'charges' }).filter(({ payment_intent: intent }) => intent);
  if (one.kind === 'wait') return control.advance({ hours: one.hours });
  if (one.kind === 'payout') return stripe.payouts.create({ amount: one.amount, currency: 'usd' });
  if (one.kind === 'charge') {
    const buyer = pick(buyers, one.buyer);
    return buyer && collect(stripe, buyer, one.amount + 50);
  }
  if (one.kind === 'transfer') {
    const charge = pick(own, one.amount);
    return stripe.transfers.create({
      amount: one.amount,
      currency: 'usd',
      destination: pick(destinations, one.to) ?? '',
      ...(one.fromCharge && charge && { source_transaction: charge.id }),
    });
  }
  if (one.kind === 'reverse') {
    const transfer = pick(control.rows({ table: 'transfers' }), one.which);
    return transfer && stripe.transfers.createReversal(transfer.id, { amount: part(transfer, one) });
  }
  if (one.kind === 'decide') {
    const dispute = pick(control.rows({ table: 'disputes' }), one.which);
    return dispute && control.resolveDispute({ dispute: dispute.id, won: one.won });
  }
  if (one.kind === 'failPayout') {
    const payout = pick(control.rows({ table: 'payouts' }), one.which);
    return payout && control.failPayout({ payout: payout.id });
  }
  if (one.kind === 'failRefund') {
    const refund = pick(control.rows({ table: 'refunds' }), one.which);
    return refund && control.failRefund({ refund: refund.id });
  }
  const charge = pick(own, one.which);
  if (!charge) return undefined;
  if (one.kind === 'refund') return stripe.refunds.create({ charge: charge.id, amount: part(charge, one) });
  if (one.kind === 'return') return control.returnDebit({ charge: charge.id });
  return control.openDispute({ charge: charge.id, amount: part(charge, one) });
}

describe('whatever is done, in whatever order', () => {
  const done = new Map<Step['kind'], number>();

  it('every movement has one balance transaction, and nothing is given back twice', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 10, maxLength: 40 }),
        fc.boolean(),
        async (steps, asFailure) => {
          const place = await bench();
          const { control } = place.sandbox;
          control.fund({ amount: 500_00, currency: 'usd' });
          control.setSettings({ debitReturnAs: asFailure ? 'failure' : 'dispute' });
          try {
            for (const one of steps) {
              // Most of what is tried is refused; what is refused must leave nothing behind.
              const result = await take(place, one).catch(refusedOnly);
              if (result !== undefined) done.set(one.kind, (done.get(one.kind) ?? 0) + 1);
              expect(control.problems()).toEqual([]);
            }
            control.advance({ days: 60 });
            expect(control.problems()).toEqual([]);
            const sources = control
              .rows({ table: 'balance_transactions' })
              .map(({ source, type }) => `${String(source)} ${type}`);
            const twice = sources.filter((source, index) => sources.indexOf(source) !== index);
            // A dispute that is won has two of the same type.
            expect(twice.filter((source) => !/^du_\w+ adjustment$/.test(source))).toEqual([]);
            expect(control.rows({ table: 'events' }).length).toBeGreaterThan(0);
          } finally {
            await place.sandbox.stop();
          }
        },
      ),
      { numRuns: 60 },
    );
    // It would hold if nothing were ever done.
    for (const kind of ['charge', 'transfer', 'refund', 'reverse', 'dispute'] as const) {
      expect(done.get(kind)).toBeGreaterThan(3);
    }
  });
});

function refusedOnly(error: unknown): void {
  const isRefusal =
    error instanceof Stripe.errors.StripeError
      ? error.statusCode !== undefined && error.statusCode < 500
      : error instanceof Error && 'status' in error;
  if (!isRefusal) throw error;
}
