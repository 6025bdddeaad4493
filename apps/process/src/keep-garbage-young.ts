import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 (Node 20) seldom look through everything that lives long, which holds up a hundred leads each time.
 *
 * It takes nothing for long-lived by the line of code that makes it. It does so for lines whose objects outlived some
 * collections, and here the same lines serve single leads and batches of hundreds: after a few of these, what every request
 * leaves behind filled the heap (15 MB a second at 800 leads).
 *
 * And it looks when what lives long has tripled. Of its own accord it does so at a tenth more once the process has been at rest for
 * a moment: every four seconds at 1,200 leads a second.
 */
export function keepGarbageYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
  setFlagsFromString('--heap-growing-percent=200');
}
