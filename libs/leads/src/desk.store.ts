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
import type { IntakeTerms, Placement, PlacedLead } from './placement.store.js';
import { termsAskedColumns, termsNowTable } from './terms-sql.js';

/** What leads meet now that go to one contract, its rows held until the transaction ends. */
export interface TermsNow {
  /** The buyer's balance is used up. */
  readonly creditBlocked: boolean;
  /** The settlement that takes the charges; null when it is not open. */
  readonly rootId: string | null;
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
  /** Of the verticals of the batch; none for one that was not defined. */
  readonly versions: ReadonlyMap<string, number>;
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
  readonly versions: Readonly<Record<string, number>> | null;
}

/**
 * The first trip of a batch: holds the persons, the contracts and the settlements, and reads what decides. One statement, as
 * round trips are what a single lead waits for. What it reads may be older than what it waited for: natural keys and
 * suppressions are, and the second trip finds the former by their unique constraint. The lock on the settlement keeps it
 * from closing until this commits; the lock on the contract keeps its terms in force.
 */
const deskSql = `
with person as materialized (
  select * from json_to_recordset($1::json) as p(hash text, vertical text, agency_id uuid, lead_id uuid,
    accepted_at timestamptz)
), ${holdKeysSql}, earlier as (
  select l.agency_id as "agencyId", l.external_id as "externalId", l.test, l.id as "leadId",
    encode(l.input_hash, 'hex') as "inputHash"
  from json_to_recordset($2::json) as k(agency_id uuid, external_id text, test boolean)
  -- One by one: a plan that was made while there were few leads would look through all of them.
  cross join lateral (
    select * from leads o
    where o.agency_id = k.agency_id and o.external_id = k.external_id and o.test = k.test limit 1
  ) l
), asked as materialized (
  select * from json_to_recordset($3::json) as t(${termsAskedColumns})
), ${termsNowTable('asked')}, terms as (
  select k, credit_blocked as "creditBlocked", root_id as "rootId" from terms_now
), suppressed as (
  select h.hash, s.organization_id as "organizationId", o.kind = 'OPERATOR' as "byOperator"
  from unnest($4::text[]) as h(hash) join suppressions s on s.hash = decode(h.hash, 'hex')
  join organizations o on o.id = s.organization_id
  where s.expires_at is null or s.expires_at > $5
)
select case when (select count(*) from held) < (select count(*) from person)
    then (select coalesce(json_agg(held), '[]') from held) end as held,
  (select coalesce(json_agg(earlier), '[]') from earlier) as earlier,
  (select coalesce(json_agg(terms), '[]') from terms) as terms,
  (select coalesce(json_agg(suppressed), '[]') from suppressed) as suppressed,
  (select json_object_agg(key, version) from verticals where key = any ($6::text[] collate "C")) as versions`;

@Injectable()
export class DeskStore {
  constructor(private readonly persons: PersonHashStore) {}

  /** Everything that the batch is decided by, held until `tx` ends. Its first statement goes out at once. */
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
      JSON.stringify(placement.terms.map(termsAsked)),
      hashesOf(placed),
      now,
      [...new Set(placed.map(({ lead }) => lead.submission.vertical))],
    ]);
    const { held = null, earlier = [], terms = [], suppressed = [], versions = null } = row ?? {};
    const isNew = new Set(held?.map(personKeyText) ?? claims.keys());
    const claimed = [...claims].flatMap(([text, claim]) => (isNew.has(text) ? [claim] : []));
    const others = [...claims].flatMap(([text, { key }]) => (isNew.has(text) ? [] : [key]));
    const known = await this.persons.history(tx, others, now);
    return {
      earlier: new Map(earlier.map((each) => [naturalKeyOf(each.agencyId, each), each])),
      terms: placement.terms.map((_terms, k) => terms.find((each) => each.k === k)),
      suppressed: byHash(suppressed),
      versions: new Map(Object.entries(versions ?? {})),
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
  return { agency_id: agencyId, lead_id: leadId, accepted_at: acceptedAt, ...key };
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
    for (const hash of Object.values(lead.hashes)) if (hash !== null) hashes.add(hash);
  }
  return [...hashes];
}

/** For `termsAskedColumns`. */
export function termsAsked(
  { contract, isOnly, verticalVersion, series, periodStart }: IntakeTerms,
  k: number,
) {
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
