import { ApprovalStore } from '#approvals';
import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { once, type Transaction, UnitOfWork } from '#database';
import { money } from '#money';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { checkFinance, contentHashOf, type FinanceRequest, readText } from './finance-request.js';
import { decideFinanceRequest, lockFinanceRequest } from './finance-request.store.js';
import { HandlerRegistry } from './handler-registry.js';
import type { FinanceRequested } from './request-finance-act.action.js';

export interface ApproveFinanceRequestInput {
  readonly requestId: string;
  readonly idempotencyKey: string;
}

export interface DenyFinanceRequestInput extends ApproveFinanceRequestInput {
  readonly note: string;
}

const field = ['input', 'requestId'];

/** Another person decides what one asked for; who asked may only withdraw it. */
@Injectable()
export class DecideFinanceRequest {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly handlers: HandlerRegistry,
    private readonly approvals: ApprovalStore,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /**
   * Approves, and does it once as many people have approved as its sum takes: the state is DONE then, and REQUESTED
   * until then. Refuses NOT_FOUND, REQUEST_DECIDED, NOT_PERMITTED, SELF_APPROVAL, ALREADY_APPROVED, APPROVAL_LIMIT,
   * STALE_VERSION when it comes to something else than when it was requested, and as the kind's own measure and
   * execution do.
   */
  async approve(
    actor: Actor,
    input: ApproveFinanceRequestInput,
  ): Promise<Outcome<FinanceRequested & { readonly replayed: boolean }>> {
    const permitted = checkFinance(actor, 'APPROVER');
    if (!permitted.ok) return permitted;
    return await this.decide(actor, 'approve', input, async (tx, request, now) => {
      const same = await this.measureAgain(tx, request, now);
      if (!same.ok) return same;
      const { bookId, id, currency, contentHash, requestedBy, payload } = request;
      const given = await this.approvals.record(tx, actor, {
        ...{ bookId, contentHash, field },
        subject: `finance_request:${id}`,
        round: 1,
        requestedBy: [requestedBy],
        money: money(request.amountMinor, currency),
        at: now,
      });
      if (!given.ok || !given.value.complete) return given.ok ? done(null) : given;
      const handler = this.handlers.financeRequest(request.kind);
      const executed = await handler.execute(tx, { id, payload, requestedBy }, actor, now);
      if (!executed.ok) return executed;
      await decideFinanceRequest(tx, request, { state: 'DONE', by: actor.id, at: now, note: null });
      return done(null);
    });
  }

  /**
   * Denies, or withdraws what the actor requested. Refuses NOT_FOUND, REQUEST_DECIDED, NOT_PERMITTED for who is neither
   * a finance approver nor who requested it, REQUIRED and INVALID_VALUE for the note.
   */
  async deny(
    actor: Actor,
    input: DenyFinanceRequestInput,
  ): Promise<Outcome<FinanceRequested & { readonly replayed: boolean }>> {
    const permitted = checkFinance(actor, 'ANY');
    if (!permitted.ok) return permitted;
    const note = readText(input.note, ['input', 'note']);
    if (!note.ok) return note;
    return await this.decide(actor, 'deny', input, async (tx, request, now) => {
      const isOwn = request.requestedBy === actor.id;
      const mayDeny = isOwn ? permitted : checkFinance(actor, 'APPROVER');
      if (!mayDeny.ok) return mayDeny;
      const state = isOwn ? 'WITHDRAWN' : 'DENIED';
      await decideFinanceRequest(tx, request, { state, by: actor.id, at: now, note: note.value });
      return done(null);
    });
  }

  private async decide(
    actor: Actor,
    act: 'approve' | 'deny',
    { idempotencyKey: key, ...input }: ApproveFinanceRequestInput & { readonly note?: string },
    effect: (tx: Transaction, request: FinanceRequest, now: Date) => Promise<Outcome<null>>,
  ): Promise<Outcome<FinanceRequested & { readonly replayed: boolean }>> {
    const now = this.clock.now();
    const { organizationId } = actor;
    // Two people who approve the same with one key are not one act sent twice.
    const hashed = { ...input, by: actor.id };
    const keyed = { organizationId, key, operation: `${act}FinanceRequest`, input: hashed, now };
    return await this.unitOfWork.run((tx) =>
      once<FinanceRequested>(tx, keyed, async () => {
        const request = await lockFinanceRequest(tx, input.requestId);
        if (!request) return refuse('NOT_FOUND', { field });
        if (request.state !== 'REQUESTED') return refuse('REQUEST_DECIDED', { field });
        const effected = await effect(tx, request, now);
        if (!effected.ok) return effected;
        await recordAudit(tx, actor, {
          action: `finance-request.${act}`,
          subject: `finance_request:${request.id}`,
          before: request,
          after: await lockFinanceRequest(tx, request.id),
          at: now,
        });
        return done({ bookId: request.bookId, id: request.id });
      }),
    );
  }

  /** What is approved is what was asked for, and it can still be done. */
  private async measureAgain(tx: Transaction, request: FinanceRequest, now: Date): Promise<Outcome<null>> {
    const { kind, payload, contentHash } = request;
    const measured = await this.handlers.financeRequest(kind).measure(tx, payload, now);
    if (!measured.ok) return measured;
    if (contentHashOf(kind, payload, measured.value) === contentHash) return done(null);
    const message = 'It comes to something else than when it was requested. Deny it and request it anew.';
    return refuse('STALE_VERSION', { field, message });
  }
}
