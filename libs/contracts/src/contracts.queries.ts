import { Database } from '#database';
import type { Actor } from '#organizations';
import { Injectable } from '@nestjs/common';
import type { Contract, ContractState, ContractVersion } from './contract.js';
import {
  type ContractRecord,
  type VersionRecord,
  contractColumns,
  contractOf,
  versionColumns,
  versionOf,
} from './contract-record.js';

/** What a list of contracts is limited to; what is null or left out does not limit it. */
export interface ContractFilter {
  readonly states?: readonly ContractState[] | null | undefined;
  readonly agencyId?: string | null | undefined;
  readonly buyerId?: string | null | undefined;
  readonly vertical?: string | null | undefined;
}

/** A page by keyset: at most `limit` rows after or before a key; backwards, the last ones, in reverse order. */
export interface ContractPage<Key> {
  readonly after?: Key | undefined;
  readonly before?: Key | undefined;
  readonly limit: number;
  readonly backwards: boolean;
}

const visible = '($1 or c.agency_id = $2 or c.buyer_id = $2)';

/** Reads contracts and their versions, as far as the actor may see them: either side its own, the operator all. */
@Injectable()
export class ContractsQueries {
  constructor(private readonly database: Database) {}

  /** Those of `ids` that the actor may see, in no order. */
  async contracts(actor: Actor, ids: readonly string[]): Promise<readonly Contract[]> {
    const records = await this.database.query<ContractRecord>(
      `select ${contractColumns} from contracts c where ${visible} and c.id = any($3::uuid[])`,
      [...whoSees(actor), ids],
    );
    return records.map(contractOf);
  }

  /** One contract; undefined when there is none or the actor may not see it. */
  async contract(actor: Actor, id: string): Promise<Contract | undefined> {
    const [contract] = await this.contracts(actor, [id]);
    return contract;
  }

  /** A page of the actor's contracts by id, oldest first; backwards, newest first. */
  async contractPage(
    actor: Actor,
    filter: ContractFilter,
    page: ContractPage<string>,
  ): Promise<readonly Contract[]> {
    const records = await this.database.query<ContractRecord>(
      `select ${contractColumns} from contracts c where ${visible} and ${matching}
         and ($7::uuid is null or c.id > $7) and ($8::uuid is null or c.id < $8)
       order by c.id ${page.backwards ? 'desc' : 'asc'} limit $9`,
      [...whoSees(actor), ...filterValues(filter), page.after ?? null, page.before ?? null, page.limit],
    );
    return records.map(contractOf);
  }

  /** How many contracts the list has, never counting beyond `max`. */
  async countContracts(actor: Actor, filter: ContractFilter, max: number): Promise<number> {
    const [row] = await this.database.query<{ count: string }>(
      `select count(*) from (select 1 from contracts c where ${visible} and ${matching} limit $7) one`,
      [...whoSees(actor), ...filterValues(filter), max],
    );
    return Number(row?.count ?? 0);
  }

  /** Those of the named versions whose contracts the actor may see, in no order. */
  async versions(
    actor: Actor,
    refs: readonly { readonly contractId: string; readonly version: number }[],
  ): Promise<readonly ContractVersion[]> {
    const records = await this.database.query<VersionRecord>(
      `select ${versionColumns}
       from unnest($3::uuid[], $4::integer[]) as r (contract_id, version)
       join contracts c on c.id = r.contract_id
       join contract_versions v on v.agency_id = c.agency_id and v.contract_id = c.id and v.version = r.version
       where ${visible}`,
      [...whoSees(actor), refs.map(({ contractId }) => contractId), refs.map(({ version }) => version)],
    );
    return records.map(versionOf);
  }

  /** The same page of versions of each contract, first to last; backwards, last to first. */
  async versionPages(
    actor: Actor,
    contractIds: readonly string[],
    page: ContractPage<number>,
  ): Promise<ReadonlyMap<string, readonly ContractVersion[]>> {
    const records = await this.database.query<VersionRecord>(
      `select ${versionColumns} from contracts c cross join lateral (
         select * from contract_versions one
         where one.agency_id = c.agency_id and one.contract_id = c.id
           and ($4::integer is null or one.version > $4) and ($5::integer is null or one.version < $5)
         order by one.version ${page.backwards ? 'desc' : 'asc'} limit $6) v
       where ${visible} and c.id = any($3::uuid[])
       order by v.version ${page.backwards ? 'desc' : 'asc'}`,
      [...whoSees(actor), contractIds, page.after ?? null, page.before ?? null, page.limit],
    );
    const pages = new Map<string, ContractVersion[]>(contractIds.map((id) => [id, []]));
    for (const record of records) pages.get(record.contract_id)?.push(versionOf(record));
    return pages;
  }
}

const matching = `($3::text[] is null or c.state = any($3)) and ($4::uuid is null or c.agency_id = $4)
  and ($5::uuid is null or c.buyer_id = $5) and ($6::text is null or c.vertical = $6)`;

function filterValues({ states, agencyId, buyerId, vertical }: ContractFilter): readonly unknown[] {
  return [states ?? null, agencyId ?? null, buyerId ?? null, vertical ?? null];
}

function whoSees(actor: Actor): readonly [boolean, string] {
  return [actor.kind === 'OPERATOR' || actor.kind === 'SYSTEM', actor.organizationId];
}
