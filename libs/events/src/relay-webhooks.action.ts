import type { UnitOfWork } from '#database';
import { done } from '#outcome';
import {
  CircuitStore,
  type EndpointTry,
  maxTries,
  pauseAfterMs,
  runRelay,
  type RunningRelay,
  type WebhookSender,
} from '#webhooks';
import { messageBody, type ShowId } from './payload.js';
import { sampleEvent } from './sample-event.js';
import type { Finished, TakenMessage, WebhookQueueStore } from './webhook-queue.store.js';

export interface RelayTools {
  readonly queue: WebhookQueueStore;
  readonly unitOfWork: UnitOfWork;
  readonly sender: WebhookSender;
  readonly showId: ShowId;
  /** Something went wrong that is no receiver's fault; the relay goes on in a second. */
  readonly onError: (error: unknown) => void;
  /** Messages that are sent at the same time; 128 unless said otherwise. */
  readonly capacity?: number;
  /** How often an idle relay looks for work; every 25 ms unless said otherwise. */
  readonly idleMs?: number;
  /** From 0 up to 1; for tests. */
  readonly random?: () => number;
}

/**
 * Sends webhooks until it is stopped. Any number may run beside each other, in this process or others: each message is
 * taken by one. At least once: a process that dies between sending and writing it down leaves the message to another one,
 * under the same id.
 */
export function startRelay(tools: RelayTools): RunningRelay {
  const { queue, unitOfWork, onError, capacity, idleMs } = tools;
  const sending = new Sending(tools);
  return runRelay<TakenMessage, Finished>({
    take: async (room) => await queue.take(room),
    attempt: async (message) => await sending.attempt(message),
    hasArrived: ({ failure }) => failure === null,
    writeDown: async (batch) => await sending.writeDown(batch),
    giveBack: async (left) => void (await unitOfWork.run(async (tx) => done(await queue.giveBack(tx, left)))),
    onError,
    ...(capacity !== undefined && { capacity }),
    ...(idleMs !== undefined && { idleMs }),
  });
}

class Sending {
  private readonly circuits: CircuitStore;

  constructor(private readonly tools: RelayTools) {
    this.circuits = new CircuitStore('webhook_endpoints', tools.random);
  }

  async attempt(message: TakenMessage): Promise<Finished> {
    if (message.leftMs === 0) return { message, made: null, failure: 'EXPIRED', retryInMs: null };
    // Each of them ended with the process that made it, or its end was never written down.
    if (message.tries > maxTries) return { message, made: null, failure: 'TOO_MANY_TRIES', retryInMs: null };
    const { sender, showId, random = Math.random } = this.tools;
    const body = messageBody(message.event ?? sampleEvent(message.type), showId);
    const { url, secrets } = message;
    const made = await sender.send({ url, id: showId('event', message.eventId), body, secrets });
    if (made.failure === null || made.failure === 'GONE' || made.failure === 'TOO_LARGE')
      return { message, made, failure: made.failure, retryInMs: null };
    const pauseMs = pauseAfterMs(message.tries, random(), made.retryAfterMs);
    return { message, made, failure: made.failure, retryInMs: pauseMs < message.leftMs ? pauseMs : null };
  }

  async writeDown(batch: readonly Finished[]): Promise<void> {
    const { queue, unitOfWork } = this.tools;
    await unitOfWork.run(async (tx) => {
      await queue.finish(tx, batch);
      await this.circuits.count(tx, batch.flatMap(endpointTry));
      return done(undefined);
    });
  }
}

function endpointTry({ message: { endpointId, isProbe }, made, failure }: Finished): EndpointTry[] {
  if (made === null) return [];
  const { status, retryAfterMs } = made;
  return [{ endpointId, isProbe, end: endOf(failure), status, retryAfterMs }];
}

function endOf(failure: Finished['failure']): EndpointTry['end'] {
  if (failure === null) return 'ARRIVED';
  if (failure === 'GONE') return 'GONE';
  return failure === 'TOO_LARGE' ? 'SAYS_NOTHING' : 'FAILED';
}
