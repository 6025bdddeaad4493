/**
 * The page that an agency's developer integrates by, made from a vertical's schema. What is said of refusals comes from the
 * lists in the code that refuses, so the page cannot promise something else.
 */
import { type ForcedAnswer, forcedAnswers, possibleRefusals, testDomain, textLimits } from '#leads';
import { contactFieldNames, expectationOf, type LeadSchema, schemaRefusals, type Vertical } from '#verticals';
import { exampleLead, graphqlLiteral } from './example-lead.js';
import { stateRows } from './lead-states.js';

/** Markdown. Without a schema the page of what every lead needs. */
export function leadSpecification(vertical: Vertical, schema: LeadSchema | null): string {
  return [
    heading(vertical, schema),
    request(vertical, schema),
    fields(vertical, schema),
    attributes(schema),
    answers(),
    refusals(schema),
    testLeads(),
  ].join('\n\n');
}

/** Text of the operator's in a page: nothing in it is Markdown or HTML. */
function plain(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>|&#~]/g, (sign) => `\\${sign}`);
}

function code(text: string): string {
  return text.includes('`') ? plain(text) : `\`${text.replaceAll('|', '\\|')}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function heading({ key, name, defaultCountry }: Vertical, schema: LeadSchema | null): string {
  const until = schema?.previousAcceptedUntil?.toISOString();
  return [
    `# Leads of ${plain(name)}`,
    schema
      ? `Vertical ${code(key)}, version ${schema.version} of its lead schema, published ${schema.publishedAt.toISOString()}. A lead is checked by the newest version; ${
          until === undefined
            ? 'it takes everything that the version before took.'
            : `what earlier versions took is taken as well until ${until}.`
        }`
      : `Vertical ${code(key)}. No lead schema is published, so attributes are taken as they are.`,
    `National phone numbers and postal codes are read as of \`contact.country\`${
      defaultCountry === null
        ? '; without it a phone needs a + and its country code to be checked.'
        : `, or as of ${defaultCountry} without it.`
    }`,
  ].join('\n\n');
}

function request(vertical: Vertical, schema: LeadSchema | null): string {
  const lead = exampleLead(vertical, schema);
  return `## Request

It is a test lead: it costs nothing and can be sent as it stands, by an agency with an active contract for the vertical.
Your key goes into the header \`Authorization: Bearer …\`. The same \`externalId\` with the same content gives the first
answer again, so a lead is sent again after any failure of the network. Each way takes the same fields and gives the same answers.

As JSON, to \`POST /v1/leads\`:

\`\`\`json
${JSON.stringify(lead, null, 2)}
\`\`\`

As GraphQL, to \`POST /graphql\`, a document with variables:

\`\`\`json
${JSON.stringify({ query: document, variables: { input: lead } }, null, 2)}
\`\`\`

The same in one document:

\`\`\`graphql
mutation {
  submitLead(
    input: ${graphqlLiteral(lead, '    ')}
  ) {
    lead { id status schemaVersion }
    replayed
    userErrors { code message field }
  }
}
\`\`\``;
}

const document =
  'mutation ($input: SubmitLeadInput!) { submitLead(input: $input) { lead { id status quarantineReason schemaVersion } replayed userErrors { code message field } } }';

const contactNotes = {
  email: 'Stored with its domain in lower case.',
  phone: 'Stored as E.164: `+12125550100`.',
  givenName: '',
  familyName: '',
  postalCode: 'Stored as its country writes it.',
  country: 'ISO 3166-1 alpha-2.',
} as const;

function fields({ key }: Vertical, schema: LeadSchema | null): string {
  const required = new Set((schema?.requiredContact ?? []).map((field) => contactFieldNames[field]));
  const text = (max: number): string => `text of at most ${max} characters`;
  const consent = schema?.consentRequired === true ? 'yes' : '';
  return `## Fields

${table(
  ['Field', 'Type', 'Required', ''],
  [
    [code('externalId'), text(textLimits.externalId), 'yes', 'Your own name for the lead.'],
    [code('vertical'), 'text', 'yes', code(key)],
    [code('contractId'), 'id', '', 'When several of your contracts take such leads.'],
    [code('test'), 'true or false', '', 'See below.'],
    [code('pingId'), 'id', '', 'When the lead was pinged before: needed by `POST /v1/post`.'],
    ...Object.entries(contactNotes).map(([name, note]) => [
      code(`contact.${name}`),
      text(textLimits[`contact.${name as keyof typeof contactNotes}`]),
      required.has(name as keyof typeof contactNotes) ? 'yes' : requiredContactNote(name),
      note,
    ]),
    [code('attributes'), 'list of `key` and `value`', '', 'See below; values are text.'],
    [code('source.channel'), text(textLimits['source.channel']), '', ''],
    [code('source.campaign'), text(textLimits['source.campaign']), '', ''],
    [code('source.subId'), text(textLimits['source.subId']), '', ''],
    [code('source.cost'), '`amount`, `currency`', '', 'What the lead cost you; shown to you alone.'],
    [code('consent.text'), text(textLimits['consent.text']), consent, 'What the person agreed to.'],
    [code('consent.capturedAt'), 'instant, such as 2026-01-31T12:00:00Z', consent, ''],
    [code('consent.ip'), text(textLimits['consent.ip']), '', ''],
    [code('consent.certificateUrl'), text(textLimits['consent.certificateUrl']), '', ''],
    [code('score'), 'whole number from 0 to 100', '', 'Your own.'],
  ],
)}`;
}

