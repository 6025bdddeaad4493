import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import {
  type Deal,
  type DealPrice,
  DealPriceQueries,
  DealQueries,
  type OutcomeEvent,
  OutcomeEventQueries,
} from '#deals';
import type { KeysetPage } from '#database';
import type { Actor } from '#organizations';
import { type LoaderFactory, loaderOf } from '../access/index.js';

/** One page of what belongs to one lead. */
export interface LeadPageKey {
  readonly leadId: string;
  readonly page: KeysetPage;
}

/** One query per request for all deals, prices of deals, and events that an answer shows. */
@Injectable()
export class DealLoaders {
  readonly byId;
  readonly eventById;
  readonly pageOfLead;
  readonly eventPageOfLead;
  readonly priceOf: LoaderFactory<Deal, DealPrice | null>;

  constructor(deals: DealQueries, events: OutcomeEventQueries, prices: DealPriceQueries) {
    this.byId = loaderOf<string, Deal>(
      async (actor, ids) => await deals.byIds(actor, ids),
      ({ id }) => id,
    );
    this.eventById = loaderOf<string, OutcomeEvent>(
      async (actor, ids) => await events.byIds(actor, ids),
      ({ id }) => id,
    );
    this.pageOfLead = pageLoaderOf(async (actor, leadIds, page) => await deals.ofLeads(actor, leadIds, page));
    this.eventPageOfLead = pageLoaderOf(
      async (actor, leadIds, page) => await events.ofLeads(actor, leadIds, page),
    );
    // Not remembered: a later mutation of the same request may change the price.
    this.priceOf = () =>
      new DataLoader<Deal, DealPrice | null>(
        async (asked) => {
          const found = await prices.ofDeals(asked);
          return asked.map(({ id }) => found.get(id) ?? null);
        },
        { cache: false, maxBatchSize: 500 },
      );
  }
}

/**
 * The same page of a list of each of many leads in one query. Nothing is remembered: the keys are objects, and a later mutation
 * of the same request may add to a list.
 */
function pageLoaderOf<T extends { readonly leadId: string }>(
  query: (actor: Actor, leadIds: readonly string[], page: KeysetPage) => Promise<readonly T[]>,
): LoaderFactory<LeadPageKey, readonly T[]> {
  return (actor) =>
    new DataLoader<LeadPageKey, readonly T[]>(
      async (keys) => {
        const pages = new Map<string, { readonly page: KeysetPage; readonly leadIds: Set<string> }>();
        for (const { leadId, page } of keys) {
          const asked = pages.get(nameOf(page)) ?? { page, leadIds: new Set() };
          asked.leadIds.add(leadId);
          pages.set(nameOf(page), asked);
        }
        const found = new Map<string, T[]>();
        for (const [name, { page, leadIds }] of pages) {
          for (const value of await query(actor, [...leadIds], page)) {
            const key = `${name} ${value.leadId}`;
            const list = found.get(key);
            if (list) list.push(value);
            else found.set(key, [value]);
          }
        }
        return keys.map(({ leadId, page }) => found.get(`${nameOf(page)} ${leadId}`) ?? []);
      },
      { cache: false, maxBatchSize: 500 },
    );
}

function nameOf({ limit, backwards, after, before }: KeysetPage): string {
  return JSON.stringify([limit, backwards, after, before]);
}
