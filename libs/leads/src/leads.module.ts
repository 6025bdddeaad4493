import { Module } from '@nestjs/common';
import { ContractsModule } from '#contracts';
import { VerticalsModule } from '#verticals';
import { DeliveryStore } from './delivery.store.js';
import { IntakeStore } from './intake.store.js';
import { LeadQueries } from './lead.queries.js';
import { SubmitLeads } from './submit-leads.action.js';

@Module({
  imports: [ContractsModule, VerticalsModule],
  providers: [DeliveryStore, IntakeStore, LeadQueries, SubmitLeads],
  exports: [DeliveryStore, LeadQueries, SubmitLeads],
})
export class LeadsModule {}
