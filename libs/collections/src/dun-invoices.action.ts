import { type Transaction, UnitOfWork } from '#database';
import { systemActor } from '#organizations';
import { done } from '#outcome';
import { Injectable } from '@nestjs/common';
import { openBuyer } from './buyer-scope.store.js';
import { liveOfInvoice } from './collection.store.js';
import { Collector } from './collector.action.js';
import { inTurn } from './in-turn.js';
import { openOf } from './invoice.js';
import { markFailed, markReopened, reopenedFrom } from './invoice-progress.store.js';
import { changeInvoice, linesOf, lockInvoice } from './invoice.store.js';

const actor = systemActor('dunning');

interface Due {
  readonly id: string;
  readonly buyerId: string;
}

/** What falls due of invoices: the next try, the due date, and what a transfer that was under way held back. */
@Injectable()
export class DunInvoices {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly collector: Collector,
  ) {}

  /** Tries what is planned for now; gives the number of invoices. */
  async tryAgain(now: Date, limit: number): Promise<number> {
    if (!this.collector.isOn) return 0;
    const due = await this.find(
      `select i.id, i.buyer_id as "buyerId" from invoices i
       where i.state = 'OPEN' and i.next_try_at <= $1 order by i.next_try_at, i.id limit $2`,
      [now, limit],
    );
    return await this.each(due, async (tx, { id, buyerId }) => {
      const scope = await openBuyer(tx, { buyerId, actor, now });
      const invoice = await lockInvoice(tx, id);
      if (invoice.state !== 'OPEN' || invoice.nextTryAt === null || invoice.nextTryAt > now) return false;
      if (await liveOfInvoice(tx, id)) await changeInvoice(tx, invoice, { nextTryAt: null });
      else if ((await this.collector.collect(scope, invoice, { byPerson: false })) === null)
        await changeInvoice(tx, invoice, { nextTryAt: null });
      return true;
    });
  }

  /** Invoices that were not paid on their page in time are failing, though they can still be paid. */
  async noteOverdue(now: Date, limit: number): Promise<number> {
    const due = await this.find(
      `select i.id, i.buyer_id as "buyerId" from invoices i
       where i.state = 'OPEN' and i.due_at < $1 and i.last_failure_code is null and exists (
         select from collections c where c.invoice_id = i.id and c.method = 'HOSTED_INVOICE' and c.state = 'NEEDS_ACTION')
       order by i.due_at, i.id limit $2`,
      [now, limit],
    );
    return await this.each(due, async (tx, { id, buyerId }) => {
      const scope = await openBuyer(tx, { buyerId, actor, now });
      const invoice = await lockInvoice(tx, id);
      if (invoice.state !== 'OPEN' || invoice.lastFailureCode !== null) return false;
      await changeInvoice(tx, invoice, { lastFailureCode: 'overdue' });
      await markFailed(scope, await linesOf(tx, id), 'overdue');
      return true;
    });
  }

  /** A debit came back while its settlement was being transferred: now that this is over, it is owed again. */
  async reopen(now: Date, limit: number): Promise<number> {
    const due = await this.find(
      `select distinct i.id, i.buyer_id as "buyerId" from invoices i
       join invoice_settlements l on l.invoice_id = i.id
       join settlements s on s.agency_id = l.agency_id and s.id = l.settlement_id
       where i.state = 'OPEN' and s.state = any ($1) and l.amount_minor - l.written_off_minor > (
         select coalesce(sum(p.amount_minor), 0) from collection_parts p join collections c on c.id = p.collection_id
         where p.agency_id = l.agency_id and p.settlement_id = l.settlement_id and p.live and c.state = 'SUCCEEDED')
       order by i.id limit $2`,
      [reopenedFrom, limit],
    );
    return await this.each(due, async (tx, { id, buyerId }) => {
      const scope = await openBuyer(tx, { buyerId, actor, now });
      const invoice = await lockInvoice(tx, id);
      const lines = (await linesOf(tx, id)).filter((line) => openOf(line) > 0n);
      await markReopened(scope, lines, invoice.lastFailureCode ?? 'debit_returned');
      return lines.length > 0;
    });
  }

  private async find(sql: string, parameters: readonly unknown[]): Promise<readonly Due[]> {
    const found = await this.unitOfWork.run(async (tx) => done(await tx.query<Due>(sql, parameters)));
    return found.ok ? found.value : [];
  }

  private async each(
    due: readonly Due[],
    work: (tx: Transaction, due: Due) => Promise<boolean>,
  ): Promise<number> {
    return await inTurn(due, async (each) => {
      const did = await this.unitOfWork.run(async (tx) => done(await work(tx, each)));
      return did.ok && did.value;
    });
  }
}
