import { invariant } from '#outcome';
import type { EmailSettings, WebhookSettings } from './destination.js';
import { compileMapping, mapLead, standardBody } from './mapping.js';
import type { SentLead } from './sent-lead.js';
import { readTemplate, renderInLines, type Template } from './template.js';

/** The body of a lead's webhook. The same bytes at every try, as long as the destination is not changed. */
export function webhookBody({ fields }: WebhookSettings, lead: SentLead): string {
  return JSON.stringify(fields === null ? standardBody(lead) : mapLead(compileMapping(fields), lead));
}

/** Subject and text of a lead's mail. */
export function mailOf(
  { subject, text }: EmailSettings,
  lead: SentLead,
): { readonly subject: string; readonly text: string } {
  return { subject: renderInLines(compiled(subject), lead), text: renderInLines(compiled(text), lead) };
}

function compiled(text: string): Template {
  const template = readTemplate(text, { maxLength: text.length, multiline: true });
  invariant(typeof template !== 'string', 'a template was saved that is none');
  return template;
}

/** A made-up lead, for trying a destination out. All its ids are of nobody. */
export function sampleLead(
  ids: Pick<SentLead, 'deliveryId' | 'leadId' | 'contractId' | 'agencyId'>,
  sample: { readonly vertical: string; readonly attributes: SentLead['attributes'] },
): SentLead {
  return {
    ...ids,
    ...sample,
    externalId: 'sample-1',
    test: true,
    receivedAt: new Date('2026-01-31T12:00:00.000Z'),
    score: 80,
    contact: {
      email: 'ada@leads.test',
      phone: '+12125550100',
      givenName: 'Ada',
      familyName: 'Sample',
      postalCode: '10001',
      country: 'US',
    },
    source: { channel: 'search', campaign: 'sample', subId: null },
    consent: {
      text: 'I agree to be called about my request.',
      capturedAt: new Date('2026-01-31T11:59:30.000Z'),
      ip: '192.0.2.10',
      certificateUrl: null,
    },
  };
}
