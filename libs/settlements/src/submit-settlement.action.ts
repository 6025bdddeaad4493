import type { Actor } from '#organizations';
import { done, type Outcome } from '#outcome';
import { Injectable } from '@nestjs/common';
import { type SettlementActed, type SettlementActInput, SettlementActs } from './decide-settlement.action.js';
import { SettlementStore } from './settlement.store.js';

/** A draft goes into review: from now on its content hash is what an approver approves. */
@Injectable()
export class SubmitSettlement {
  constructor(
    private readonly acts: SettlementActs,
    private readonly settlements: SettlementStore,
  ) {}

  /** Refuses as every act on a settlement. */
  async execute(
    actor: Actor,
    input: SettlementActInput,
  ): Promise<Outcome<SettlementActed & { readonly replayed: boolean }>> {
    return await this.acts.run(actor, 'submit', input, async ({ tx, now, settlement }) => {
      const version = await this.settlements.change(tx, {
        from: settlement,
        to: 'IN_REVIEW',
        actor,
        at: now,
        note: null,
      });
      return done({ version, successorId: null });
    });
  }
}
