import { unreachable } from '#outcome';
import { showFailure } from './failure-words.js';
import type { Payout } from './payout.js';

type Told = Pick<Payout, 'amountMinor' | 'nettedMinor' | 'releasedMinor'> &
  Partial<Pick<Payout, 'state' | 'failureCode' | 'reversedMinor'>>;

/** What became of a payout, for people. Without a state: one that sends nothing. */
export function showPayout({ state = 'NETTED', failureCode, ...payout }: Told): string {
  const { amountMinor, nettedMinor, releasedMinor, reversedMinor = 0n } = payout;
  switch (state) {
    case 'REQUESTED':
      return 'The transfer is under way.';
    case 'FAILED':
      return failureCode ? showFailure(failureCode) : 'The transfer failed.';
    case 'SUCCEEDED':
      if (reversedMinor >= amountMinor) return 'It was sent, and all of it was taken back.';
      return reversedMinor > 0n ? 'It was sent, and a part of it was taken back.' : 'It was sent.';
    case 'NETTED':
      if (nettedMinor > 0n) return 'Nothing was sent: all of it settled what the agency owed.';
      return releasedMinor > 0n
        ? 'Nothing was sent: corrections had taken all of it before.'
        : 'Nothing was sent: all that its settlements had earned was taken after their approval.';
    default:
      return unreachable(state);
  }
}
