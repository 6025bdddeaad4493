import { asCurrency } from '#money';
import { settlementStates } from '#settlements';
import fc from 'fast-check';
import { type HeldShare, holdsOf } from './hold-reasons.js';
import { waitReasons } from './plan.js';

const now = new Date('2027-05-10T00:00:00Z');
const day = (text: string): Date => new Date(`2027-${text}T00:00:00Z`);

const share: HeldShare = {
  state: 'HOLDING',
  currency: asCurrency('USD'),
  amountMinor: 41_000n,
  approvedAt: day('05-02'),
  stateSince: day('05-04'),
  heldFrom: day('05-04'),
  heldUntil: day('05-18'),
  releasedAt: null,
  disputedSince: null,
  missingMinor: 0n,
  account: { state: 'ACTIVE', changedAt: day('01-01') },
  restMinor: 41_000n,
  minimumMinor: 5_000n,
  waitsFor: null,
};
const unpaid = { heldFrom: null, heldUntil: null };
const released = { heldUntil: day('05-08'), releasedAt: day('05-08') };

/** "REASON since until", days of the year 2027. */
function told(given: Partial<HeldShare>): string[] {
  const show = (instant: Date | null): string => instant?.toISOString().slice(5, 10) ?? '-';
  return holdsOf({ ...share, ...given }, now).map(
    ({ reason, since, until }) => `${reason} ${show(since)} ${show(until)}`,
  );
}

it.each<[string, Partial<HeldShare>, string[]]>([
  ['in review', { state: 'IN_REVIEW' }, []],
  ['approved', { state: 'APPROVED', ...unpaid }, ['HOLD_PERIOD 05-02 -', 'BUYER_UNPAID 05-02 -']],
  ['being collected', { state: 'COLLECTING', ...unpaid }, ['HOLD_PERIOD 05-02 -', 'BUYER_UNPAID 05-02 -']],
  [
    'not paid by the buyer',
    { state: 'COLLECTION_FAILED', ...unpaid },
    ['HOLD_PERIOD 05-02 -', 'BUYER_UNPAID 05-04 -'],
  ],
  ['just collected', { state: 'COLLECTED', ...unpaid }, ['HOLD_PERIOD 05-04 -']],
  ['in its hold period', {}, ['HOLD_PERIOD 05-04 05-18']],
  ['at the end of it', { heldUntil: now }, ['HOLD_PERIOD 05-04 05-10']],
  [
    'in its hold period and contested',
    { disputedSince: day('05-09') },
    ['HOLD_PERIOD 05-04 05-18', 'DISPUTE 05-09 -'],
  ],
  [
    'over its hold period and contested',
    { heldUntil: now, disputedSince: day('05-09') },
    ['DISPUTE 05-09 -'],
  ],
  ['released', released, ['NEXT_PAYOUT 05-08 -']],
  ['whose payment has gone', { heldUntil: now, missingMinor: 1n }, ['BUYER_UNPAID 05-04 -']],
  ['released, whose payment has gone', { ...released, missingMinor: 1n }, ['BUYER_UNPAID 05-04 -']],
  ['released to nobody', { ...released, account: null }, ['NO_PAYOUT_METHOD 05-08 -']],
  [
    'released to who is not known yet',
    { ...released, account: { state: 'ONBOARDING', changedAt: day('01-01') } },
    ['NO_PAYOUT_METHOD 05-08 -'],
  ],
  [
    'released to who was restricted before',
    { ...released, account: { state: 'RESTRICTED', changedAt: day('01-01') } },
    ['ACCOUNT_RESTRICTED 05-08 -'],
  ],
  [
    'released to who was restricted since',
    { ...released, account: { state: 'REJECTED', changedAt: day('05-09') } },
    ['ACCOUNT_RESTRICTED 05-09 -'],
  ],
  ['released and little', { ...released, restMinor: 4_999n }, ['BELOW_THRESHOLD 05-08 -']],
  ['released and just enough', { ...released, restMinor: 5_000n }, ['NEXT_PAYOUT 05-08 -']],
  ['released, all of it owed back', { ...released, restMinor: 0n }, ['NEXT_PAYOUT 05-08 -']],
  [
    'released, and a transfer failed',
    { ...released, state: 'TRANSFER_FAILED', account: { state: 'RESTRICTED', changedAt: day('05-09') } },
    ['ACCOUNT_RESTRICTED 05-09 -'],
  ],
  ['on its way', { ...released, state: 'TRANSFERRING' }, []],
  ['paid', { ...released, state: 'PAID' }, []],
  ['worth nothing to the agency', { amountMinor: 0n }, []],
  ['written off with a part in hold', { state: 'WRITTEN_OFF' }, ['HOLD_PERIOD 05-04 05-18']],
])('a settlement %s', (_, given, expected) => {
  expect(told(given)).toEqual(expected);
});

it.each(waitReasons)('what is released and waits for %s says so', (reason) => {
  const until = reason === 'RETRY_LATER' ? day('05-11') : null;
  const found = holdsOf(
    { ...share, ...released, waitsFor: { reason, words: `Because: ${reason}.`, until } },
    now,
  );
  expect(found).toMatchObject([{ words: `Because: ${reason}.`, until, since: day('05-08') }]);
});

it('everything that is approved and not sent says why', () => {
  const given = fc.record({
    state: fc.constantFrom(...settlementStates),
    heldUntil: fc.constantFrom(null, day('05-08'), now, day('05-18')),
    releasedAt: fc.constantFrom(null, day('05-08')),
    disputedSince: fc.constantFrom(null, day('05-09')),
    missingMinor: fc.constantFrom(0n, 1n),
    restMinor: fc.bigInt(0n, 10_000n),
  });
  const waiting = [
    'APPROVED',
    'COLLECTING',
    'COLLECTED',
    'HOLDING',
    'COLLECTION_FAILED',
    'TRANSFER_FAILED',
    'WRITTEN_OFF',
  ];
  fc.assert(
    fc.property(given, (more) => {
      const found = holdsOf({ ...share, ...more }, now);
      expect(found.length > 0).toBe(waiting.includes(more.state));
      for (const { words } of found) expect(words).not.toBe('');
    }),
  );
});

it('says it in words, with the day and the amount', () => {
  const [held] = holdsOf(share, now);
  expect(held?.words).toBe('Held until 18 May, in case a lead is returned or a deal refunded.');
  const [little] = holdsOf({ ...share, ...released, restMinor: 1n }, now);
  expect(little?.words).toBe(
    'Less than the least that is sent, $50.00: it goes out together with what comes next.',
  );
  expect(little?.amountMinor).toBe(41_000n);
});
