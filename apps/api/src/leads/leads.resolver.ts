import { Args, ID, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { type LeadFilter, LeadQueries } from '#leads';
import { formatAmount } from '#money';
import { type Actor, may } from '#organizations';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { type ConnectionOf, decodeId, readPage, toConnection, toUserErrors } from '../graphql/index.js';
import { OrganizationLoaders } from '../organizations/organizations.loaders.js';
import { AgencyType } from '../organizations/organizations.types.js';
import { LeadSubmissions, maxLeads, tooManyLeads } from './lead-submissions.js';
import { LeadLoaders } from './leads.loaders.js';
import {
  ConsentType,
  Contact,
  DeliveryType,
  LeadConnection,
  LeadsArgs,
  LeadSourceType,
  LeadType,
  leadTypeOf,
  SubmitLeadInput,
  SubmitLeadPayload,
  SubmitLeadsInput,
  SubmitLeadsPayload,
} from './leads.types.js';

const nobody = '00000000-0000-0000-0000-000000000000';
const cursor = { list: 'leads', key: ['uuid'] } as const;

@Resolver(() => LeadType)
export class LeadsResolver {
  constructor(
    private readonly submissions: LeadSubmissions,
    private readonly queries: LeadQueries,
    private readonly leadLoaders: LeadLoaders,
    private readonly organizations: OrganizationLoaders,
  ) {}

  @Requires('leads:submit')
  @Mutation(() => SubmitLeadPayload, { description: 'Submits one lead and delivers it.' })
  async submitLead(
    @CurrentActor() actor: Actor,
    @Args('input', { type: () => SubmitLeadInput }) input: SubmitLeadInput,
  ): Promise<SubmitLeadPayload> {
    const [payload] = await this.submissions.take(actor, [input], () => ['input']);
    return payload ?? { lead: null, replayed: false, userErrors: [] };
  }

  @Requires('leads:submit')
  @Mutation(() => SubmitLeadsPayload, { description: 'Submits up to 500 leads, each on its own.' })
  async submitLeads(
    @CurrentActor() actor: Actor,
    @Args('input', { type: () => SubmitLeadsInput }) input: SubmitLeadsInput,
  ): Promise<SubmitLeadsPayload> {
    if (input.leads.length > maxLeads) {
      return { results: [], userErrors: toUserErrors([tooManyLeads(['input', 'leads'])]) };
    }
    const results = await this.submissions.take(actor, input.leads, (index) => [
      'input',
      'leads',
      String(index),
    ]);
    return { results, userErrors: [] };
  }

  @Requires('leads:read')
  @Query(() => LeadType, { nullable: true })
  async lead(
    @Loaders() loaders: RequestLoaders,
    @Args('id', { type: () => ID }) id: string,
  ): Promise<LeadType | null> {
    const uuid = decodeId('lead', id);
    return uuid === undefined ? null : await this.leadLoaders.lead(loaders, uuid);
  }

  @Requires('leads:read')
  @Query(() => LeadType, { nullable: true, description: "The agency's own lead of this name." })
  async leadByExternalId(
    @CurrentActor() actor: Actor,
    @Args('externalId', { type: () => String }) externalId: string,
    @Args('test', { type: () => Boolean, defaultValue: false }) test: boolean,
  ): Promise<LeadType | null> {
    const lead = await this.queries.byExternalId(actor, externalId, test || actor.mode === 'test');
    return lead ? leadTypeOf(lead) : null;
  }

  @Requires('leads:read')
  @Query(() => LeadConnection, { description: 'Newest first.' })
  async leads(@CurrentActor() actor: Actor, @Args() args: LeadsArgs): Promise<ConnectionOf<LeadType>> {
    const page = readPage(args, cursor);
    const filter: LeadFilter = {
      state: args.status ?? undefined,
      vertical: args.vertical ?? undefined,
      test: args.test ?? undefined,
      // An id that is none finds nothing, like one of nobody.
      agencyId:
        args.agencyId === null || args.agencyId === undefined
          ? undefined
          : (decodeId('org', args.agencyId) ?? nobody),
    };
    const rows = await this.queries.page(actor, filter, {
      limit: page.limit,
      oldestFirst: page.backwards,
      beforeId: page.after?.[0],
      afterId: page.before?.[0],
    });
    return toConnection(rows, page, {
      keyOf: ({ id }) => [id],
      toNode: leadTypeOf,
      countUpTo: async (max) => await this.queries.count(actor, filter, max),
    });
  }

  @ResolveField(() => AgencyType)
  async agency(@Loaders() loaders: RequestLoaders, @Parent() { of }: LeadType): Promise<AgencyType> {
    return await this.organizations.agency(loaders, of.agencyId);
  }

  @ResolveField(() => Contact, { nullable: true })
  contact(@CurrentActor() actor: Actor, @Parent() { of }: LeadType): Contact | null {
    return may(actor, 'leads:contact') ? of.contact : null;
  }

  @ResolveField(() => ConsentType, { nullable: true })
  consent(@CurrentActor() actor: Actor, @Parent() { of }: LeadType): ConsentType | null {
    return may(actor, 'leads:contact') ? of.consent : null;
  }

  @ResolveField(() => LeadSourceType, { nullable: true })
  source(@CurrentActor() actor: Actor, @Parent() { of }: LeadType): LeadSourceType | null {
    if (!of.source) return null;
    const { cost, ...source } = of.source;
    const own = actor.organizationId === of.agencyId;
    return {
      ...source,
      cost:
        own && cost
          ? { amount: formatAmount(cost.amountMinor, cost.currency), currency: cost.currency }
          : null,
    };
  }

  @ResolveField(() => [DeliveryType], { description: 'A buyer sees its own delivery only.' })
  async deliveries(@Loaders() loaders: RequestLoaders, @Parent() { of }: LeadType): Promise<DeliveryType[]> {
    return await this.leadLoaders.deliveriesOfLead(loaders, of);
  }
}
