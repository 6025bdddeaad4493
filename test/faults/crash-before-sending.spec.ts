/**
 * Processes of the product that are killed before anything of what they decided is sent, with SIGKILL, while each of nine
 * kinds of operations is written six times over; what is sent afterwards meets a fault. No answer at all looks to a
 * process like a connection that breaks, but for the time that it takes: here it breaks, and `crash-while-sending` has
 * real timeouts too.
 *
 * Red when: an operation is written in another transaction than what it is for, is sent before that commits, is sent
 * under a new key, or is believed to have failed when nobody knows.
 */
import { describeCrash, runTimeoutMs } from './crash-cells.js';
import { beforeCommit, beforeSend, sendAtLast } from './kill-points.js';
import { buildStage, type KeptStage } from './stage.js';

let stage: KeptStage;
beforeAll(async () => {
  stage = await buildStage('ABOUT_TO');
}, runTimeoutMs);
afterAll(async () => {
  await stage.remove();
});

describeCrash('killed before the commit that writes an operation', {
  stage: () => stage,
  crash: async (run) => {
    const staged = await beforeCommit(run);
    await sendAtLast(run, staged);
    return staged;
  },
});

describeCrash('killed after that commit, before anything is sent', {
  stage: () => stage,
  crash: async (run) => {
    const staged = await beforeSend(run);
    await sendAtLast(run, staged);
    return staged;
  },
});
