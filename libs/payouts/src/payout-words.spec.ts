import type { PayoutState } from './payout.js';
import { showPayout } from './payout-words.js';

const sent = {
  amountMinor: 500n,
  nettedMinor: 0n,
  releasedMinor: 500n,
  failureCode: null,
  reversedMinor: 0n,
};
const nothing = { ...sent, amountMinor: 0n, releasedMinor: 0n };

it.each<[PayoutState, Partial<typeof sent>, string]>([
  ['REQUESTED', {}, 'The transfer is under way.'],
  ['SUCCEEDED', {}, 'It was sent.'],
  ['SUCCEEDED', { reversedMinor: 100n }, 'It was sent, and a part of it was taken back.'],
  ['SUCCEEDED', { reversedMinor: 500n }, 'It was sent, and all of it was taken back.'],
  ['FAILED', {}, 'The transfer failed.'],
  ['NETTED', { ...nothing, nettedMinor: 500n }, 'Nothing was sent: all of it settled what the agency owed.'],
  ['NETTED', { ...nothing, releasedMinor: 5n }, 'Nothing was sent: corrections had taken all of it before.'],
  [
    'NETTED',
    nothing,
    'Nothing was sent: all that its settlements had earned was taken after their approval.',
  ],
])('%s with %j', (state, more, words) => {
  expect(showPayout({ ...sent, ...more, state })).toBe(words);
});
