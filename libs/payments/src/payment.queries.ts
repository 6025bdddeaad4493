import { Database, keyset, type KeysetPage } from '#database';
import { Injectable } from '@nestjs/common';
import type { Reconciliation } from './difference.js';
import { countEvents, type EventState } from './event.store.js';
import type { FinanceRequest, FinanceRequestState } from './finance-request.js';
import { financeRequestColumns, type FinanceRequestRow, toFinanceRequest } from './finance-request.store.js';
import type { Operation, OperationState } from './operation.js';
import { countUnfinished, operationColumns, type OperationRow, toOperation } from './operation.store.js';
import {
  type AccountFreeze,
  liveFreezes,
  type PaymentControl,
  readControl,
} from './payment-control.store.js';
import { latestReconciliation } from './reconciliation.store.js';

export interface OperationFilter {
  readonly state?: OperationState | undefined;
  /** As type:id. */
  readonly subject?: string | undefined;
}

export interface FinanceRequestFilter {
  readonly state?: FinanceRequestState | undefined;
}

/** What the operator's finance sees of payments. Not limited to an actor: ask whether they may before. */
@Injectable()
export class PaymentQueries {
  constructor(private readonly database: Database) {}

  async control(): Promise<PaymentControl> {
    return await readControl(this.database);
  }

  /** Every book that is frozen, oldest first. */
  async freezes(): Promise<readonly AccountFreeze[]> {
    return await liveFreezes(this.database);
  }

  /** Of operations that have not come to their end. */
  async unfinishedCounts(): Promise<Readonly<Partial<Record<OperationState, number>>>> {
    return await countUnfinished(this.database);
  }

  async eventCounts(): Promise<Readonly<Partial<Record<EventState, number>>>> {
    return await countEvents(this.database);
  }

  /** Undefined: the books were never compared. */
  async latestReconciliation(): Promise<Reconciliation | undefined> {
    return await latestReconciliation(this.database);
  }

  /** Newest first; one more than the page's limit, in the page's direction. */
  async operations(filter: OperationFilter, page: KeysetPage): Promise<readonly Operation[]> {
    const { condition, orderBy, key } = keyset(page, { column: 'id', newestFirst: true, placeholder: '$3' });
    const rows = await this.database.query<OperationRow>(
      `select ${operationColumns} from stripe_operations
       where ($1::text is null or state = $1) and ($2::text is null or subject = $2) and ${condition}
       order by ${orderBy} limit $4`,
      [filter.state ?? null, filter.subject ?? null, key, page.limit + 1],
    );
    return rows.map(toOperation);
  }

  async countOperations(filter: OperationFilter, max: number): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `select count(*)::int as count from (
         select 1 from stripe_operations
         where ($1::text is null or state = $1) and ($2::text is null or subject = $2) limit $3) found`,
      [filter.state ?? null, filter.subject ?? null, max],
    );
    return row?.count ?? 0;
  }

  async operationsByIds(ids: readonly string[]): Promise<readonly Operation[]> {
    const rows = await this.database.query<OperationRow>(
      `select ${operationColumns} from stripe_operations where id = any ($1::uuid[])`,
      [ids],
    );
    return rows.map(toOperation);
  }

  /** Newest first; one more than the page's limit, in the page's direction. */
  async financeRequests(filter: FinanceRequestFilter, page: KeysetPage): Promise<readonly FinanceRequest[]> {
    const list = { column: 'r.id', newestFirst: true, placeholder: '$2' } as const;
    const { condition, orderBy, key } = keyset(page, list);
    const rows = await this.database.query<FinanceRequestRow>(
      `select ${financeRequestColumns} from finance_requests r
       where ($1::text is null or r.state = $1) and ${condition} order by ${orderBy} limit $3`,
      [filter.state ?? null, key, page.limit + 1],
    );
    return rows.map(toFinanceRequest);
  }

  async countFinanceRequests(filter: FinanceRequestFilter, max: number): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `select count(*)::int as count from (
         select 1 from finance_requests where ($1::text is null or state = $1) limit $2) found`,
      [filter.state ?? null, max],
    );
    return row?.count ?? 0;
  }

  async financeRequestsByIds(ids: readonly string[]): Promise<readonly FinanceRequest[]> {
    const rows = await this.database.query<FinanceRequestRow>(
      `select ${financeRequestColumns} from finance_requests r where r.id = any ($1::uuid[])`,
      [ids],
    );
    return rows.map(toFinanceRequest);
  }
}
