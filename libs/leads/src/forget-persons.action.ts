import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '#database';
import { done } from '#outcome';
import { PersonHashStore } from '#persons';
import { ConsentProofStore } from './consent-proof.store.js';

/** Forgets what need not be kept any more: proofs of consent after five years, hashes of erased persons after every window. */
@Injectable()
export class ForgetPersons {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly proofs: ConsentProofStore,
    private readonly persons: PersonHashStore,
  ) {}

  /** At most `limit` of them; returns how many. */
  async execute(now: Date, limit: number): Promise<number> {
    const outcome = await this.unitOfWork.run(async (tx) => {
      const proofs = await this.proofs.prune(tx, now, limit);
      return done(proofs + (await this.persons.prune(tx, now, Math.max(limit - proofs, 0))));
    });
    return outcome.ok ? outcome.value : 0;
  }
}
