import type { Clock } from '#calendar';
import type { Config } from '#config';
import { Database, SandboxClockStore, UnitOfWork } from '#database';
import { createTryHandover, HandoverQueueStore, type OnUndelivered, startHandoverRelay } from '#handover';
import { AcceptanceStore, LeadQueries, RouteAgain } from '#leads';
import type { RunningRelay } from '#webhooks';
import type { INestApplicationContext } from '@nestjs/common';
import { businessTime } from './business-time.js';
import type { Log } from './log.js';
import { repeat } from './repeat.js';
import { showId } from './show-id.js';
import { warnRarely } from './warn-rarely.js';

/** Leads that are routed again before others have their turn, and how often it is looked for such. */
const routedAtOnce = 50;
const routeEveryMs = 100;

/** What the relay needs, out of a context that has the modules of leads and of handing them over. */
export interface HandoverRelayTools {
  readonly config: Pick<Config, 'webhookLoopback' | 'smtpUrl' | 'mailFrom'>;
  readonly clock: Clock;
  readonly clockStore: SandboxClockStore;
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly leads: LeadQueries;
  readonly acceptance: AcceptanceStore;
  readonly routeAgain: RouteAgain;
  readonly log: Log;
}

export function handoverToolsOf(context: INestApplicationContext): HandoverRelayTools {
  const found = { strict: false } as const;
  return {
    config: context.get<Config>('Config', found),
    clock: context.get<Clock>('Clock', found),
    clockStore: context.get(SandboxClockStore, found),
    database: context.get(Database, found),
    unitOfWork: context.get(UnitOfWork, found),
    leads: context.get(LeadQueries, found),
    acceptance: context.get(AcceptanceStore, found),
    routeAgain: context.get(RouteAgain, found),
    log: context.get<Log>('Log', found),
  };
}

/**
 * Hands leads over from this process, by these settings, until it is stopped, and routes again what a buyer did not take.
 * `onUndelivered` does something else with those instead.
 */
export function openHandoverRelay(tools: HandoverRelayTools, onUndelivered?: OnUndelivered): RunningRelay {
  const { config, database, unitOfWork, leads, acceptance, routeAgain, log } = tools;
  const tryHandover = createTryHandover(config);
  const warn = warnRarely(log, 'handing leads over was interrupted, and goes on');
  const relay = startHandoverRelay({
    queue: new HandoverQueueStore(database),
    acceptance,
    leads,
    unitOfWork,
    tryHandover,
    showId,
    businessTime: async () => await businessTime(tools),
    onUndelivered:
      onUndelivered ?? (async (tx, undelivered, now) => await routeAgain.queue(tx, undelivered, now)),
    onError: warn,
  });
  const again = repeat(async () => await routeAgain.execute(await businessTime(tools), routedAtOnce), {
    idleMs: routeEveryMs,
    onError: warn,
    // Thousands of leads that one buyer did not take must not slow those of others.
    leavesRoom: true,
  });
  return {
    stop: async (timeoutMs) => {
      await Promise.all([relay.stop(timeoutMs), again.stop(timeoutMs)]);
      await tryHandover.close();
    },
  };
}
