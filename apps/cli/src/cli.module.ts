import { type DynamicModule, type INestApplicationContext, Module, type Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Config } from '#config';
import { ContractsModule } from '#contracts';
import { DatabaseModule } from '#database';
import { OrganizationsModule } from '#organizations';
import { VerticalsModule } from '#verticals';
import { ClockModule } from '../../process/src/clock.module.js';
import { PaymentsProcessModule } from '../../process/src/payments.module.js';
import { createLog } from '../../process/src/log.js';
import { rows } from '../../process/src/rows.js';
import { SettingsModule } from '../../process/src/settings.module.js';

@Module({})
class CliModule {
  static of(config: Config, providers: Provider[]): DynamicModule {
    const { databaseUrl: url } = config;
    return {
      module: CliModule,
      imports: [
        SettingsModule.of(config, createLog(config.logLevel)),
        DatabaseModule.connect({ url, poolSize: 4, rows, applicationName: 'leadger-cli' }),
        ClockModule,
        OrganizationsModule,
        ContractsModule,
        VerticalsModule,
        PaymentsProcessModule,
      ],
      providers,
    };
  }
}

/** Runs a command that acts as the product does, with its actions, and closes everything whatever happens. */
export async function withActions<T>(
  config: Config,
  providers: Provider[],
  work: (context: INestApplicationContext) => Promise<T>,
): Promise<T> {
  const context = await NestFactory.createApplicationContext(CliModule.of(config, providers), {
    logger: false,
    abortOnError: false,
  });
  try {
    return await work(context);
  } finally {
    await context.close();
  }
}
