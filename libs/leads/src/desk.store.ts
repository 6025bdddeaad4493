import { Injectable } from '@nestjs/common';
import type { Transaction } from '#database';
import {
  type ClaimedKey,
  holdKeysSql,
  type KnownPerson,
  PersonHashStore,
  PersonHistory,
  personKeyText,
} from '#persons';
import { type Pending, naturalKeyOf } from './pending.js';
import { destinationOfContract } from './destination-sql.js';
import type { IntakeTerms, Placement, PlacedLead } from './placement.store.js';

/** What a contract's leads meet now, its rows held until the transaction ends. */
export interface TermsNow {
  /** The buyer's balance is used up. */
  readonly creditBlocked: boolean;
  /** The settlement that takes the charges; null when it is not open. */
  readonly rootId: string | null;
  readonly unbilledId: string;
  readonly accruedId: string;
  readonly deferredId: string;
  /** Where the buyer receives it; null: it fetches its leads, and has them at once. */
  readonly destinationId: string | null;
}

/** Who must not be contacted, of a batch. */
export interface Suppressed {
  readonly organizationId: string;
  /** By the operator, so for everybody. */
  readonly byOperator: boolean;
}

/** Everything that the leads of a batch are decided by, as it is while the transaction runs. */
export interface DeskSheet {
  /** What was submitted before under the names of the batch, by natural key. */
  readonly earlier: ReadonlyMap<string, { readonly leadId: string; readonly inputHash: string }>;
  /** By group; undefined where the contract or the vertical has changed since it was read. */
  readonly terms: readonly (TermsNow | undefined)[];
  /** By hash of a phone, an e-mail address or a domain. */
  readonly suppressed: ReadonlyMap<string, readonly Suppressed[]>;
  readonly history: PersonHistory;
  /** For keeping the books of {@link PersonHashStore}. */
  readonly claimed: readonly ClaimedKey[];
  readonly known: readonly KnownPerson[];
}

interface DeskRow {
  /** Null: everybody is new, as in most batches, and need not be named. */
  readonly held: readonly { readonly hash: string; readonly vertical: string }[] | null;
  readonly earlier: readonly {
    readonly agencyId: string;
    readonly externalId: string;
    readonly test: boolean;
    readonly leadId: string;
    readonly inputHash: string;
  }[];
  readonly terms: readonly (TermsNow & { readonly k: number })[];
  readonly suppressed: readonly (Suppressed & { readonly hash: string })[];
}

/**
 * The first trip of a batch: holds the persons, the contracts and the settlements, and reads what decides. One statement, as
 * round trips are what a single lead waits for. What it reads may be older than what it waited for: natural keys and
 * suppressions are, and the second trip finds the former by their unique constraint. The lock on the settlement keeps it
 * from closing until this commits; the lock on the contract keeps its terms in force.
 */
const termsTable = `terms as (
  select t.k, c.credit_blocked as "creditBlocked", s.root_id as "rootId", u.id as "unbilledId", a.id as "accruedId",
    f.id as "deferredId", ${destinationOfContract({
      agencyId: 't.agency_id',
      contractId: 't.contract_id',
      buyerId: 't.buyer_id',
    })} as "destinationId"
  from json_to_recordset($3::json) as t(k integer, agency_id uuid, contract_id uuid, row_version integer,
    is_only boolean, vertical_version integer, buyer_id uuid, currency char(3), schedule text, time_zone text,
    period_start date)
  cross join lateral (
    select vertical, credit_blocked_at is not null as credit_blocked from contracts
    where agency_id = t.agency_id and id = t.contract_id and row_version = t.row_version and state = 'ACTIVE'
    for key share
  ) c
  join accounts u on u.book_id = t.agency_id and u.kind = 'unbilled' and u.currency = t.currency
    and u.party_id = t.buyer_id
  join accounts a on a.book_id = t.agency_id and a.kind = 'accrued' and a.currency = t.currency and a.party_id is null
  join accounts f on f.book_id = t.agency_id and f.kind = 'fee_deferred' and f.currency = t.currency
    and f.party_id is null
  left join lateral (
    select root_id from settlements
    where agency_id = t.agency_id and buyer_id = t.buyer_id and currency = t.currency and schedule = t.schedule
      and time_zone = t.time_zone and period_start = t.period_start and state = 'OPEN'
    for key share
  ) s on true
  where not (t.is_only and exists (
    select from contracts o
    where o.agency_id = t.agency_id and o.vertical = c.vertical and o.state = 'ACTIVE' and o.id <> t.contract_id))
  and t.vertical_version = coalesce((select version from verticals where key = c.vertical collate "C"), 0)
)`;

const termsSql = `with ${termsTable.replaceAll('$3', '$1')} select * from terms`;

