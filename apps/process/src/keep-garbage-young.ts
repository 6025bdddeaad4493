import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 take nothing for long-lived by the line of code that makes it. It does so for lines whose objects outlived some
 * collections, and here the same lines serve single leads and batches of hundreds: after a few of these, what every request
 * leaves behind filled the heap (15 MB a second at 800 leads), and each time that it was full a hundred leads waited.
 */
export function keepGarbageYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
