import type { UnitOfWork } from '#database';
import { done } from '#outcome';
import {
  circuitAfterFailure,
  EndpointSlots,
  maxTries,
  pauseAfterMs,
  slotsAtFirst,
  type WebhookSender,
  type WebhookTry,
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

export interface RunningRelay {
  /** Takes no more messages, waits for those that are being sent, and gives back those that take longer. */
  readonly stop: (timeoutMs: number) => Promise<void>;
}

const pauseAfterErrorMs = 1_000;
/** How long ends of tries are gathered before they are written down together. */
const gatherMs = 2;

/**
 * Sends webhooks until it is stopped. Any number may run beside each other, in this process or others: each message is
 * taken by one. At least once: a process that dies between sending and writing it down leaves the message to another one,
 * under the same id.
 */
export function startRelay(tools: RelayTools): RunningRelay {
  return new Relay(tools);
}

class Relay implements RunningRelay {
  private readonly slots = new EndpointSlots();
  private readonly underWay = new Map<TakenMessage, Promise<void>>();
  private finished: Finished[] = [];
  private writing: Promise<void> = Promise.resolve();
  private isWriting = false;
  private isStopping = false;
  private isStopped = false;
  private wake: () => void = () => undefined;
  private readonly loop: Promise<void>;

  constructor(private readonly tools: RelayTools) {
    this.loop = this.run();
  }

  async stop(timeoutMs: number): Promise<void> {
    this.isStopping = true;
    this.wake();
    await this.loop;
    const timer = new AbortController();
    const late = pause(timeoutMs, timer.signal);
    await Promise.race([Promise.all(this.underWay.values()), late]);
    timer.abort();
    await this.writing;
    const left = [...this.underWay.keys()];
    this.isStopped = true;
    if (left.length === 0) return;
    await this.tools.unitOfWork.run(async (tx) => done(await this.tools.queue.giveBack(tx, left)));
  }

  private async run(): Promise<void> {
    const { queue, onError, capacity = 128, idleMs = 25 } = this.tools;
    while (!this.isStopping) {
      let pauseMs = idleMs;
      try {
        const room = capacity - this.underWay.size;
        const taken =
          room > 0
            ? await queue.take({ capacity: room, slots: slotsAtFirst, exceptions: this.slots.exceptions() })
            : [];
        for (const message of taken) this.begin(message);
        // What was taken makes room for the next as it ends, which wakes the loop.
      } catch (error) {
        onError(error);
        pauseMs = pauseAfterErrorMs;
      }
      await this.rest(pauseMs);
    }
  }

  private async rest(ms: number): Promise<void> {
    const timer = new AbortController();
    const woken = new Promise<void>((resolve) => (this.wake = resolve));
    if (!this.isStopping) await Promise.race([woken, pause(ms, timer.signal)]);
    timer.abort();
  }

  private begin(message: TakenMessage): void {
    this.slots.begin(message.endpointId);
    const work = this.try(message)
      .catch(this.tools.onError)
      .finally(() => this.underWay.delete(message));
    this.underWay.set(message, work);
  }

  private async try(message: TakenMessage): Promise<void> {
    let finished: Finished;
    try {
      finished = await this.attempt(message);
    } catch (error) {
      // A bug in what it is made of, not its receiver's fault: the lease ends, and it counts as tried.
      this.slots.end(message.endpointId, false);
      throw error;
    }
    this.slots.end(message.endpointId, finished.failure === null);
    // It was given back: whoever has it now says how it went.
    if (this.isStopped) return;
    this.finished.push(finished);
    await this.write();
  }

  private async attempt(message: TakenMessage): Promise<Finished> {
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

  /** Ends that come together are written down together, one batch after the other. */
  private async write(): Promise<void> {
    if (!this.isWriting) {
      this.isWriting = true;
      this.writing = this.writeAll();
    }
    await this.writing;
  }

  private async writeAll(): Promise<void> {
    // Nothing is awaited between the last look and the end, so no end of a try is left behind.
    while (this.finished.length > 0) {
      await pause(gatherMs);
      const batch = this.finished;
      this.finished = [];
      // What cannot be written down is sent again when its lease has ended: at least once.
      await this.writeDown(batch).catch(this.tools.onError);
      this.wake();
    }
    this.isWriting = false;
  }

  private async writeDown(batch: readonly Finished[]): Promise<void> {
    const { queue, unitOfWork } = this.tools;
    await unitOfWork.run(async (tx) => {
      await queue.finish(tx, batch);
      const tried = batch.filter((each) => each.made !== null);
      const arrived = new Set(
        tried.flatMap(({ message, failure }) => (failure === null ? [message.endpointId] : [])),
      );
      if (arrived.size > 0) await queue.closeCircuits(tx, [...arrived]);
      // In one order in every relay: they lock the same endpoints.
      const failed = tried.filter(
        ({ message, failure }) => failure !== null && !arrived.has(message.endpointId),
      );
      failed.sort((a, b) => (a.message.endpointId < b.message.endpointId ? -1 : 1));
      for (const { message, made, failure } of failed) {
        if (failure === 'GONE') await queue.disableGone(tx, message.endpointId);
        else if (failure !== 'TOO_LARGE') await this.countFailure(tx, message, made);
      }
      return done(undefined);
    });
  }

  private async countFailure(
    tx: Parameters<WebhookQueueStore['lockCircuit']>[0],
    { endpointId, isProbe }: TakenMessage,
    made: WebhookTry | null,
  ): Promise<void> {
    const { queue, random = Math.random } = this.tools;
    const found = await queue.lockCircuit(tx, endpointId);
    if (!found) return;
    const isBusy = made?.status === 429 || made?.status === 503;
    const askedPauseMs = isBusy ? made.retryAfterMs : null;
    const failed = { now: found.now, random: random(), askedPauseMs, isProbe };
    await queue.setCircuit(tx, endpointId, circuitAfterFailure(found.circuit, failed));
  }
}

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
