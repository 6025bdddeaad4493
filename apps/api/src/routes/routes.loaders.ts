import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import { type BuyingRulesView, type DecisionView, RouteQueries, type RouteView } from '#routing';
import { type LoaderFactory, loaderOf, type RequestLoaders } from '../access/index.js';
import { type RouteType, routeTypeOf } from './routes.types.js';

/** Routes, what buyers want, and decisions by UUID, one query per request and kind; null for missing and foreign ones. */
@Injectable()
export class RouteLoaders {
  constructor(private readonly queries: RouteQueries) {}

  private readonly byId = loaderOf<string, RouteView>(
    (actor, ids) => this.queries.byIds(actor, ids),
    ({ id }) => id,
  );
  private readonly wanted = loaderOf<string, BuyingRulesView>(
    (actor, ids) => this.queries.buyingRules(actor, ids),
    ({ contractId }) => contractId,
  );
  private readonly decided: LoaderFactory<string, readonly DecisionView[]> = () =>
    new DataLoader<string, readonly DecisionView[]>(
      async (ids) => {
        const found = await this.queries.decisions(ids);
        return ids.map((id) => found.filter(({ decision }) => decision.leadId === id));
      },
      { maxBatchSize: 100 },
    );

  async route(loaders: RequestLoaders, uuid: string): Promise<RouteType | null> {
    const found = await loaders.of(this.byId).load(uuid);
    return found && routeTypeOf(found);
  }

  async buyingRules(loaders: RequestLoaders, contractId: string): Promise<BuyingRulesView | null> {
    return await loaders.of(this.wanted).load(contractId);
  }

  /** Of a lead that the actor sees. */
  async decisions(loaders: RequestLoaders, leadId: string): Promise<readonly DecisionView[]> {
    return await loaders.of(this.decided).load(leadId);
  }

  /** Forgets what was loaded before an act. */
  forget(loaders: RequestLoaders): void {
    loaders.of(this.byId).clearAll();
    loaders.of(this.wanted).clearAll();
  }
}
