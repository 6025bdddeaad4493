import { Injectable } from '@nestjs/common';
import { type BookedJournal, BookedJournalQueries } from '#settlements';
import { loaderOf, type RequestLoaders } from '../access/index.js';
import { type JournalType, journalTypeOf } from './ledger.types.js';

/** Journals by UUID, for those who may read the ledger: the caller has checked that. */
@Injectable()
export class JournalLoaders {
  private readonly byId;

  constructor(queries: BookedJournalQueries) {
    this.byId = loaderOf<string, BookedJournal>(
      async (_actor, ids) => await queries.byIds(ids),
      ({ id }) => id,
    );
  }

  async journal(loaders: RequestLoaders, uuid: string): Promise<JournalType | null> {
    const found = await loaders.of(this.byId).load(uuid);
    return found && journalTypeOf(found);
  }
}
