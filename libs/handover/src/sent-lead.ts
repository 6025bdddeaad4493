import type { Lead, LeadSource } from '#leads';

/** A lead as a buyer is given it; ids as the API shows them. Without what it cost the agency. */
export interface SentLead {
  readonly deliveryId: string;
  readonly leadId: string;
  readonly contractId: string;
  readonly agencyId: string;
  readonly externalId: string;
  readonly vertical: string;
  readonly test: boolean;
  readonly receivedAt: Date;
  readonly score: number | null;
  readonly contact: NonNullable<Lead['contact']>;
  readonly attributes: Lead['attributes'];
  readonly source: Omit<LeadSource, 'cost'> | null;
  readonly consent: Lead['consent'];
}

type Read = (lead: SentLead) => string | null;

/** What a template may name, besides `attributes.` and a key. Each gives text, or null for what the lead does not have. */
const readers = {
  'delivery.id': ({ deliveryId }) => deliveryId,
  'contract.id': ({ contractId }) => contractId,
  'agency.id': ({ agencyId }) => agencyId,
  'lead.id': ({ leadId }) => leadId,
  'lead.externalId': ({ externalId }) => externalId,
  'lead.vertical': ({ vertical }) => vertical,
  'lead.receivedAt': ({ receivedAt }) => receivedAt.toISOString(),
  'lead.score': ({ score }) => (score === null ? null : String(score)),
  'lead.test': ({ test }) => String(test),
  'contact.email': ({ contact }) => contact.email,
  'contact.phone': ({ contact }) => contact.phone,
  'contact.givenName': ({ contact }) => contact.givenName,
  'contact.familyName': ({ contact }) => contact.familyName,
  'contact.fullName': ({ contact }) =>
    [contact.givenName, contact.familyName].filter((name) => name !== null).join(' ') || null,
  'contact.postalCode': ({ contact }) => contact.postalCode,
  'contact.country': ({ contact }) => contact.country,
  'source.channel': ({ source }) => source?.channel ?? null,
  'source.campaign': ({ source }) => source?.campaign ?? null,
  'source.subId': ({ source }) => source?.subId ?? null,
  'consent.text': ({ consent }) => consent?.text ?? null,
  'consent.capturedAt': ({ consent }) => consent?.capturedAt?.toISOString() ?? null,
  'consent.ip': ({ consent }) => consent?.ip ?? null,
  'consent.certificateUrl': ({ consent }) => consent?.certificateUrl ?? null,
} as const satisfies Readonly<Record<string, Read>>;

export type FieldName = keyof typeof readers;
export const fieldNames = Object.keys(readers) as readonly FieldName[];

export function isFieldName(name: string): name is FieldName {
  return Object.hasOwn(readers, name);
}

/** The text of a field; null when the lead does not have it. */
export function readField(lead: SentLead, name: FieldName): string | null {
  return readers[name](lead);
}

/** The text of an attribute; null when the lead does not have it. */
export function readAttribute(lead: SentLead, key: string): string | null {
  return lead.attributes.find((attribute) => attribute.key === key)?.value ?? null;
}

/** What is the person's own in a lead: nothing of it may stand in a log. */
export function personalTexts({ contact, attributes, consent }: SentLead): readonly string[] {
  // A country is of many, and its two letters are a word of many codes: US_ONLY.
  const { country: _country, ...own } = contact;
  const texts = [
    ...Object.values(own),
    ...attributes.map(({ value }) => value),
    consent?.ip,
    consent?.certificateUrl,
  ];
  return texts.filter((text): text is string => typeof text === 'string' && text !== '');
}