const deskSql = `
with person as materialized (
  select * from json_to_recordset($1::json) as p(hash text, vertical text, agency_id uuid, lead_id uuid,
    accepted_at timestamptz)
), ${holdKeysSql}, earlier as (
  select l.agency_id as "agencyId", l.external_id as "externalId", l.test, l.id as "leadId",
    encode(l.input_hash, 'hex') as "inputHash"
  from json_to_recordset($2::json) as k(agency_id uuid, external_id text, test boolean)
  join leads l using (external_id, agency_id, test)
), ${termsTable}, suppressed as (
  select h.hash, s.organization_id as "organizationId", o.kind = 'OPERATOR' as "byOperator"
  from unnest($4::text[]) as h(hash) join suppressions s on s.hash = decode(h.hash, 'hex')
  join organizations o on o.id = s.organization_id
  where s.expires_at is null or s.expires_at > $5
)
select case when (select count(*) from held) < (select count(*) from person)
    then (select coalesce(json_agg(held), '[]') from held) end as held,
  (select coalesce(json_agg(earlier), '[]') from earlier) as earlier,
  (select coalesce(json_agg(terms), '[]') from terms) as terms,
  (select coalesce(json_agg(suppressed), '[]') from suppressed) as suppressed`;

@Injectable()
export class DeskStore {
  constructor(private readonly persons: PersonHashStore) {}

  /** What leads meet that are sold under these terms, in their order; undefined where the contract has changed. */
  async terms(tx: Transaction, wanted: readonly IntakeTerms[]): Promise<readonly (TermsNow | undefined)[]> {
    if (wanted.length === 0) return [];
    const rows = await tx.prepared<TermsNow & { readonly k: number }>('routed-terms', termsSql, [
      JSON.stringify(wanted.map(termsParameter)),
    ]);
    return wanted.map((_terms, k) => rows.find((each) => each.k === k));
  }

  /** Everything that the batch is decided by, held until `tx` ends. */
  async open(
    tx: Transaction,
    batch: readonly Pending[],
    placement: Placement,
    now: Date,
  ): Promise<DeskSheet> {
    const placed = batch.flatMap((pending) => {
      const outcome = placement.leads.get(pending);
      return outcome?.ok ? [outcome.value] : [];
    });
    const claims = claimsOf(placed, now);
    const [row] = await tx.prepared<DeskRow>('desk', deskSql, [
      JSON.stringify([...claims.values()].map(claimParameter)),
      JSON.stringify(namesOf(batch)),
      JSON.stringify(placement.terms.map(termsParameter)),
      hashesOf(placed),
      now,
    ]);
    const { held = null, earlier = [], terms = [], suppressed = [] } = row ?? {};
    const isNew = new Set(held?.map(personKeyText) ?? claims.keys());
    const claimed = [...claims].flatMap(([text, claim]) => (isNew.has(text) ? [claim] : []));
    const others = [...claims].flatMap(([text, { key }]) => (isNew.has(text) ? [] : [key]));
    const known = await this.persons.history(tx, others, now);
    return {
      earlier: new Map(earlier.map((each) => [naturalKeyOf(each.agencyId, each), each])),
      terms: placement.terms.map((_terms, k) => terms.find((each) => each.k === k)),
      suppressed: byHash(suppressed),
      history: new PersonHistory(known.map(({ key, earlier: leads }) => [key, leads])),
      claimed,
      known,
    };
  }
}

function byHash(suppressed: DeskRow['suppressed']): DeskSheet['suppressed'] {
  const found = new Map<string, Suppressed[]>();
  for (const { hash, ...by } of suppressed) found.set(hash, [...(found.get(hash) ?? []), by]);
  return found;
}

/** The first lead of each person in the batch holds the person for all of them. */
function claimsOf(placed: readonly PlacedLead[], now: Date): Map<string, ClaimedKey> {
  const claims = new Map<string, ClaimedKey>();
  for (const { lead } of placed) {
    for (const key of lead.keys) {
      const text = personKeyText(key);
      if (claims.has(text)) continue;
      const { agencyId, leadId, submission } = lead;
      claims.set(text, { key, agencyId, leadId, acceptedAt: submission.test ? null : now });
    }
  }
  return claims;
}

function claimParameter({ key, agencyId, leadId, acceptedAt }: ClaimedKey): object {
  return { ...key, agency_id: agencyId, lead_id: leadId, accepted_at: acceptedAt };
}

function namesOf(batch: readonly Pending[]): object[] {
  return batch.flatMap(({ actor, read, checked }) => {
    // What has not even the form of a submission was never taken; what is released is itself.
    if (read.refusals.length > 0 || (checked.ok && checked.value.isReleased)) return [];
    const { externalId, test } = read.given;
    return [{ agency_id: actor.organizationId, external_id: externalId, test }];
  });
}

function hashesOf(placed: readonly PlacedLead[]): string[] {
  const hashes = new Set<string>();
  for (const { lead } of placed) {
    if (lead.submission.test) continue;
    for (const hash of Object.values(lead.hashes)) if (hash !== null) hashes.add(hash);
  }
  return [...hashes];
}

function termsParameter({ contract, isOnly, verticalVersion, series, periodStart }: IntakeTerms, k: number) {
  return {
    k,
    agency_id: series.agencyId,
    contract_id: contract.contractId,
    row_version: contract.rowVersion,
    is_only: isOnly,
    vertical_version: verticalVersion,
    buyer_id: series.buyerId,
    currency: series.currency,
    schedule: series.schedule,
    time_zone: series.timeZone,
    period_start: periodStart,
  };
}
