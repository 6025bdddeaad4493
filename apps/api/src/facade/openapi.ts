/** The OpenAPI document of /v1, made from what the routes read by and answer with. */
import { leadStates, quarantineReasons } from '#leads';
import { refusalCodes } from '#outcome';
import { skipReasons } from '#routing';
import { publicErrorCodes } from '../graphql/errors.js';
import { importPaths, importSchemas } from '../imports/openapi-imports.js';
import { maxLeads } from '../leads/lead-submissions.js';
import { type Group, type Leaf, leadShape, pingShape, type Shape } from './lead-shape.js';

type Json = Readonly<Record<string, unknown>>;

/** The text of docs/openapi.json. */
export function openApiText(): string {
  return `${JSON.stringify(openApiDocument(), null, 2)}\n`;
}

export function openApiDocument(): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Leadger: leads by JSON',
      version: '1.0.0',
      description:
        'For forms and posts that cannot speak GraphQL: the same leads, keys, checks, limits and answers as submitLead and ' +
        'submitLeads at /graphql. Enums only grow, and fields may be added to answers.',
      license: { name: 'Apache 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ apiKey: [] }],
    paths: paths(),
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'Authorization: Bearer ldg_…' },
      },
      headers: headers(),
      responses: errorResponses(),
      schemas: schemas(),
    },
  };
}

const reference = (kind: string, name: string): Json => ({ $ref: `#/components/${kind}/${name}` });
const schema = (name: string): Json => reference('schemas', name);
const json = (name: string): Json => ({ 'application/json': { schema: schema(name) } });

/** What every route may answer beside its own. */
const errorsOf = (...codes: readonly (keyof typeof errors)[]): Json =>
  Object.fromEntries(codes.map((code) => [code, reference('responses', errors[code].name)]));

function paths(): Json {
  const always = ['401', '403', '429', '500', '503'] as const;
  const withBody = ['400', ...always, '413', '415'] as const;
  return {
    '/v1/leads': {
      post: {
        operationId: 'submitLead',
        summary: 'Submits one lead and delivers it.',
        description:
          'Needs the permission leads:submit. The same externalId with the same content gives the first answer again: send a lead again after any failure of the network.',
        requestBody: {
          required: true,
          content: {
            'application/json': { schema: schema('SubmitLead') },
            'application/x-www-form-urlencoded': { schema: schema('SubmitLeadForm') },
          },
        },
        responses: {
          '200': answer('Taken before, and nothing happened now: replayed is true.', 'LeadSubmitted'),
          '201': answer(
            'Taken. lead.status says where it is on its way; userErrors why it is kept and given to nobody, if so.',
            'LeadSubmitted',
          ),
          '422': answer('Refused, and nothing was kept. userErrors has every reason.', 'LeadSubmitted'),
          ...errorsOf(...withBody),
        },
      },
    },
    '/v1/leads/batch': {
      post: {
        operationId: 'submitLeads',
        summary: `Submits up to ${maxLeads} leads, each on its own.`,
        description: 'Needs the permission leads:submit. Some may be taken and others refused.',
        requestBody: { required: true, content: json('SubmitLeads') },
        responses: {
          '200': answer('One result per lead, in their order, whatever became of each.', 'LeadsSubmitted'),
          '422': answer('The batch as a whole was refused, and nothing was kept.', 'LeadsSubmitted'),
          ...errorsOf(...withBody),
        },
      },
    },
    ...pingPaths(withBody),
    ...importPaths({ schema, answer, errorsOf }),
    '/v1/leads/{id}': {
      get: {
        operationId: 'lead',
        summary: 'How a lead stands.',
        description: 'Needs the permission leads:read.',
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
        responses: { '200': answer('The lead.', 'LeadRead'), ...errorsOf(...always, '404') },
      },
    },
    '/v1/openapi.json': {
      get: {
        operationId: 'openApi',
        summary: 'This document.',
        security: [],
        responses: {
          '200': {
            description: 'OpenAPI 3.1.',
            content: { 'application/json': { schema: { type: 'object' } } },
          },
        },
      },
    },
  };
}

