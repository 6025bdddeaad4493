import { Module } from '@nestjs/common';
import { ContractsModule } from '#contracts';
import { PersonsModule } from '#persons';
import { RoutingModule } from '#routing';
import { VerticalsModule } from '#verticals';
import { AcceptanceStore } from './acceptance.store.js';
import { ConsentProofStore } from './consent-proof.store.js';
import { DecideQuarantine } from './decide-quarantine.action.js';
import { DeliveryStore } from './delivery.store.js';
import { DeskStore } from './desk.store.js';
import { DryRunRoute } from './dry-run-route.queries.js';
import { ErasePerson } from './erase-person.action.js';
import { ErasureStore } from './erasure.store.js';
import { ForeseeLeads } from './foresee-leads.action.js';
import { ForgetPersons } from './forget-persons.action.js';
import { HoldLead } from './hold-lead.action.js';
import { IntakeStore } from './intake.store.js';
import { LeadOpener } from './lead-opener.store.js';
import { LeadQueries } from './lead.queries.js';
import { PlacementStore } from './placement.store.js';
import { QuarantinedLeadStore } from './quarantined-lead.store.js';
import { ReadConsentProof } from './read-consent-proof.action.js';
import { RecallStore } from './recall.store.js';
import { ReleasedLeads } from './released-leads.action.js';
import { RouteAgain } from './route-again.action.js';
import { RouteUnsoldLead } from './route-unsold-lead.action.js';
import { SubmitLeads } from './submit-leads.action.js';
import { TakeLeads } from './take-leads.action.js';
import { TryLead } from './try-lead.action.js';

@Module({
  imports: [ContractsModule, PersonsModule, RoutingModule, VerticalsModule],
  providers: [
    AcceptanceStore,
    ConsentProofStore,
    DecideQuarantine,
    DeliveryStore,
    DeskStore,
    DryRunRoute,
    ErasePerson,
    ErasureStore,
    ForeseeLeads,
    ForgetPersons,
    HoldLead,
    IntakeStore,
    LeadOpener,
    LeadQueries,
    PlacementStore,
    QuarantinedLeadStore,
    ReadConsentProof,
    RecallStore,
    ReleasedLeads,
    RouteAgain,
    RouteUnsoldLead,
    SubmitLeads,
    TakeLeads,
    TryLead,
  ],
  exports: [
    AcceptanceStore,
    DecideQuarantine,
    DeliveryStore,
    DryRunRoute,
    ErasePerson,
    ForeseeLeads,
    ForgetPersons,
    HoldLead,
    LeadQueries,
    ReadConsentProof,
    ReleasedLeads,
    RouteAgain,
    RouteUnsoldLead,
    SubmitLeads,
    TryLead,
  ],
})
export class LeadsModule {}
