import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const everyMs = 1_000;
/** Of that time: a probe of a load balancer and a lead now and then are less. */
const idleShare = 0.02;
/** Of the heap since it was last tidied up. Up to half of it is young, and goes without this. */
const worthBytes = 128 * 1_048_576;

/**
 * Has V8 look through everything while there is nothing to do, and give back what is not needed: that takes a tenth of a second,
 * which leads would have to wait for. Left alone V8 does it when there is much to do, since that is when memory is used up.
 */
export function tidyWhenIdle(): void {
  const collect = collector();
  const idleTime = new IdleTime(process.memoryUsage().heapUsed);
  let seen = performance.eventLoopUtilization();
  const timer = setInterval(() => {
    const { utilization } = performance.eventLoopUtilization(seen);
    if (idleTime.isWorthTidying(utilization, process.memoryUsage().heapUsed)) {
      collect();
      idleTime.tidied(process.memoryUsage().heapUsed);
    }
    seen = performance.eventLoopUtilization();
  }, everyMs);
  timer.unref();
}

/** Decides whether what has gathered is worth an idle moment. Bytes are those of the heap that are used. */
export class IdleTime {
  constructor(private left: number) {}

  /** `utilization`: of the time since the last look, from 0 to 1. */
  isWorthTidying(utilization: number, used: number): boolean {
    // V8 may have done it by itself.
    this.left = Math.min(this.left, used);
    return utilization <= idleShare && used - this.left >= worthBytes;
  }

  tidied(left: number): void {
    this.left = left;
  }
}

/** Looks through all of the heap when it is called: V8's own, which a program gets only when it asks for it. */
export function collector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  return collect;
}
