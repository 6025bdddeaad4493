import { Args, ID, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { type ContractFilter, ContractsQueries, parseVertical } from '#contracts';
import type { Actor } from '#organizations';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import {
  type ConnectionOf,
  decodeId,
  decodeOptionalId,
  PageArgs,
  readPage,
  toConnection,
} from '../graphql/index.js';
import { OrganizationLoaders } from '../organizations/organizations.loaders.js';
import {
  AgencyType,
  type AnyOrganization,
  BuyerType,
  OrganizationType,
} from '../organizations/organizations.types.js';
import { ContractsArgs } from './contracts.inputs.js';
import { ContractLoaders } from './contracts.loaders.js';
import {
  ContractConnection,
  ContractTermsType,
  ContractType,
  contractTypeOf,
  ContractVersionConnection,
  ContractVersionType,
  contractVersionTypeOf,
} from './contracts.types.js';

const contractCursor = { list: 'contracts', key: ['uuid'] } as const;
const versionCursor = { list: 'contract-versions', key: ['integer'] } as const;

@Resolver(() => ContractType)
export class ContractsResolver {
  constructor(
    private readonly queries: ContractsQueries,
    private readonly load: ContractLoaders,
    private readonly organizations: OrganizationLoaders,
  ) {}

  @Requires('contracts:read')
  @Query(() => ContractType, { nullable: true })
  async contract(
    @Loaders() loaders: RequestLoaders,
    @Args('id', { type: () => ID }) id: string,
  ): Promise<ContractType | null> {
    const uuid = decodeId('ctr', id);
    return uuid === undefined ? null : await this.load.contract(loaders, uuid);
  }

  @Requires('contracts:read')
  @Query(() => ContractConnection, {
    description: 'Your contracts, oldest first; for the operator all of them.',
  })
  async contracts(
    @CurrentActor() actor: Actor,
    @Args() args: ContractsArgs,
  ): Promise<ConnectionOf<ContractType>> {
    const page = readPage(args, contractCursor);
    const filter = filterOf(args);
    const { limit, backwards, after, before } = page;
    const fetched = filter
      ? await this.queries.contractPage(actor, filter, {
          limit: limit + 1,
          backwards,
          after: after?.[0],
          before: before?.[0],
        })
      : [];
    return toConnection(fetched, page, {
      keyOf: ({ id }) => [id],
      toNode: contractTypeOf,
      countUpTo: (max) => (filter ? this.queries.countContracts(actor, filter, max) : 0),
    });
  }

  @ResolveField(() => AgencyType)
  async agency(@Loaders() loaders: RequestLoaders, @Parent() { of }: ContractType): Promise<AgencyType> {
    return await this.organizations.agency(loaders, of.agencyId);
  }

  @ResolveField(() => BuyerType)
  async buyer(@Loaders() loaders: RequestLoaders, @Parent() { of }: ContractType): Promise<BuyerType> {
    return await this.organizations.buyer(loaders, of.buyerId);
  }

  @ResolveField(() => ContractVersionType, {
    description: 'The version in force; as long as none ever was, the latest.',
  })
  async currentVersion(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: ContractType,
  ): Promise<ContractVersionType> {
    return await this.load.version(loaders, of.id, of.inForceVersion ?? of.latestVersion);
  }

  @ResolveField(() => ContractVersionType, {
    nullable: true,
    description: 'The version that waits for an answer.',
  })
  async pendingVersion(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: ContractType,
  ): Promise<ContractVersionType | null> {
    const latest = await this.load.version(loaders, of.id, of.latestVersion);
    return latest.status === 'PROPOSED' ? latest : null;
  }

  @ResolveField(() => ContractTermsType, { description: 'Of the current version.' })
  async terms(
    @Loaders() loaders: RequestLoaders,
    @Parent() contract: ContractType,
  ): Promise<ContractTermsType> {
    return (await this.currentVersion(loaders, contract)).terms;
  }

  @ResolveField(() => String, { description: 'The current version in plain words, in short.' })
  async summary(@Loaders() loaders: RequestLoaders, @Parent() contract: ContractType): Promise<string> {
    return (await this.currentVersion(loaders, contract)).summary;
  }

  @ResolveField(() => [String], { description: 'The current version in plain words, clause by clause.' })
  async clauses(
    @Loaders() loaders: RequestLoaders,
    @Parent() contract: ContractType,
  ): Promise<readonly string[]> {
    return (await this.currentVersion(loaders, contract)).clauses;
  }

  @ResolveField(() => ContractVersionConnection, { description: 'Every version, the first one first.' })
  async versions(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: ContractType,
    @Args() args: PageArgs,
  ): Promise<ConnectionOf<ContractVersionType>> {
    const page = readPage(args, versionCursor);
    const { limit, backwards, after, before } = page;
    const fetched = await this.load.versionPage(loaders, of.id, {
      limit: limit + 1,
      backwards,
      after: numberOf(after?.[0]),
      before: numberOf(before?.[0]),
    });
    return toConnection(fetched, page, {
      keyOf: ({ version }) => [String(version)],
      toNode: contractVersionTypeOf,
      countUpTo: () => of.latestVersion,
    });
  }
}

@Resolver(() => ContractVersionType)
export class ContractVersionResolver {
  constructor(private readonly organizations: OrganizationLoaders) {}

  @ResolveField(() => OrganizationType, { nullable: true, description: 'The side that proposed it.' })
  async proposedBy(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: ContractVersionType,
  ): Promise<AnyOrganization | null> {
    return await this.organizations.organization(loaders, of.proposedByOrganizationId);
  }
}

/** Undefined when no contract can match: an id that is none is answered like one of nobody. */
function filterOf(args: ContractsArgs): ContractFilter | undefined {
  const agencyId = decodeOptionalId('org', args.agencyId);
  const buyerId = decodeOptionalId('org', args.buyerId);
  const vertical = typeof args.vertical === 'string' ? parseVertical(args.vertical) : null;
  if (agencyId === undefined || buyerId === undefined || vertical === undefined) return undefined;
  return { states: args.status ? [args.status] : null, agencyId, buyerId, vertical };
}

/** A version's number is an integer of the database; a forged cursor may hold more, and stands beyond all versions. */
function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Math.max(0, Math.min(Number(text), 2_147_483_647));
}
