import type { Clock } from '#calendar';
import { recordAudit } from '#audit';
import { once, type Transaction, UnitOfWork } from '#database';
import { emit } from '#events';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { decideAct, type Settlement, type SettlementAct, type SettlementRef } from './settlement.js';
import { settlementEvent } from './settlement-event.js';
import { SettlementStore } from './settlement.store.js';

export interface SettlementActInput {
  readonly settlementId: string;
  /** The version that the caller has read; null or absent: whatever it is now. */
  readonly expectedVersion?: number | null;
  readonly idempotencyKey: string;
}

export interface SettlementNotedInput extends SettlementActInput {
  readonly note: string;
}

/** What an act on one settlement has changed, by keys. */
export interface SettlementActed extends SettlementRef {
  readonly version: number;
  /** Of a voided settlement: the revision that follows it. */
  readonly successorId: string | null;
}

/** A locked settlement to which the act is allowed. */
export interface Decided {
  readonly tx: Transaction;
  readonly actor: Actor;
  readonly now: Date;
  readonly settlement: Settlement;
}

type Effect = Omit<SettlementActed, 'agencyId' | 'id'>;

/** What all acts on one settlement have in common: once, lock, decide, audit. */
@Injectable()
export class SettlementActs {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly settlements: SettlementStore,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /** Refuses NOT_FOUND, ILLEGAL_TRANSITION, STALE_VERSION, SELF_APPROVAL and NOT_PERMITTED, in this order, then as `effect` does. */
  async run(
    actor: Actor,
    act: SettlementAct,
    { idempotencyKey: key, ...input }: SettlementActInput & { readonly note?: string },
    effect: (decided: Decided) => Promise<Outcome<Effect>>,
  ): Promise<Outcome<SettlementActed & { readonly replayed: boolean }>> {
    const now = this.clock.now();
    const { organizationId } = actor;
    // Two people who approve the same with one key are not one act sent twice.
    const hashed = act === 'approve' ? { ...input, by: actor.id } : input;
    const request = { organizationId, key, operation: `${act}Settlement`, input: hashed, now };
    return await this.unitOfWork.run((tx) =>
      once<SettlementActed>(tx, request, async () => {
        const settlement = await this.settlements.lock(tx, actor, input.settlementId);
        if (!settlement) return refuse('NOT_FOUND', { field: ['input', 'settlementId'] });
        const decided = decideAct(actor, act, settlement, input.expectedVersion ?? null);
        if (!decided.ok) return decided;
        const effected = await effect({ tx, actor, now, settlement });
        if (!effected.ok) return effected;
        const { agencyId, id } = settlement;
        const { version } = effected.value;
        // The first of two approvals leaves it as it is.
        const state = version === settlement.version ? settlement.state : decided.value;
        await recordAudit(tx, actor, {
          action: `settlement.${act}`,
          subject: `settlement:${id}`,
          before: settlement,
          after: { ...settlement, state, version },
          at: now,
        });
        const totals = state === 'OPEN' ? null : settlement.totals;
        if (state !== settlement.state) {
          await emit(tx, settlementEvent(act, { ...settlement, state, version, totals }, now));
        }
        return done({ agencyId, id, ...effected.value });
      }),
    );
  }
}

const longestNote = 2000;

/** A note for the people who read the history: 1 to 2,000 characters that can be shown. */
export function readNote(note: string): Outcome<string> {
  const text = note.trim();
  if (text === '')
    return refuse('REQUIRED', { field: ['input', 'note'], message: 'Say why, in a sentence.' });
  // Control characters (but line breaks and tabs) and lone surrogates cannot be stored or shown.
  const unusable = /[^\P{Cc}\n\r\t]|\p{Cs}/u.test(text);
  if (unusable || [...text].length > longestNote) {
    const message = `A note has at most ${longestNote} characters and no control characters.`;
    return refuse('INVALID_VALUE', { field: ['input', 'note'], message });
  }
  return done(text);
}