function requiredContactNote(name: string): string {
  return name === 'email' || name === 'phone' ? 'one of email and phone' : '';
}

function attributes(schema: LeadSchema | null): string {
  if (!schema) return '## Attributes\n\nAny.';
  const others = schema.otherAttributes ? 'Others are taken as they are.' : 'Others are refused.';
  const rows = schema.attributes.map((attribute) => [
    code(attribute.key),
    attribute.type,
    attribute.required ? 'yes' : '',
    plain(expectationOf(attribute)),
    [attribute.label, attribute.description ?? '']
      .filter((text) => text !== '')
      .map(plain)
      .join(': '),
    attribute.example === null ? '' : code(attribute.example),
  ]);
  const list =
    rows.length > 0 ? `\n\n${table(['Key', 'Type', 'Required', 'Takes', 'Meaning', 'Example'], rows)}` : '';
  return `## Attributes\n\n${others} An empty value is as none.${list}`;
}

function answers(): string {
  return `## Answers

${table(
  ['Answer', '`/v1/leads`', 'What happened'],
  [
    [
      '`lead` and `replayed: false`',
      '201',
      'The lead is taken and kept. `lead.status` says what became of it, see below; `userErrors` why it goes to nobody.',
    ],
    ['`lead` and `replayed: true`', '200', 'The same was taken before; nothing happened now.'],
    [
      '`lead: null` and `userErrors`',
      '422',
      'Nothing was taken. Each reason has a code, a message and the path of its field.',
    ],
    [
      '`errors`',
      '400 to 503',
      'Nothing was taken, and the request as a whole is at fault or came at a bad time. See below.',
    ],
  ],
)}

${table(
  ['`lead.status`', '', 'What it means'],
  stateRows().map(([name, when, meaning]) => [code(name), when, meaning]),
)}

${table(
  ['`errors[].extensions.code`', 'What to do'],
  [
    ['`UNAUTHENTICATED`', 'Send a valid key.'],
    ['`FORBIDDEN`', 'Use a key with the permission `leads:submit`.'],
    [
      '`BAD_USER_INPUT`, `BAD_REQUEST`, `GRAPHQL_PARSE_FAILED`, `GRAPHQL_VALIDATION_FAILED`',
      'Mend the request: it does not fit the schema of the API.',
    ],
    ['`PAYLOAD_TOO_LARGE`', 'Send fewer leads in one request.'],
    ['`THROTTLED`, `OVERLOADED`, `UNAVAILABLE`', 'Send the same again after `Retry-After`.'],
    ['`INTERNAL`', 'Our fault: send the same again, and tell us `extensions.requestId`.'],
  ],
)}`;
}

function refusals(schema: LeadSchema | null): string {
  const own = schema ? schemaRefusals(schema) : [];
  return `## Reasons in \`userErrors\`

All reasons are told at once. What is refused is not stored, but for \`DUPLICATE_LEAD\` and \`LEAD_SUPPRESSED\`. \`field\` begins with \`input\` (of \`submitLeads\`: \`input\`, \`leads\` and the place of the lead).
\`N\` is a place in the list of attributes; an attribute that is missing is named by its key.

${table(
  ['Code', 'Field', 'Message', 'Attribute'],
  [
    ...possibleRefusals.map(({ code: name, field, message }) => [
      code(name),
      code(field),
      plain(message),
      '',
    ]),
    ...own.map(({ code: name, field, message, attribute }) => [
      code(name),
      code(field.join('.')),
      plain(message),
      attribute === null ? '' : code(attribute),
    ]),
  ],
)}`;
}

function testLeads(): string {
  const answer = ({ refusals: reasons, state }: ForcedAnswer): string =>
    reasons.length === 0
      ? state === undefined
        ? 'taken'
        : `taken, ${code(state)}`
      : reasons.map(({ code: name, field }) => `${code(name)} at ${code(field.join('.'))}`).join(', ');
  return `## Test leads

A lead with \`test: true\`, or of a test key, touches no money, caps or figures. It is held to the same rules; one that breaks
none gets the answer that its e-mail address or its postal code asks for. The address goes first.

${table(
  ['E-mail address', 'Postal code', 'Answer', ''],
  forcedAnswers.map((each) => [
    code(`${each.local}@${testDomain}`),
    code(each.postalCode),
    answer(each),
    each.meaning,
  ]),
)}
`;
}
