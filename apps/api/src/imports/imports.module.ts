import { Module, type OnModuleInit } from '@nestjs/common';
import { ImportsModule } from '#imports';
import { NodeResolverRegistry } from '../node/node-registry.js';
import { ImportLoaders } from './imports.loaders.js';
import { ImportsResolver } from './imports.resolver.js';

/** Files of leads as the API shows them; they are sent and fetched through import-routes.ts. */
@Module({ imports: [ImportsModule], providers: [ImportLoaders, ImportsResolver] })
export class ImportsApiModule implements OnModuleInit {
  constructor(
    private readonly nodes: NodeResolverRegistry,
    private readonly load: ImportLoaders,
  ) {}

  onModuleInit(): void {
    const { nodes, load } = this;
    nodes.register('imp', {
      requires: 'leads:submit',
      load: (loaders, uuid) => load.leadImport(loaders, uuid),
    });
  }
}
