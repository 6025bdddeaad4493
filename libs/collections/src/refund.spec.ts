import { asCurrency } from '#money';
import type { FundsMovement, RefundSnapshot } from '#payments';
import fc from 'fast-check';
import { afterRefund, type Refund } from './refund.js';

const at = new Date('2027-01-01T00:00:00Z');
const movement = (id: string): FundsMovement => ({
  ...{ id, type: 'refund', amountMinor: -5n, feeMinor: 0n, netMinor: -5n, currency: asCurrency('USD') },
  ...{ sourceId: null, createdAt: at, availableAt: at },
});
type Known = Pick<Refund, 'state' | 'fundsId' | 'failedFundsId'>;
type News = Pick<RefundSnapshot, 'state' | 'funds' | 'failedFunds'>;
const fresh: Known = { state: 'REQUESTED', fundsId: null, failedFundsId: null };
const left: Known = { state: 'SUCCEEDED', fundsId: 'out', failedFundsId: null };
const over: Known = { state: 'FAILED', fundsId: null, failedFundsId: null };
const back: Known = { state: 'FAILED', fundsId: 'out', failedFundsId: 'in' };
const out = movement('out');
const failed = movement('in');
const news = (
  state: News['state'],
  funds: FundsMovement | null = null,
  failedFunds: FundsMovement | null = null,
) => ({
  ...{ state, funds, failedFunds },
});
const nothing = { left: null, cameBack: false, failedBefore: false };

it.each([
  ['pending', fresh, news('PENDING'), { ...nothing, state: 'PENDING' }],
  ['on its way', fresh, news('PENDING', out), { ...nothing, left: 'FROM_REFUND_DUE', state: 'PENDING' }],
  ['done', fresh, news('SUCCEEDED', out), { ...nothing, left: 'FROM_REFUND_DUE', state: 'SUCCEEDED' }],
  ['done, not in the balance yet', fresh, news('SUCCEEDED'), { ...nothing, state: 'PENDING' }],
  ['done, as known', left, news('SUCCEEDED', out), { ...nothing, state: 'SUCCEEDED' }],
  ['pending, old', left, news('PENDING', out), { ...nothing, state: 'SUCCEEDED' }],
  ['failed before it left', fresh, news('FAILED'), { ...nothing, failedBefore: true, state: 'FAILED' }],
  ['stopped before it left', fresh, news('CANCELED'), { ...nothing, failedBefore: true, state: 'FAILED' }],
  ['failed, as known', over, news('FAILED'), { ...nothing, state: 'FAILED' }],
  ['failed after it left, not back yet', left, news('FAILED', out), { ...nothing, state: 'SUCCEEDED' }],
  ['back', left, news('FAILED', out, failed), { ...nothing, cameBack: true, state: 'FAILED' }],
  ['back, as known', back, news('FAILED', out, failed), { ...nothing, state: 'FAILED' }],
  [
    'out and back before anybody saw it',
    fresh,
    news('FAILED', out, failed),
    { ...nothing, left: 'FROM_REFUND_DUE', cameBack: true, state: 'FAILED' },
  ],
  [
    'out and back after it was given up',
    over,
    news('FAILED', out, failed),
    { ...nothing, left: 'FROM_CREDIT', cameBack: true, state: 'FAILED' },
  ],
] as const)('news that a refund is %s', (_, refund, snapshot, expected) => {
  expect(afterRefund(refund, snapshot)).toEqual(expected);
});

it('in whatever order news come, the buyer has the money once', () => {
  const history: readonly News[] = [
    news('PENDING'),
    news('PENDING', out),
    news('SUCCEEDED', out),
    news('FAILED', out),
    news('FAILED', out, failed),
  ];
  const last = history.length - 1;
  fc.assert(
    fc.property(fc.array(fc.nat({ max: last }), { maxLength: 12 }), (order) => {
      let refund: Known = fresh;
      // What the buyer has of its credit: decided, it is gone; what comes back, or does not leave, is there again.
      let credit = -1;
      for (const index of [...order, last]) {
        const snapshot = history[index];
        if (!snapshot) continue;
        const { left: leaves, cameBack, failedBefore, state } = afterRefund(refund, snapshot);
        if (leaves === 'FROM_CREDIT') credit -= 1;
        if (cameBack || failedBefore) credit += 1;
        refund = {
          state,
          fundsId: refund.fundsId ?? (leaves === null ? null : 'out'),
          failedFundsId: refund.failedFundsId ?? (cameBack ? 'in' : null),
        };
      }
      expect({ credit, refund }).toEqual({ credit: 0, refund: back });
    }),
  );
});
