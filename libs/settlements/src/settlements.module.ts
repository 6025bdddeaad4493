import { ApprovalsModule } from '#approvals';
import { Module } from '@nestjs/common';
import { ApproveSettlement } from './approve-settlement.action.js';
import { BookedJournalQueries } from './booked-journal.queries.js';
import { SettlementActs } from './decide-settlement.action.js';
import { PrepareSettlements } from './prepare-settlements.action.js';
import { RejectSettlement } from './reject-settlement.action.js';
import { SettlementLineQueries } from './settlement-line.queries.js';
import { SettlementQueries } from './settlement.queries.js';
import { SettlementStore } from './settlement.store.js';
import { SubmitSettlement } from './submit-settlement.action.js';
import { VoidSettlement } from './void-settlement.action.js';

const offered = [
  PrepareSettlements,
  SubmitSettlement,
  ApproveSettlement,
  RejectSettlement,
  VoidSettlement,
  SettlementQueries,
  SettlementLineQueries,
  BookedJournalQueries,
];

/** Settlements from the end of their period to their approval. Needs 'Clock', 'Config' and the database module. */
@Module({
  imports: [ApprovalsModule],
  providers: [...offered, SettlementStore, SettlementActs],
  exports: offered,
})
export class SettlementsModule {}
