import { Global, Module } from '@nestjs/common';
import { type Clock, SandboxClock, SystemClock } from '#calendar';
import { type Config, ConfigError } from '#config';
import { SandboxClockStore } from '#database';

const sandboxDatabase =
  'LEADGER_MODE is production, but DATABASE_URL names a sandbox, whose clock was advanced: use a database of its own.';

/** The clock of the process under the token 'Clock': in the sandbox one that starts with the offset that is stored. */
@Global()
@Module({
  providers: [
    {
      provide: 'Clock',
      inject: ['Config', SandboxClockStore],
      useFactory: async (config: Config, store: SandboxClockStore): Promise<Clock> => {
        const offsetMs = await store.offsetMs();
        if (config.sandbox) {
          const clock = new SandboxClock();
          clock.setOffset(offsetMs);
          return clock;
        }
        // Its books are dated in a future that never came: nothing real may be added to them.
        if (offsetMs > 0) throw new ConfigError(sandboxDatabase);
        return new SystemClock();
      },
    },
  ],
  exports: ['Clock'],
})
export class ClockModule {}
