import type { Database, Transaction } from '#database';
import type { Actor } from '#organizations';
import { Injectable } from '@nestjs/common';
import type {
  Destination,
  DestinationDisabledReason,
  DestinationSettings,
  DestinationState,
} from './destination.js';

/** A row of `destinations` as the driver hands it over. */
export interface DestinationRecord {
  readonly id: string;
  readonly buyer_id: string;
  readonly name: string;
  readonly settings: DestinationSettings;
  readonly state: DestinationState;
  readonly disabled_because: DestinationDisabledReason | null;
  readonly is_default: boolean;
  readonly version: number;
  readonly created_at: Date;
  readonly changed_at: Date;
  readonly failures: number;
  readonly open_until: Date | null;
}

/** The columns of a destination, for a select over `destinations` under the alias `d`. */
export const destinationColumns = `d.id, d.buyer_id, d.name, d.settings, d.state, d.disabled_because, d.is_default,
  d.version, d.created_at, d.changed_at, d.failures, d.open_until`;

export function destinationOf(row: DestinationRecord): Destination {
  const { id, name, settings, state, version, failures } = row;
  return {
    id,
    buyerId: row.buyer_id,
    name,
    settings,
    state,
    disabledBecause: row.disabled_because,
    isDefault: row.is_default,
    version,
    createdAt: row.created_at,
    changedAt: row.changed_at,
    failures,
    openUntil: row.open_until,
  };
}

/** The condition under which the actor, whose organization is $1, sees a destination: a buyer its own, the operator all. */
export function visibleDestination(actor: Actor): string {
  return actor.kind === 'OPERATOR' || actor.kind === 'SYSTEM' ? '$1::uuid is not null' : 'd.buyer_id = $1';
}

/** Values of headers by name. */
export type HeaderValues = Readonly<Record<string, string>>;

/** Writes destinations, their versions and secrets, and which contracts use them. */
@Injectable()
export class DestinationStore {
  /** Locks the buyer, so that two calls at once do not go beyond the bound together; how many destinations it has. */
  async lockAndCount(tx: Transaction, buyerId: string): Promise<number> {
    await tx.query('select 1 from organizations where id = $1 for no key update', [buyerId]);
    const [row] = await tx.query<{ count: number }>(
      `select count(*)::int as count from destinations where buyer_id = $1 and state <> 'DELETED'`,
      [buyerId],
    );
    return row?.count ?? 0;
  }

  async insert(
    tx: Transaction,
    destination: Destination,
    by: {
      readonly actorId: string;
      readonly secret: Uint8Array;
      readonly headerValues: HeaderValues;
    },
  ): Promise<void> {
    const { id, buyerId, name, settings, createdAt } = destination;
    await tx.query(
      `insert into destinations (id, buyer_id, kind, name, settings, header_values, state, is_default, version, created_by,
         created_at, changed_at)
       values ($1, $2, $3, $4, $5, $6, 'ENABLED', false, 1, $7, $8, $8)`,
      [
        id,
        buyerId,
        settings.kind,
        name,
        JSON.stringify(settings),
        JSON.stringify(by.headerValues),
        by.actorId,
        createdAt,
      ],
    );
    await this.rotate(tx, id, by.secret, 0);
    await this.keepVersion(tx, id, by.actorId, createdAt);
  }

  /** The destination when the actor sees it, locked until the transaction ends. */
  async lock(tx: Transaction, actor: Actor, id: string): Promise<Destination | undefined> {
    const [row] = await tx.query<DestinationRecord>(
      `select ${destinationColumns} from destinations d where ${visibleDestination(actor)} and d.id = $2
       for no key update of d`,
      [actor.organizationId, id],
    );
    return row && destinationOf(row);
  }

  async headerValues(reader: Pick<Transaction, 'query'>, id: string): Promise<HeaderValues> {
    const [row] = await reader.query<{ header_values: HeaderValues }>(
      'select header_values from destinations where id = $1',
      [id],
    );
    return row?.header_values ?? {};
  }

  /** Writes what a locked destination is from now on. What kept leads from it before says nothing about that. */
  async update(
    tx: Transaction,
    destination: Destination,
    change: {
      readonly name: string;
      readonly settings: DestinationSettings;
      readonly headerValues: HeaderValues;
      readonly actorId: string;
      readonly at: Date;
    },
  ): Promise<void> {
    await tx.query(
      `update destinations set name = $2, kind = $6, settings = $3, header_values = $4, version = version + 1,
         changed_at = $5, failures = 0, opened = 0, open_until = null
       where id = $1`,
      [
        destination.id,
        change.name,
        JSON.stringify(change.settings),
        JSON.stringify(change.headerValues),
        change.at,
        change.settings.kind,
      ],
    );
    await this.keepVersion(tx, destination.id, change.actorId, change.at);
  }

