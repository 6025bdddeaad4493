import { Injectable } from '@nestjs/common';
import { ImportQueries, type LeadImport } from '#imports';
import { loaderOf, type RequestLoaders } from '../access/index.js';
import { importTypeOf, type LeadImportType } from './imports.types.js';

/** Imports by UUID, one query a request; null for missing and foreign ones. */
@Injectable()
export class ImportLoaders {
  constructor(private readonly queries: ImportQueries) {}

  private readonly imports = loaderOf<string, LeadImport>(
    async (actor, ids) => await this.queries.byIds(actor, ids),
    ({ id }) => id,
  );

  async leadImport(loaders: RequestLoaders, uuid: string): Promise<LeadImportType | null> {
    const found = await loaders.of(this.imports).load(uuid);
    return found && importTypeOf(found);
  }
}
