import type { Lead } from '#leads';
import type { SentLead } from './sent-lead.js';

/** How an object's id is shown outside; `kind` is a word of the table of ids. Libraries know UUIDs only. */
export type ShowId = (kind: string, uuid: string) => string;

/** A lead as its buyer is given it; null for one whose person is not known any more. */
export function sentLeadOf(
  lead: Lead,
  delivery: { readonly id: string; readonly contractId: string },
  showId: ShowId,
): SentLead | null {
  const { externalId, vertical, test, receivedAt, score, contact, attributes, source, consent } = lead;
  if (contact === null) return null;
  return {
    deliveryId: showId('delivery', delivery.id),
    leadId: showId('lead', lead.id),
    contractId: showId('contract', delivery.contractId),
    agencyId: showId('organization', lead.agencyId),
    ...{ externalId, vertical, test, receivedAt, score, contact, attributes, consent },
    source: source && { channel: source.channel, campaign: source.campaign, subId: source.subId },
  };
}
