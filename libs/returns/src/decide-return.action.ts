import type { Clock } from '#calendar';
import { once, type Transaction, UnitOfWork } from '#database';
import { emit } from '#events';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { decide, readReturnNote, type ReturnDecision } from './return.js';
import { returnEvent } from './return-event.js';
import { ReturnStore } from './return.store.js';
import { TakeBack } from './take-back.action.js';

/** The return's uuid and the answer to it. */
export interface DecideReturnInput {
  readonly returnId: string;
  readonly decision: ReturnDecision;
  /** Required for DENY: the buyer should learn why. */
  readonly note?: string;
  readonly idempotencyKey: string;
}

/** Names the return that was decided, and what was credited. */
export interface ReturnDecided {
  readonly agencyId: string;
  readonly returnId: string;
  /** The mirrors of what was charged for the lead; none when it was denied. */
  readonly chargeIds: readonly string[];
}

/** Takes a person's decision on a return. */
@Injectable()
export class DecideReturn {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly returns: ReturnStore,
    private readonly takeBack: TakeBack,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /**
   * The agency, or an administrator of the operator, approves or denies a return; approval credits everything charged for the
   * lead. Refuses NOT_FOUND, RETURN_DECIDED, and REQUIRED for a denial without a note.
   */
  async execute(
    actor: Actor,
    { idempotencyKey: key, ...input }: DecideReturnInput,
  ): Promise<Outcome<ReturnDecided & { readonly replayed: boolean }>> {
    const now = this.clock.now();
    const { organizationId } = actor;
    return await this.unitOfWork.run((tx) =>
      once<ReturnDecided>(tx, { organizationId, key, operation: 'decideReturn', input, now }, () =>
        this.decide(tx, actor, input, now),
      ),
    );
  }

  private async decide(
    tx: Transaction,
    actor: Actor,
    input: Omit<DecideReturnInput, 'idempotencyKey'>,
    now: Date,
  ): Promise<Outcome<ReturnDecided>> {
    // A buyer sees its own return and must still not decide it.
    if (actor.kind === 'BUYER') return refuse('NOT_PERMITTED');
    const found = await this.returns.lockVisible(tx, actor, input.returnId);
    if (!found) return refuse('NOT_FOUND', { field: ['input', 'returnId'] });
    const state = decide(found, input.decision, now);
    if (!state.ok) return state;
    const note = readReturnNote(input.note);
    if (!note.ok) return note;
    if (state.value === 'DENIED' && note.value === null) {
      return refuse('REQUIRED', { field: ['input', 'note'], message: 'Say in the note why it is denied.' });
    }
    const decided = { state: state.value, decidedBy: actor.id, decidedAt: now, decisionNote: note.value };
    const { test } = await this.returns.decide(tx, found, decided);
    await emit(tx, returnEvent('return.decided', { ...found, ...decided }, { occurredAt: now, test }));
    const chargeIds =
      state.value === 'APPROVED' ? await this.takeBack.apply(tx, found, { actor, now, returnedAt: now }) : [];
    return done({ agencyId: found.agencyId, returnId: found.id, chargeIds });
  }
}
