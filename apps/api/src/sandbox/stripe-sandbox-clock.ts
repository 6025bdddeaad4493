import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import type { Log } from '../../../process/src/log.js';
import { StripeSandboxControl } from '../../../process/src/stripe-sandbox.js';

/** Keeps the clock of the Stripe sandbox with ours, where there is one. It never throws. */
@Injectable()
export class StripeSandboxClock {
  private readonly url: string | null;
  private readonly sandbox: StripeSandboxControl | undefined;
  private told = -1;
  private isFailing = false;
  /** One after the other: an older time must not arrive last. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    @Inject('Config') { stripe }: Pick<Config, 'stripe'>,
    @Inject('Log') private readonly log: Log,
  ) {
    this.url = stripe?.sandboxUrl ?? null;
    this.sandbox = this.url === null ? undefined : new StripeSandboxControl(this.url);
  }

  /** Tells it how far we are ahead of real time, unless it knows; false when it does not answer. */
  follow(offsetMs: number): Promise<boolean> {
    const answer = this.last.then(() => this.tell(offsetMs));
    this.last = answer;
    return answer;
  }

  private async tell(offsetMs: number): Promise<boolean> {
    if (!this.sandbox || offsetMs <= this.told) return true;
    try {
      await this.sandbox.setClockOffset(offsetMs);
      this.told = offsetMs;
      this.isFailing = false;
      return true;
    } catch (error) {
      // Once, not every second.
      if (!this.isFailing) {
        const url = this.url ?? undefined;
        this.log.warn('the Stripe sandbox does not answer: its clock is behind until it does', {
          url,
          error,
        });
      }
      this.isFailing = true;
      return false;
    }
  }
}
