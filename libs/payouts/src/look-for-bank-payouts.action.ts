import { UnitOfWork } from '#database';
import { type PaymentProvider, ProviderUnavailable } from '#payments';
import { done } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { type BankAccountLook, banksToLookAt, takeOverBankPayout } from './bank-payout.store.js';
import type { PayoutLog } from './payout-log.js';

const dayMs = 86_400_000;
/** Accounts that are looked at in one go: each is a question to the provider. */
const mostAtOnce = 20;

/** Sees what the provider sends on from the agencies' accounts to their banks, where no message told of it. */
@Injectable()
export class LookForBankPayouts {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    @Inject('PaymentProvider') private readonly provider: PaymentProvider | null,
    @Inject('Log') private readonly log: PayoutLog,
  ) {}

  /** Looks at accounts whose turn it is and gives the number of bank payouts that were new or had changed. */
  async execute(now: Date, limit: number): Promise<number> {
    const { provider } = this;
    if (provider === null) return 0;
    const due = await this.unitOfWork.run(async (tx) =>
      done(await banksToLookAt(tx, now, Math.min(limit, mostAtOnce))),
    );
    let changed = 0;
    for (const look of due.ok ? due.value : []) changed += await this.look(provider, look, now);
    return changed;
  }

  private async look(provider: PaymentProvider, look: BankAccountLook, now: Date): Promise<number> {
    const { agencyId, providerAccountId, since } = look;
    try {
      // What was sent a moment before midnight is listed under the day before.
      const snapshots = await provider.bankPayouts(providerAccountId, new Date(since.getTime() - dayMs));
      let changed = 0;
      for (const snapshot of snapshots) {
        const taken = await this.unitOfWork.run(async (tx) =>
          done(await takeOverBankPayout(tx, snapshot, now)),
        );
        if (taken.ok && taken.value) changed += 1;
      }
      return changed;
    } catch (error) {
      // The next look is planned; one account that cannot be seen keeps no other back.
      const code = error instanceof ProviderUnavailable ? { code: error.code } : { error };
      this.log.warn("the bank payouts of an agency's account were not seen", { agencyId, ...code });
      return 0;
    }
  }
}
