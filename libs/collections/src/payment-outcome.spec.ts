import { asCurrency } from '#money';
import type { FundsMovement, InvoiceSnapshot, PaymentSnapshot } from '#payments';
import fc from 'fast-check';
import { type CollectionState, collectionStates } from './collection.js';
import { afterInvoice, afterPayment } from './payment-outcome.js';

const at = new Date('2027-01-01T00:00:00Z');
const movement = (id: string, amountMinor: bigint): FundsMovement => ({
  ...{ id, type: 'charge', amountMinor, feeMinor: 0n, netMinor: amountMinor, currency: asCurrency('USD') },
  ...{ sourceId: null, createdAt: at, availableAt: at },
});
const money = movement('in', 100n);
const back = movement('back', -100n);

const payment = (wanted: Partial<PaymentSnapshot>): PaymentSnapshot => ({
  ...{ object: 'payment', id: 'pi', operationId: null, state: 'PROCESSING', amountMinor: 100n },
  ...{
    currency: asCurrency('USD'),
    chargeId: null,
    method: 'CARD',
    funds: null,
    failure: null,
    returnedFunds: null,
  },
  ...wanted,
});
const invoice = (wanted: Partial<InvoiceSnapshot>): InvoiceSnapshot => ({
  ...{ object: 'invoice', id: 'in', operationId: null, state: 'OPEN', amountMinor: 100n },
  ...{ currency: asCurrency('USD'), hostedUrl: null, dueAt: null, payment: null },
  ...wanted,
});
const known = (state: CollectionState, more: object = {}) => ({
  ...{ state, method: 'CARD' as const, fundsId: null, returnedFundsId: null, failureCode: null },
  ...more,
});
const page = { method: 'HOSTED_INVOICE' };
const failure = { code: 'card_declined', declineCode: 'lost_card' };

describe('news of a payment', () => {
  it.each([
    ['still processing', known('REQUESTED'), {}, ['WAITS']],
    ['still processing, as known', known('PROCESSING'), {}, []],
    ['succeeded, not in the balance yet', known('REQUESTED'), { state: 'SUCCEEDED' }, ['WAITS']],
    ['succeeded', known('PROCESSING'), { state: 'SUCCEEDED', funds: money }, ['ARRIVED']],
    ['succeeded, as known', known('SUCCEEDED', { fundsId: 'in' }), { state: 'SUCCEEDED', funds: money }, []],
    ['listed while the bank decides', known('REQUESTED'), { funds: money }, ['WAITS']],
    ['declined', known('REQUESTED'), { state: 'FAILED', failure }, ['FAILED']],
    ['declined, as known', known('FAILED'), { state: 'FAILED', failure }, []],
    ['succeeded after it failed', known('FAILED'), { state: 'SUCCEEDED', funds: money }, ['ARRIVED']],
    ['succeeded after it was stopped', known('CANCELED'), { state: 'SUCCEEDED', funds: money }, ['ARRIVED']],
    ['old, after it failed', known('FAILED'), {}, []],
    ['stopped', known('PROCESSING'), { state: 'CANCELED' }, ['CANCELED']],
    [
      'stopped by us, because it cannot succeed',
      known('NEEDS_ACTION', { failureCode: 'authentication_required' }),
      { state: 'CANCELED' },
      ['FAILED'],
    ],
    ['asking for somebody', known('REQUESTED'), { state: 'NEEDS_ACTION' }, ['WAITS', 'CANCEL_IT']],
    [
      'asking still, being stopped',
      known('NEEDS_ACTION', { failureCode: 'x' }),
      { state: 'NEEDS_ACTION' },
      [],
    ],
    [
      'asking still, and it was not stopped',
      known('NEEDS_ACTION'),
      { state: 'NEEDS_ACTION' },
      ['WAITS', 'CANCEL_IT'],
    ],
    ['declined on the page', known('NEEDS_ACTION', page), { state: 'FAILED', failure }, []],
    [
      'gone back',
      known('SUCCEEDED', { fundsId: 'in' }),
      { state: 'FAILED', funds: money, returnedFunds: back },
      ['WENT_BACK'],
    ],
    [
      'gone back, as known',
      known('RETURNED', { fundsId: 'in', returnedFundsId: 'back' }),
      { state: 'FAILED', funds: money, returnedFunds: back },
      [],
    ],
    [
      'gone back before anybody saw it',
      known('PROCESSING'),
      { state: 'FAILED', funds: money, returnedFunds: back },
      ['ARRIVED', 'WENT_BACK'],
    ],
    [
      'gone back, where it came in not being told',
      known('PROCESSING'),
      { state: 'FAILED', returnedFunds: back, failure },
      ['FAILED'],
    ],
  ] as const)('that it is %s', (_, collection, news, effects) => {
    expect(afterPayment(collection, payment(news)).map(({ kind }) => kind)).toEqual(effects);
  });

  it('say why by the code that says most', () => {
    const [effect] = afterPayment(known('REQUESTED'), payment({ state: 'FAILED', failure }));
    expect(effect).toEqual({ kind: 'FAILED', code: 'lost_card', declineCode: 'lost_card' });
  });
});

