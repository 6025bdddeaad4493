import { Injectable } from '@nestjs/common';
import { type Suppression, SuppressionQueries } from '#persons';
import { loaderOf, type RequestLoaders } from '../access/index.js';
import { type SuppressionType, suppressionTypeOf } from './persons.types.js';

/** Entries of suppression lists, one query a request; null for missing and foreign ones. */
@Injectable()
export class PersonLoaders {
  constructor(private readonly queries: SuppressionQueries) {}

  private readonly suppressions = loaderOf<string, Suppression>(
    async (actor, ids) => await this.queries.byIds(actor, ids),
    ({ id }) => id,
  );

  async suppression(loaders: RequestLoaders, uuid: string): Promise<SuppressionType | null> {
    const found = await loaders.of(this.suppressions).load(uuid);
    return found && suppressionTypeOf(found);
  }
}
