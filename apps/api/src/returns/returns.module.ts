import { Module } from '@nestjs/common';
import { DealsModule } from '#deals';
import { ReturnsModule } from '#returns';
import { LeadsApiModule } from '../leads/leads.module.js';
import { LeadReturnsResolver } from './lead-returns.resolver.js';
import { ReturnReader } from './return-reader.js';
import { ReturnLoaders } from './returns.loaders.js';
import { ReturnsResolver } from './returns.resolver.js';

/** Returns as the API shows them. */
@Module({
  imports: [ReturnsModule, DealsModule, LeadsApiModule],
  providers: [ReturnLoaders, ReturnReader, ReturnsResolver, LeadReturnsResolver],
})
export class ReturnsApiModule {}