describe('news of an invoice', () => {
  const hosted = (state: CollectionState, more: object = {}) => known(state, { ...page, ...more });
  it.each([
    ['open', hosted('REQUESTED'), {}, ['WAITS']],
    ['open, as known', hosted('NEEDS_ACTION'), {}, []],
    [
      'open again after a debit of it failed',
      hosted('PROCESSING'),
      { payment: payment({ state: 'FAILED', failure }) },
      ['WAITS'],
    ],
    ['being paid by a debit', hosted('NEEDS_ACTION'), { payment: payment({}) }, ['WAITS']],
    [
      'paid',
      hosted('NEEDS_ACTION'),
      { state: 'PAID', payment: payment({ state: 'SUCCEEDED', funds: money }) },
      ['ARRIVED'],
    ],
    [
      'paid, not in the balance yet',
      hosted('NEEDS_ACTION'),
      { state: 'PAID', payment: payment({ state: 'SUCCEEDED' }) },
      ['WAITS'],
    ],
    ['said to be paid', hosted('NEEDS_ACTION'), { state: 'PAID' }, ['CANCELED']],
    ['void', hosted('NEEDS_ACTION'), { state: 'VOID' }, ['CANCELED']],
    ['uncollectible', hosted('NEEDS_ACTION'), { state: 'UNCOLLECTIBLE' }, ['CANCEL_IT']],
    [
      'uncollectible, being stopped',
      hosted('NEEDS_ACTION', { failureCode: 'uncollectible' }),
      { state: 'UNCOLLECTIBLE' },
      [],
    ],
    ['a draft', hosted('REQUESTED'), { state: 'DRAFT' }, []],
    [
      'paid after it was stopped',
      hosted('CANCELED'),
      { state: 'PAID', payment: payment({ state: 'SUCCEEDED', funds: money }) },
      ['ARRIVED'],
    ],
  ] as const)('that it is %s', (_, collection, news, effects) => {
    expect(afterInvoice(collection, invoice(news)).map(({ kind }) => kind)).toEqual(effects);
  });
});

it('no news book the same movement twice, nor take back what did not come in', () => {
  const state = fc.constantFrom(...collectionStates);
  const told = fc.constantFrom(
    'PROCESSING',
    'NEEDS_ACTION',
    'SUCCEEDED',
    'FAILED',
    'CANCELED',
  ) as fc.Arbitrary<PaymentSnapshot['state']>;
  const maybe = fc.boolean();
  fc.assert(
    fc.property(state, told, maybe, maybe, maybe, maybe, (of, as, hasIn, hasBack, tellsIn, tellsBack) => {
      const ids = { fundsId: hasIn ? 'in' : null, returnedFundsId: hasIn && hasBack ? 'back' : null };
      const news = payment({
        state: as,
        funds: tellsIn ? money : null,
        returnedFunds: tellsBack ? back : null,
      });
      const effects = afterPayment(known(of, ids), news).map(({ kind }) => kind);
      if (hasIn) expect(effects).not.toContain('ARRIVED');
      if (hasIn && hasBack) expect(effects).not.toContain('WENT_BACK');
      if (effects.includes('WENT_BACK')) expect(hasIn || effects[0] === 'ARRIVED').toBe(true);
      if (hasIn) expect(effects).not.toContain('FAILED');
    }),
  );
});
