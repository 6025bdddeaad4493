import { asCurrency } from '#money';
import fc from 'fast-check';
import {
  type Approval,
  type ApprovalQuestion,
  approvalWindowMs,
  approversNeeded,
  decideApproval,
  thresholdMinor,
} from './approval.js';

const usd = asCurrency('USD');

function person(name: string): ApprovalQuestion['actor'] {
  return { id: `user:${name}`, kind: 'OPERATOR', userId: name };
}

/** 5,000.00 of which nothing was approved before, asked by somebody else. */
const plain: ApprovalQuestion = {
  actor: person('ann'),
  requestedBy: ['user:paul', 'user:sue'],
  currency: usd,
  amountMinor: 500_000n,
  aloneMinor: 0n,
  thresholdMinor: 1_000_000n,
  earlier: [],
  limits: new Map(),
  personMinor: 0n,
  field: ['input', 'settlementId'],
};
const byBob = [{ by: 'user:bob', needed: 2 as const }];
const limited = new Map([[usd, 600_000n]]);

function decided(changes: Partial<ApprovalQuestion>): string {
  const outcome = decideApproval({ ...plain, ...changes });
  if (!outcome.ok) return outcome.refusals.map(({ code }) => code).join();
  return `${outcome.value.needed}${outcome.value.complete ? '' : ', one more'}`;
}

it.each<[string, Partial<ApprovalQuestion>, string]>([
  ['a small sum', {}, '1'],
  ['nothing at all', { amountMinor: 0n }, '1'],
  ['exactly the threshold', { amountMinor: 1_000_000n }, '1'],
  ['a cent above it', { amountMinor: 1_000_001n }, '2, one more'],
  ['a small sum that reaches the threshold', { aloneMinor: 500_000n }, '1'],
  ['a small sum that crosses it', { aloneMinor: 500_001n }, '2, one more'],
  ['nothing, when the window is full', { amountMinor: 0n, aloneMinor: 1_000_000n }, '1'],
  ['the second person', { amountMinor: 1_000_001n, earlier: byBob }, '2'],
  ['the second person, when the window has moved on', { earlier: byBob }, '2'],
  ['the same person again', { actor: person('bob'), earlier: byBob }, 'ALREADY_APPROVED'],
  ['who prepared it', { actor: person('paul') }, 'SELF_APPROVAL'],
  ['who submitted it', { actor: person('sue') }, 'SELF_APPROVAL'],
  ['who prepared it, as the second', { actor: person('paul'), earlier: byBob }, 'SELF_APPROVAL'],
  ['a key of nobody', { actor: { ...plain.actor, id: 'key:1', userId: null } }, 'NOT_PERMITTED'],
  ['the system', { actor: { ...plain.actor, kind: 'SYSTEM' } }, 'NOT_PERMITTED'],
  ['a person who has left', { limits: null }, 'NOT_PERMITTED'],
  ['a sum within the person’s limit', { limits: limited }, '1'],
  ['a sum that reaches the limit', { limits: limited, personMinor: 100_000n }, '1'],
  ['a sum that crosses the limit', { limits: limited, personMinor: 100_001n }, 'APPROVAL_LIMIT'],
  [
    'a sum beyond the limit, as the second',
    { limits: limited, amountMinor: 600_001n, earlier: byBob },
    'APPROVAL_LIMIT',
  ],
  [
    'a currency without a limit, beside one with',
    { limits: new Map([[asCurrency('EUR'), 1n]]) },
    'APPROVAL_LIMIT',
  ],
])('%s: %#', (_what, changes, expected) => {
  expect(decided(changes)).toBe(expected);
});

it('says what to do about a limit, with the limit and where', () => {
  const outcome = decideApproval({ ...plain, limits: limited, personMinor: 200_000n });
  expect(outcome).toMatchObject({
    refusals: [
      {
        message:
          'This goes beyond the $6,000.00 that you may approve within 24 hours. Another approver must approve it.',
        field: ['input', 'settlementId'],
      },
    ],
  });
});

