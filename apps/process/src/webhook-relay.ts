import { SystemClock } from '#calendar';
import type { Config } from '#config';
import type { Database, UnitOfWork } from '#database';
import { startRelay, webhookTargets, WebhookQueueStore } from '#events';
import { type RunningRelay, WebhookSender } from '#webhooks';
import type { Log } from './log.js';
import { showId } from './show-id.js';

/** A database that is away is tried every second, and told of once a minute. */
const warnEveryMs = 60_000;

/** Sends the webhooks of an installation from this process, by these settings, until it is stopped. */
export function openWebhookRelay(
  config: Pick<Config, 'webhookLoopback'>,
  {
    database,
    unitOfWork,
    log,
  }: { readonly database: Database; readonly unitOfWork: UnitOfWork; readonly log: Log },
): RunningRelay {
  const clock = new SystemClock();
  const sender = new WebhookSender(webhookTargets(config, clock), clock);
  let warnedAt = 0;
  const relay = startRelay({
    queue: new WebhookQueueStore(database),
    unitOfWork,
    sender,
    showId,
    onError: (error) => {
      const now = clock.now().getTime();
      if (now - warnedAt < warnEveryMs) return;
      warnedAt = now;
      log.warn('sending webhooks was interrupted, and goes on', { error });
    },
  });
  return {
    stop: async (timeoutMs) => {
      await relay.stop(timeoutMs);
      await sender.close();
    },
  };
}
