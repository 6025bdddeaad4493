import { Database, type Transaction, UnitOfWork } from '#database';
import { done, invariant } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import type { OperationHandler } from './handlers.js';
import { HandlerRegistry } from './handler-registry.js';
import { keyExpired, nextLook, type Operation, pauseMs, type Step, stepAfter } from './operation.js';
import {
  type Claim,
  claimOperation,
  type ClaimedOperation,
  holdClaimed,
  type OperationChange,
  releaseOperation,
} from './operation.store.js';
import { closeBreaker, openBreaker, readControl } from './payment-control.store.js';
import type { PaymentLog } from './payment-log.js';
import { type Answer, type PaymentProvider, ProviderUnavailable } from './provider.js';

/** From this many leases in a row that were lost on, an operation ends the process that handles it. */
const mostLostLeases = 5;

/** What a try came to; `wasSent` is false when we did not even ask. */
interface Tried {
  readonly answer: Answer;
  readonly wasSent: boolean;
}

/** Back to where it is claimed from, which is closed until payments go on. */
const stoppedBeforeSent: Tried = {
  answer: { class: 'NOT_EXECUTED', code: 'PAYMENTS_STOPPED', retryAfterMs: 0 },
  wasSent: false,
};

/** Sends one operation and applies its answer: the only code that moves operations along. */
@Injectable()
export class OperationSender {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly database: Database,
    private readonly handlers: HandlerRegistry,
    @Inject('PaymentProvider') private readonly provider: PaymentProvider | null,
    @Inject('Log') private readonly log: PaymentLog,
  ) {}

  /** Takes what is due under a lease; undefined when nothing is. */
  async claim(claim: Claim): Promise<ClaimedOperation | undefined> {
    const claimed = await this.unitOfWork.run(async (tx) => done(await claimOperation(tx, claim)));
    return claimed.ok ? claimed.value : undefined;
  }

  /** True when the operation has come to an end. What this worker is too late for is left to the one that took over. */
  async send(operation: ClaimedOperation, now: Date): Promise<boolean> {
    const { id: operationId, kind } = operation;
    if (operation.lostLeases > mostLostLeases) {
      this.log.error('an operation is stopped, because it ended the process each time', {
        operationId,
        kind,
        count: operation.lostLeases,
      });
      const change = { state: 'STOPPED', code: 'LEASES_LOST', nextTryAt: now, inDoubt: true, now } as const;
      return await this.release(operation, change);
    }
    const handler = this.handlers.operation(kind);
    const tried = await this.try(operation, handler, now);
    // An earlier try that is in doubt stays so: that this one did not act says nothing about it.
    const step = stepAfter(tried.answer, operation, operation.inDoubt, Math.random());
    if (step.to === 'SUCCEEDED' || step.to === 'REFUSED')
      return await this.end(operation, handler, tried, now);
    return await this.putOff(operation, tried.answer, step, now);
  }

  private async try(operation: ClaimedOperation, handler: OperationHandler, now: Date): Promise<Tried> {
    const { provider } = this;
    invariant(provider, 'an operation is sent without a payment provider');
    try {
      if (!operation.inDoubt && handler.mayBeSent) {
        const code = await handler.mayBeSent(operation, provider);
        if (code !== null) return { answer: refusedBefore(code), wasSent: false };
        // The look may take as long as the provider likes: who stopped payments meanwhile is still in time.
        if ((await readControl(this.database)).stoppedAt !== null) return stoppedBeforeSent;
      }
      const look = operation.inDoubt ? nextLook(operation, now) : 'SEND';
      if (look !== 'SEND') {
        const found = await provider.find(operation);
        if (found !== null) return { answer: answerOfFound(operation, found), wasSent: true };
        if (look === 'LOOK_ONLY') return { answer: refusedBefore(keyExpired), wasSent: true };
      }
    } catch (error) {
      // Nothing was sent by this try.
      const isOutage = error instanceof ProviderUnavailable;
      const code = isOutage ? error.code : 'NOT_SENT';
      const fields = { operationId: operation.id, kind: operation.kind, code };
      if (!isOutage) this.log.error('an operation failed before it was sent', { ...fields, error });
      return { answer: { class: 'NOT_EXECUTED', code, retryAfterMs: null }, wasSent: false };
    }
    return { answer: await provider.send(operation), wasSent: true };
  }

  private async end(
    operation: ClaimedOperation,
    handler: OperationHandler,
    { answer, wasSent }: Tried,
    now: Date,
  ): Promise<boolean> {
    const { id: operationId, kind } = operation;
    try {
      const ended = await this.unitOfWork.run(async (tx) => {
        if (!(await holdClaimed(tx, operation))) return done(false);
        await apply(tx, { operation, handler, answer, now });
        if (wasSent) await this.noteTaken(tx);
        return done(await releaseOperation(tx, operation, endOf(answer, now)));
      });
      if (ended.ok && ended.value) return true;
      this.log.warn('an answer came too late: another worker has taken over', { operationId, kind });
      return false;
    } catch (error) {
      this.log.error('an answer of the payment provider was not applied', { operationId, kind, error });
      const inDoubt = operation.inDoubt || wasSent;
      const nextTryAt = after(now, pauseMs(operation.tries, Math.random()));
      const state = inDoubt ? 'UNKNOWN' : 'READY';
      // The same key brings the same answer again.
      await this.release(operation, { state, code: 'NOT_APPLIED', nextTryAt, inDoubt, now });
      return false;
    }
  }

  private async putOff(
    operation: ClaimedOperation,
    answer: Answer,
    step: Exclude<Step, { to: 'SUCCEEDED' | 'REFUSED' }>,
    now: Date,
  ): Promise<boolean> {
    const { id: operationId, kind } = operation;
    const code = 'code' in answer ? answer.code : null;
    const change: OperationChange = {
      state: step.to,
      code,
      nextTryAt: 'afterMs' in step ? after(now, step.afterMs) : now,
      inDoubt: operation.inDoubt || step.to !== 'READY',
      now,
    };
    const put = await this.unitOfWork.run(async (tx) => {
      const isOpened = answer.class === 'MISCONFIGURED' && (await openBreaker(tx, answer.code, now));
      if (answer.class === 'MISMATCH') await this.noteTaken(tx);
      return done({ isOpened, isHeld: await releaseOperation(tx, operation, change) });
    });
    if (put.ok && put.value.isOpened)
      this.log.error('the payment provider refuses our key: nothing new is sent', { code: code ?? '' });
    if (step.to === 'STOPPED')
      this.log.error('an operation is stopped: its key was used with another body', { operationId, kind });
    return step.to === 'STOPPED';
  }

  private async release(operation: ClaimedOperation, change: OperationChange): Promise<boolean> {
    const released = await this.unitOfWork.run(async (tx) =>
      done(await releaseOperation(tx, operation, change)),
    );
    return released.ok && released.value;
  }

  /** Whatever it said, it knew our key. */
  private async noteTaken(tx: Transaction): Promise<void> {
    if (await closeBreaker(tx)) this.log.info('the payment provider takes our key again');
  }
}

