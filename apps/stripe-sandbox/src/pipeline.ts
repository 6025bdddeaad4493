import { type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { send, sendHalf, type Answer } from './answer.js';
import { expanded } from './expand.js';
import { Failure } from './failure.js';
import { type ActiveFault, type Faults } from './faults.js';
import { claim, keepAnswer, storedAnswer, type KeyedRequest } from './idempotency.js';
import { checkAccess, noAccess, paramsOf, type Incoming } from './incoming.js';
import { present } from './present.js';
import { type RateLimit } from './rate-limit.js';
import { matchRoute, type Match } from './routes.js';
import { type Effect } from './tables.js';
import { validated } from './validate.js';
import { type World } from './world.js';

export interface Desk {
  readonly world: World;
  readonly faults: Faults;
  readonly rateLimit: RateLimit;
  /** Settles what has fallen due, before a request is looked at. */
  readonly settle: () => void;
  /** Writes down what has changed, and has webhooks delivered. */
  readonly flush: () => void;
}

interface Result {
  readonly answer: Answer;
  readonly errorCode?: string | undefined;
  readonly effects?: readonly Effect[];
  readonly isReplay?: boolean;
}

const internalError: Failure = new Failure(500, {
  type: 'api_error',
  message: 'An unknown error occurred. Try your request again later.',
});

/** Answers one request to the API, with whatever fault waits for it. */
export async function serve(desk: Desk, incoming: Incoming, response: ServerResponse): Promise<void> {
  const { world } = desk;
  desk.settle();
  const fault = desk.faults.take(incoming);
  const requestId = world.store.newId('req', 14);
  logRequest(world, incoming, requestId, fault);
  const early = fault && (await meetEarly(fault, response));
  if (early === 'done') {
    desk.flush();
    return;
  }
  const result = await resultOf(desk, incoming, requestId, fault);
  world.store.change('requests', requestId, {
    status: result.answer.status,
    errorCode: result.errorCode ?? null,
    isReplay: result.isReplay ?? false,
    effects: result.effects ?? [],
  });
  desk.flush();
  await deliver(response, incoming, result.answer, fault);
}

function logRequest(
  world: World,
  incoming: Incoming,
  requestId: string,
  fault: ActiveFault | undefined,
): void {
  world.store.add('requests', {
    id: requestId,
    atMs: world.clock.nowMs(),
    method: incoming.method,
    path: incoming.path,
    account: incoming.account,
    idempotencyKey: incoming.idempotencyKey,
    params: incoming.method === 'GET' ? incoming.query : incoming.body,
    status: null,
    errorCode: null,
    isReplay: false,
    fault: fault?.kind ?? null,
    effects: [],
  });
}

/** Faults for which nothing is looked at, not even the key. */
async function meetEarly(fault: ActiveFault, response: ServerResponse): Promise<'done' | undefined> {
  if (fault.kind === 'reset_before') {
    response.socket?.resetAndDestroy();
    return 'done';
  }
  // The socket stays open until the other side gives up.
  if (fault.kind === 'timeout_before') return 'done';
  return undefined;
}

async function resultOf(
  desk: Desk,
  incoming: Incoming,
  requestId: string,
  fault: ActiveFault | undefined,
): Promise<Result> {
  try {
    const refused = fault && refusalOf(fault, incoming);
    if (refused) throw refused;
    checkAccess(desk.world, incoming);
    const match = matchRoute(incoming.method, incoming.path);
    if (!match) throw unrecognized(incoming);
    const { requestsPerSecond } = desk.world.settings;
    const endpoint = `${match.route.method} ${match.route.path}`;
    if (!desk.rateLimit.allows(endpoint, requestsPerSecond, desk.world.clock.realMs())) throw tooMany();
    return await keyed(desk, incoming, match, requestId, fault);
  } catch (error) {
    return refusal(error, requestId);
  }
}

function refusalOf({ kind }: ActiveFault, { account }: Incoming): Failure | undefined {
  if (kind === 'rate_limited') return tooMany();
  if (kind === 'error_before') return internalError;
  if (kind === 'forbidden') return noAccess(account);
  if (kind === 'unauthorized') {
    return new Failure(401, { type: 'invalid_request_error', message: 'Invalid API Key provided.' });
  }
  if (kind !== 'key_in_use') return undefined;
  const message = 'There is currently another in-progress request using this Stripe-Idempotent-Key.';
  return new Failure(409, { type: 'idempotency_error', code: 'idempotency_key_in_use', message });
}

function tooMany(): Failure {
  return new Failure(429, {
    type: 'invalid_request_error',
    code: 'rate_limit',
    message: 'Request rate limit exceeded. You can learn more about rate limits in the documentation.',
  });
}

function unrecognized({ method, path }: Incoming): Failure {
  const message = `Unrecognized request URL (${method}: ${path}). The sandbox does not know it.`;
  return new Failure(404, { type: 'invalid_request_error', message });
}

async function keyed(
  desk: Desk,
  incoming: Incoming,
  match: Match,
  requestId: string,
  fault: ActiveFault | undefined,
): Promise<Result> {
  const { world } = desk;
  const { idempotencyKey: key, account, method, path, api } = incoming;
  const params = paramsOf(incoming);
  const hasKey = key !== null && (method === 'POST' || (api === 'v2' && method === 'DELETE'));
  const request: KeyedRequest | undefined = hasKey ? { key, account, method, path, params, api } : undefined;
  const stored = request && storedAnswer(world, request);
  if (stored) {
    const { status, body, requestId: originalRequest } = stored;
    return { answer: { status, body, requestId, originalRequest }, isReplay: true };
  }
  // Stripe stores nothing for parameters that it does not understand.
  const isText = api === 'v1' || method === 'GET';
  const checked = validated(match.route.schema, params, { api, isText });
  const release = request && claim(world, request);
  try {
    if (fault?.kind === 'slow_before') {
      desk.flush();
      await sleep(fault.delayMs ?? 1000);
      desk.settle();
    }
    return execute(world, incoming, match, checked, { requestId, request, fault });
  } finally {
    release?.();
  }
}

interface Execution {
  readonly requestId: string;
  readonly request: KeyedRequest | undefined;
  readonly fault: ActiveFault | undefined;
}

/** The effect and its stored answer: both, or neither. */
function execute(
  world: World,
  incoming: Incoming,
  match: Match,
  params: Record<string, unknown>,
  { requestId, request, fault }: Execution,
): Result {
  const failsBefore = fault?.kind === 'error_before_stored';
  const real = failsBefore
    ? refusal(internalError, requestId)
    : run(world, incoming, match, params, requestId);
  const broken = refusal(internalError, requestId).answer;
  // v2 keeps no failure: under the same key it goes on from what was done, and answers that.
  const isStored = fault?.kind === 'error_after_stored' && incoming.api === 'v1';
  const stored = isStored ? broken : real.answer;
  const { status, body } = stored;
  if (request) keepAnswer(world, request, { status, body, requestId });
  const isBroken = fault?.kind === 'error_after' || fault?.kind === 'error_after_stored';
  return isBroken ? { ...real, answer: broken } : real;
}

function run(
  world: World,
  { account, idempotencyKey }: Incoming,
  { route, path }: Match,
  { expand = [], ...params }: Record<string, unknown>,
  requestId: string,
): Result {
  world.store.begin();
  world.cause = { requestId, idempotencyKey };
  try {
    const value = route.run({ world, params: params as never, path, account });
    const shown = expanded(world, present(world, value), expand as readonly string[]);
    const body = JSON.stringify(shown, null, 2);
    return { answer: { status: 200, body, requestId }, effects: world.store.commit() };
  } catch (error) {
    if (!(error instanceof Failure && error.keepsEffects)) {
      world.store.rollback();
      return refusal(error, requestId);
    }
    return { ...refusal(error, requestId), effects: world.store.commit() };
  } finally {
    world.cause = null;
  }
}

function refusal(error: unknown, requestId: string): Result {
  const failure = error instanceof Failure ? error : internalError;
  // A mistake of the sandbox itself must not pass for one of Stripe's.
  if (!(error instanceof Failure)) process.stderr.write(`stripe-sandbox: ${describe(error)}\n`);
  const { status, body: details } = failure;
  const body = JSON.stringify({ error: details }, null, 2);
  const headers: Record<string, string> = {
    ...(status >= 500 && { 'stripe-should-retry': 'false' }),
    ...(status === 429 && { 'retry-after': '1' }),
  };
  return { answer: { status, body, requestId, headers }, errorCode: details.code ?? details.type };
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function deliver(
  response: ServerResponse,
  incoming: Incoming,
  answer: Answer,
  fault: ActiveFault | undefined,
): Promise<void> {
  if (fault?.kind === 'timeout_after') return;
  if (fault?.kind === 'reset_after') {
    response.socket?.resetAndDestroy();
    return;
  }
  if (fault?.kind === 'cut_body') {
    sendHalf(response, incoming, answer);
    return;
  }
  if (fault?.kind === 'slow_after') await sleep(fault.delayMs ?? 1000);
  send(response, incoming, answer);
}
