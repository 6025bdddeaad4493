import { invariant } from '#outcome';
import type { FrozenBody } from '#payments';

/** The calls that have effects, as the SDK names them. */
export const callNames = [
  'customers.create',
  'v2.core.accounts.create',
  'accounts.create',
  'paymentIntents.create',
  'paymentIntents.cancel',
  'invoices.create',
  'invoices.voidInvoice',
  'transfers.create',
  'transfers.createReversal',
  'refunds.create',
] as const;
export type CallName = (typeof callNames)[number];

export type Params = Readonly<Record<string, unknown>>;

/**
 * A frozen body: which call, on which object, with which parameters. That the call stands in it lets an operation
 * that was frozen before a change of settings be sent as it was meant.
 */
export interface FrozenCall extends FrozenBody {
  readonly call: CallName;
  /** The object that it is done to; null when it makes one. */
  readonly target: string | null;
  readonly params: Params;
  /** Invoices only: what is added to them, in order. */
  readonly lines?: readonly Params[];
}

/** Reads a body back. Throws for one that {@link FrozenCall} was never made for. */
export function frozenCall(body: FrozenBody): FrozenCall {
  const { call, target, params, lines } = body;
  const name = callNames.find((known) => known === call);
  invariant(
    name !== undefined && isParams(params) && (target === null || typeof target === 'string'),
    'a frozen body is no call to Stripe',
  );
  invariant(lines === undefined || (Array.isArray(lines) && lines.every(isParams)), 'its lines are no lines');
  return { call: name, target, params, ...(lines !== undefined && { lines: lines as readonly Params[] }) };
}

function isParams(value: unknown): value is Params {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
