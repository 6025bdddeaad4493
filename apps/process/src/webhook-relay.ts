import { SystemClock } from '#calendar';
import type { Config } from '#config';
import type { Database, UnitOfWork } from '#database';
import { startRelay, webhookTargets, WebhookQueueStore } from '#events';
import { type RunningRelay, WebhookSender } from '#webhooks';
import type { Log } from './log.js';
import { showId } from './show-id.js';
import { warnRarely } from './warn-rarely.js';

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
  const relay = startRelay({
    queue: new WebhookQueueStore(database),
    unitOfWork,
    sender,
    showId,
    onError: warnRarely(log, 'sending webhooks was interrupted, and goes on'),
  });
  return {
    stop: async (timeoutMs) => {
      await relay.stop(timeoutMs);
      await sender.close();
    },
  };
}
