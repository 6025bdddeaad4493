/** What goes over /v1 in tests: each answer is held against the OpenAPI document, which so promises nothing else. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { openApiDocument } from '../../apps/api/src/facade/openapi.js';
import type { TestApp } from '../support/app.js';

export interface LeadShown {
  readonly id: string;
  readonly externalId: string;
  readonly status: string;
  readonly test: boolean;
}

export interface Submitted {
  readonly lead: LeadShown | null;
  readonly replayed: boolean;
  readonly userErrors: readonly {
    readonly code: string;
    readonly message: string;
    readonly field: readonly string[] | null;
    readonly existing?: string;
  }[];
}

/** Whatever came: of what was asked for, or an error. */
export interface Body extends Submitted {
  readonly results: readonly Submitted[];
  readonly code: string;
  readonly message: string;
  readonly requestId: string;
}

export interface FacadeAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Body;
}

interface Sending {
  readonly key?: string | null;
  readonly type?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
}

interface Response {
  readonly $ref?: string;
  readonly content?: Content;
}

interface Operation {
  readonly responses: Readonly<Record<string, Response>>;
}
type Content = Readonly<Record<string, { readonly schema: object }>>;
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly responses: Readonly<Record<string, { readonly content: Content }>>;
    readonly schemas: Readonly<Record<string, object>>;
  };
}

export const document = openApiDocument() as unknown as Document;

export class OpenFacade {
  private readonly ajv = new Ajv2020({ strict: true, allowUnionTypes: true, validateFormats: false });
  private readonly validators = new Map<string, ValidateFunction>();

  constructor(readonly app: TestApp) {
    // Answers may grow for callers; here what the document does not know is a mistake.
    const $defs = Object.fromEntries(
      Object.entries(document.components.schemas).map(([name, each]) => [name, closed(each)]),
    );
    this.ajv.addSchema({ $id: 'openapi', ...(inDefs({ $defs }) as object) });
  }

  async post(path: string, body: unknown, sending: Sending = {}): Promise<FacadeAnswer> {
    const raw = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
    return await this.send(path, raw as string, { method: 'POST', type: 'application/json', ...sending });
  }

  async get(path: string, sending: Sending = {}): Promise<FacadeAnswer> {
    return await this.send(path, undefined, { method: 'GET', type: null, ...sending });
  }

  private async send(path: string, body: string | undefined, sending: Sending): Promise<FacadeAnswer> {
    const { key = this.app.keys.agency, type = null, method = 'GET', headers = {} } = sending;
    const response = await fetch(`${this.app.url}${path}`, {
      method,
      headers: {
        ...(type === null ? {} : { 'content-type': type }),
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    const answer = {
      status: response.status,
      headers: response.headers,
      text,
      body: JSON.parse(text) as Body,
    };
    this.check(method, path, answer);
    return answer;
  }

  private check(method: string, path: string, { status, text, body, headers }: FacadeAnswer): void {
    const route = Object.keys(document.paths).find((each) =>
      new RegExp(`^${each.replace('{id}', '[^/]+')}$`).test(path),
    );
    const responses = document.paths[route ?? '']?.[method.toLowerCase()]?.responses;
    if (!responses) return;
    const response = responses[status];
    if (!response)
      throw new Error(`${method} ${path}: the document does not know ${status}: ${text.slice(0, 300)}`);
    const { content } = response.$ref === undefined ? response : referred(response.$ref);
    const validate = this.validator(content?.['application/json']?.schema ?? false);
    if (!validate(body))
      throw new Error(`${method} ${path} ${status}: ${JSON.stringify(validate.errors)}\n${text}`);
    if (headers.get('cache-control') !== 'no-store') throw new Error(`${path}: may be cached`);
    if (!headers.get('x-request-id')) throw new Error(`${path}: without a request id`);
  }

  /** Of a schema in the document. */
  validator(schema: object | boolean): ValidateFunction {
    const text = JSON.stringify(schema);
    const known = this.validators.get(text) ?? this.ajv.compile(absolute(inDefs(schema)) as object);
    this.validators.set(text, known);
    return known;
  }
}

function referred($ref: string): { readonly content: Content } {
  const response = document.components.responses[$ref.replace('#/components/responses/', '')];
  if (!response) throw new Error(`${$ref} leads nowhere`);
  return response;
}

/** References of the document as they stand in a schema of its own. */
function inDefs(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll('"#/components/schemas/', '"#/$defs/'));
}

function absolute(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', '"openapi#/$defs/'));
}

function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, closed(each)]));
  const isRecord = copy['type'] === 'object' && copy['properties'] !== undefined;
  return isRecord ? { additionalProperties: false, ...copy } : copy;
}
