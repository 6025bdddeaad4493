import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { newId, once, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done, type Outcome } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { checkFinance, contentHashOf, readText } from './finance-request.js';
import { insertFinanceRequest } from './finance-request.store.js';
import { HandlerRegistry } from './handler-registry.js';
import type { FinanceRequestKind, FinanceRequestPayload } from './handlers.js';

export interface RequestFinanceActInput {
  readonly kind: FinanceRequestKind;
  readonly payload: FinanceRequestPayload;
  /** For who decides, and for who reads it later: 1 to 2,000 characters. */
  readonly reason: string;
  readonly idempotencyKey: string;
}

export interface FinanceRequested {
  readonly bookId: string;
  readonly id: string;
}

/** One person of finance asks for something that another one decides. */
@Injectable()
export class RequestFinanceAct {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly handlers: HandlerRegistry,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /**
   * Keeps the request with what it comes to now. Refuses NOT_PERMITTED, REQUIRED and INVALID_VALUE for the reason (field
   * input.reason), as `once`, and as the kind's own measure does.
   */
  async execute(
    actor: Actor,
    input: RequestFinanceActInput,
  ): Promise<Outcome<FinanceRequested & { readonly replayed: boolean }>> {
    const permitted = checkFinance(actor, 'ANY');
    if (!permitted.ok) return permitted;
    const reason = readText(input.reason, ['input', 'reason']);
    if (!reason.ok) return reason;
    const now = this.clock.now();
    const { kind, payload, idempotencyKey: key } = input;
    const { organizationId } = actor;
    const hashed = { kind, payload, reason: reason.value, by: actor.id };
    const request = { organizationId, key, operation: 'requestFinanceAct', input: hashed, now };
    return await this.unitOfWork.run((tx) =>
      once<FinanceRequested>(tx, request, async () => {
        const measured = await this.handlers.financeRequest(kind).measure(tx, payload, now);
        if (!measured.ok) return measured;
        const { bookId, amountMinor, currency } = measured.value;
        const wanted = {
          ...{ bookId, id: newId(), kind, payload, amountMinor, currency },
          contentHash: contentHashOf(kind, payload, measured.value),
          reason: reason.value,
          requestedBy: actor.id,
          requestedAt: now,
        };
        await insertFinanceRequest(tx, wanted);
        await recordAudit(tx, actor, {
          action: 'finance-request.request',
          subject: `finance_request:${wanted.id}`,
          after: wanted,
          at: now,
        });
        return done({ bookId, id: wanted.id });
      }),
    );
  }
}
