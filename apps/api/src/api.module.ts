import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { type DynamicModule, Module } from '@nestjs/common';
import { GraphQLModule } from '@nestjs/graphql';
import type { Config } from '#config';
import { DatabaseModule } from '#database';
import { migrations } from '#migrations';
import { ClockModule } from '../../process/src/clock.module.js';
import type { Log } from '../../process/src/log.js';
import { rows } from '../../process/src/rows.js';
import { SettingsModule } from '../../process/src/settings.module.js';
import { AccessModule } from './access/access.module.js';
import { RequestAuthenticator } from './access/request-authenticator.js';
import { BillingApiModule } from './billing/billing.module.js';
import { ContractsApiModule } from './contracts/contracts.module.js';
import { DealsApiModule } from './deals/deals.module.js';
import { EventsApiModule } from './events/events.module.js';
import { graphqlSettings, rateLimits } from './graphql-settings.js';
import { RateLimits } from './graphql/index.js';
import { ExportsApiModule } from './exports/exports.module.js';
import { HandoverApiModule } from './handover/handover.module.js';
import { GraphiqlModule } from './graphiql/graphiql.module.js';
import { HealthModule } from './health/health.module.js';
import { ImportsApiModule } from './imports/imports.module.js';
import { LeadsApiModule } from './leads/leads.module.js';
import { LedgerApiModule } from './ledger/ledger.module.js';
import { NodeModule } from './node/node.module.js';
import { OffersApiModule } from './offers/offers.module.js';
import { OrganizationsApiModule } from './organizations/organizations.module.js';
import { PaymentsApiModule } from './payments/payments.module.js';
import { PayoutsApiModule } from './payouts/payouts.module.js';
import { PersonsApiModule } from './persons/persons.module.js';
import { ReturnsApiModule } from './returns/returns.module.js';
import { SandboxModule } from './sandbox/sandbox.module.js';
import { SettlementsApiModule } from './settlements/settlements.module.js';
import { RoutesApiModule } from './routes/routes.module.js';
import { VerticalsApiModule } from './verticals/verticals.module.js';

/** Every module with root fields: what the schema consists of. */
export const featureModules = [
  NodeModule,
  OrganizationsApiModule,
  ContractsApiModule,
  RoutesApiModule,
  VerticalsApiModule,
  LeadsApiModule,
  ImportsApiModule,
  PersonsApiModule,
  HandoverApiModule,
  OffersApiModule,
  DealsApiModule,
  ReturnsApiModule,
  SettlementsApiModule,
  LedgerApiModule,
  EventsApiModule,
  PaymentsApiModule,
  BillingApiModule,
  PayoutsApiModule,
  SandboxModule,
];

/** The HTTP process. */
@Module({})
export class ApiModule {
  static of(config: Config, log: Log): DynamicModule {
    const { databaseUrl: url, poolSize } = config;
    const rates = rateLimits(config);
    return {
      module: ApiModule,
      imports: [
        SettingsModule.of(config, log),
        DatabaseModule.connect({ url, poolSize, rows, migrations, applicationName: 'leadger-api' }),
        ClockModule,
        AccessModule,
        HealthModule,
        GraphQLModule.forRootAsync<ApolloDriverConfig>({
          driver: ApolloDriver,
          imports: [AccessModule],
          inject: [RequestAuthenticator],
          useFactory: (requests: RequestAuthenticator) => graphqlSettings(config, log, requests, rates),
        }),
        ...featureModules,
        ExportsApiModule,
        ...(config.sandbox ? [GraphiqlModule] : []),
      ],
      providers: [{ provide: RateLimits, useValue: rates }],
    };
  }
}
