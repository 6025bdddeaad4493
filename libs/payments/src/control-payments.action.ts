import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { once, type Transaction, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { checkFinance, readText } from './finance-request.js';
import { operationById, reviveOperation } from './operation.store.js';
import { lockControl, setStopped } from './payment-control.store.js';
import type { PaymentLog } from './payment-log.js';

export interface StopPaymentsInput {
  readonly reason: string;
  readonly idempotencyKey: string;
}

export interface ResumePaymentsInput {
  readonly idempotencyKey: string;
}

export interface RetryOperationInput extends ResumePaymentsInput {
  readonly operationId: string;
}

type Acted = Outcome<{ readonly replayed: boolean }>;

/** The emergency stop, and what a person does with an operation that needs one. */
@Injectable()
export class ControlPayments {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    @Inject('Clock') private readonly clock: Clock,
    @Inject('Log') private readonly log: PaymentLog,
  ) {}

  /**
   * Nothing that is not sent yet is sent from now on; what is on its way is brought to its end. Any person of finance,
   * by themselves; a second stop changes nothing. Refuses NOT_PERMITTED, REQUIRED and INVALID_VALUE for the reason.
   */
  async stop(actor: Actor, input: StopPaymentsInput): Promise<Acted> {
    const permitted = checkFinance(actor, 'ANY');
    if (!permitted.ok) return permitted;
    const reason = readText(input.reason, ['input', 'reason']);
    if (!reason.ok) return reason;
    const acted = await this.act(actor, 'stop', input, async (tx, now) => {
      const { stoppedAt } = await lockControl(tx);
      if (stoppedAt === null) await setStopped(tx, { at: now, by: actor.id, reason: reason.value });
      return done({});
    });
    if (acted.ok) this.log.warn('payments are stopped by a person');
    return acted;
  }

  /**
   * Lets payments go on. To stop is safe and to go on is not, so it takes an approver, and another person than who
   * stopped. Changes nothing when nothing is stopped. Refuses NOT_PERMITTED and SELF_APPROVAL.
   */
  async resume(actor: Actor, input: ResumePaymentsInput): Promise<Acted> {
    const permitted = checkFinance(actor, 'APPROVER');
    if (!permitted.ok) return permitted;
    const acted = await this.act(actor, 'resume', input, async (tx) => {
      const { stoppedBy } = await lockControl(tx);
      if (stoppedBy === actor.id)
        return refuse('SELF_APPROVAL', {
          message: 'Another person than who stopped payments must resume them.',
        });
      await setStopped(tx, null);
      return done({});
    });
    if (acted.ok) this.log.info('payments go on');
    return acted;
  }

  /**
   * Has a STOPPED operation tried again: looked for first when it may have been sent, then with its own key. Refuses
   * NOT_PERMITTED for who is no approver, NOT_FOUND, and ILLEGAL_TRANSITION for what is not STOPPED.
   */
  async retryOperation(actor: Actor, input: RetryOperationInput): Promise<Acted> {
    const permitted = checkFinance(actor, 'APPROVER');
    if (!permitted.ok) return permitted;
    return await this.act(actor, 'retry-operation', input, async (tx, now) => {
      const field = ['input', 'operationId'];
      const operation = await operationById(tx, input.operationId);
      if (!operation) return refuse('NOT_FOUND', { field });
      if (await reviveOperation(tx, operation.id, now)) return done({});
      const message = `Only an operation that is STOPPED is retried by a person; this one is ${operation.state}.`;
      return refuse('ILLEGAL_TRANSITION', { field, message });
    });
  }

  private async act(
    actor: Actor,
    act: 'stop' | 'resume' | 'retry-operation',
    { idempotencyKey: key, ...input }: { readonly idempotencyKey: string; readonly operationId?: string },
    effect: (tx: Transaction, now: Date) => Promise<Outcome<object>>,
  ): Promise<Acted> {
    const now = this.clock.now();
    const { organizationId } = actor;
    const request = {
      organizationId,
      key,
      operation: `payments.${act}`,
      input: { ...input, by: actor.id },
      now,
    };
    const acted = await this.unitOfWork.run((tx) =>
      once<object>(tx, request, async () => {
        const effected = await effect(tx, now);
        if (!effected.ok) return effected;
        const subject = input.operationId === undefined ? 'payments:all' : `operation:${input.operationId}`;
        await recordAudit(tx, actor, { action: `payments.${act}`, subject, after: input, at: now });
        return effected;
      }),
    );
    return acted.ok ? done({ replayed: acted.value.replayed }) : acted;
  }
}
