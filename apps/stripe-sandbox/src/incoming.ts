import { type IncomingMessage } from 'node:http';
import { Failure, invalid } from './failure.js';
import { decodeForm } from './form.js';
import { platformId } from './tables.js';
import { type World } from './world.js';

const longestBody = 1_048_576;

/** A request as it came, before anything is checked. */
export interface Incoming {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: string;
  readonly authorization: string;
  readonly account: string;
  readonly idempotencyKey: string | null;
  readonly version: string;
  readonly contentType: string;
  readonly api: 'v1' | 'v2';
}

export async function readIncoming(request: IncomingMessage): Promise<Incoming> {
  const [path = '/', query = ''] = (request.url ?? '/').split('?');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // The rest is read and forgotten, so that the answer arrives.
    if (size <= longestBody) chunks.push(chunk);
  }
  if (size > longestBody) throw new Failure(413, { type: 'invalid_request_error', message: 'Too large.' });
  return {
    method: request.method ?? 'GET',
    path,
    query,
    body: Buffer.concat(chunks).toString('utf8'),
    authorization: header(request, 'authorization'),
    account: header(request, 'stripe-account') || header(request, 'stripe-context') || platformId,
    idempotencyKey: header(request, 'idempotency-key') || null,
    version: header(request, 'stripe-version'),
    contentType: header(request, 'content-type'),
    api: path.startsWith('/v2/') ? 'v2' : 'v1',
  };
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return Array.isArray(value) ? (value[0] ?? '') : (value ?? '');
}

/** The parameters of a request: a form in v1, JSON in v2, the query of a GET in both. */
export function paramsOf(incoming: Incoming): Record<string, unknown> {
  if (incoming.method === 'GET') return decodeForm(incoming.query);
  if (incoming.api === 'v1') return decodeForm(incoming.body || incoming.query);
  if (incoming.body === '') return {};
  try {
    const parsed: unknown = JSON.parse(incoming.body);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
      return parsed as Record<string, unknown>;
    }
  } catch {
    // Told below.
  }
  throw invalid('The request body is no JSON object.');
}

/** Whoever has a test key may do everything with accounts that exist. */
export function checkAccess(world: World, { authorization, account }: Incoming): void {
  const [scheme, value = ''] = authorization.split(' ');
  const key = scheme === 'Basic' ? Buffer.from(value, 'base64').toString().replace(/:$/, '') : value;
  if (key === '') {
    throw new Failure(401, {
      type: 'invalid_request_error',
      message: "You did not provide an API key. Provide it in the Authorization header: 'Bearer YOUR_KEY'.",
    });
  }
  if (!/^(sk|rk)_test_\w+$/.test(key)) {
    throw new Failure(401, {
      type: 'invalid_request_error',
      message: `Invalid API Key provided: ${key.slice(0, 8)}***`,
    });
  }
  if (account !== platformId && !world.store.get('accounts', account)) throw noAccess(account);
}

export function noAccess(account: string): Failure {
  return new Failure(403, {
    type: 'invalid_request_error',
    code: 'account_invalid',
    message: `The provided key does not have access to account '${account}' (or that account does not exist). Application access may have been revoked.`,
  });
}
