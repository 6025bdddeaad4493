import { type DynamicModule, Global, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { createDataSource, type DatabaseOptions } from './data-source.js';
import { Database } from './database.js';
import { SandboxClockStore } from './sandbox-clock.store.js';
import { UnitOfWork } from './unit-of-work.js';

class ConnectedDataSource {
  constructor(private readonly dataSource: DataSource) {}

  /** Last of all, after everything that still might write has stopped. */
  async onApplicationShutdown(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }
}

@Global()
@Module({})
export class DatabaseModule {
  /** Connects at start-up and closes the pool at shutdown. */
  static connect(options: DatabaseOptions): DynamicModule {
    return {
      module: DatabaseModule,
      providers: [
        { provide: DataSource, useFactory: () => createDataSource(options).initialize() },
        {
          provide: ConnectedDataSource,
          useFactory: (dataSource: DataSource) => new ConnectedDataSource(dataSource),
          inject: [DataSource],
        },
        Database,
        UnitOfWork,
        SandboxClockStore,
      ],
      exports: [DataSource, Database, UnitOfWork, SandboxClockStore],
    };
  }
}
