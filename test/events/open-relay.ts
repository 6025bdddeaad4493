import { type RelayTools, startRelay } from '#events';
import { type RunningRelay, Targets, WebhookSender } from '#webhooks';
import { clock, type OpenEvents } from './open-events.js';
import { showId } from '../../apps/process/src/show-id.js';

const nobody = async () => await Promise.reject(new Error('nobody is asked for names'));

export function openSender(timeoutMs?: number): WebhookSender {
  return new WebhookSender(new Targets({ loopbackAllowed: true }, nobody, clock), clock, timeoutMs);
}

/** A relay on the database of the test; what goes wrong in it fails the test. */
export function openRelay(
  { queue, unitOfWork }: Pick<OpenEvents, 'queue' | 'unitOfWork'>,
  over: Partial<RelayTools> & { readonly timeoutMs?: number } = {},
): RunningRelay & { readonly errors: unknown[] } {
  const errors: unknown[] = [];
  const sender = over.sender ?? openSender(over.timeoutMs);
  const relay = startRelay({
    queue,
    unitOfWork,
    sender,
    showId,
    onError: (error) => errors.push(error),
    idleMs: 5,
    ...over,
  });
  const stop = async (timeoutMs: number): Promise<void> => {
    await relay.stop(timeoutMs);
    await sender.close();
  };
  return { stop, errors };
}

export interface Message {
  readonly id: string;
  readonly state: string;
  readonly tries: number;
  readonly attempts: number;
  readonly last_failure: string | null;
  readonly waitMs: number;
}

export async function messagesOf(it_: OpenEvents, endpointId: string): Promise<Message[]> {
  return await it_.database.query<Message>(
    `select id, state, tries, attempts, last_failure,
       (extract(epoch from next_try_at - now()) * 1000)::float8 as "waitMs"
     from webhook_deliveries where endpoint_id = $1 order by id`,
    [endpointId],
  );
}

/** Asks until it is so. */
export async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  const begun = performance.now();
  while (!(await isSo()))
    if (performance.now() - begun > 60_000) throw new Error(`it did not happen: ${what}`);
}

/** Waits until no message of the endpoint is to be tried now. */
export async function settled(it_: OpenEvents, endpointId: string): Promise<Message[]> {
  const isTried = async () => {
    const [row] = await it_.database.query<{ count: number }>(
      `select count(*)::int as count from webhook_deliveries d where endpoint_id = $1 and state = 'WAITING'
         and (next_try_at <= now() or attempts > (select count(*) from webhook_attempts a where a.delivery_id = d.id))`,
      [endpointId],
    );
    return row?.count === 0;
  };
  await until(isTried, 'every message was tried');
  return await messagesOf(it_, endpointId);
}

/** As if the time of everything that waits had come. */
export async function makeDue(it_: OpenEvents): Promise<void> {
  await it_.database.query(`update webhook_deliveries set next_try_at = now() where state = 'WAITING'`);
}
