import { asCurrency } from '#money';
import { settlementStates } from '#settlements';
import { isFree, type Share, shareOf, type ShareRow } from './share.queries.js';

const row: ShareRow = {
  agency_id: 'agency',
  id: 'settlement',
  buyer_id: 'buyer',
  number: '20270104-1',
  currency: 'USD',
  state: 'HOLDING',
  approved_at: new Date('2027-01-05T00:00:00Z'),
  share_minor: '41000',
  taken_minor: '1000',
  is_corrected: true,
  is_lost: false,
  is_written_off: true,
  disputed_since: null,
  billed_minor: '45100',
  missing_minor: '0',
  round: null,
  amount_minor: null,
  taken_before_minor: null,
  held_from: null,
  held_until: null,
  overridden_by: null,
  override_approved_by: null,
  released_at: null,
  released_minor: null,
  undone_at: null,
  paid_at: null,
};
const second = { round: 2, amount_minor: '30000', taken_before_minor: '400' };
const released = { ...second, released_at: row.approved_at, released_minor: '29400' };

it.each<[string, Partial<ShareRow>, bigint]>([
  ['before its first round: its share, less what was taken', {}, 40_000n],
  ['in its second round: what that has, less what was taken since', second, 29_400n],
  ['once it is released: nothing', released, 0n],
])('what a settlement waits for %s', (_, more, expected) => {
  expect(shareOf({ ...row, ...more })).toMatchObject({
    currency: asCurrency('USD'),
    expectedMinor: expected,
  });
});

it('tells what took something of it', () => {
  expect(shareOf(row).takenBy).toEqual(['CORRECTION', 'WRITTEN_OFF']);
  expect(shareOf({ ...row, is_corrected: false, is_lost: true, is_written_off: false }).takenBy).toEqual([
    'DISPUTE_LOST',
  ]);
});

it('money is free that is paid for, and that nobody contests', () => {
  const share: Share = shareOf(row);
  expect(isFree(share)).toBe(true);
  expect(isFree({ ...share, disputedSince: row.approved_at })).toBe(false);
  expect(isFree({ ...share, missingMinor: 1n })).toBe(false);
  expect(settlementStates.filter((state) => isFree({ ...share, state }))).toEqual([
    'HOLDING',
    'TRANSFER_FAILED',
    'WRITTEN_OFF',
  ]);
});
