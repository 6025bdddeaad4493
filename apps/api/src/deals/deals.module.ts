import { Module } from '@nestjs/common';
import { DealsModule } from '#deals';
import { LeadsApiModule } from '../leads/leads.module.js';
import { DealReader } from './deal-reader.js';
import { DealLoaders } from './deals.loaders.js';
import { DealsResolver } from './deals.resolver.js';
import { LeadOutcomesResolver } from './lead-outcomes.resolver.js';
import { OutcomesResolver } from './outcomes.resolver.js';

/** Outcomes and deals as the API shows them. */
@Module({
  imports: [DealsModule, LeadsApiModule],
  providers: [DealLoaders, DealReader, DealsResolver, OutcomesResolver, LeadOutcomesResolver],
  exports: [DealLoaders, DealReader],
})
export class DealsApiModule {}
