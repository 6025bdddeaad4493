import { Injectable } from '@nestjs/common';
import { type Actor, may, type Permission } from '#organizations';
import { invariant } from '#outcome';
import { publicError } from '../graphql/errors.js';
import { decodeAnyId, type IdPrefix } from '../graphql/ids.js';
import type { RequestLoaders } from '../access/request-loaders.js';
import type { Node } from './node.type.js';

export interface NodeSource {
  /** The permission that the type's own root field requires. */
  readonly requires: Permission;
  /** The object as the API shows it, by UUID; null for a missing one and for one that the actor may not see. */
  readonly load: (loaders: RequestLoaders, uuid: string) => Promise<Node | null>;
}

/** Which kind of object is found how. Every feature module adds its own kinds in `onModuleInit`. */
@Injectable()
export class NodeResolverRegistry {
  private readonly sources = new Map<IdPrefix, NodeSource>();

  register(prefix: IdPrefix, source: NodeSource): void {
    invariant(!this.sources.has(prefix), `two sources of ${prefix} nodes`);
    this.sources.set(prefix, source);
  }

  get prefixes(): readonly IdPrefix[] {
    return [...this.sources.keys()];
  }

  /** Null for what is no id, for an unknown kind, and for a missing or foreign object. Throws FORBIDDEN for a kind that the actor may not read. */
  async find(actor: Actor, loaders: RequestLoaders, id: string): Promise<Node | null> {
    const decoded = decodeAnyId(id);
    const source = decoded && this.sources.get(decoded.prefix);
    if (!decoded || !source) return null;
    if (!may(actor, source.requires)) {
      const message = `This needs the permission ${source.requires}, which your role or key does not have.`;
      throw publicError('FORBIDDEN', message, { status: 200 });
    }
    return source.load(loaders, decoded.uuid);
  }
}
