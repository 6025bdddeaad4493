import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { Failure, invalid } from './failure.js';

const onlyExpand = JSON.stringify({
  type: 'object',
  properties: { expand: { type: 'array', items: { type: 'string' } } },
  additionalProperties: false,
});

const forms = new Ajv({ coerceTypes: true, strict: false, allErrors: true });
const json = new Ajv({ strict: false, allErrors: true });
const compiled = new Map<string, ValidateFunction>();

/** How parameters came: as texts, which a form and a query are, or as JSON. */
export interface Wire {
  readonly api: 'v1' | 'v2';
  readonly isText: boolean;
}

/**
 * Checks parameters against the SDK's own types, and makes numbers and booleans of a form's texts where the schema
 * says so. Refuses as Stripe does.
 */
export function validated(
  schema: string | null,
  params: Record<string, unknown>,
  { api, isText }: Wire,
): Record<string, unknown> {
  const text = schema ?? onlyExpand;
  const key = `${isText} ${text}`;
  const validate = compiled.get(key) ?? (isText ? forms : json).compile(JSON.parse(text) as object);
  compiled.set(key, validate);
  const value = structuredClone(params);
  if (validate(value)) return value;
  const error = mostTelling(validate.errors ?? []);
  throw api === 'v1' ? refusal(error) : v2Refusal(error);
}

/** Of the reasons why no branch of a union fits, the one that got furthest. */
function mostTelling(errors: readonly ErrorObject[]): ErrorObject | undefined {
  const depth = ({ instancePath }: ErrorObject) => instancePath.split('/').length;
  const rank = ({ keyword }: ErrorObject) =>
    ['anyOf', 'const', 'enum', 'type', 'required', 'additionalProperties'].indexOf(keyword);
  return errors.toSorted((a, b) => depth(b) - depth(a) || rank(b) - rank(a))[0];
}

function refusal(error: ErrorObject | undefined): Failure {
  const at = parameter(error?.instancePath ?? '');
  const params = (error?.params ?? {}) as Record<string, unknown>;
  if (error?.keyword === 'additionalProperties') {
    const param = inside(at, String(params['additionalProperty']));
    return invalid(`Received unknown parameter: ${param}`, { param, code: 'parameter_unknown' });
  }
  if (error?.keyword === 'required') {
    const param = inside(at, String(params['missingProperty']));
    return invalid(`Missing required param: ${param}.`, { param, code: 'parameter_missing' });
  }
  if (error?.keyword === 'type' && params['type'] === 'integer') {
    return invalid(`Invalid integer: ${at}`, { param: at, code: 'parameter_invalid_integer' });
  }
  if (error?.keyword === 'enum') {
    const allowed = (params['allowedValues'] as readonly unknown[]).join(', ');
    return invalid(`Invalid ${at}: must be one of ${allowed}`, { param: at });
  }
  return invalid(`Invalid value for ${at}: ${error?.message ?? 'not understood'}`, { param: at });
}

function v2Refusal(error: ErrorObject | undefined): Failure {
  const field = (error?.instancePath ?? '').slice(1).replaceAll('/', '.');
  const params = (error?.params ?? {}) as Record<string, unknown>;
  const name = params['additionalProperty'] ?? params['missingProperty'];
  const at = [field, name].filter(Boolean).join('.');
  return new Failure(400, {
    code: error?.keyword === 'additionalProperties' ? 'unknown_field' : 'invalid_fields',
    message: `${at}: ${error?.message ?? 'not understood'}`,
    param: at,
  });
}

function parameter(pointer: string): string {
  const [head = '', ...rest] = pointer.slice(1).split('/');
  return rest.reduce((path, part) => `${path}[${part}]`, head);
}

function inside(path: string, name: string): string {
  return path === '' ? name : `${path}[${name}]`;
}
