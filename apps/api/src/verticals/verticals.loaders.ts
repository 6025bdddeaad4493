import { Injectable } from '@nestjs/common';
import { type LeadSchema, type Vertical, VerticalQueries } from '#verticals';
import { loaderOf, type RequestLoaders } from '../access/index.js';

/** Verticals and their schemas, one query per request and kind; null for what there is not. */
@Injectable()
export class VerticalLoaders {
  constructor(private readonly queries: VerticalQueries) {}

  private readonly byKey = loaderOf<string, Vertical>(
    async (_actor, keys) => await this.queries.byKeys(keys),
    ({ key }) => key,
  );
  private readonly schemas = loaderOf<string, LeadSchema>(
    async (_actor, keys) => await this.queries.schemas(keys.map(refOfKey)),
    schemaKey,
  );

  async vertical(loaders: RequestLoaders, key: string): Promise<Vertical | null> {
    return await loaders.of(this.byKey).load(key);
  }

  async schema(loaders: RequestLoaders, vertical: string, version: number): Promise<LeadSchema | null> {
    return await loaders.of(this.schemas).load(schemaKey({ vertical, version }));
  }

  /** Reads again what an act has just changed. */
  async changed(loaders: RequestLoaders, key: string): Promise<Vertical | null> {
    loaders.of(this.byKey).clear(key);
    return await this.vertical(loaders, key);
  }
}

// The version first: a vertical's key may have any sign in it.
function schemaKey({ vertical, version }: Pick<LeadSchema, 'vertical' | 'version'>): string {
  return `${version} ${vertical}`;
}

function refOfKey(key: string): Pick<LeadSchema, 'vertical' | 'version'> {
  const space = key.indexOf(' ');
  return { version: Number(key.slice(0, space)), vertical: key.slice(space + 1) };
}
