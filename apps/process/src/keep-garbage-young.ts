import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 (Node 20) seldom look through everything that lives long, which holds up a hundred leads each time.
 *
 * It takes nothing for long-lived by the line of code that makes it. It does so for lines whose objects outlived some
 * collections, and here the same lines serve single leads and batches of hundreds: after a few of these, what every request
 * leaves behind filled the heap (15 MB a second at 800 leads).
 *
 * It looks when what lives long is four times as much as when it last looked; of its own accord V8 chooses anew each time, down to a
 * tenth more.
 *
 * Two more things are fixed when a process starts, in the command of the API (scripts/lib/children.mjs): how much may be young, and
 * that nothing is looked for to be given back.
 */
export function keepGarbageYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
  setFlagsFromString('--heap-growing-percent=300');
}
