import { UnitOfWork } from '#database';
import { done } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { HandlerRegistry } from './handler-registry.js';
import { inParallel } from './in-parallel.js';
import type { PaymentLog } from './payment-log.js';
import { type PaymentProvider, ProviderUnavailable } from './provider.js';
import { type ObjectRef, RefreshObjects } from './refresh-objects.action.js';

const width = 4;

/** Looks at what is not finished, so that everything ends the same without a single webhook. */
@Injectable()
export class SweepUnfinished {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly handlers: HandlerRegistry,
    private readonly refresh: RefreshObjects,
    @Inject('PaymentProvider') private readonly provider: PaymentProvider | null,
    @Inject('Log') private readonly log: PaymentLog,
  ) {}

  /**
   * At most `limit` of each list, or of those that are routine or not; gives the number of objects that were looked at.
   * What fails has its next look later.
   */
  async execute(now: Date, limit: number, which: 'ALL' | 'URGENT' | 'ROUTINE' = 'ALL'): Promise<number> {
    if (this.provider === null) return 0;
    let looked = 0;
    const outages: string[] = [];
    const lists = this.handlers
      .unfinished()
      .filter(({ isRoutine = false }) => which === 'ALL' || isRoutine === (which === 'ROUTINE'));
    for (const { due } of lists) {
      const found = await this.unitOfWork.run(async (tx) => done(await due(tx, now, limit)));
      await inParallel(found.ok ? found.value : [], width, async (ref) => {
        if (await this.look(ref, now, outages)) looked += 1;
      });
    }
    const [code] = outages;
    if (code !== undefined)
      this.log.warn('the payment provider does not tell of unfinished objects', {
        code,
        count: outages.length,
      });
    return looked;
  }

  private async look(ref: ObjectRef, now: Date, outages: string[]): Promise<boolean> {
    try {
      const refreshed = await this.refresh.execute(ref, now);
      if (refreshed === 'NOT_THERE')
        this.log.error('the payment provider does not know an object of ours', {
          kind: ref.kind,
          objectId: ref.id,
        });
      return refreshed === 'APPLIED';
    } catch (error) {
      if (error instanceof ProviderUnavailable) outages.push(error.code);
      else
        this.log.error('an unfinished object could not be brought up to date', {
          kind: ref.kind,
          objectId: ref.id,
          error,
        });
      return false;
    }
  }
}