async function apply(
  tx: Transaction,
  ending: {
    readonly operation: Operation;
    readonly handler: OperationHandler;
    readonly answer: Answer;
    readonly now: Date;
  },
): Promise<void> {
  const { operation, handler, answer, now } = ending;
  if (answer.class === 'SUCCEEDED') {
    await handler.succeeded(tx, operation, answer.object, now);
  } else {
    invariant(answer.class === 'REFUSED', 'an operation ends with an answer that is no end');
    const { code, declineCode, object } = answer;
    await handler.refused(tx, operation, { code, declineCode, object }, now);
  }
}

function endOf(answer: Answer, now: Date): OperationChange {
  const isRefused = answer.class === 'REFUSED';
  return {
    state: isRefused ? 'REFUSED' : 'SUCCEEDED',
    code: isRefused ? answer.code : null,
    nextTryAt: now,
    inDoubt: false,
    objectId: 'object' in answer ? (answer.object?.id ?? null) : null,
    now,
  };
}

function refusedBefore(code: string): Answer {
  return { class: 'REFUSED', code, declineCode: null, object: null };
}

/** A payment that was made and declined is what the lost answer would have said no to. */
function answerOfFound(
  operation: Operation,
  object: Extract<Answer, { class: 'SUCCEEDED' }>['object'],
): Answer {
  if (operation.kind === 'PAYMENT' && object.object === 'payment' && object.state === 'FAILED') {
    const { code, declineCode } = object.failure ?? { code: 'payment_failed', declineCode: null };
    return { class: 'REFUSED', code, declineCode, object };
  }
  return { class: 'SUCCEEDED', object };
}

function after(now: Date, pause: number): Date {
  return new Date(now.getTime() + pause);
}
