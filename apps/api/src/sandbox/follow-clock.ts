import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { type Clock, SandboxClock } from '#calendar';
import { SandboxClockStore } from '#database';
import type { Log } from '../../../process/src/log.js';
import { StripeSandboxClock } from './stripe-sandbox-clock.js';

const everyMs = 1_000;

/**
 * Keeps the sandbox clock of this process, and that of the Stripe sandbox, with those of the others: whoever advances
 * one advances all within a second.
 */
@Injectable()
export class FollowClock implements OnModuleInit, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private reading: Promise<void> | undefined;
  private failing = false;

  constructor(
    private readonly store: SandboxClockStore,
    private readonly stripe: StripeSandboxClock,
    @Inject('Clock') private readonly clock: Clock,
    @Inject('Log') private readonly log: Log,
  ) {}

  async onModuleInit(): Promise<void> {
    const { clock } = this;
    if (!(clock instanceof SandboxClock)) return;
    await this.stripe.follow(clock.offsetMs);
    this.timer = setInterval(() => {
      this.reading ??= this.read(clock).finally(() => (this.reading = undefined));
    }, everyMs).unref();
  }

  /** Waits for a reading under way: the connections are closed next. */
  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.reading;
  }

  private async read(clock: SandboxClock): Promise<void> {
    try {
      clock.setOffset(await this.store.offsetMs());
      this.failing = false;
    } catch (error) {
      // Once, not every second; requests that need the database say it for themselves.
      if (!this.failing) this.log.warn('cannot read the sandbox clock', { error });
      this.failing = true;
    }
    await this.stripe.follow(clock.offsetMs);
  }
}
