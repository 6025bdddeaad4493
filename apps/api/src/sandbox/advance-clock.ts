import { Inject, Injectable } from '@nestjs/common';
import { recordAudit } from '#audit';
import { type Clock, SandboxClock } from '#calendar';
import { SandboxClockStore, UnitOfWork } from '#database';
import { doDueWork, type DueWork } from '#jobs';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse, refused } from '#outcome';
import { dueWork } from '../../../process/src/due-work.module.js';

/** Makes it later in the sandbox, for every process, and does what that makes due. */
@Injectable()
export class AdvanceClock {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly store: SandboxClockStore,
    @Inject('Clock') private readonly clock: Clock,
    @Inject(dueWork) private readonly work: readonly DueWork[],
  ) {}

  /** The time in the sandbox; null outside sandbox mode. */
  present(): Date | null {
    return this.clock instanceof SandboxClock ? this.clock.now() : null;
  }

  /** Refuses NOT_SANDBOX, CLOCK_BACKWARDS, and INVALID_VALUE for an instant that the calendar cannot handle. */
  async execute(actor: Actor, to: Date): Promise<Outcome<Date>> {
    const { clock } = this;
    if (!(clock instanceof SandboxClock)) return refuse('NOT_SANDBOX');
    const before = clock.now();
    const advanced = clock.advanceTo(to);
    if (!advanced.ok) {
      return refused(...advanced.refusals.map((refusal) => ({ ...refusal, field: ['input', 'to'] })));
    }
    const stored = await this.unitOfWork.run(async (tx) => {
      const offsetMs = await this.store.advance(tx, clock.offsetMs);
      await recordAudit(tx, actor, {
        action: 'sandbox.advance',
        subject: 'sandbox:clock',
        before,
        after: to,
        at: to,
      });
      return done(offsetMs);
    });
    // Another process may have advanced further meanwhile.
    if (stored.ok) clock.setOffset(stored.value);
    await doDueWork(this.work, clock.now());
    return done(clock.now());
  }
}
