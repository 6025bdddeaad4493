/**
 * Workers that are killed with SIGKILL while fifty-four operations, nine kinds times six faults, are on their way to Stripe,
 * at Stripe, or on their way back; then one worker brings all to its end.
 *
 * Red when: a new key is made for what is sent again, money is free again while nobody knows, an old lease may write, a
 * key that Stripe has forgotten is used once more, or an answer that comes twice is booked twice.
 */
import type { CrashFindings } from './crash-findings.js';
import {
  crashOnce,
  type CrashTold,
  describeCrash,
  expectEverythingDone,
  expectSoundBooks,
  runTimeoutMs,
} from './crash-cells.js';
import type { CrashRun, StagedOperation } from './crash-run.js';
import {
  beforeStripeActs,
  beforeTheAnswer,
  beforeTheWrite,
  cameTooLate,
  neverArrived,
  timedOut,
} from './kill-points.js';
import { buildStage, type KeptStage, slotCount } from './stage.js';

let stage: KeptStage;
/** They take twenty seconds in which nothing happens, and so run beside the others. */
let timeouts: Promise<CrashFindings | { readonly error: unknown }>;
beforeAll(async () => {
  stage = await buildStage('WRITTEN');
  timeouts = crashOnce(stage, onStaged(timedOut).crash).catch((error: unknown) => ({ error }));
}, runTimeoutMs);
afterAll(async () => {
  await timeouts;
  await stage.remove();
});

function onStaged(
  crash: (run: CrashRun, staged: readonly StagedOperation[]) => Promise<void>,
): Pick<CrashTold, 'stage' | 'crash'> {
  return {
    stage: () => stage,
    crash: async (run) => {
      const staged = await run.staged();
      await crash(run, staged);
      return staged;
    },
  };
}

describeCrash('killed after the bytes went out, before Stripe acts', onStaged(beforeStripeActs));
describeCrash('killed after Stripe has acted, before its answer', onStaged(beforeTheAnswer));
describeCrash('killed after the answer, before the write', onStaged(beforeTheWrite));

describeCrash('not killed, but so slow that others have done it', onStaged(cameTooLate));

describeCrash('killed, and what was sent never arrived, and its key is forgotten', {
  ...onStaged(neverArrived),
  cell: { state: 'REFUSED', effects: 0 },
  whole: ({ ends, paid }) => {
    // Money was asked for and sent again under new keys; what a person decided waits for a person.
    expect(ends).toMatchObject({
      settlements: { PAID: 7 * slotCount, OPEN: slotCount },
      payouts: { FAILED: slotCount },
      transfer_reversals: { FAILED: slotCount },
      refunds: { FAILED: slotCount },
      payment_accounts: { CREATING: slotCount },
    });
    const each = Array.from({ length: slotCount }, () => 410_00);
    expect(paid).toEqual([each, each, [5 * slotCount * 410_00]]);
  },
});

it(
  'no answer comes, until the process gives up',
  async () => {
    const found = await timeouts;
    if ('error' in found) throw found.error;
    expect([...found.cells.values()].filter(({ effects }) => effects !== 1)).toEqual([]);
    expectSoundBooks(found);
    expectEverythingDone(found);
  },
  runTimeoutMs,
);
