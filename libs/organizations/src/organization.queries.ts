import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { asCurrency, type Money } from '#money';
import type { Actor, KeyMode } from './actor.js';
import type { OrganizationKind, Role } from './role.js';
import type { ApiKey, Organization, User } from './organization.js';
import type { Permission } from './permission.js';

/** A page by keyset: at most `limit` rows between two ids (exclusive), in their order; backwards in reverse order. */
export interface KeysetPage {
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
  readonly backwards: boolean;
}

/** What one person may approve within 24 hours, in minor units. */
export interface ApprovalLimit extends Money {
  readonly userId: string;
}

/** Reads organizations, users and keys, each as far as the actor may see them. */
@Injectable()
export class OrganizationQueries {
  constructor(private readonly database: Database) {}

  /**
   * Those of `ids` that the actor may see, in no order: its own, those it has (or was offered) a contract with, and
   * the operator; all of them for the operator.
   */
  async organizations(actor: Actor, ids: readonly string[]): Promise<readonly Organization[]> {
    const rows = await this.database.query<OrganizationRecord>(
      `select o.id, o.kind, o.name, o.created_at from organizations o
       where o.id = any($1::uuid[]) and ($2 or o.id = $3 or o.kind = 'OPERATOR'
         or exists (select 1 from contracts c where c.agency_id = $3 and c.buyer_id = o.id)
         or exists (select 1 from contracts c where c.buyer_id = $3 and c.agency_id = o.id))`,
      [ids, seesAll(actor), actor.organizationId],
    );
    return rows.map(toOrganization);
  }

  /** Every organization, for the operator; for others a page with their own. */
  async organizationPage(
    actor: Actor,
    page: KeysetPage,
    kind: OrganizationKind | null = null,
  ): Promise<readonly Organization[]> {
    const rows = await this.page<OrganizationRecord>(
      'select o.id, o.kind, o.name, o.created_at from organizations o where ($1 or o.id = $2) and ($3::text is null or o.kind = $3)',
      { alias: 'o', parameters: [seesAll(actor), actor.organizationId, kind], page },
    );
    return rows.map(toOrganization);
  }

  /** Those of `ids` that belong to the actor's organization; all of them for the operator. */
  async users(actor: Actor, ids: readonly string[]): Promise<readonly User[]> {
    const rows = await this.database.query<UserRecord>(
      `select ${userColumns} from users u where u.id = any($1::uuid[]) and ($2 or u.organization_id = $3)`,
      [ids, seesAll(actor), actor.organizationId],
    );
    return rows.map(toUser);
  }

  /** The people of the actor's own organization, those who have left included. */
  async peoplePage(actor: Actor, page: KeysetPage): Promise<readonly User[]> {
    const rows = await this.page<UserRecord>(
      `select ${userColumns} from users u where u.organization_id = $1`,
      { alias: 'u', parameters: [actor.organizationId], page },
    );
    return rows.map(toUser);
  }

  /** How many `peoplePage` has, counted to `max` at most. */
  async countPeople(actor: Actor, max: number): Promise<number> {
    return this.count('select 1 from users u where u.organization_id = $1 limit $2', [
      actor.organizationId,
      max,
    ]);
  }

  /** What these people, of the actor's own organization, may approve: a row for each limit, in the order of the currencies. */
  async approvalLimits(actor: Actor, userIds: readonly string[]): Promise<readonly ApprovalLimit[]> {
    const rows = await this.database.query<{ user_id: string; currency: string; limit_minor: string }>(
      `select l.user_id, l.currency, l.limit_minor from approval_limits l join users u on u.id = l.user_id
       where l.user_id = any($1::uuid[]) and u.organization_id = $2 order by l.currency`,
      [userIds, actor.organizationId],
    );
    return rows.map((row) => ({
      userId: row.user_id,
      currency: asCurrency(row.currency),
      amountMinor: BigInt(row.limit_minor),
    }));
  }

