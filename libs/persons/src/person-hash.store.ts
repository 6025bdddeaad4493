import { Injectable } from '@nestjs/common';
import type { Transaction } from '#database';
import { type EarlierLead, type PersonKey, personKeyText } from './person-history.js';

/** A lead under the keys of its person. */
export interface KeyedLead {
  readonly agencyId: string;
  readonly leadId: string;
  readonly keys: readonly PersonKey[];
  /** Null: it does not count, for a test or because it was not accepted. */
  readonly acceptedAt: Date | null;
}

/** What is known of a key that others had before. */
export interface KnownPerson {
  readonly key: PersonKey;
  readonly nextOrdinal: number;
  readonly earlier: readonly EarlierLead[];
}

/** The first row of a key, written before it is known whether the lead will be. */
export interface ClaimedKey {
  readonly key: PersonKey;
  readonly agencyId: string;
  readonly leadId: string;
  readonly acceptedAt: Date | null;
}

interface HistoryRow {
  readonly hash: string;
  readonly vertical: string;
  readonly next_ordinal: number;
  readonly leads: readonly {
    readonly agencyId: string | null;
    readonly leadId: string | null;
    readonly acceptedAt: string;
    readonly formerBuyers: readonly BuyerRow[] | null;
    readonly buyers: readonly BuyerRow[] | null;
  }[];
}

interface BuyerRow {
  readonly buyerId: string;
  readonly at: string;
}

/** More leads about one person that were accepted, within the longest window, than decide anything. */
const maxEarlier = 100;

/**
 * Common table of a statement over `person` (hash text, vertical, agency_id, lead_id, accepted_at; each key once): it
 * holds every key until the transaction ends, and returns those that nobody had before. Everybody takes them in the same
 * order, so two batches wait for each other and never in a circle. `where false` holds a row without writing it.
 */
export const holdKeysSql = `held as (
    insert into person_hashes (hash, vertical, ordinal, agency_id, lead_id, accepted_at)
    select decode(hash, 'hex'), vertical, 0, agency_id, lead_id, accepted_at from person
    order by decode(hash, 'hex'), vertical collate "C"
    on conflict on constraint person_hashes_pkey do update set ordinal = 0 where false
    returning encode(hash, 'hex') as hash, vertical
  )`;

// A statement of its own after the keys are held: the one that waited for them sees nothing of who held them before.
// The first row is looked at by its key and the others by their own index, so that a thousand refused leads about one
// person cost nothing.
const historySql = `
  select k.hash, k.vertical,
    (select max(p.ordinal) + 1 from person_hashes p
     where p.hash = decode(k.hash, 'hex') and p.vertical = k.vertical) as next_ordinal,
    (select coalesce(json_agg(json_build_object('agencyId', e.agency_id, 'leadId', e.lead_id,
        'acceptedAt', e.accepted_at, 'formerBuyers', e.former_buyers, 'buyers', (
          select json_agg(json_build_object('buyerId', d.buyer_id, 'at', d.delivered_at)) from deliveries d
          where d.agency_id = e.agency_id and d.lead_id = e.lead_id
            and d.state in ('PENDING', 'ACCEPTED', 'RETURNED')))), '[]')
     from (
       (select agency_id, lead_id, accepted_at, former_buyers from person_hashes p
        where p.hash = decode(k.hash, 'hex') and p.vertical = k.vertical and p.ordinal = 0
          and p.accepted_at > $2::timestamptz)
       union all
       (select agency_id, lead_id, accepted_at, former_buyers from person_hashes p
        where p.hash = decode(k.hash, 'hex') and p.vertical = k.vertical and p.ordinal > 0
          and p.accepted_at > $2::timestamptz
        order by p.accepted_at desc limit ${maxEarlier})
     ) e) as leads
  from json_to_recordset($1::json) as k(hash text, vertical text)`;

const removeSql = `
  delete from person_hashes p using json_to_recordset($1::json) as r(hash text, vertical text)
  where p.hash = decode(r.hash, 'hex') and p.vertical = r.vertical and p.ordinal = 0`;

const changeSql = `
  update person_hashes p set agency_id = r.agency_id, lead_id = r.lead_id, accepted_at = r.accepted_at
  from json_to_recordset($1::json) as r(hash text, vertical text, agency_id uuid, lead_id uuid, accepted_at timestamptz)
  where p.hash = decode(r.hash, 'hex') and p.vertical = r.vertical and p.ordinal = 0`;