/** Asking what a lead would bring, and sending it then. */
function pingPaths(withBody: readonly (keyof typeof errors)[]): Json {
  const contentOf = (name: string): Json => ({
    'application/json': { schema: schema(name) },
    'application/x-www-form-urlencoded': { schema: schema(`${name}Form`) },
  });
  return {
    '/v1/ping': {
      post: {
        operationId: 'pingLead',
        summary: 'Asks what a lead would bring, and sells nothing.',
        description:
          'Needs the permission leads:submit. Leave out whatever is about the person: of contact only country and postalCode are taken. ' +
          'Answers within 750 milliseconds. The same under the same externalId gives the same answer while it lives.',
        requestBody: { required: true, content: contentOf('PingLead') },
        responses: {
          '200': answer('What it would bring; price is null when nobody would take it.', 'LeadPinged'),
          '422': answer('Refused: userErrors has every reason.', 'LeadPinged'),
          ...errorsOf(...withBody),
        },
      },
    },
    '/v1/post': {
      post: {
        operationId: 'postLead',
        summary: 'Submits the whole lead after its ping.',
        description:
          'As /v1/leads with the pingId, which is needed here: what was bid for the ping counts while it lives.',
        requestBody: { required: true, content: contentOf('SubmitLead') },
        responses: {
          '200': answer('Taken before, and nothing happened now: replayed is true.', 'LeadSubmitted'),
          '201': answer('Taken. lead.status says where it is on its way.', 'LeadSubmitted'),
          '422': answer('Refused, and nothing was kept. userErrors has every reason.', 'LeadSubmitted'),
          ...errorsOf(...withBody),
        },
      },
    },
  };
}

function answer(description: string, name: string): Json {
  return {
    description,
    headers: {
      RateLimit: reference('headers', 'RateLimit'),
      'RateLimit-Policy': reference('headers', 'RateLimitPolicy'),
      'X-Request-Id': reference('headers', 'RequestId'),
    },
    content: json(name),
  };
}

function headers(): Json {
  const text = { type: 'string' };
  return {
    RateLimit: { description: 'What is left of your buckets: "leads";r=199999;t=1.', schema: text },
    RateLimitPolicy: { description: 'How large your buckets are: "leads";q=200000;w=10.', schema: text },
    RequestId: { description: 'Yours, if you sent one of 8 to 64 letters, digits, - and _.', schema: text },
    RetryAfter: { description: 'Seconds.', schema: { type: 'integer', minimum: 1 } },
  };
}

const errors = {
  '400': { name: 'Unreadable', description: 'The body is no JSON object, or no form.' },
  '401': { name: 'Unauthenticated', description: 'No key, or one that is unknown, expired or revoked.' },
  '403': { name: 'Forbidden', description: 'The key lacks the permission that the message names.' },
  '404': { name: 'NotFound', description: 'There is no such lead, or it is not yours to see.' },
  '413': {
    name: 'TooLarge',
    description: 'The body is larger than a megabyte. Send it in several requests.',
  },
  '415': { name: 'WrongType', description: 'The body is neither JSON nor, for one lead, a form.' },
  '429': { name: 'Throttled', description: 'Your bucket is empty. Send it again after Retry-After.' },
  '500': { name: 'Internal', description: 'Our fault. Send the same again, and quote requestId.' },
  '503': { name: 'Unavailable', description: 'The system is busy. Send the same again after Retry-After.' },
} as const;

function errorResponses(): Json {
  return Object.fromEntries(
    Object.entries(errors).map(([status, { name, description }]) => [
      name,
      {
        description,
        headers: {
          'X-Request-Id': reference('headers', 'RequestId'),
          ...(status === '429' || status === '503'
            ? { 'Retry-After': reference('headers', 'RetryAfter') }
            : {}),
        },
        content: json('Error'),
      },
    ]),
  );
}

function schemas(): Json {
  return {
    SubmitLead: schemaOf(leadShape),
    SubmitLeads: {
      type: 'object',
      additionalProperties: false,
      required: ['leads'],
      properties: { leads: { type: 'array', maxItems: maxLeads, items: schema('SubmitLead') } },
    },
    SubmitLeadForm: formSchema(leadShape, 'SubmitLead'),
    PingLead: schemaOf(pingShape),
    PingLeadForm: formSchema(pingShape, 'PingLead'),
    LeadSubmitted: record({
      lead: { anyOf: [schema('Lead'), { type: 'null' }], description: 'Null when it was refused.' },
      replayed: { type: 'boolean', description: 'The same was taken before; nothing happened now.' },
      userErrors: { type: 'array', items: schema('UserError') },
    }),
    LeadsSubmitted: record({
      results: { type: 'array', items: schema('LeadSubmitted') },
      userErrors: {
        type: 'array',
        items: schema('UserError'),
        description: 'What is wrong with the request as a whole.',
      },
    }),
    LeadPinged: record({
      ping: { anyOf: [pingSchema(), { type: 'null' }], description: 'Null when it was refused.' },
      replayed: { type: 'boolean', description: 'The same was asked before, and lives.' },
      userErrors: { type: 'array', items: schema('UserError') },
    }),
    LeadRead: record({ lead: schema('Lead') }),
    Lead: leadSchema(),
    ...importSchemas(record, schema),
    UserError: record(
      {
        code: { type: 'string', enum: refusalCodes, description: 'For programs.' },
        message: { type: 'string', description: 'What to do, for people.' },
        field: {
          type: ['array', 'null'],
          items: { type: 'string' },
          description:
            'Where in the body, such as ["contact", "email"] or ["leads", "3", "contact", "email"].',
        },
        existing: { type: 'string', description: 'Your own earlier lead, where one stands in the way.' },
      },
      ['existing'],
    ),
    Error: record(
      {
        statusCode: { type: 'integer' },
        code: { type: 'string', enum: publicErrorCodes },
        message: { type: 'string' },
        retryAfterSeconds: { type: 'integer' },
        requestId: { type: 'string' },
      },
      ['retryAfterSeconds'],
    ),
  };
}

