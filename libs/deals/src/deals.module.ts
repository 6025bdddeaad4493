import { LeadsModule } from '#leads';
import { Module } from '@nestjs/common';
import { CancelDeal } from './cancel-deal.action.js';
import { DealCorrections } from './correct-deal.action.js';
import { DealPriceQueries } from './deal-price.queries.js';
import { DealQueries } from './deal.queries.js';
import { DealStore } from './deal.store.js';
import { ExplainedChargeQueries } from './explained-charge.queries.js';
import { OutcomeEventQueries } from './outcome-event.queries.js';
import { OutcomeEventStore } from './outcome-event.store.js';
import { ReportOutcome } from './report-outcome.action.js';
import { RestateDeal } from './restate-deal.action.js';

/** What becomes of a delivered lead: outcome reports, deals and their corrections. Needs a provider of 'Clock'. */
@Module({
  imports: [LeadsModule],
  providers: [
    DealStore,
    OutcomeEventStore,
    DealCorrections,
    ReportOutcome,
    RestateDeal,
    CancelDeal,
    DealQueries,
    OutcomeEventQueries,
    DealPriceQueries,
    ExplainedChargeQueries,
  ],
  exports: [
    ReportOutcome,
    RestateDeal,
    CancelDeal,
    DealQueries,
    OutcomeEventQueries,
    DealPriceQueries,
    ExplainedChargeQueries,
  ],
})
export class DealsModule {}
