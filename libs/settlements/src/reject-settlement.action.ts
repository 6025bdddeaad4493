import type { Actor } from '#organizations';
import { done, type Outcome } from '#outcome';
import { Injectable } from '@nestjs/common';
import {
  readNote,
  type SettlementActed,
  SettlementActs,
  type SettlementNotedInput,
} from './decide-settlement.action.js';
import { SettlementStore } from './settlement.store.js';

/** What is in review is not right: it opens again and gathers, until it is prepared anew. */
@Injectable()
export class RejectSettlement {
  constructor(
    private readonly acts: SettlementActs,
    private readonly settlements: SettlementStore,
  ) {}

  /** Refuses as every act on a settlement, and REQUIRED or INVALID_VALUE for the note. */
  async execute(
    actor: Actor,
    input: SettlementNotedInput,
  ): Promise<Outcome<SettlementActed & { readonly replayed: boolean }>> {
    const note = readNote(input.note);
    if (!note.ok) return note;
    return await this.acts.run(actor, 'reject', input, async ({ tx, now, settlement }) => {
      const change = { from: settlement, to: 'OPEN', actor, at: now, note: note.value } as const;
      return done({ version: await this.settlements.change(tx, change), successorId: null });
    });
  }
}
