import type { ChargeComponent } from '#contracts';
import { type AdjustmentReason, showAdjustment, showPortion } from './adjustment.js';

it.each<[AdjustmentReason, readonly ChargeComponent[], number, string]>([
  ['CORRECTION', ['RETURN_CREDIT'], 1, 'A lead was returned after the approval: see statement 7.'],
  ['CORRECTION', ['RETURN_CREDIT'], 3, '3 leads were returned after the approval: see statement 7.'],
  ['CORRECTION', ['CLAWBACK'], 1, 'A deal was refunded after the approval: see statement 7.'],
  ['CORRECTION', ['CLAWBACK'], 2, '2 deals were refunded after the approval: see statement 7.'],
  ['CORRECTION', ['RESTATEMENT'], 1, 'It was corrected after the approval: see statement 7.'],
  [
    'CORRECTION',
    ['CLAWBACK', 'RETURN_CREDIT'],
    2,
    'It was corrected in 2 places after the approval: see statement 7.',
  ],
  ['DISPUTE_LOST', [], 1, "The buyer contested its payment, and the buyer's bank gave it back for good."],
  ['WRITTEN_OFF', [], 1, 'The buyer did not pay it, and the operator gave it up.'],
])('%s of %j: %i', (reason, components, count, words) => {
  expect(showAdjustment({ reason, components, count, number: '7' })).toBe(words);
});

it.each<[bigint, bigint, readonly AdjustmentReason[], string]>([
  [500n, 500n, [], 'Payout P1.'],
  [
    500n,
    0n,
    ['DISPUTE_LOST'],
    'Payout P1: nothing of it was sent, for all of it was taken by a dispute that was lost after the approval.',
  ],
  [
    500n,
    100n,
    ['CORRECTION', 'WRITTEN_OFF'],
    'Payout P1: a part of it, for the rest was taken by corrections and a write-off after the approval.',
  ],
  [500n, 100n, [], 'Payout P1: a part of it, for the rest was taken for other statements.'],
  [0n, 0n, [], 'Payout P1: the agency had earned nothing by it.'],
])('the history says of %s, of which %s is left, %j', (shareMinor, releasedMinor, takenBy, words) => {
  expect(showPortion({ payoutNumber: 'P1', shareMinor, releasedMinor, takenBy })).toBe(words);
});
