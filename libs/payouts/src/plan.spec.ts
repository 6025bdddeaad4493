import { asCurrency } from '#money';
import { type BookSituation, type LatestPayout, planPayout, showWait, waitReasons } from './plan.js';

const now = new Date('2027-05-20T12:00:00Z');
const minutes = (count: number): Date => new Date(now.getTime() + count * 60_000);

const situation: BookSituation = {
  agencyId: 'agency',
  currency: asCurrency('USD'),
  payableMinor: 41_000n,
  clawbackDueMinor: 0n,
  reversingMinor: 0n,
  minimumMinor: 5_000n,
  unpaid: [{ agencyId: 'agency', id: 's', round: 1, leftMinor: 41_000n, releasedAt: minutes(-10) }],
  account: { state: 'ACTIVE', providerAccountId: 'acct_1', changedAt: minutes(-10_000) },
  latest: null,
  halt: null,
  source: null,
  availableMinor: null,
};

function failed(failureCode: string, minutesAgo: number, retryInMinutes: number): LatestPayout {
  const retryAt = minutes(retryInMinutes);
  return { state: 'FAILED', attempt: 2, failureCode, finishedAt: minutes(-minutesAgo), retryAt };
}

function planned(given: Partial<BookSituation>): string {
  const plan = planPayout({ ...situation, ...given }, now);
  switch (plan.is) {
    case 'WAIT':
      return `WAIT ${plan.reason} ${(plan.lookAt.getTime() - now.getTime()) / 60_000}`;
    case 'SEND':
      return `SEND ${plan.size.amountMinor} ${plan.sourceChargeId ?? '-'} a${plan.attempt}`;
    default:
      return plan.is;
  }
}

const account = { state: 'ACTIVE', providerAccountId: 'acct_1', changedAt: minutes(-10_000) } as const;

it.each<[string, Partial<BookSituation>, string]>([
  ['nothing stands in the way', {}, 'SEND 41000 - a1'],
  ['nothing is payable', { payableMinor: 0n, unpaid: [] }, 'NOTHING'],
  ['all is owed back', { clawbackDueMinor: 50_000n }, 'NET'],
  ['all is owed back and payments are stopped', { clawbackDueMinor: 50_000n, halt: 'STOPPED' }, 'NET'],
  [
    'all is owed back and the books do not match',
    { clawbackDueMinor: 50_000n, halt: 'FROZEN' },
    'WAIT FROZEN 1',
  ],
  ['it is little', { payableMinor: 4_999n }, 'WAIT BELOW_MINIMUM 60'],
  ['payments are stopped', { halt: 'STOPPED' }, 'WAIT STOPPED 1'],
  ['there is no provider', { halt: 'OFF' }, 'WAIT OFF 1'],
  ['there is no account', { account: null }, 'WAIT NO_ACCOUNT 60'],
  ['the account is not open', { account: { ...account, state: 'ONBOARDING' } }, 'WAIT NO_ACCOUNT 60'],
  [
    'the account is restricted',
    { account: { ...account, state: 'RESTRICTED' } },
    'WAIT ACCOUNT_RESTRICTED 60',
  ],
  ['the account is rejected', { account: { ...account, state: 'REJECTED' } }, 'WAIT ACCOUNT_RESTRICTED 60'],
  [
    'a transfer is under way',
    { latest: { state: 'REQUESTED', attempt: 1, failureCode: null, finishedAt: null, retryAt: null } },
    'WAIT UNDER_WAY 60',
  ],
  ['the last was refused just now', { latest: failed('odd', 0, 60) }, 'WAIT RETRY_LATER 60'],
  ['the last was refused long ago', { latest: failed('odd', 61, -1) }, 'SEND 41000 - a3'],
  [
    'money was short, and nobody knows whether it is',
    { latest: failed('balance_insufficient', 30, 30) },
    'WAIT RETRY_LATER 1',
  ],
  [
    'money was short and came in',
    { latest: failed('balance_insufficient', 30, 30), availableMinor: 41_000n },
    'SEND 41000 - a3',
  ],
  [
    'money was short and still is',
    { latest: failed('balance_insufficient', 30, 30), availableMinor: 40_999n },
    'WAIT RETRY_LATER 1',
  ],
  [
    'money was short a moment ago, whatever the balance says',
    { latest: failed('balance_insufficient', 0, 60), availableMinor: 41_000n },
    'WAIT RETRY_LATER 1',
  ],
  ['the account could not receive', { latest: failed('capability_missing', 5, 55) }, 'WAIT RETRY_LATER 55'],
  [
    'the account could not receive and has changed since',
    { latest: failed('capability_missing', 5, 55), account: { ...account, changedAt: minutes(-1) } },
    'SEND 41000 - a3',
  ],
  [
    'the money is not there yet and comes from one charge',
    { source: { chargeId: 'ch_1', amountMinor: 45_000n, availableAt: minutes(1) } },
    'SEND 41000 ch_1 a1',
  ],
  [
    'the money of the one charge is there',
    { source: { chargeId: 'ch_1', amountMinor: 45_000n, availableAt: now } },
    'SEND 41000 - a1',
  ],
  [
    'the one charge is smaller than the payout',
    { source: { chargeId: 'ch_1', amountMinor: 40_000n, availableAt: minutes(1) } },
    'SEND 41000 - a1',
  ],
  [
    'the payout has money from before, too',
    {
      payableMinor: 41_500n,
      source: { chargeId: 'ch_1', amountMinor: 45_000n, availableAt: minutes(1) },
    },
    'SEND 41500 - a1',
  ],
])('when %s', (_, given, expected) => {
  expect(planned(given)).toBe(expected);
});

it('has a sentence of its own for each reason', () => {
  const sentences = waitReasons.map((reason) => showWait(reason, situation, now));
  expect(new Set(sentences).size).toBe(waitReasons.length);
  expect(showWait('RETRY_LATER', { ...situation, latest: failed('odd', 1, 60) }, now)).toBe(
    'The payment provider refused it (odd). The next try is on 20 May at the latest.',
  );
});