it.each([
  ['10000.00', 'USD', 1_000_000n],
  ['10000', 'USD', 1_000_000n],
  ['10000.00', 'JPY', 10_000n],
  ['10000.00', 'KWD', 10_000_000n],
  // Above 0.5 yen is the same as above no yen: there is nothing between them.
  ['0.5', 'JPY', 0n],
  ['0', 'EUR', 0n],
])('above %s in %s is above %s minor units', (twoApproversAbove, currency, expected) => {
  expect(thresholdMinor({ twoApproversAbove }, asCurrency(currency))).toBe(expected);
});

it.each(['', '-1', '1e3', '10,000', 'NaN', '1.'])('a threshold of "%s" is no threshold', (text) => {
  expect(() => thresholdMinor({ twoApproversAbove: text }, usd)).toThrow('not a decimal');
});

describe('splitting never helps', () => {
  interface Given extends Pick<Approval, 'needed'> {
    readonly atMs: number;
    readonly amountMinor: bigint;
  }

  /** What two people who approve whatever they are shown leave behind, by how many each took. */
  function approveAll(
    parts: readonly { amountMinor: bigint; afterMs: number }[],
    threshold: bigint,
  ): Given[] {
    const given: Given[] = [];
    let nowMs = 0;
    for (const { amountMinor, afterMs } of parts) {
      nowMs += afterMs;
      const since = nowMs - approvalWindowMs;
      const alone = given.filter(({ atMs, needed }) => atMs > since && needed === 1);
      const question = {
        ...plain,
        amountMinor,
        aloneMinor: alone.reduce((sum, each) => sum + each.amountMinor, 0n),
        thresholdMinor: threshold,
      };
      const first = decideApproval(question);
      if (!first.ok) throw new Error('an approval was refused');
      given.push({ atMs: nowMs, amountMinor, needed: first.value.needed });
    }
    return given;
  }

  const parts = fc.array(
    fc.record({
      amountMinor: fc.bigInt({ min: 0n, max: 1_500n }),
      afterMs: fc.integer({ min: 0, max: approvalWindowMs / 4 }),
    }),
    { maxLength: 40 },
  );

  it('within no 24 hours does one person alone approve more than the threshold', () => {
    fc.assert(
      fc.property(parts, fc.bigInt({ min: 0n, max: 3_000n }), (split, threshold) => {
        const given = approveAll(split, threshold);
        for (const { atMs: end } of given) {
          const window = given.filter(({ atMs }) => atMs > end - approvalWindowMs && atMs <= end);
          const alone = window.filter(({ needed }) => needed === 1);
          expect(alone.reduce((sum, each) => sum + each.amountMinor, 0n) <= threshold).toBe(true);
        }
      }),
    );
  });

  it('the part that crosses the threshold, and no part before it, takes two people', () => {
    fc.assert(
      fc.property(parts, fc.bigInt({ min: 0n, max: 3_000n }), (split, threshold) => {
        const atOnce = split.map((part) => ({ ...part, afterMs: 0 }));
        let sum = 0n;
        const crossing = atOnce.findIndex((part) => (sum += part.amountMinor) > threshold);
        const firstOfTwo = approveAll(atOnce, threshold).findIndex(({ needed }) => needed === 2);
        expect(firstOfTwo).toBe(crossing);
      }),
    );
  });

  it('once it took two people it takes two, whatever else was approved since', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 9n }),
        fc.bigInt({ min: 0n, max: 9n }),
        (amountMinor, aloneMinor) => {
          const known = { amountMinor, aloneMinor, thresholdMinor: 9n };
          expect(approversNeeded({ ...known, earlier: [{ needed: 2 }] })).toBe(2);
          expect(approversNeeded({ ...known, earlier: [] })).toBe(amountMinor + aloneMinor > 9n ? 2 : 1);
        },
      ),
    );
  });
});
