import { Module, type OnModuleInit } from '@nestjs/common';
import { OrganizationsModule } from '#organizations';
import { NodeResolverRegistry } from '../node/node-registry.js';
import { ApiKeysResolver } from './api-keys.resolver.js';
import { OrganizationLoaders } from './organizations.loaders.js';
import { OrganizationsResolver } from './organizations.resolver.js';
import { PeopleResolver } from './people.resolver.js';

@Module({
  imports: [OrganizationsModule],
  providers: [ApiKeysResolver, OrganizationLoaders, OrganizationsResolver, PeopleResolver],
  exports: [OrganizationLoaders],
})
export class OrganizationsApiModule implements OnModuleInit {
  constructor(
    private readonly nodes: NodeResolverRegistry,
    private readonly load: OrganizationLoaders,
  ) {}

  onModuleInit(): void {
    const { nodes, load } = this;
    nodes.register('org', {
      requires: 'organizations:read',
      load: (loaders, uuid) => load.organization(loaders, uuid),
    });
    nodes.register('user', {
      requires: 'organizations:read',
      load: (loaders, uuid) => load.user(loaders, uuid),
    });
    nodes.register('key', { requires: 'keys:manage', load: (loaders, uuid) => load.apiKey(loaders, uuid) });
  }
}
