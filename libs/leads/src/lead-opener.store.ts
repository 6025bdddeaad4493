import { Injectable } from '@nestjs/common';
import { asCurrency } from '#money';
import { type Actor, may } from '#organizations';
import {
  type Attribute,
  KeyRing,
  openConsent,
  openPerson,
  type PersonalData,
  type TenantKeys,
} from '#persons';
import type { LeadState, OpenedLead, QuarantineReason } from './lead.js';

/** A row of `leads` with the proof of its consent, as the driver hands it over. */
export interface LeadRow {
  readonly agency_id: string;
  readonly id: string;
  readonly external_id: string;
  readonly test: boolean;
  readonly vertical: string;
  readonly state: LeadState;
  readonly state_reason: QuarantineReason | null;
  readonly duplicate_of: string | null;
  readonly data_key: Buffer | null;
  readonly person: Buffer | null;
  /** Those that are not about the person. */
  readonly attributes: readonly Attribute[];
  readonly source: StoredSource | null;
  readonly sealed_consent: Buffer | null;
  readonly score: number | null;
  readonly schema_version: number | null;
  readonly received_at: Date;
  readonly erased_at: Date | null;
  readonly asked_contract_id: string | null;
}

interface StoredSource {
  readonly channel: string | null;
  readonly campaign: string | null;
  readonly subId: string | null;
  readonly cost: { readonly amountMinor: string; readonly currency: string } | null;
}

/** The columns of {@link LeadRow}, for a select over `leads l` with {@link proofOf}. */
export const leadColumns = `l.agency_id, l.id, l.external_id, l.test, l.vertical, l.state, l.state_reason,
  l.duplicate_of, l.data_key, l.person, l.attributes, l.source, proof.sealed as sealed_consent, l.score,
  l.schema_version, l.received_at, l.erased_at, l.asked_contract_id`;

/** The join that brings the proof of a lead; `lead` is the alias of `leads`. Of an erased lead it is not read along. */
export function proofOf(lead: string): string {
  return `left join consent_proofs proof on proof.agency_id = ${lead}.agency_id and proof.lead_id = ${lead}.id
    and ${lead}.erased_at is null`;
}

/** Turns rows into leads: opens what is sealed, with the keys of each agency read once for all of its rows. */
@Injectable()
export class LeadOpener {
  constructor(private readonly keyRing: KeyRing) {}

  /** With an actor who may not see persons nothing is opened. Throws CannotOpen for what was changed in the database. */
  async open(rows: readonly LeadRow[], actor?: Actor): Promise<OpenedLead[]> {
    const sealed =
      actor && !may(actor, 'leads:contact') ? [] : rows.filter(({ data_key: key }) => key !== null);
    const keys = await this.keyRing.opening(
      sealed.flatMap(({ agency_id: id, data_key: key, sealed_consent: consent }) => [
        { id, purpose: 'person' as const, sealed: key },
        { id, purpose: 'consent' as const, sealed: consent },
      ]),
    );
    const toOpen = new Set(sealed);
    return rows.map((row) => leadOf(row, toOpen.has(row) ? keys.get(row.agency_id) : undefined));
  }
}

function leadOf(row: LeadRow, keys: TenantKeys | undefined): OpenedLead {
  const { source, data_key: dataKey, person, sealed_consent: consent } = row;
  const place = { agencyId: row.agency_id, leadId: row.id };
  const personal =
    keys && dataKey && person ? openPerson(keys.person, place, { dataKey, person }) : undefined;
  return {
    agencyId: row.agency_id,
    id: row.id,
    externalId: row.external_id,
    test: row.test,
    vertical: row.vertical,
    state: row.state,
    stateReason: row.state_reason,
    duplicateOf: row.duplicate_of,
    contact: personal?.contact ?? null,
    attributes: inOrder(row.attributes, personal?.attributes ?? []),
    publicKeys: new Set(row.attributes.map(({ key }) => key)),
    source: source && {
      ...source,
      cost: source.cost && {
        amountMinor: BigInt(source.cost.amountMinor),
        currency: asCurrency(source.cost.currency),
      },
    },
    consent: keys && consent ? openConsent(keys.consent, place, consent) : null,
    score: row.score,
    schemaVersion: row.schema_version,
    receivedAt: row.received_at,
    erasedAt: row.erased_at,
    askedContractId: row.asked_contract_id,
  };
}

/** Each personal one at its place, the others around them in their order. */
function inOrder(others: readonly Attribute[], personal: PersonalData['attributes']): Attribute[] {
  if (personal.length === 0) return [...others];
  const placed = new Map(personal.map(({ index, key, value }) => [index, { key, value }]));
  const rest = others.values();
  return Array.from(
    { length: others.length + personal.length },
    (_, index) => placed.get(index) ?? rest.next().value,
  ).flatMap((attribute) => attribute ?? []);
}
