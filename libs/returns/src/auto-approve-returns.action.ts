import { UnitOfWork } from '#database';
import { emit } from '#events';
import type { Actor } from '#organizations';
import { done } from '#outcome';
import { Injectable } from '@nestjs/common';
import { returnEvent } from './return-event.js';
import { type ReturnKey, ReturnStore } from './return.store.js';
import { TakeBack } from './take-back.action.js';

/** Approves what nobody decided: the agency had its chance to object. */
@Injectable()
export class AutoApproveReturns {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly returns: ReturnStore,
    private readonly takeBack: TakeBack,
  ) {}

  /**
   * Approves returns that nobody decided in time, the longest overdue first, at most `limit` of them, each in a transaction of its
   * own; gives their number. Runs beside itself and again without a second effect. One that fails does not keep the others
   * back: the first error is thrown at the end.
   */
  async execute(actor: Actor, now: Date, limit: number): Promise<number> {
    const overdue = await this.unitOfWork.run(async (tx) => done(await this.returns.overdue(tx, now, limit)));
    let approved = 0;
    const errors: unknown[] = [];
    for (const key of overdue.ok ? overdue.value : []) {
      try {
        if (await this.approve(actor, key, now)) approved += 1;
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
    return approved;
  }

  private async approve(actor: Actor, key: ReturnKey, now: Date): Promise<boolean> {
    const outcome = await this.unitOfWork.run(async (tx) => {
      const found = await this.returns.lockOverdue(tx, key, now);
      if (!found) return done(false);
      const decided = {
        state: 'AUTO_APPROVED',
        decidedBy: actor.id,
        decidedAt: now,
        decisionNote: null,
      } as const;
      const { test } = await this.returns.decide(tx, found, decided);
      await emit(tx, returnEvent('return.decided', { ...found, ...decided }, { occurredAt: now, test }));
      // It took effect when the time to object ran out, not when a worker came round to it.
      await this.takeBack.apply(tx, found, { actor, now, returnedAt: found.decideBy });
      return done(true);
    });
    return outcome.ok && outcome.value;
  }
}
