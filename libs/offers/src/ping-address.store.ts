import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '#database';
import type { Actor } from '#organizations';
import type { PingAddress } from './ping-address.js';

interface AddressRow {
  readonly agency_id: string;
  readonly contract_id: string;
  readonly buyer_id: string;
  readonly url: string;
  readonly version: number;
  readonly created_at: Date;
  readonly changed_at: Date;
}

/** A contract of the actor's, with its address if it has one. */
export interface ContractToPing {
  readonly agencyId: string;
  readonly contractId: string;
  readonly buyerId: string;
  readonly vertical: string;
  /** At the price in force, or the newest proposed. */
  readonly currency: string;
  readonly baseRateMinor: bigint;
  readonly isOver: boolean;
  readonly address: PingAddress | null;
}

/** Where pings go, and by what they are signed. */
export interface SignedAddress {
  readonly url: string;
  readonly secrets: readonly Uint8Array[];
}

const columns = 'a.agency_id, a.contract_id, a.buyer_id, a.url, a.version, a.created_at, a.changed_at';

/** $1 is the actor's organization: a buyer has its own, the operator sees all; an agency sees none. */
function own({ kind }: Actor): string {
  if (kind === 'OPERATOR' || kind === 'SYSTEM') return '$1::uuid is not null';
  return kind === 'BUYER' ? 'c.buyer_id = $1' : '$1::uuid is null';
}

/** Keeps the addresses at which buyers are asked for bids, and the secrets of pings. */
@Injectable()
export class PingAddressStore {
  constructor(private readonly database: Database) {}

  /** The addresses of contracts as far as the actor may see them, in no order. */
  async ofContracts(actor: Actor, contractIds: readonly string[]): Promise<PingAddress[]> {
    const rows = await this.database.query<AddressRow>(
      `select ${columns} from ping_addresses a join contracts c on c.agency_id = a.agency_id and c.id = a.contract_id
       where c.id = any ($2::uuid[]) and ${own(actor)}`,
      [actor.organizationId, contractIds],
    );
    return rows.map(addressOf);
  }

  /** A contract that the actor may set an address for; held, when `reader` is a transaction. */
  async contract(
    reader: Pick<Transaction, 'query'>,
    actor: Actor,
    contractId: string,
    { hold }: { readonly hold: boolean } = { hold: true },
  ): Promise<ContractToPing | undefined> {
    const [contract] = await reader.query<{
      agency_id: string;
      id: string;
      buyer_id: string;
      vertical: string;
      state: string;
      currency: string;
      base_rate_minor: string;
    }>(
      `select c.agency_id, c.id, c.buyer_id, c.vertical, c.state, v.currency, v.base_rate_minor from contracts c
       join contract_versions v on v.agency_id = c.agency_id and v.contract_id = c.id
         and v.version = coalesce(c.in_force_version, c.latest_version)
       where ${own(actor)} and c.id = $2 ${hold ? 'for no key update of c' : ''}`,
      [actor.organizationId, contractId],
    );
    if (!contract) return undefined;
    const [row] = await reader.query<AddressRow>(
      `select ${columns} from ping_addresses a where a.agency_id = $1 and a.contract_id = $2`,
      [contract.agency_id, contract.id],
    );
    return {
      agencyId: contract.agency_id,
      contractId: contract.id,
      buyerId: contract.buyer_id,
      vertical: contract.vertical,
      currency: contract.currency,
      baseRateMinor: BigInt(contract.base_rate_minor),
      isOver: contract.state === 'TERMINATED' || contract.state === 'EXPIRED',
      address: row ? addressOf(row) : null,
    };
  }

  async set(
    tx: Transaction,
    { agencyId, contractId, buyerId }: Pick<ContractToPing, 'agencyId' | 'contractId' | 'buyerId'>,
    { url, changedBy, at }: { readonly url: string; readonly changedBy: string; readonly at: Date },
  ): Promise<void> {
    await tx.query(
      `insert into ping_addresses as a (agency_id, contract_id, buyer_id, url, version, changed_by, created_at, changed_at)
       values ($1, $2, $3, $4, 1, $5, $6, $6)
       on conflict (agency_id, contract_id) do update
       set url = excluded.url, version = a.version + 1, changed_by = excluded.changed_by, changed_at = excluded.changed_at`,
      [agencyId, contractId, buyerId, url, changedBy, at],
    );
  }

  async remove(
    tx: Transaction,
    { agencyId, contractId }: Pick<ContractToPing, 'agencyId' | 'contractId'>,
  ): Promise<void> {
    await tx.query('delete from ping_addresses where agency_id = $1 and contract_id = $2', [
      agencyId,
      contractId,
    ]);
  }

  /** The old secret goes on signing for so long, in real time; of the older ones none does. */
  async addSecret(
    tx: Transaction,
    { agencyId, contractId }: Pick<ContractToPing, 'agencyId' | 'contractId'>,
    { secret, overlapHours }: { readonly secret: Uint8Array; readonly overlapHours: number },
  ): Promise<void> {
    const key = [agencyId, contractId];
    const ofContract = 'agency_id = $1 and contract_id = $2';
    await tx.query(`delete from ping_secrets where ${ofContract} and expires_at is not null`, key);
    await tx.query(
      `update ping_secrets set expires_at = now() + make_interval(hours => $3) where ${ofContract}`,
      [...key, overlapHours],
    );
    await tx.query(
      `insert into ping_secrets (agency_id, contract_id, number, secret, created_at)
       values ($1, $2, 1 + coalesce((select max(number) from ping_secrets where ${ofContract}), 0), $3, now())`,
      [...key, Buffer.from(secret)],
    );
  }

  /** By contract: where it is asked, with the secrets that are right now. */
  async signed(
    contracts: readonly Pick<ContractToPing, 'agencyId' | 'contractId'>[],
  ): Promise<ReadonlyMap<string, SignedAddress>> {
    if (contracts.length === 0) return new Map();
    const rows = await this.database.prepared<{ contract_id: string; url: string; secrets: string[] }>(
      'ping-addresses',
      `select a.contract_id, a.url, array(
         select encode(s.secret, 'base64') from ping_secrets s
         where s.agency_id = a.agency_id and s.contract_id = a.contract_id
           and (s.expires_at is null or s.expires_at > now()) order by s.number desc) as secrets
       from unnest($1::uuid[], $2::uuid[]) as k (agency_id, contract_id) join ping_addresses a using (agency_id, contract_id)`,
      [contracts.map(({ agencyId }) => agencyId), contracts.map(({ contractId }) => contractId)],
    );
    return new Map(
      rows.map((row) => [
        row.contract_id,
        { url: row.url, secrets: row.secrets.map((secret) => Buffer.from(secret, 'base64')) },
      ]),
    );
  }
}

function addressOf(row: AddressRow): PingAddress {
  return {
    agencyId: row.agency_id,
    contractId: row.contract_id,
    buyerId: row.buyer_id,
    url: row.url,
    version: row.version,
    createdAt: row.created_at,
    changedAt: row.changed_at,
  };
}
