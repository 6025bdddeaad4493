import { Injectable } from '@nestjs/common';
import { type Return, ReturnQueries } from '#returns';
import { listLoaderOf, loaderOf } from '../access/index.js';

/** One query per request for all returns, or all returns of leads, that an answer shows. */
@Injectable()
export class ReturnLoaders {
  readonly byId;
  readonly ofLead;

  constructor(queries: ReturnQueries) {
    this.byId = loaderOf<string, Return>(
      async (actor, ids) => await queries.byIds(actor, ids),
      ({ id }) => id,
    );
    this.ofLead = listLoaderOf<string, Return>(
      async (actor, leadIds) => await queries.ofLeads(actor, leadIds),
      ({ leadId }) => leadId,
    );
  }
}
