import { PaymentsModule, type PaymentHandlers } from '#payments';
import { SettlementsModule } from '#settlements';
import { Module } from '@nestjs/common';
import { BeginPaymentSetup } from './begin-payment-setup.action.js';
import { BillBuyers } from './bill-buyers.action.js';
import { CancelCollection } from './cancel-collection.action.js';
import { CollectInvoice } from './collect-invoice.action.js';
import { CollectionQueries } from './collection.queries.js';
import { Collector } from './collector.action.js';
import { DisputeNews } from './dispute-news.action.js';
import { DisputeQueries } from './dispute.queries.js';
import { DunInvoices } from './dun-invoices.action.js';
import { GiveRefund } from './give-refund.action.js';
import { InvoiceQueries } from './invoice.queries.js';
import { MethodNews } from './method-news.action.js';
import { OutOfBand } from './out-of-band.action.js';
import { PaymentNews } from './payment-news.action.js';
import { RefundNews } from './refund-news.action.js';
import { RefundQueries } from './refund.queries.js';
import { SetBillingProfile } from './set-billing-profile.action.js';
import { TopUpBalance } from './top-up-balance.action.js';
import { BillingQueries } from './billing.queries.js';
import { unfinishedMoneyIn } from './unfinished.store.js';
import { WatchBalances } from './watch-balances.action.js';
import { WriteOff } from './write-off.action.js';

/** Nest token of what this library contributes to payments: PaymentHandlers. */
export const collectionsHandlers = 'CollectionsHandlers';

const offered = [
  SetBillingProfile,
  BeginPaymentSetup,
  CollectInvoice,
  CancelCollection,
  BillingQueries,
  InvoiceQueries,
  CollectionQueries,
  DisputeQueries,
  RefundQueries,
];
const news = [PaymentNews, MethodNews, RefundNews, DisputeNews] as const;
const work = [BillBuyers, DunInvoices, WatchBalances] as const;
const requests = [WriteOff, OutOfBand, GiveRefund, TopUpBalance] as const;

/**
 * What buyers are asked to pay, and how it comes in. Needs global providers of 'PaymentProvider' (null: payments are
 * off), 'Clock', 'Config' and 'Log', and the database module. The process gives `collectionsHandlers` to payments.
 */
@Module({
  imports: [PaymentsModule, SettlementsModule],
  providers: [
    ...offered,
    Collector,
    ...news,
    ...work,
    ...requests,
    {
      provide: collectionsHandlers,
      inject: [...news, ...work, ...requests],
      useFactory: handlersOf,
    },
  ],
  exports: [...offered, TopUpBalance, collectionsHandlers],
})
export class CollectionsModule {}

function handlersOf(
  ...[payments, methods, refunds, disputes, bill, dun, watch, writeOff, outOfBand, refund, topUp]: [
    PaymentNews,
    MethodNews,
    RefundNews,
    DisputeNews,
    BillBuyers,
    DunInvoices,
    WatchBalances,
    WriteOff,
    OutOfBand,
    GiveRefund,
    TopUpBalance,
  ]
): PaymentHandlers {
  return {
    operations: [...payments.operations, ...methods.operations, ...refunds.operations],
    objects: [...payments.objects, ...methods.objects, ...refunds.objects, ...disputes.objects],
    unfinished: unfinishedMoneyIn,
    financeRequests: [writeOff.handler, outOfBand.handler, refund.handler, topUp.handler],
    dueWork: [
      { name: 'reopen-invoices', run: (now, limit) => dun.reopen(now, limit) },
      { name: 'bill-buyers', run: (now, limit) => bill.execute(now, limit) },
      { name: 'collect-invoices', run: (now, limit) => dun.tryAgain(now, limit) },
      { name: 'note-overdue-invoices', run: (now, limit) => dun.noteOverdue(now, limit) },
      { name: 'recharge-balances', run: (now, limit) => watch.recharge(now, limit) },
      { name: 'check-credit', run: (now, limit) => watch.checkCredit(now, limit) },
    ],
  };
}
