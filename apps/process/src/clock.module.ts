import { Global, Module } from '@nestjs/common';
import { type Clock, SandboxClock, SystemClock } from '#calendar';
import type { Config } from '#config';
import { SandboxClockStore } from '#database';

/** The clock of the process under the token 'Clock': in the sandbox one that starts with the offset that is stored. */
@Global()
@Module({
  providers: [
    {
      provide: 'Clock',
      inject: ['Config', SandboxClockStore],
      useFactory: async (config: Config, store: SandboxClockStore): Promise<Clock> => {
        if (!config.sandbox) return new SystemClock();
        const clock = new SandboxClock();
        clock.setOffset(await store.offsetMs());
        return clock;
      },
    },
  ],
  exports: ['Clock'],
})
export class ClockModule {}
