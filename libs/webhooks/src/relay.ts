import { EndpointSlots, slotsAtFirst } from './slots.js';

/** How much a relay may take. */
export interface RelayRoom {
  /** Messages that may be taken in all. */
  readonly capacity: number;
  /** Messages of an endpoint that is not among the exceptions. */
  readonly slots: number;
  readonly exceptions: readonly { readonly endpointId: string; readonly free: number }[];
}

/** A queue of messages to endpoints, and what is done with each. */
export interface RelayWork<Message extends { readonly endpointId: string }, End> {
  /** Takes what is due under a lease. A statement of its own, so that what is taken is free again when the lease ends. */
  readonly take: (room: RelayRoom) => Promise<readonly Message[]>;
  /** Makes one try. Throws only for what is not its receiver's fault: then the lease ends, and it counts as tried. */
  readonly attempt: (message: Message) => Promise<End>;
  /** Null: the end says nothing about the endpoint. */
  readonly hasArrived: (end: End) => boolean | null;
  readonly writeDown: (ends: readonly End[]) => Promise<void>;
  /** What was taken and will not be sent: the relay stops. */
  readonly giveBack: (messages: readonly Message[]) => Promise<void>;
  /** Something went wrong that is no receiver's fault; the relay goes on in a second. */
  readonly onError: (error: unknown) => void;
  /** Messages that are sent at the same time; 128 unless said otherwise. */
  readonly capacity?: number;
  /** How often an idle relay looks for work; every 25 ms unless said otherwise. */
  readonly idleMs?: number;
}

export interface RunningRelay {
  /** Takes no more messages, waits for those that are being sent, and gives back those that take longer. */
  readonly stop: (timeoutMs: number) => Promise<void>;
}

const pauseAfterErrorMs = 1_000;
/** How long it rests after it found something: more is likely to come, and whoever waits should not wait for an idle look. */
const busyMs = 3;
/** How long ends of tries are gathered before they are written down together. */
const gatherMs = 2;

/**
 * Works a queue off until it is stopped. Any number may run beside each other, in this process or others, as far as the
 * queue gives each message to one of them. At least once: a process that dies between sending and writing it down
 * leaves the message to another one.
 */
export function runRelay<Message extends { readonly endpointId: string }, End>(
  work: RelayWork<Message, End>,
): RunningRelay {
  return new Relay(work);
}

class Relay<Message extends { readonly endpointId: string }, End> implements RunningRelay {
  private readonly slots = new EndpointSlots();
  private readonly underWay = new Map<Message, Promise<void>>();
  private ended: End[] = [];
  private writing: Promise<void> = Promise.resolve();
  private isWriting = false;
  private isStopping = false;
  private isStopped = false;
  private wake: () => void = () => undefined;
  private readonly loop: Promise<void>;

  constructor(private readonly work: RelayWork<Message, End>) {
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
    if (left.length > 0) await this.work.giveBack(left);
  }

  private async run(): Promise<void> {
    const { take, onError, capacity = 128, idleMs = 25 } = this.work;
    while (!this.isStopping) {
      let pauseMs = idleMs;
      try {
        const room = capacity - this.underWay.size;
        const taken =
          room > 0
            ? await take({ capacity: room, slots: slotsAtFirst, exceptions: this.slots.exceptions() })
            : [];
        for (const message of taken) this.begin(message);
        if (taken.length > 0) pauseMs = Math.min(busyMs, idleMs);
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

  private begin(message: Message): void {
    this.slots.begin(message.endpointId);
    const work = this.try(message)
      .catch(this.work.onError)
      .finally(() => this.underWay.delete(message));
    this.underWay.set(message, work);
  }

  private async try(message: Message): Promise<void> {
    let end: End;
    try {
      end = await this.work.attempt(message);
    } catch (error) {
      this.slots.end(message.endpointId, false);
      throw error;
    }
    this.slots.end(message.endpointId, this.work.hasArrived(end));
    // It was given back: whoever has it now says how it went.
    if (this.isStopped) return;
    this.ended.push(end);
    await this.write();
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
    while (this.ended.length > 0) {
      await pause(gatherMs);
      const batch = this.ended;
      this.ended = [];
      // What cannot be written down is sent again when its lease has ended: at least once.
      await this.work.writeDown(batch).catch(this.work.onError);
      this.wake();
    }
    this.isWriting = false;
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
