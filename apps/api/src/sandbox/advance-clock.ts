import { Inject, Injectable } from '@nestjs/common';
import { recordAudit } from '#audit';
import { type Clock, SandboxClock } from '#calendar';
import { SandboxClockStore, UnitOfWork } from '#database';
import { doDueWorkToTheEnd, type DueWork } from '#jobs';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse, refused } from '#outcome';
import { dueWork } from '../../../process/src/due-work.module.js';
import type { Log } from '../../../process/src/log.js';
import { StripeSandboxClock } from './stripe-sandbox-clock.js';

/** Makes it later in the sandbox, for every process and for the Stripe sandbox, and does what that makes due: what can wait, the worker does. */
@Injectable()
export class AdvanceClock {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly store: SandboxClockStore,
    @Inject('Clock') private readonly clock: Clock,
    private readonly stripe: StripeSandboxClock,
    @Inject(dueWork) private readonly work: readonly DueWork[],
    @Inject('Log') private readonly log: Log,
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
    await this.doWhatIsDue(clock);
    return done(clock.now());
  }

  private async doWhatIsDue(clock: SandboxClock): Promise<void> {
    // First: a bank that has answered by then must have answered when we ask.
    if (!(await this.stripe.follow(clock.offsetMs)))
      this.log.warn('the clock was advanced without the Stripe sandbox: payments stand still');
    const due = this.work.filter(({ isRoutine = false }) => !isRoutine);
    const { isAllDone, pieces } = await doDueWorkToTheEnd(due, clock);
    if (!isAllDone)
      this.log.warn('the clock was advanced, and work is left to the worker', { count: pieces });
  }
}
