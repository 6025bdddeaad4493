import { type VirtualClock } from './clock.js';
import { missing } from './failure.js';
import { type Store } from './store.js';
import { type DueRow, type TableName, type Tables } from './tables.js';

/** How the double behaves where Stripe's own behaviour depends on the bank, the country or the contract. */
export interface Settings {
  /** Days until a card payment can be paid out. */
  cardAvailableDays: number;
  /** Days that a bank debit is processing, and then until it can be paid out. */
  debitProcessingDays: number;
  debitAvailableDays: number;
  /** Days after its success when a debit that is returned late is returned. */
  debitReturnDays: number;
  /** Stripe opens a lost dispute for a debit that is returned late; `failure` turns the charge back instead. */
  debitReturnAs: 'dispute' | 'failure';
  payoutArrivalDays: number;
  topupDays: number;
  /** Seconds until a charge has its balance transaction: Stripe books asynchronously. */
  bookingDelaySeconds: number;
  /** Connected accounts are paid out by themselves, a day after money has become available. */
  automaticPayouts: boolean;
  /** Whether a reversal may make a connected account's balance negative. */
  connectedReserves: boolean;
  /** Minor units; per dispute, kept when it is won. */
  disputeFee: number;
  /** Seconds until a new account's transfers capability is active after it was completed. */
  verificationSeconds: number;
  /** A signature is made with the machine's time, as the SDK checks it unless told otherwise. */
  signatureTime: 'real' | 'virtual';
  /** Search finds what is older than this: its index lags, and is not for reading back what was just written. */
  searchLagSeconds: number;
  /** Requests a second and endpoint; 0 is without limit. */
  requestsPerSecond: number;
}

export const defaultSettings: Settings = {
  cardAvailableDays: 2,
  debitProcessingDays: 4,
  debitAvailableDays: 0,
  debitReturnDays: 3,
  debitReturnAs: 'dispute',
  payoutArrivalDays: 2,
  topupDays: 1,
  bookingDelaySeconds: 0,
  automaticPayouts: true,
  connectedReserves: false,
  disputeFee: 1500,
  verificationSeconds: 0,
  signatureTime: 'real',
  searchLagSeconds: 60,
  requestsPerSecond: 0,
};

/** The request in whose course something happens: events name it. */
export interface Cause {
  readonly requestId: string;
  readonly idempotencyKey: string | null;
}

export type Task = (world: World, row: DueRow) => void;

/** Everything that the rules work on. */
export interface World {
  readonly store: Store;
  readonly clock: VirtualClock;
  readonly settings: Settings;
  readonly tasks: Readonly<Record<string, Task>>;
  /** Called when an intent has succeeded or failed: an invoice may wait for it. */
  readonly intentSettled: (world: World, intentId: string) => void;
  /** Where hosted pages are. */
  url: string;
  cause: Cause | null;
}

/** A request that has been understood and checked. */
export interface Call<P> {
  readonly world: World;
  readonly params: P;
  readonly path: Readonly<Record<string, string>>;
  /** The account that it is about. */
  readonly account: string;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** JSON Schema of the parameters; `null` allows `expand` only. */
  readonly schema: string | null;
  readonly run: (call: Call<never>) => unknown;
}

/** The schema of a route was made from P: it is what makes the parameters one. */
export function route<P = object>(
  method: Route['method'],
  path: string,
  schema: string | null | undefined,
  run: (call: Call<P>) => unknown,
): Route {
  if (schema === undefined) throw new Error(`no schema for ${method} ${path}`);
  return { method, path, schema, run: run as (call: Call<never>) => unknown };
}

/** The row, if it is of this account; else Stripe's answer that there is none. */
export function find<K extends TableName>(
  call: Pick<Call<unknown>, 'world' | 'account'>,
  table: K,
  id: string,
  kind: string,
): Tables[K] {
  const row = call.world.store.get(table, id);
  if (row === undefined || call.world.store.ownerOf(id) !== call.account) throw missing(kind, id);
  return row;
}

/** The id of something that may have been expanded. */
export function idOf(reference: string | { readonly id: string } | null | undefined): string | null {
  if (reference === null || reference === undefined) return null;
  return typeof reference === 'string' ? reference : reference.id;
}

/** Metadata as Stripe merges it: an empty value takes the key away. */
export function mergeMetadata(
  before: Readonly<Record<string, string>> | null,
  patch: unknown,
): Record<string, string> {
  if (patch === '') return {};
  const merged: Record<string, string> = { ...before };
  for (const [key, value] of Object.entries(patch ?? {})) {
    if (value === '' || value === null) delete merged[key];
    else merged[key] = String(value);
  }
  return merged;
}
