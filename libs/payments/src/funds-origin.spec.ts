import { originOf } from './funds-origin.js';

it.each([
  ['payout', 'po_1', { from: 'BANK' }],
  ['payout_failure', 'po_1', { from: 'BANK' }],
  ['topup', 'tu_1', { from: 'BANK' }],
  ['stripe_fee', null, { from: 'FEE' }],
  ['charge', 'ch_1', { from: 'CHARGE', chargeId: 'ch_1' }],
  ['payment', 'py_1', { from: 'CHARGE', chargeId: 'py_1' }],
  ['refund', 're_1', { from: 'OBJECT', kind: 'refund', id: 're_1' }],
  ['payment_failure_refund', 'pyr_1', { from: 'OBJECT', kind: 'refund', id: 'pyr_1' }],
  ['adjustment', 'du_1', { from: 'OBJECT', kind: 'dispute', id: 'du_1' }],
  ['transfer', 'tr_1', { from: 'OBJECT', kind: 'transfer', id: 'tr_1' }],
  ['transfer_refund', 'trr_1', { from: 'REVERSAL' }],
  ['reserve_transaction', null, { from: 'UNKNOWN' }],
  ['adjustment', 'something else', { from: 'UNKNOWN' }],
])('%s of %s is %j', (type, sourceId, expected) => {
  expect(originOf({ type, sourceId })).toEqual(expected);
});
