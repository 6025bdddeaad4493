import type { Clock } from '#calendar';
import { SandboxClockStore } from '#database';
import type { RunningLoop } from '#jobs';
import { HoldRounds, LapseClaims } from '#offers';
import type { INestApplicationContext } from '@nestjs/common';
import { businessTime } from './business-time.js';
import type { Log } from './log.js';
import { repeat } from './repeat.js';
import { warnRarely } from './warn-rarely.js';

/** Rounds that are held at the same time, and how often it is looked for new ones. */
const roundsAtOnce = 64;
const roundEveryMs = 25;
/** The same for claims whose time is over. */
const lapsedAtOnce = 50;
const lapseEveryMs = 200;

/** What the relay needs, out of a context that has the module of offers. */
export interface OfferRelayTools {
  readonly clock: Clock;
  readonly clockStore: SandboxClockStore;
  readonly rounds: HoldRounds;
  readonly claims: LapseClaims;
  readonly log: Log;
}

export function offerToolsOf(context: INestApplicationContext): OfferRelayTools {
  const found = { strict: false } as const;
  return {
    clock: context.get<Clock>('Clock', found),
    clockStore: context.get(SandboxClockStore, found),
    rounds: context.get(HoldRounds, found),
    claims: context.get(LapseClaims, found),
    log: context.get<Log>('Log', found),
  };
}

/** Holds rounds of bids and ends offers whose time is over, from this process, until it is stopped. */
export function openOfferRelay(tools: OfferRelayTools): RunningLoop {
  const { rounds, claims, log } = tools;
  const onError = warnRarely(log, 'offering leads was interrupted, and goes on');
  const held = new Set<Promise<void>>();
  const begin = async (): Promise<number> => {
    // None is waited for: a slow buyer holds up its own round alone.
    const room = roundsAtOnce - held.size;
    if (room <= 0) return 0;
    const begun = await rounds.begin(room, await businessTime(tools));
    for (const each of begun) {
      const ended: Promise<void> = each.catch(onError).finally(() => held.delete(ended));
      held.add(ended);
    }
    return begun.length;
  };
  const beginning = repeat(begin, { idleMs: roundEveryMs, onError });
  const lapsing = repeat(async () => await claims.execute(await businessTime(tools), lapsedAtOnce), {
    idleMs: lapseEveryMs,
    onError,
  });
  return {
    stop: async (timeoutMs) => {
      await Promise.all([beginning.stop(timeoutMs), lapsing.stop(timeoutMs)]);
      // A round takes less than a second.
      await Promise.all(held);
    },
  };
}