  /** The new secret is right at once; those before it for as long as it is said, and none for longer than was said of it. */
  async rotate(tx: Transaction, id: string, secret: Uint8Array, overlapHours: number): Promise<void> {
    await tx.query(
      `update destination_secrets set expires_at = least(expires_at, now() + make_interval(hours => $2))
       where destination_id = $1 and (expires_at is null or expires_at > now())`,
      [id, overlapHours],
    );
    await tx.query(
      `insert into destination_secrets (destination_id, number, secret, created_at)
       select $1, coalesce(max(number), 0) + 1, $2, now() from destination_secrets where destination_id = $1`,
      [id, secret],
    );
  }

  /** Those that are right at the moment, the newest first. */
  async secrets(tx: Transaction, id: string): Promise<Uint8Array[]> {
    const rows = await tx.query<{ secret: Buffer }>(
      `select secret from destination_secrets
       where destination_id = $1 and (expires_at is null or expires_at > now()) order by number desc`,
      [id],
    );
    return rows.map(({ secret }) => secret);
  }

  /** Changes the state of a locked destination. One that is enabled again begins with a closed circuit. */
  async change(
    tx: Transaction,
    { id }: Destination,
    change: {
      readonly to: DestinationState;
      readonly because: DestinationDisabledReason | null;
      readonly at: Date;
    },
  ): Promise<void> {
    await tx.query(
      `update destinations set state = $2, disabled_because = $3, changed_at = $4, failures = 0, opened = 0,
         open_until = null, is_default = is_default and $2 <> 'DELETED'
       where id = $1`,
      [id, change.to, change.because, change.at],
    );
    if (change.to !== 'DELETED') return;
    await tx.query('delete from destination_secrets where destination_id = $1', [id]);
    await tx.query('delete from contract_destinations where destination_id = $1', [id]);
  }

  /** Makes it the one for contracts that have none of their own, in place of another; null: there is none. */
  async setDefault(tx: Transaction, buyerId: string, id: string | null): Promise<void> {
    await tx.query('update destinations set is_default = false where buyer_id = $1 and is_default', [
      buyerId,
    ]);
    if (id !== null) await tx.query('update destinations set is_default = true where id = $1', [id]);
  }

  /** Where the leads of a contract go; null: where those of its buyer go. */
  async setForContract(
    tx: Transaction,
    contract: { readonly agencyId: string; readonly id: string },
    destinationId: string | null,
  ): Promise<void> {
    if (destinationId === null) {
      const key = [contract.agencyId, contract.id];
      await tx.query('delete from contract_destinations where agency_id = $1 and contract_id = $2', key);
      return;
    }
    await tx.query(
      `insert into contract_destinations (agency_id, contract_id, destination_id) values ($1, $2, $3)
       on conflict on constraint contract_destinations_pkey do update set destination_id = excluded.destination_id`,
      [contract.agencyId, contract.id, destinationId],
    );
  }

  /** The contract when it is the actor's own as a buyer. */
  async contractOf(
    reader: Pick<Transaction, 'query'>,
    actor: Actor,
    id: string,
  ): Promise<{ readonly agencyId: string; readonly id: string; readonly vertical: string } | undefined> {
    const [row] = await reader.query<{ agencyId: string; id: string; vertical: string }>(
      `select agency_id as "agencyId", id, vertical from contracts where buyer_id = $1 and id = $2`,
      [actor.organizationId, id],
    );
    return row;
  }

  /**
   * The verticals whose leads go to a destination, or would if it had the contracts; of the contracts that have not ended. At
   * most fifty: a mapping for more says little about each.
   */
  async verticalsOf(
    reader: Pick<Database, 'query'>,
    { id, buyerId, isDefault }: Pick<Destination, 'id' | 'buyerId' | 'isDefault'>,
  ): Promise<string[]> {
    const rows = await reader.query<{ vertical: string }>(
      `select distinct c.vertical from contracts c
       left join contract_destinations x on x.agency_id = c.agency_id and x.contract_id = c.id
       where c.buyer_id = $1 and c.state not in ('EXPIRED', 'TERMINATED')
         and (x.destination_id = $2 or ($3 and x.destination_id is null))
       order by 1 limit 50`,
      [buyerId, id, isDefault],
    );
    return rows.map(({ vertical }) => vertical);
  }

  private async keepVersion(tx: Transaction, id: string, actorId: string, at: Date): Promise<void> {
    await tx.query(
      `insert into destination_versions (destination_id, version, settings, created_by, created_at)
       select id, version, settings, $2, $3 from destinations where id = $1`,
      [id, actorId, at],
    );
  }
}
