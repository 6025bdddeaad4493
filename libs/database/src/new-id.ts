import { randomFillSync } from 'node:crypto';
import { SystemClock } from '#calendar';

// Filled in one go and used up in slices: a system call per id would show on the hot path.
const pool = Buffer.alloc(16 * 256);
let used = pool.length;
// Ids follow real time, also where the sandbox's clock is ahead: they give an order, not a date.
const clock = new SystemClock();
let lastMs = 0;
let sequence = 0;

/**
 * A UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, then a 12-bit counter that keeps ids of one millisecond and
 * one process in order, then 62 random bits. Made here and not in the database, which may be any PostgreSQL from 15.
 */
export function newId(): string {
  const unixMs = clock.now().getTime();
  // A clock that was set back does not set the order back.
  if (unixMs > lastMs) {
    lastMs = unixMs;
    sequence = 0;
  } else if (sequence < 0xfff) {
    sequence += 1;
  } else {
    lastMs += 1;
    sequence = 0;
  }
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const time = lastMs.toString(16).padStart(12, '0');
  const counter = (0x7000 | sequence).toString(16);
  const variant = (0x80 | ((pool[used] ?? 0) & 0x3f)).toString(16);
  const random = pool.toString('hex', used + 1, used + 8);
  used += 8;
  return `${time.slice(0, 8)}-${time.slice(8)}-${counter}-${variant}${random.slice(0, 2)}-${random.slice(2)}`;
}