const insertSql = `
  insert into person_hashes (hash, vertical, ordinal, agency_id, lead_id, accepted_at)
  select decode(r.hash, 'hex'), r.vertical, r.ordinal, r.agency_id, r.lead_id, r.accepted_at
  from json_to_recordset($1::json) as r(hash text, vertical text, ordinal integer, agency_id uuid, lead_id uuid,
    accepted_at timestamptz)`;

// The longest window that a vertical or a contract may have.
const longestWindowMs = 365 * 86_400_000;

/** Who had whom: writes and reads `person_hashes`. Keys are read and written only while they are held. */
@Injectable()
export class PersonHashStore {
  /** What was had before under keys that are held. */
  async history(tx: Transaction, keys: readonly PersonKey[], now: Date): Promise<readonly KnownPerson[]> {
    if (keys.length === 0) return [];
    const rows = await tx.prepared<HistoryRow>('person-history', historySql, [
      JSON.stringify(keys),
      new Date(now.getTime() - longestWindowMs),
    ]);
    return rows.map(({ hash, vertical, next_ordinal: nextOrdinal, leads }) => ({
      key: { hash, vertical },
      nextOrdinal,
      earlier: leads.map(earlierOf),
    }));
  }

  /**
   * Brings the rows of a batch in line with what became of its leads: `claimed` are the first rows that were written when the
   * keys were held, `written` are the leads that are kept now, in their order. In most batches there is nothing to do.
   */
  async settle(
    tx: Transaction,
    claimed: readonly ClaimedKey[],
    known: readonly KnownPerson[],
    written: readonly KeyedLead[],
  ): Promise<void> {
    const { inserted, changed, removed } = rowsOf(claimed, known, written);
    // All of them go out before this waits for the first: the commit may be right behind them.
    const sent: Promise<unknown>[] = [];
    if (removed.length > 0) sent.push(tx.query(removeSql, [JSON.stringify(removed)]));
    if (changed.length > 0) sent.push(tx.query(changeSql, [JSON.stringify(changed)]));
    if (inserted.length > 0) sent.push(tx.query(insertSql, [JSON.stringify(inserted)]));
    await Promise.all(sent);
  }

  /** A lead that is known under its keys counts from now on. */
  async accept(tx: Transaction, lead: KeyedLead): Promise<void> {
    await tx.query(
      `update person_hashes p set accepted_at = $4
       from json_to_recordset($1::json) as k(hash text, vertical text)
       where p.hash = decode(k.hash, 'hex') and p.vertical = k.vertical and p.agency_id = $2 and p.lead_id = $3`,
      [JSON.stringify(lead.keys), lead.agencyId, lead.leadId, lead.acceptedAt],
    );
  }

  /** The leads of whoever can be reached so, of one agency or (null) of all; at most `limit`. */
  async leadsOf(
    tx: Transaction,
    hashes: readonly string[],
    { agencyId, limit }: { readonly agencyId: string | null; readonly limit: number },
  ): Promise<readonly { readonly agencyId: string; readonly leadId: string }[]> {
    const rows = await tx.query<{ agency_id: string; lead_id: string }>(
      `select distinct agency_id, lead_id from person_hashes p
       where p.hash = any (select decode(h, 'hex') from unnest($1::text[]) h)
         and p.lead_id is not null and ($2::uuid is null or p.agency_id = $2)
       order by agency_id, lead_id limit $3`,
      [hashes, agencyId, limit],
    );
    return rows.map((row) => ({ agencyId: row.agency_id, leadId: row.lead_id }));
  }

