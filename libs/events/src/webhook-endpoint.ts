import { type Actor, may } from '#organizations';
import { done, type Outcome, refusal, type Refusal, refuse, refused } from '#outcome';
import { type EventType, eventTypeNames, isEventType, specOf } from './event-type.js';

export const endpointStates = ['ENABLED', 'DISABLED', 'DELETED'] as const;
export type EndpointState = (typeof endpointStates)[number];

/** PERSON: somebody disabled it. GONE: it answered 410, which means "do not send any more". */
export const disabledReasons = ['PERSON', 'GONE'] as const;
export type DisabledReason = (typeof disabledReasons)[number];

/** Where an organization wants its events sent. */
export interface WebhookEndpoint {
  readonly id: string;
  readonly organizationId: string;
  readonly url: string;
  readonly description: string;
  /** Null: every type, those that come later included. */
  readonly types: readonly EventType[] | null;
  readonly state: EndpointState;
  readonly disabledBecause: DisabledReason | null;
  readonly createdAt: Date;
  readonly changedAt: Date;
  /** The circuit breaker; in real time. */
  readonly failures: number;
  readonly openUntil: Date | null;
}

/** Endpoints of one organization that are not deleted. */
export const maxEndpoints = 20;
/** For how long the secret before may stay right after a rotation, in hours. */
export const maxSecretOverlapHours = 168;

/** What people do to an endpoint, with the state that each leads to. */
export const endpointActs = { enable: 'ENABLED', disable: 'DISABLED', delete: 'DELETED' } as const;
export type EndpointAct = keyof typeof endpointActs;

const transitions: Readonly<Record<EndpointState, readonly EndpointState[]>> = {
  ENABLED: ['DISABLED', 'DELETED'],
  DISABLED: ['ENABLED', 'DELETED'],
  DELETED: [],
};

const endpointPath = ['input', 'endpointId'];

/** ILLEGAL_TRANSITION, with what the state does allow, unless the act leads on from it. */
export function decideEndpointAct(state: EndpointState, act: EndpointAct): Outcome<EndpointState> {
  const to = endpointActs[act];
  if (transitions[state].includes(to)) return done(to);
  const message = `An endpoint that is ${state} does not allow this.`;
  return refuse('ILLEGAL_TRANSITION', {
    field: endpointPath,
    message,
    data: { allowed: transitions[state] },
  });
}

/** Sending needs an endpoint that is enabled. */
export function refusalOfSending(
  state: EndpointState,
  field: readonly string[] = endpointPath,
): Refusal | null {
  if (state === 'ENABLED') return null;
  const message =
    state === 'DELETED' ? 'This endpoint was deleted.' : 'This endpoint is disabled. Enable it first.';
  return refusal('ILLEGAL_TRANSITION', { field, message, data: { allowed: transitions[state] } });
}

/**
 * The types that are asked for, each once and in the order of the table; null for all of them. INVALID_VALUE for what is no
 * type, by its place; NOT_PERMITTED for what the actor may not read: what is sent must not be more than what can be asked for.
 */
export function readTypes(
  actor: Actor,
  types: readonly string[] | null,
): Outcome<readonly EventType[] | null> {
  if (types?.length === 0) {
    return refuse('REQUIRED', {
      field: ['input', 'types'],
      message: 'Name at least one type, or leave types out.',
    });
  }
  const unknown = (types ?? []).flatMap((type, index) =>
    isEventType(type)
      ? []
      : [refusal('INVALID_VALUE', { field: ['input', 'types', String(index)], message: noType })],
  );
  if (unknown.length > 0) return refused(...unknown);
  const wanted = eventTypeNames.filter((type) => types === null || types.includes(type));
  const forbidden = wanted.filter((type) => !may(actor, specOf(type).requires));
  if (forbidden.length > 0) {
    const message = 'Your role or key may not read all of these types. Name those that it may.';
    return refuse('NOT_PERMITTED', { field: ['input', 'types'], message });
  }
  return done(types === null ? null : wanted);
}

const noType = 'There is no such type of event. docs/events.md has them all.';
const longestDescription = 200;

/** What an endpoint is for, for people: 1 to 200 characters that can be shown. */
export function readDescription(text: string): Outcome<string> {
  const description = text.trim();
  const field = ['input', 'description'];
  if (description === '') return refuse('REQUIRED', { field, message: 'Say what the endpoint is for.' });
  if (/\p{Cc}|\p{Cs}/u.test(description) || [...description].length > longestDescription) {
    const message = `A description has at most ${longestDescription} characters and no control characters.`;
    return refuse('INVALID_VALUE', { field, message });
  }
  return done(description);
}
