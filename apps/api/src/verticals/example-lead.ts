import { postalCodeShapes, testDomain } from '#leads';
import type { LeadAttribute, LeadSchema, Vertical } from '#verticals';

/** A number kept for fiction. */
const examplePhone = '+12125550100';
const exampleCountry = 'US';

/** The input of a submission that the schema takes, as a test lead: it costs nothing, and is taken wherever it goes. */
export function exampleLead(
  { key, defaultCountry }: Pick<Vertical, 'key' | 'defaultCountry'>,
  schema: LeadSchema | null,
): object {
  const country = defaultCountry ?? exampleCountry;
  return {
    // Another example is another lead.
    externalId: `example-${key}-${schema?.version ?? 0}`,
    vertical: key,
    test: true,
    contact: {
      email: `accepted@${testDomain}`,
      phone: examplePhone,
      givenName: 'Ada',
      familyName: 'Lovelace',
      postalCode: examplePostalCode(country),
      country,
    },
    attributes: (schema?.attributes ?? []).map((attribute) => ({
      key: attribute.key,
      value: exampleValue(attribute),
    })),
    source: { channel: 'search', campaign: 'autumn' },
    consent: { text: 'I agree to be contacted about this.', capturedAt: '2026-01-31T12:00:00Z' },
  };
}

function examplePostalCode(country: string): string {
  const [shape = '99999'] = postalCodeShapes(country) ?? [];
  let digit = 0;
  return [...shape].map((sign) => (sign === '9' ? String((digit += 1) % 10) : sign)).join('');
}

function exampleValue({ type, min, max, maxLength, values, example }: LeadAttribute): string {
  if (example !== null) return example;
  switch (type) {
    case 'TEXT':
      return 'text'.slice(0, maxLength ?? undefined);
    case 'INTEGER':
    case 'DECIMAL':
      return min ?? max ?? '1';
    case 'DATE':
      return min ?? max ?? '2026-01-31';
    case 'BOOLEAN':
      return 'true';
    case 'ENUM':
      return values[0] ?? '';
  }
}

/** The value as it stands in a GraphQL document; its strings are JSON's. */
export function graphqlLiteral(value: unknown, indent: string): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    const items = value.map((item) => `${indent}  ${graphqlLiteral(item, `${indent}  `)}`);
    return `[\n${items.join('\n')}\n${indent}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(
      ([name, field]) => `${indent}  ${name}: ${graphqlLiteral(field, `${indent}  `)}`,
    );
    return `{\n${fields.join('\n')}\n${indent}}`;
  }
  return JSON.stringify(value);
}
