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

/** A statement that is not approved is withdrawn; a new revision with a number of its own gathers the same charges. */
@Injectable()
export class VoidSettlement {
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
    return await this.acts.run(actor, 'void', input, async ({ tx, now, settlement }) => {
      const change = { from: settlement, to: 'VOIDED', actor, at: now, note: note.value } as const;
      const version = await this.settlements.change(tx, change);
      // After the change: of one root there is one live revision at a time.
      const successor = await this.settlements.insertSuccessor(tx, settlement, now);
      return done({ version, successorId: successor.id });
    });
  }
}
