import { LeadsModule } from '#leads';
import { Module } from '@nestjs/common';
import { AutoApproveReturns } from './auto-approve-returns.action.js';
import { DecideReturn } from './decide-return.action.js';
import { RequestReturn } from './request-return.action.js';
import { ReturnQueries } from './return.queries.js';
import { ReturnStore } from './return.store.js';
import { TakeBack } from './take-back.action.js';

/** Leads given back for credit. Needs a provider of 'Clock'. */
@Module({
  imports: [LeadsModule],
  providers: [ReturnStore, TakeBack, RequestReturn, DecideReturn, AutoApproveReturns, ReturnQueries],
  exports: [RequestReturn, DecideReturn, AutoApproveReturns, ReturnQueries],
})
export class ReturnsModule {}
