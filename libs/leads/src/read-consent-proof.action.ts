import { Inject, Injectable } from '@nestjs/common';
import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done } from '#outcome';
import { type ConsentProof, ConsentProofStore } from './consent-proof.store.js';
import { ErasureStore } from './erasure.store.js';

/** Shows the proof that a person agreed, of an erased lead as well. Who looked at it is kept. */
@Injectable()
export class ReadConsentProof {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly leads: ErasureStore,
    private readonly proofs: ConsentProofStore,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /** Null when the lead has none, or is not the actor's: an agency reads its own, the operator all. */
  async execute(actor: Actor, leadId: string): Promise<ConsentProof | null> {
    const now = this.clock.now();
    const outcome = await this.unitOfWork.run(async (tx) => {
      const lead = await this.leads.find(tx, actor, leadId);
      const proof = lead && (await this.proofs.read(tx, lead));
      if (!lead || !proof) return done(null);
      await recordAudit(tx, actor, {
        organizationId: lead.agencyId,
        action: 'consent-proof.read',
        subject: `lead:${leadId}`,
        at: now,
      });
      return done(proof);
    });
    return outcome.ok ? outcome.value : null;
  }
}
