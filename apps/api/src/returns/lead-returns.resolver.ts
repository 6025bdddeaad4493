import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Loaders, RequestLoaders } from '../access/index.js';
import { LeadType } from '../leads/leads.types.js';
import { ReturnReader } from './return-reader.js';
import { ReturnType } from './returns.types.js';

/** Returns as a field of the lead. */
@Resolver(() => LeadType)
export class LeadReturnsResolver {
  constructor(private readonly read: ReturnReader) {}

  @ResolveField(() => [ReturnType], { description: 'At most one for each buyer that was given the lead.' })
  async returns(@Loaders() loaders: RequestLoaders, @Parent() { of }: LeadType): Promise<ReturnType[]> {
    return await this.read.ofLead(loaders, of.id);
  }
}
