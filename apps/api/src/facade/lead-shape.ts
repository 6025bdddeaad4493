/**
 * What a submission may hold: the one list that the reader of bodies goes by and the OpenAPI document is made from. Names and types are
 * those of SubmitLeadInput in GraphQL; a test compares the two.
 */
import { textLimits } from '#leads';

export type LeafType = 'text' | 'id' | 'decimal' | 'currency' | 'instant' | 'integer' | 'boolean';

export interface Leaf {
  readonly type: LeafType;
  readonly required?: true;
  readonly maxLength?: number;
  readonly description?: string;
  readonly example?: unknown;
}

/** An object of known fields. */
export interface Group {
  readonly type: 'group';
  readonly required?: true;
  readonly description?: string;
  readonly fields: Readonly<Record<string, Shape>>;
}

/** Keys and values: a list of `{key, value}`, or an object of texts. */
export interface Pairs {
  readonly type: 'pairs';
  readonly required?: true;
  readonly description?: string;
}

export type Shape = Leaf | Group | Pairs;

const text = (path: keyof typeof textLimits, more: Omit<Leaf, 'type' | 'maxLength'> = {}): Leaf => ({
  type: 'text',
  maxLength: textLimits[path],
  ...more,
});

export const leadShape: Group = {
  type: 'group',
  required: true,
  description: 'A lead as an agency submits it.',
  fields: {
    externalId: text('externalId', {
      required: true,
      description: 'Your own name for the lead; sent again it gives the first answer.',
      example: 'A-1001',
    }),
    vertical: text('vertical', { required: true, example: 'solar' }),
    contractId: { type: 'id', description: 'Needed only when several of your contracts match.' },
    test: { type: 'boolean', description: 'A test lead touches no money, caps or metrics.', example: true },
    contact: {
      type: 'group',
      required: true,
      description: 'At least an e-mail address or a phone number.',
      fields: {
        email: text('contact.email', { example: 'ada@example.com' }),
        phone: text('contact.phone', { example: '+12125550100' }),
        givenName: text('contact.givenName', { example: 'Ada' }),
        familyName: text('contact.familyName', { example: 'Lovelace' }),
        postalCode: text('contact.postalCode', { example: '10001' }),
        country: text('contact.country', { description: 'ISO 3166-1 alpha-2.', example: 'US' }),
      },
    },
    attributes: {
      type: 'pairs',
      description: 'What the lead schema of the vertical names. Values are text.',
    },
    source: {
      type: 'group',
      description: 'Where you got the lead, and what you paid for it.',
      fields: {
        channel: text('source.channel', { example: 'search' }),
        campaign: text('source.campaign'),
        subId: text('source.subId'),
        cost: {
          type: 'group',
          description: 'Shown to you alone.',
          fields: {
            amount: {
              type: 'decimal',
              required: true,
              description: 'An exact decimal in a string, never a number.',
              example: '4.00',
            },
            currency: {
              type: 'currency',
              required: true,
              description: 'An ISO 4217 code.',
              example: 'USD',
            },
          },
        },
      },
    },
    consent: {
      type: 'group',
      description: 'Proof that the person asked.',
      fields: {
        text: text('consent.text', { description: 'What the person agreed to.' }),
        capturedAt: {
          type: 'instant',
          description: 'RFC 3339 with an offset.',
          example: '2026-01-31T12:00:00Z',
        },
        ip: text('consent.ip'),
        certificateUrl: text('consent.certificateUrl'),
      },
    },
    score: { type: 'integer', description: 'Your own, 0 to 100.', example: 71 },
    pingId: { type: 'id', description: 'Of the ping that the lead was asked for by, answered by /v1/ping.' },
  },
};

const { pingId: _given, ...pinged } = leadShape.fields;

/** What a ping may hold: a lead without a ping. That it tells nothing of the person is the domain's to say. */
export const pingShape: Group = {
  ...leadShape,
  description: 'A lead without its person: of contact only country and postalCode are taken.',
  fields: pinged,
};
