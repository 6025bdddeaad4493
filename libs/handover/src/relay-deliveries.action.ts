import type { Transaction, UnitOfWork } from '#database';
import { type RunningLoop, takeTurns } from '#jobs';
import { type AcceptanceStore, type LeadQueries, type UndeliveredDelivery } from '#leads';
import { systemActor } from '#organizations';
import { done, invariant } from '#outcome';
import { CircuitStore, type EndpointTry, type RelayRoom, runRelay, type RunningRelay } from '#webhooks';
import type { FinishedHandover, HandoverQueueStore, TakenHandover } from './handover-queue.store.js';
import { type HandoverEnd, maxTries, nextStep, type UntriedFailure } from './next-step.js';
import { sentLeadOf, type ShowId } from './sent-lead-of.js';
import type { SentLead } from './sent-lead.js';
import type { TriedHandover, TryHandover } from './try-handover.action.js';

/**
 * What becomes of leads that a buyer did not take: called in the transaction that says so, once for each delivery, with those that
 * ended together. Whatever it writes commits with them.
 */
export type OnUndelivered = (
  tx: Transaction,
  undelivered: readonly UndeliveredDelivery[],
  now: Date,
) => Promise<void>;

export interface HandoverTools {
  readonly queue: HandoverQueueStore;
  readonly acceptance: AcceptanceStore;
  readonly leads: LeadQueries;
  readonly unitOfWork: UnitOfWork;
  readonly tryHandover: TryHandover;
  readonly showId: ShowId;
  /** The time by which leads are sold: in a sandbox its own, asked anew for each batch. */
  readonly businessTime: () => Promise<Date>;
  readonly onUndelivered: OnUndelivered;
  /** Something went wrong that is no receiver's fault; the relay goes on in a second. */
  readonly onError: (error: unknown) => void;
  /** Deliveries that are sent at the same time; 128 unless said otherwise. */
  readonly capacity?: number;
  /** How often an idle relay looks for work; every 25 ms unless said otherwise. */
  readonly idleMs?: number;
  /** From 0 up to 1; for tests. */
  readonly random?: () => number;
}

interface LoadedHandover extends TakenHandover {
  /** Null: it is not sent. */
  readonly lead: SentLead | null;
}

/** How a delivery went that was taken, and what it is over with; null: it is tried again. */
interface Ended {
  readonly finished: FinishedHandover & { readonly handover: LoadedHandover };
  readonly end: HandoverEnd | null;
  readonly tried: TriedHandover | null;
}

const actor = systemActor('handover');
/** How often it looks for what cannot be sent any more, and how much of that it takes at a time. */
const hopelessEveryMs = 250;
const hopelessAtOnce = 64;

/**
 * Hands leads over until it is stopped. Any number may run beside each other, in this process or others. At least once: a
 * process that dies between sending and writing it down leaves the delivery to another one, under the same id; until then
 * nobody knows whether the buyer has it. Sold, charged and booked in one transaction, once.
 */
export function startHandoverRelay(tools: HandoverTools): RunningRelay {
  const relay = new HandoverRelay(tools);
  const { onError, capacity, idleMs } = tools;
  const sending = runRelay<LoadedHandover, Ended>({
    take: async (room) => await relay.take(room),
    attempt: async (handover) => await relay.attempt(handover),
    hasArrived: ({ tried }) => (tried === null ? null : tried.verdict !== null),
    writeDown: async (batch) => await relay.writeDown(batch),
    giveBack: async (left) => await relay.giveBack(left),
    onError,
    ...(capacity !== undefined && { capacity }),
    ...(idleMs !== undefined && { idleMs }),
  });
  const ending = sweepHopeless(async () => await relay.endHopeless(), onError);
  return {
    stop: async (timeoutMs) =>
      void (await Promise.all([sending, ending].map((each) => each.stop(timeoutMs)))),
  };
}

/**
 * Ends what cannot be sent any more beside what is sent: when thousands come to their end in the same moment, nobody else waits
 * for them. At most half of the time, so that the database has room for the others as well. (As part of the relay's own
 * batches, 10,000 of them held everybody up for ten seconds.)
 */
function sweepHopeless(sweep: () => Promise<number>, onError: (error: unknown) => void): RunningLoop {
  return takeTurns(async () => {
    const begun = performance.now();
    let ended = 0;
    try {
      ended = await sweep();
    } catch (error) {
      onError(error);
    }
    return ended < hopelessAtOnce ? hopelessEveryMs : performance.now() - begun;
  });
}

class HandoverRelay {
  private readonly circuits: CircuitStore;

  constructor(private readonly tools: HandoverTools) {
    this.circuits = new CircuitStore('destinations', tools.random);
  }

  async take(room: RelayRoom): Promise<readonly LoadedHandover[]> {
    return await this.load(await this.withoutPaused(await this.tools.queue.take(room)));
  }

  /** Ends some of what cannot be sent any more, without a try; how many. */
  async endHopeless(): Promise<number> {
    const found = await this.tools.queue.takeHopeless(hopelessAtOnce);
    // Read again meanwhile, some may be sent after all: when their lease has ended.
    const ends = found
      .filter(({ stopped }) => stopped !== null)
      .map((each) => untried({ ...each, lead: null }, each.stopped));
    if (ends.length > 0) await this.writeDown(ends);
    return found.length;
  }