function pingSchema(): Json {
  const amount = record({ amount: { type: 'string' }, currency: { type: 'string' } });
  const price = { anyOf: [amount, { type: 'null' }] };
  return record({
    pingId: { type: 'string', description: 'ping_…: given with the lead. Each is for one lead.' },
    price: { ...price, description: 'What the best sale would bring; null: nobody would take it.' },
    isBid: { type: 'boolean', description: 'The price is a bid, which holds until expiresAt.' },
    expiresAt: { type: 'string', format: 'date-time' },
    summary: { type: 'string' },
    entries: {
      type: 'array',
      description: 'What would be of each, and why: SOLD is who would have it; nothing is sold.',
      items: record({
        contractId: { type: 'string' },
        outcome: { type: 'string', enum: ['SOLD', 'OFFERED', ...skipReasons] },
        reason: { type: 'string' },
        price,
      }),
    },
  });
}

function leadSchema(): Json {
  const instant = (nullable: boolean): Json => ({
    type: nullable ? ['string', 'null'] : 'string',
    format: 'date-time',
  });
  return {
    ...record({
      id: { type: 'string', description: 'lead_…' },
      externalId: { type: 'string' },
      vertical: { type: 'string' },
      status: { type: 'string', enum: leadStates },
      quarantineReason: { enum: [...quarantineReasons, null], description: 'Why it is QUARANTINED, or was.' },
      test: { type: 'boolean' },
      score: { type: ['integer', 'null'] },
      schemaVersion: {
        type: ['integer', 'null'],
        description: 'The version of the lead schema that it was checked by.',
      },
      receivedAt: instant(false),
      erasedAt: instant(true),
    }),
    description: 'How a lead stands. Of the person nothing: GraphQL shows that to those who may see it.',
  };
}

function record(properties: Readonly<Record<string, Json>>, optional: readonly string[] = []): Json {
  return {
    type: 'object',
    required: Object.keys(properties).filter((name) => !optional.includes(name)),
    properties,
  };
}

function schemaOf(shape: Shape): Json {
  const description = shape.description === undefined ? {} : { description: shape.description };
  if (shape.type === 'group') return { ...groupSchema(shape), ...description };
  if (shape.type === 'pairs') return { ...pairsSchema, ...description };
  return { ...leafSchema(shape), ...description };
}

function groupSchema({ fields, required }: Group): Json {
  const needed = Object.keys(fields).filter((name) => fields[name]?.required);
  return {
    type: required ? 'object' : ['object', 'null'],
    additionalProperties: false,
    ...(needed.length > 0 ? { required: needed } : {}),
    properties: Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, schemaOf(field)])),
  };
}

const pairsSchema: Json = {
  anyOf: [
    {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['key', 'value'],
        properties: { key: { type: 'string' }, value: { type: 'string' } },
      },
    },
    { type: 'object', additionalProperties: { type: 'string' } },
    { type: 'null' },
  ],
};

const jsonTypes = { integer: 'integer', boolean: 'boolean' } as const;

function leafSchema({ type, required, maxLength, example }: Leaf): Json {
  const jsonType = type === 'integer' || type === 'boolean' ? jsonTypes[type] : 'string';
  return {
    type: required ? jsonType : [jsonType, 'null'],
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(type === 'instant' ? { format: 'date-time' } : {}),
    ...(type === 'integer' ? { minimum: 0, maximum: 100 } : {}),
    ...(example === undefined ? {} : { examples: [example] }),
  };
}

/** A form has the same fields, flat: contact.email, and attributes.roof for the attribute roof. All of it is text. */
function formSchema({ fields }: Group, name: string): Json {
  const properties: Record<string, Json> = {};
  const required: string[] = [];
  const flatten = (fields: Group['fields'], before: string): void => {
    for (const [name, field] of Object.entries(fields)) {
      const path = `${before}${name}`;
      if (field.type === 'group') flatten(field.fields, `${path}.`);
      else if (field.type !== 'pairs') {
        properties[path] = {
          type: 'string',
          ...(field.description ? { description: field.description } : {}),
        };
        if (field.required && before === '') required.push(path);
      }
    }
  };
  flatten(fields, '');
  return {
    type: 'object',
    description: `The fields of ${name} with dots between their names. An empty field is as none.`,
    required,
    properties,
    patternProperties: { '^attributes\\..+$': { type: 'string' } },
    additionalProperties: false,
  };
}
