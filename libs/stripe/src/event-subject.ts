import type { FetchableKind } from '#payments';
import { idOf } from './references.js';

/** The object that an event is about, and that is fetched because of it. */
export interface Subject {
  readonly kind: FetchableKind;
  readonly id: string;
}

/** The part of an event's object that says what to fetch. */
export interface EventObject {
  readonly id?: unknown;
  readonly payment_intent?: unknown;
  readonly payment_method?: unknown;
  readonly invoice?: unknown;
  readonly account?: unknown;
}

type IdIn = (object: EventObject, account: string | null) => string | null;

const own: IdIn = ({ id }) => asId(id);

/** Event types by how they begin, the longest beginning first. What is not here is nothing that we look at. */
const subjects: readonly (readonly [prefix: string, kind: FetchableKind, id: IdIn])[] = [
  ['payment_intent.', 'payment', own],
  ['charge.dispute.', 'dispute', own],
  ['charge.refund.', 'refund', own],
  ['charge.', 'payment', ({ payment_intent: intent }) => asId(intent)],
  ['refund.', 'refund', own],
  ['invoice.upcoming', 'invoice', () => null],
  ['invoice.', 'invoice', own],
  ['invoice_payment.', 'invoice', ({ invoice }) => asId(invoice)],
  ['transfer.', 'transfer', own],
  ['payout.', 'bank_payout', own],
  ['account.updated', 'account', own],
  ['account.application.', 'account', (_, account) => account],
  ['account.external_account.', 'account', (_, account) => account],
  ['capability.', 'account', ({ account: of }, account) => asId(of) ?? account],
  ['payment_method.', 'method', own],
  ['mandate.', 'method', ({ payment_method: method }) => asId(method)],
  ['setup_intent.', 'setup', own],
];

/** Of an agency's own account only its state and its bank payouts are ours to look at. */
const kindsOfAgencies: ReadonlySet<FetchableKind> = new Set(['account', 'bank_payout']);

/** What a snapshot event is about; null: nothing that we look at. `account`: the agency's, if it is from there. */
export function subjectOf(type: string, object: EventObject, account: string | null): Subject | null {
  const found = subjects.find(([prefix]) => type.startsWith(prefix));
  if (found === undefined) return null;
  const [, kind, idIn] = found;
  const id = idIn(object, account);
  if (id === null || (account !== null && !kindsOfAgencies.has(kind))) return null;
  return { kind, id };
}

/** The same for a thin event of API v2, which names the object by itself. */
export function thinSubjectOf(
  type: string,
  related: { readonly id?: unknown; readonly type?: unknown } | null,
): Subject | null {
  const id = asId(related?.id);
  const isAccount = type.startsWith('v2.core.account') && related?.type === 'v2.core.account';
  return isAccount && id !== null ? { kind: 'account', id } : null;
}

function asId(value: unknown): string | null {
  if (typeof value === 'string') return value === '' ? null : value;
  if (typeof value !== 'object' || value === null || !('id' in value)) return null;
  return typeof value.id === 'string' ? idOf({ id: value.id }) : null;
}