  async attempt(handover: LoadedHandover): Promise<Ended> {
    const { random = Math.random, showId, tryHandover } = this.tools;
    const { tries, leftMs, lead } = handover;
    // Each of them ended with the process that made it, or its end was never written down.
    const worn = tries > maxTries ? 'TOO_MANY_TRIES' : null;
    const failure = handover.stopped ?? worn ?? (lead === null ? 'LEAD_GONE' : null);
    if (failure !== null || lead === null) return untried(handover, failure);
    const tried = await tryHandover.execute({ ...handover, id: showId('delivery', handover.id), lead });
    const step = nextStep({ ...tried, tries, leftMs: leftMs - tried.made.durationMs, random: random() });
    const { verdict, reason } = tried;
    // Of real leads nothing of the answer is kept: it may tell of the person.
    const made = { ...tried.made, answerStart: null };
    const finished = { handover, made, failure: tried.failure, verdict, reason, retryInMs: step.retryInMs };
    return { finished, end: step.end, tried };
  }

  async writeDown(batch: readonly Ended[]): Promise<void> {
    try {
      await this.write(batch);
    } catch (error) {
      if (batch.length === 1) throw error;
      // One that cannot be written must not keep the others from it.
      const errors: unknown[] = [];
      for (const each of batch) await this.write([each]).catch((single: unknown) => errors.push(single));
      for (const single of errors) this.tools.onError(single);
    }
  }

  /** The buyer may have paused since the lead was routed to it. In business time, as the pause is. */
  private async withoutPaused(taken: readonly TakenHandover[]): Promise<readonly TakenHandover[]> {
    if (taken.every(({ pause: said }) => said === null)) return taken;
    const now = (await this.tools.businessTime()).getTime();
    const holds = ({ from, until }: NonNullable<TakenHandover['pause']>) =>
      Date.parse(from) <= now && (until === null || now < Date.parse(until));
    return taken.map((each) =>
      each.stopped === null && each.pause && holds(each.pause) ? { ...each, stopped: 'BUYER_PAUSED' } : each,
    );
  }

  /** A mail that is still under way has been sent: given back, the buyer would get it twice. */
  async giveBack(left: readonly LoadedHandover[]): Promise<void> {
    const { queue, unitOfWork } = this.tools;
    const isMail = ({ settings, stopped }: LoadedHandover) => settings.kind === 'EMAIL' && stopped === null;
    const mails = left.filter(isMail).map((each) => untried(each, 'MAIL_UNANSWERED'));
    if (mails.length > 0) await this.writeDown(mails);
    const others = left.filter((each) => !isMail(each));
    if (others.length > 0) await unitOfWork.run(async (tx) => done(await queue.giveBack(tx, others)));
  }

  private async load(taken: readonly TakenHandover[]): Promise<LoadedHandover[]> {
    const wanted = taken.filter(({ stopped }) => stopped === null);
    if (wanted.length === 0) return taken.map((each) => ({ ...each, lead: null }));
    const leads = await this.tools.leads.opened(
      wanted.map(({ agencyId, leadId }) => ({ agencyId, id: leadId })),
    );
    const byId = new Map(leads.map((lead) => [lead.id, lead]));
    return taken.map((each) => {
      const lead = each.stopped === null ? byId.get(each.leadId) : undefined;
      return { ...each, lead: lead ? sentLeadOf(lead, each, this.tools.showId) : null };
    });
  }

  private async write(batch: readonly Ended[]): Promise<void> {
    const { queue, acceptance, unitOfWork, businessTime, onUndelivered } = this.tools;
    const now = await businessTime();
    const written = await unitOfWork.run(async (tx) => {
      const own = await queue.finish(
        tx,
        batch.map(({ finished }) => finished),
      );
      // Whoever lost its lease has no say: the delivery is another relay's.
      const over = batch.filter(
        ({ end, finished: { handover } }) =>
          end !== null && handover.kind === 'FIRST' && own.has(handover.id),
      );
      const accepted = over.filter(({ end }) => end === 'ACCEPTED').map(({ finished }) => finished.handover);
      await acceptance.accept(tx, accepted, { actorId: actor.id, now });
      const undelivered = await acceptance.end(tx, over.flatMap(endedOf), { now });
      if (undelivered.length > 0) await onUndelivered(tx, undelivered, now);
      await this.circuits.count(tx, batch.flatMap(endpointTry));
      return done(undefined);
    });
    invariant(written.ok, 'writing down what was answered is never refused');
  }
}

/** It is over without a try, or with one whose end nobody saw. */
function untried(handover: LoadedHandover, failure: UntriedFailure | 'MAIL_UNANSWERED' | null): Ended {
  const { tries, leftMs } = handover;
  const step = nextStep({ verdict: null, retryAfterMs: null, failure, tries, leftMs, random: 0 });
  const finished = { handover, made: null, failure, verdict: null, reason: null, retryInMs: step.retryInMs };
  return { finished, end: step.end, tried: null };
}

function endedOf({ end, finished: { handover, reason, failure } }: Ended) {
  if (end === null || end === 'ACCEPTED') return [];
  return [{ ...handover, state: end, reason: reason ?? failure }];
}

function endpointTry({ tried, finished: { handover, failure } }: Ended): EndpointTry[] {
  if (tried === null) return [];
  const { endpointId, isProbe } = handover;
  return [
    {
      endpointId,
      isProbe,
      end: endOf(tried, failure),
      status: tried.made.status,
      retryAfterMs: tried.retryAfterMs,
    },
  ];
}

function endOf({ verdict }: TriedHandover, failure: Ended['finished']['failure']): EndpointTry['end'] {
  if (verdict) return 'ARRIVED';
  if (failure === 'GONE') return 'GONE';
  return failure === null || failure === 'TOO_LARGE' || failure === 'MAIL_OFF' ? 'SAYS_NOTHING' : 'FAILED';
}
