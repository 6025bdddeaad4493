import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { Config } from '#config';
import type { Log } from './log.js';
import { showId } from './show-id.js';

/** What the process was started with, under the tokens 'Config' and 'Log'; and 'ShowId', how ids look outside. */
@Global()
@Module({})
export class SettingsModule {
  static of(config: Config, log: Log): DynamicModule {
    return {
      module: SettingsModule,
      providers: [
        { provide: 'Config', useValue: config },
        { provide: 'Log', useValue: log },
        { provide: 'ShowId', useValue: showId },
      ],
      exports: ['Config', 'Log', 'ShowId'],
    };
  }
}
