import type { RawSchema } from './validate-schema.js';

/** A vertical as the operator would define it, with its first schema. */
export interface SampleVertical {
  readonly key: string;
  readonly name: string;
  readonly defaultCountry: string | null;
  readonly schema: RawSchema;
}

/** Verticals to begin with: what an empty sandbox is given, and what the tests hold the specification page to. */
export const sampleVerticals: readonly SampleVertical[] = [
  {
    key: 'heat-pumps',
    name: 'Heat pumps for homes',
    defaultCountry: 'US',
    schema: {
      attributes: [
        {
          key: 'heatingSystem',
          type: 'ENUM',
          required: true,
          label: 'Present heating',
          values: ['GAS', 'OIL', 'ELECTRIC', 'PROPANE', 'NONE'],
          example: 'OIL',
        },
        {
          key: 'livingArea',
          type: 'INTEGER',
          required: true,
          label: 'Living area',
          description: 'In square feet.',
          min: '100',
          max: '50000',
          example: '1850',
        },
        {
          key: 'ownsHome',
          type: 'BOOLEAN',
          required: true,
          label: 'Owns the home',
          example: 'true',
        },
        {
          key: 'monthlyBill',
          type: 'DECIMAL',
          label: 'Energy bill of a month',
          description: 'In US dollars.',
          min: '0',
          example: '184.50',
        },
        {
          key: 'wantedBy',
          type: 'DATE',
          label: 'Wanted by',
          example: '2030-10-01',
        },
        {
          key: 'remarks',
          type: 'TEXT',
          label: 'Remarks of the person',
          maxLength: 500,
          personal: true,
        },
      ],
      requiredContact: ['PHONE', 'FAMILY_NAME', 'POSTAL_CODE'],
      consentRequired: true,
    },
  },
  {
    key: 'legal-advice',
    name: 'Legal advice',
    defaultCountry: null,
    schema: {
      attributes: [
        {
          key: 'matter',
          type: 'ENUM',
          required: true,
          label: 'What it is about',
          values: ['Family law', 'Employment', 'Personal injury', 'Other | not listed'],
        },
        { key: 'incidentOn', type: 'DATE', label: 'Day of the incident', max: '2100-12-31' },
      ],
      requiredContact: ['EMAIL'],
      otherAttributes: true,
    },
  },
];