  /** The keys of the actor's organization; all of them for the operator. */
  async apiKeys(actor: Actor, ids: readonly string[]): Promise<readonly ApiKey[]> {
    const rows = await this.database.query<ApiKeyRecord>(
      `select ${keyColumns} from api_keys k where k.id = any($1::uuid[]) and ($2 or k.organization_id = $3)`,
      [ids, seesAll(actor), actor.organizationId],
    );
    return rows.map(toApiKey);
  }

  /** The keys of one organization, dead ones included; none when it is not the actor's to see. */
  async apiKeyPage(actor: Actor, organizationId: string, page: KeysetPage): Promise<readonly ApiKey[]> {
    const rows = await this.page<ApiKeyRecord>(
      `select ${keyColumns} from api_keys k where k.organization_id = $1 and ($2 or k.organization_id = $3)`,
      { alias: 'k', parameters: [organizationId, seesAll(actor), actor.organizationId], page },
    );
    return rows.map(toApiKey);
  }

  /** How many `organizationPage` has, counted to `max` at most. */
  async countOrganizations(actor: Actor, kind: OrganizationKind | null, max: number): Promise<number> {
    return this.count(
      'select 1 from organizations o where ($1 or o.id = $2) and ($3::text is null or o.kind = $3) limit $4',
      [seesAll(actor), actor.organizationId, kind, max],
    );
  }

  /** How many `apiKeyPage` has, counted to `max` at most. */
  async countApiKeys(actor: Actor, organizationId: string, max: number): Promise<number> {
    return this.count(
      'select 1 from api_keys k where k.organization_id = $1 and ($2 or k.organization_id = $3) limit $4',
      [organizationId, seesAll(actor), actor.organizationId, max],
    );
  }

  private async count(select: string, parameters: readonly unknown[]): Promise<number> {
    const [row] = await this.database.query<{ n: number }>(
      `select count(*)::int as n from (${select}) s`,
      parameters,
    );
    return row?.n ?? 0;
  }

  private async page<T>(
    select: string,
    { alias, parameters, page }: { alias: 'o' | 'k' | 'u'; parameters: readonly unknown[]; page: KeysetPage },
  ): Promise<readonly T[]> {
    const next = parameters.length + 1;
    return this.database.query<T>(
      `${select} and ($${next}::uuid is null or ${alias}.id > $${next}) and ($${next + 1}::uuid is null or ${alias}.id < $${next + 1})
       order by ${alias}.id ${page.backwards ? 'desc' : 'asc'} limit $${next + 2}`,
      [...parameters, page.after ?? null, page.before ?? null, page.limit],
    );
  }
}

function seesAll(actor: Actor): boolean {
  return actor.kind === 'OPERATOR' || actor.kind === 'SYSTEM';
}

interface OrganizationRecord {
  readonly id: string;
  readonly kind: OrganizationKind;
  readonly name: string;
  readonly created_at: Date;
}

function toOrganization({ id, kind, name, created_at: createdAt }: OrganizationRecord): Organization {
  return { id, kind, name, createdAt };
}

const userColumns = 'u.id, u.organization_id, u.email, u.name, u.roles, u.created_at, u.disabled_at';

interface UserRecord {
  readonly id: string;
  readonly organization_id: string;
  readonly email: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly created_at: Date;
  readonly disabled_at: Date | null;
}

function toUser(row: UserRecord): User {
  const { id, email, name, roles } = row;
  return {
    id,
    organizationId: row.organization_id,
    email,
    name,
    roles,
    createdAt: row.created_at,
    disabledAt: row.disabled_at,
  };
}

const keyColumns = `k.id, k.organization_id, k.user_id, k.public_id, k.mode, k.name, k.roles, k.scopes, k.created_at,
  k.expires_at, k.revoked_at, k.last_used_at`;

interface ApiKeyRecord {
  readonly id: string;
  readonly organization_id: string;
  readonly user_id: string | null;
  readonly public_id: string;
  readonly mode: KeyMode;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly scopes: readonly Permission[] | null;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
  readonly last_used_at: Date | null;
}

function toApiKey(row: ApiKeyRecord): ApiKey {
  const { id, mode, name, roles, scopes } = row;
  return {
    id,
    organizationId: row.organization_id,
    userId: row.user_id,
    publicId: row.public_id,
    mode,
    name,
    roles,
    scopes,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
  };
}
