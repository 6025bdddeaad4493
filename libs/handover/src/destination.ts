import { done, type Outcome, refusal, type Refusal, refuse } from '#outcome';
import type { AnswerRules } from './answer.js';
import type { MappedField } from './mapping.js';

export const destinationKinds = ['WEBHOOK', 'EMAIL'] as const;
export type DestinationKind = (typeof destinationKinds)[number];

export const destinationStates = ['ENABLED', 'DISABLED', 'DELETED'] as const;
export type DestinationState = (typeof destinationStates)[number];

/** PERSON: somebody disabled it. GONE: it answered 410, which means "do not send any more". */
export const destinationDisabledReasons = ['PERSON', 'GONE'] as const;
export type DestinationDisabledReason = (typeof destinationDisabledReasons)[number];

export interface WebhookSettings {
  readonly kind: 'WEBHOOK';
  readonly url: string;
  /** Names of the buyer's own headers in lower case; their values are kept apart. */
  readonly headers: readonly string[];
  /** Null: the standard body. */
  readonly fields: readonly MappedField[] | null;
  readonly answer: AnswerRules;
}

export interface EmailSettings {
  readonly kind: 'EMAIL';
  readonly address: string;
  /** Templates. */
  readonly subject: string;
  readonly text: string;
}

export type DestinationSettings = WebhookSettings | EmailSettings;

/** How a buyer wants to receive leads. */
export interface Destination {
  readonly id: string;
  readonly buyerId: string;
  readonly name: string;
  readonly settings: DestinationSettings;
  readonly state: DestinationState;
  readonly disabledBecause: DestinationDisabledReason | null;
  /** For contracts of the buyer that have none of their own. */
  readonly isDefault: boolean;
  /** Counts the changes of its settings and its name. */
  readonly version: number;
  readonly createdAt: Date;
  readonly changedAt: Date;
  /** The circuit breaker; in real time. */
  readonly failures: number;
  readonly openUntil: Date | null;
}

/** Destinations of one buyer that are not deleted. */
export const maxDestinations = 50;
/** For how long the secret before may stay right after a rotation, in hours. */
export const maxSecretOverlapHours = 168;

/** What people do to a destination, with the state that each leads to. */
export const destinationActs = { enable: 'ENABLED', disable: 'DISABLED', delete: 'DELETED' } as const;
export type DestinationAct = keyof typeof destinationActs;

const transitions: Readonly<Record<DestinationState, readonly DestinationState[]>> = {
  ENABLED: ['DISABLED', 'DELETED'],
  DISABLED: ['ENABLED', 'DELETED'],
  DELETED: [],
};

const destinationPath = ['input', 'destinationId'];

/** ILLEGAL_TRANSITION, with what the state does allow, unless the act leads on from it. */
export function decideDestinationAct(
  state: DestinationState,
  act: DestinationAct,
): Outcome<DestinationState> {
  const to = destinationActs[act];
  if (transitions[state].includes(to)) return done(to);
  return refuse('ILLEGAL_TRANSITION', {
    field: destinationPath,
    message: `A destination that is ${state} does not allow this.`,
    data: { allowed: transitions[state] },
  });
}

/** ILLEGAL_TRANSITION for a deleted destination, and, where it is to be used, for a disabled one. */
export function refusalOfUse(
  state: DestinationState,
  { enabled, field = destinationPath }: { readonly enabled: boolean; readonly field?: readonly string[] },
): Refusal | null {
  if (state === 'ENABLED' || (!enabled && state === 'DISABLED')) return null;
  const message =
    state === 'DELETED' ? 'This destination was deleted.' : 'This destination is disabled. Enable it first.';
  return refusal('ILLEGAL_TRANSITION', { field, message, data: { allowed: transitions[state] } });
}
