import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import {
  type Collection,
  CollectionQueries,
  type Dispute,
  type DisputePart,
  DisputeQueries,
  type Invoice,
  type InvoiceLine,
  InvoiceQueries,
  type Refund,
  RefundQueries,
} from '#collections';
import type { SettlementRef } from '#settlements';
import {
  listLoaderOf,
  type LoaderFactory,
  loaderOf,
  pageLoaderOf,
  type RequestLoaders,
} from '../access/index.js';
import { type DisputeType, disputeTypeOf, type RefundType, refundTypeOf } from './disputes.types.js';
import { type CollectionType, collectionTypeOf, type InvoiceType, invoiceTypeOf } from './invoices.types.js';

// A later mutation of the same request may change what they show.
const afresh = { cache: false, maxBatchSize: 500 };

/** One query per request for everything of a kind of billing that an answer shows. */
@Injectable()
export class BillingLoaders {
  private readonly invoices;
  private readonly collections;
  private readonly disputes;
  private readonly refunds;
  readonly disputeParts;
  readonly collectionsOf;
  readonly lines: LoaderFactory<string, readonly InvoiceLine[]>;
  readonly payUrl: LoaderFactory<string, string | null>;
  readonly invoiceOf: LoaderFactory<SettlementRef, Invoice | null>;
  readonly collected: LoaderFactory<SettlementRef, bigint>;

  constructor(
    invoices: InvoiceQueries,
    collections: CollectionQueries,
    disputes: DisputeQueries,
    refunds: RefundQueries,
  ) {
    this.invoices = loaderOf<string, Invoice>(
      async (actor, ids) => await invoices.byIds(actor, ids),
      ({ id }) => id,
    );
    this.collections = loaderOf<string, Collection>(
      async (actor, ids) => await collections.byIds(actor, ids),
      ({ id }) => id,
    );
    this.collectionsOf = pageLoaderOf<Invoice, Collection>(
      async (actor, of, page) =>
        await collections.pagesOfInvoices(
          actor,
          of.map(({ id }) => id),
          page,
        ),
    );
    this.disputes = loaderOf<string, Dispute>(
      async (actor, ids) => await disputes.byIds(actor, ids),
      ({ id }) => id,
    );
    this.refunds = loaderOf<string, Refund>(
      async (actor, ids) => await refunds.byIds(actor, ids),
      ({ id }) => id,
    );
    this.disputeParts = listLoaderOf<string, DisputePart & { readonly disputeId: string }>(
      async (_actor, ids) => await disputes.parts(ids),
      ({ disputeId }) => disputeId,
    );
    this.lines = () =>
      new DataLoader<string, readonly InvoiceLine[]>(async (ids) => {
        const found = await invoices.lines(ids);
        return ids.map((id) => found.get(id) ?? []);
      }, afresh);
    this.payUrl = () =>
      new DataLoader<string, string | null>(async (ids) => {
        const found = await collections.payUrls(ids);
        return ids.map((id) => found.get(id) ?? null);
      }, afresh);
    this.invoiceOf = (actor) =>
      new DataLoader<SettlementRef, Invoice | null>(async (refs) => {
        const found = await invoices.ofSettlements(actor, refs);
        return refs.map(({ id }) => found.get(id) ?? null);
      }, afresh);
    this.collected = () =>
      new DataLoader<SettlementRef, bigint>(async (refs) => {
        const found = await invoices.collectedOf(refs);
        return refs.map(({ id }) => found.get(id) ?? 0n);
      }, afresh);
  }

  async invoice(loaders: RequestLoaders, uuid: string): Promise<InvoiceType | null> {
    const found = await loaders.of(this.invoices).load(uuid);
    return found && invoiceTypeOf(found);
  }

  async collection(loaders: RequestLoaders, uuid: string): Promise<CollectionType | null> {
    const found = await loaders.of(this.collections).load(uuid);
    return found && collectionTypeOf(found);
  }

  async dispute(loaders: RequestLoaders, uuid: string): Promise<DisputeType | null> {
    const found = await loaders.of(this.disputes).load(uuid);
    return found && disputeTypeOf(found);
  }

  async refund(loaders: RequestLoaders, uuid: string): Promise<RefundType | null> {
    const found = await loaders.of(this.refunds).load(uuid);
    return found && refundTypeOf(found);
  }
}
