import { type RefusalCode, refusalMessages } from './refusal-code.js';

export { type RefusalCode, refusalCodes, refusalMessages } from './refusal-code.js';

/**
 * An expected "no": a rule said so and the caller can do something about it.
 * `field` is the path of the offending input (`['input', 'contact', 'phone']`); the value itself is never repeated.
 */
export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
  readonly field?: readonly string[];
  /** Data that helps the caller on: allowed transitions, the current version, the caller's own earlier object's id. */
  readonly data?: RefusalData;
}

export interface RefusalData {
  readonly allowed?: readonly string[];
  readonly currentVersion?: number;
  readonly existingId?: string;
}

/** The result of every action: the value, or one or more refusals. Never both, never neither. */
export type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusals: readonly Refusal[] };

export function done<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

export function refused<T = never>(...refusals: readonly Refusal[]): Outcome<T> {
  return { ok: false, refusals };
}

/** Builds a refusal; without a message of its own it takes the code's standard one. */
export function refusal(
  code: RefusalCode,
  options: { field?: readonly string[]; message?: string; data?: RefusalData } = {},
): Refusal {
  return {
    code,
    message: options.message ?? refusalMessages[code],
    ...(options.field ? { field: options.field } : {}),
    ...(options.data ? { data: options.data } : {}),
  };
}

/** Shorthand for an outcome with a single refusal. */
export function refuse<T = never>(
  code: RefusalCode,
  options: { field?: readonly string[]; message?: string; data?: RefusalData } = {},
): Outcome<T> {
  return refused(refusal(code, options));
}
