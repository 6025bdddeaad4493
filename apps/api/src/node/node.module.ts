import { Global, Module } from '@nestjs/common';
import { NodeResolver } from './node.resolver.js';
import { NodeResolverRegistry } from './node-registry.js';

/** Global, because every feature module adds its kinds to the registry. */
@Global()
@Module({ providers: [NodeResolver, NodeResolverRegistry], exports: [NodeResolverRegistry] })
export class NodeModule {}
