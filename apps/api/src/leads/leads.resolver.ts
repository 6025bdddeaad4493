import { Args, ID, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { type LeadFilter, LeadQueries, type LeadSubmission, Overloaded, SubmitLeads } from '#leads';
import { formatAmount } from '#money';
import { type Actor, may } from '#organizations';
import { type Refusal, refusal } from '#outcome';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import {
  type ConnectionOf,
  decodeId,
  decodeOptionalId,
  overloaded,
  readPage,
  toConnection,
  toUserErrors,
} from '../graphql/index.js';
import { OrganizationLoaders } from '../organizations/organizations.loaders.js';
import { AgencyType } from '../organizations/organizations.types.js';
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

const maxLeads = 500;
const nobody = '00000000-0000-0000-0000-000000000000';
const cursor = { list: 'leads', key: ['uuid'] } as const;

@Resolver(() => LeadType)
export class LeadsResolver {
  constructor(
    private readonly submit: SubmitLeads,
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
    const [payload] = await this.submitAll(actor, [input], () => ['input']);
    return payload ?? { lead: null, replayed: false, userErrors: [] };
  }

  @Requires('leads:submit')
  @Mutation(() => SubmitLeadsPayload, { description: 'Submits up to 500 leads, each on its own.' })
  async submitLeads(
    @CurrentActor() actor: Actor,
    @Args('input', { type: () => SubmitLeadsInput }) input: SubmitLeadsInput,
  ): Promise<SubmitLeadsPayload> {
    if (input.leads.length > maxLeads) {
      const tooMany = refusal('TOO_MANY', {
        field: ['input', 'leads'],
        message: `At most ${maxLeads} leads.`,
      });
      return { results: [], userErrors: toUserErrors([tooMany]) };
    }
    const results = await this.submitAll(actor, input.leads, (index) => ['input', 'leads', String(index)]);
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

  private async submitAll(
    actor: Actor,
    inputs: readonly SubmitLeadInput[],
    pathOf: (index: number) => readonly string[],
  ): Promise<SubmitLeadPayload[]> {
    const unknown = new Map<number, Refusal>();
    const submissions = inputs.map((input, index): LeadSubmission => {
      const contractId = decodeOptionalId('ctr', input.contractId);
      if (contractId === undefined) {
        unknown.set(index, refusal('NOT_FOUND', { field: [...pathOf(index), 'contractId'] }));
      }
      return { ...input, test: input.test ?? false, contractId: contractId ?? null };
    });
    const known = submissions.flatMap((submission, index) =>
      unknown.has(index) ? [] : [{ submission, index }],
    );
    const results = await this.submit
      .execute(
        actor,
        known.map(({ submission }) => submission),
        (position) => pathOf(known[position]?.index ?? position),
      )
      .catch((error: unknown) => {
        throw error instanceof Overloaded ? overloaded() : error;
      });
    const payloads = inputs.map((_input, index): SubmitLeadPayload => {
      const refused = unknown.get(index);
      return { lead: null, replayed: false, userErrors: refused ? toUserErrors([refused]) : [] };
    });
    known.forEach(({ index }, position) => {
      const result = results[position];
      if (result) payloads[index] = payloadOf(result);
    });
    return payloads;
  }
}

function payloadOf(result: Awaited<ReturnType<SubmitLeads['execute']>>[number]): SubmitLeadPayload {
  if (!result.ok) return { lead: null, replayed: false, userErrors: toUserErrors(result.refusals, 'lead') };
  return { lead: leadTypeOf(result.value.lead), replayed: result.value.replayed, userErrors: [] };
}