  /** Cuts the tie between hashes and erased leads. Who had the person goes on counting, until its time is over. */
  async unlink(tx: Transaction, leads: readonly Omit<KeyedLead, 'acceptedAt'>[]): Promise<void> {
    const rows = leads.flatMap(({ agencyId, leadId, keys }) =>
      keys.map(({ hash, vertical }) => ({ hash, vertical, agency_id: agencyId, lead_id: leadId })),
    );
    // In the order in which intake holds them.
    await tx.query(
      `select from person_hashes p join json_to_recordset($1::json) as r(hash text, vertical text)
         on p.hash = decode(r.hash, 'hex') and p.vertical = r.vertical and p.ordinal = 0
       order by p.hash, p.vertical for update of p`,
      [JSON.stringify(rows)],
    );
    await tx.query(
      `update person_hashes p set agency_id = null, lead_id = null, former_buyers = (
         select jsonb_agg(jsonb_build_object('buyerId', d.buyer_id, 'at', d.delivered_at)) from deliveries d
         where d.agency_id = p.agency_id and d.lead_id = p.lead_id and d.state in ('PENDING', 'ACCEPTED', 'RETURNED'))
       from json_to_recordset($1::json) as r(hash text, vertical text, agency_id uuid, lead_id uuid)
       where p.hash = decode(r.hash, 'hex') and p.vertical = r.vertical and p.agency_id = r.agency_id
         and p.lead_id = r.lead_id`,
      [JSON.stringify(rows)],
    );
  }

  /**
   * Forgets hashes of erased leads that no window reaches any more, at most `limit`; returns how many. First the row
   * that others wait for is held: who comes meanwhile finds it, or finds none at all.
   */
  async prune(tx: Transaction, now: Date, limit: number): Promise<number> {
    const before = new Date(now.getTime() - longestWindowMs);
    const old = await tx.query<{ hash: string; vertical: string }>(
      `select distinct encode(hash, 'hex') as hash, vertical from (
         select hash, vertical from person_hashes
         where lead_id is null and (accepted_at is null or accepted_at <= $1) limit $2) old`,
      [before, limit],
    );
    if (old.length === 0) return 0;
    const held = await tx.query<{ hash: string; vertical: string }>(
      `select encode(p.hash, 'hex') as hash, p.vertical
       from json_to_recordset($1::json) as k(hash text, vertical text)
       join person_hashes p on p.hash = decode(k.hash, 'hex') and p.vertical = k.vertical and p.ordinal = 0
       for update of p skip locked`,
      [JSON.stringify(old)],
    );
    const rows = await tx.query(
      `delete from person_hashes p using json_to_recordset($1::json) as k(hash text, vertical text)
       where p.hash = decode(k.hash, 'hex') and p.vertical = k.vertical
         and p.lead_id is null and (p.accepted_at is null or p.accepted_at <= $2)
         and (p.ordinal > 0 or not exists (select from person_hashes o
           where o.hash = p.hash and o.vertical = p.vertical and o.ordinal > 0))
       returning 1`,
      [JSON.stringify(held), before],
    );
    return rows.length;
  }
}

function earlierOf(lead: HistoryRow['leads'][number]): EarlierLead {
  const buyers = new Map<string, Date>();
  for (const { buyerId, at } of lead.formerBuyers ?? lead.buyers ?? []) buyers.set(buyerId, new Date(at));
  return {
    lead:
      lead.agencyId !== null && lead.leadId !== null
        ? { agencyId: lead.agencyId, leadId: lead.leadId }
        : null,
    acceptedAt: new Date(lead.acceptedAt),
    buyers,
  };
}

interface Row extends PersonKey {
  readonly agency_id: string;
  readonly lead_id: string;
  readonly accepted_at: Date | null;
}

function rowsOf(
  claimed: readonly ClaimedKey[],
  known: readonly KnownPerson[],
  written: readonly KeyedLead[],
) {
  const inserted: (Row & { readonly ordinal: number })[] = [];
  const changed: Row[] = [];
  const open = new Map(claimed.map((claim) => [personKeyText(claim.key), claim]));
  const next = new Map(known.map(({ key, nextOrdinal }) => [personKeyText(key), nextOrdinal]));
  for (const { agencyId, leadId, keys, acceptedAt } of written) {
    for (const key of keys) {
      const text = personKeyText(key);
      const row = { agency_id: agencyId, lead_id: leadId, accepted_at: acceptedAt, ...key };
      const claim = open.get(text);
      if (claim) {
        open.delete(text);
        next.set(text, 1);
        const isAsClaimed = claim.leadId === leadId && claim.acceptedAt?.getTime() === acceptedAt?.getTime();
        if (!isAsClaimed) changed.push(row);
      } else {
        const ordinal = next.get(text) ?? 0;
        next.set(text, ordinal + 1);
        inserted.push({ ordinal, ...row });
      }
    }
  }
  return { inserted, changed, removed: [...open.values()].map(({ key }) => key) };
}
