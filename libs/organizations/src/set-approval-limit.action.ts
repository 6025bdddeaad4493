import { Inject, Injectable } from '@nestjs/common';
import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { once, type Transaction, UnitOfWork } from '#database';
import type { Money } from '#money';
import { done, type Outcome, refuse } from '#outcome';
import type { Actor } from './actor.js';
import { decideLimit, readLimit } from './approval-limit.js';
import { ApprovalLimitStore } from './approval-limit.store.js';
import { OrganizationStore } from './organization.store.js';

export interface SetApprovalLimitInput {
  readonly userId: string;
  /** For its currency; the limits in others stay. Null takes every limit of the person away. */
  readonly limit: { readonly amount: string; readonly currency: string } | null;
  readonly idempotencyKey: string;
}

/** Sets what a finance approver may approve within 24 hours. */
@Injectable()
export class SetApprovalLimit {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizations: OrganizationStore,
    private readonly limits: ApprovalLimitStore,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /** Refuses INVALID_CURRENCY, INVALID_AMOUNT, NOT_FOUND for who is not of the actor's own organization, then as `decideLimit`. */
  async execute(
    actor: Actor,
    { idempotencyKey: key, ...input }: SetApprovalLimitInput,
  ): Promise<Outcome<{ readonly userId: string; readonly replayed: boolean }>> {
    const now = this.clock.now();
    const limit = input.limit === null ? done(null) : readLimit(input.limit, ['input', 'limit']);
    if (!limit.ok) return limit;
    const { organizationId } = actor;
    const request = { organizationId, key, operation: 'setApprovalLimit', input, now };
    return await this.unitOfWork.run((tx) =>
      once(tx, request, () => this.set(tx, actor, { userId: input.userId, limit: limit.value, now })),
    );
  }

  private async set(
    tx: Transaction,
    actor: Actor,
    { userId, limit, now }: { userId: string; limit: Money | null; now: Date },
  ): Promise<Outcome<{ userId: string }>> {
    const field = ['input', 'userId'];
    const user = await this.organizations.findUser(tx, userId);
    const visible = actor.kind === 'SYSTEM' || user?.organizationId === actor.organizationId;
    if (!user || !visible) return refuse('NOT_FOUND', { field });
    const decided = decideLimit(actor, user);
    if (!decided.ok) return decided;
    const before = await this.limits.lock(tx, userId);
    if (!before) return refuse('NOT_FOUND', { field });
    if (limit) await this.limits.set(tx, userId, limit);
    else await this.limits.clear(tx, userId);
    const after = limit ? new Map([...before, [limit.currency, limit.amountMinor]]) : new Map();
    await recordAudit(tx, actor, {
      organizationId: user.organizationId,
      action: 'user.approval-limit',
      subject: `user:${userId}`,
      before: Object.fromEntries(before),
      after: Object.fromEntries(after),
      at: now,
    });
    return done({ userId });
  }
}
