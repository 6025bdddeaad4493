import { type Clock, SandboxClock } from '#calendar';
import type { SandboxClockStore } from '#database';

/** The time by which business is done, asked anew: another process may have advanced the sandbox's clock. */
export async function businessTime({
  clock,
  clockStore,
}: {
  readonly clock: Clock;
  readonly clockStore: Pick<SandboxClockStore, 'offsetMs'>;
}): Promise<Date> {
  if (clock instanceof SandboxClock) clock.setOffset(await clockStore.offsetMs());
  return clock.now();
}
