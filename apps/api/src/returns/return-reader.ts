import { Injectable } from '@nestjs/common';
import { invariant } from '#outcome';
import type { RequestLoaders } from '../access/index.js';
import { LeadLoaders } from '../leads/leads.loaders.js';
import type { LeadType } from '../leads/leads.types.js';
import { ReturnLoaders } from './returns.loaders.js';
import { type ReturnType, returnTypeOf } from './returns.types.js';

/** Returns and their leads as the API shows them, by UUID. */
@Injectable()
export class ReturnReader {
  constructor(
    private readonly returns: ReturnLoaders,
    private readonly leads: LeadLoaders,
  ) {}

  async byId(loaders: RequestLoaders, id: string): Promise<ReturnType | null> {
    const found = await loaders.of(this.returns.byId).load(id);
    return found && returnTypeOf(found);
  }

  async ofLead(loaders: RequestLoaders, leadId: string): Promise<ReturnType[]> {
    return (await loaders.of(this.returns.ofLead).load(leadId)).map(returnTypeOf);
  }

  /** Reads again what an act has just changed, the lead included. */
  async changed(loaders: RequestLoaders, id: string): Promise<ReturnType> {
    loaders.of(this.returns.byId).clear(id);
    const found = await this.byId(loaders, id);
    invariant(found, 'a return vanished after an act');
    const { leadId } = found.of;
    loaders.of(this.returns.ofLead).clear(leadId);
    await this.leads.changedLead(loaders, leadId);
    return found;
  }

  /** The lead of a return that the actor sees. */
  async lead(loaders: RequestLoaders, id: string): Promise<LeadType> {
    return await this.leads.leadOf(loaders, id);
  }
}
