import { Injectable } from '@nestjs/common';
import { type ApprovalLimit, OrganizationQueries } from '#organizations';
import { invariant } from '#outcome';
import { listLoaderOf, loaderOf, type RequestLoaders } from '../access/index.js';
import {
  AgencyType,
  type AnyOrganization,
  BuyerType,
  toApiKey,
  toOrganization,
  toUser,
  type ApiKeyType,
  type UserType,
} from './organizations.types.js';

/** Organizations, users and keys by UUID, as the API shows them; null for missing and foreign ones. */
@Injectable()
export class OrganizationLoaders {
  constructor(private readonly queries: OrganizationQueries) {}

  private readonly organizations = loaderOf(
    (actor, ids: readonly string[]) => this.queries.organizations(actor, ids),
    ({ id }) => id,
  );
  private readonly users = loaderOf(
    (actor, ids: readonly string[]) => this.queries.users(actor, ids),
    ({ id }) => id,
  );
  private readonly keys = loaderOf(
    (actor, ids: readonly string[]) => this.queries.apiKeys(actor, ids),
    ({ id }) => id,
  );

  readonly approvalLimits = listLoaderOf<string, ApprovalLimit>(
    (actor, ids) => this.queries.approvalLimits(actor, ids),
    ({ userId }) => userId,
  );

  async organization(loaders: RequestLoaders, uuid: string): Promise<AnyOrganization | null> {
    const found = await loaders.of(this.organizations).load(uuid);
    return found && toOrganization(found);
  }

  /** The agency of an object that the actor may see, such as a contract; its other side is always visible to them. */
  async agency(loaders: RequestLoaders, uuid: string): Promise<AgencyType> {
    const found = await this.organization(loaders, uuid);
    invariant(found instanceof AgencyType, 'an object has no agency that its reader may see');
    return found;
  }

  /** The buyer of an object that the actor may see. */
  async buyer(loaders: RequestLoaders, uuid: string): Promise<BuyerType> {
    const found = await this.organization(loaders, uuid);
    invariant(found instanceof BuyerType, 'an object has no buyer that its reader may see');
    return found;
  }

  async user(loaders: RequestLoaders, uuid: string): Promise<UserType | null> {
    const found = await loaders.of(this.users).load(uuid);
    return found && toUser(found);
  }

  async apiKey(loaders: RequestLoaders, uuid: string): Promise<ApiKeyType | null> {
    const found = await loaders.of(this.keys).load(uuid);
    return found && toApiKey(found);
  }
}
