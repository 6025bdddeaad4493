import { Module, type OnModuleInit } from '@nestjs/common';
import { SettlementsModule } from '#settlements';
import { NodeResolverRegistry } from '../node/node-registry.js';
import { JournalLoaders } from './journals.loaders.js';
import { LedgerResolver } from './ledger.resolver.js';

/** The books as finance sees them. */
@Module({
  imports: [SettlementsModule],
  providers: [LedgerResolver, JournalLoaders],
  exports: [JournalLoaders],
})
export class LedgerApiModule implements OnModuleInit {
  constructor(
    private readonly nodes: NodeResolverRegistry,
    private readonly load: JournalLoaders,
  ) {}

  onModuleInit(): void {
    this.nodes.register('jrn', {
      requires: 'ledger:read',
      load: (loaders, uuid) => this.load.journal(loaders, uuid),
    });
  }
}
