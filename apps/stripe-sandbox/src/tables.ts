import type { Stripe } from 'stripe';

/** The operator's own account: what requests without a Stripe-Account header are about. */
export const platformId = 'acct_1SandboxPlatform00';

/** A connected account; its v1 and v2 forms are drawn from this. */
export interface ConnectedAccount {
  readonly id: string;
  readonly created: number;
  readonly version: 'v1' | 'v2';
  readonly type: 'standard' | 'express' | 'custom' | 'none';
  readonly email: string | null;
  readonly displayName: string | null;
  readonly country: string;
  readonly entityType: string | null;
  readonly currency: string;
  readonly dashboard: 'none' | 'express' | 'full';
  readonly feesCollector: string;
  readonly lossesCollector: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly isRecipient: boolean;
  readonly transfersRequested: boolean;
  readonly transfers: 'active' | 'pending' | 'restricted' | 'rejected';
  readonly requirements: readonly AccountRequirement[];
  readonly rejectedFor: string | null;
  readonly isClosed: boolean;
}

/** Something that Stripe wants to know of an account, and by when (seconds); `null` is only eventually. */
export interface AccountRequirement {
  readonly field: string;
  readonly deadline: number | null;
  readonly status: 'currently_due' | 'eventually_due' | 'past_due' | 'pending_verification';
  readonly error: string | null;
}

/** What a payment method does, apart from how it looks. */
export interface MethodBehaviour {
  readonly id: string;
  readonly key: string;
  /** Saved for payments without its owner: some cards then ask for no authentication. */
  readonly isSetUp: boolean;
}

/** The stored answer of a request with an Idempotency-Key. */
export interface IdempotencyRow {
  readonly id: string;
  readonly fingerprint: string;
  readonly endpoint: string;
  readonly createdAtMs: number;
  readonly status: number;
  readonly body: string;
  readonly requestId: string;
}

/** Something that falls due at a moment of virtual time. */
export interface DueRow {
  readonly id: string;
  readonly atMs: number;
  readonly task: string;
  readonly target: string;
}

/** One event for one endpoint. */
export interface DeliveryRow {
  readonly id: string;
  readonly event: string;
  readonly type: string;
  readonly endpoint: string;
  readonly state: 'waiting' | 'delivered' | 'dropped' | 'failed';
  readonly attempts: readonly { readonly atMs: number; readonly status: number | string }[];
  readonly notBeforeMs: number;
}

/** An endpoint for events: v1 webhook endpoint or v2 event destination. */
export interface EndpointRow {
  readonly id: string;
  readonly created: number;
  readonly url: string;
  readonly secret: string;
  readonly events: readonly string[];
  readonly scope: 'platform' | 'connect' | 'both';
  readonly payload: 'snapshot' | 'thin';
  readonly isEnabled: boolean;
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly description: string | null;
}

/** A request and what it did: never changed once it has been answered. */
export interface RequestRow {
  readonly id: string;
  readonly atMs: number;
  readonly method: string;
  readonly path: string;
  readonly account: string;
  readonly idempotencyKey: string | null;
  readonly params: unknown;
  readonly status: number | null;
  readonly errorCode: string | null;
  readonly isReplay: boolean;
  readonly fault: string | null;
  readonly effects: readonly Effect[];
}

/** A row that was made or changed, by a request or by the passing of time. */
export interface Effect {
  readonly verb: 'created' | 'updated' | 'deleted';
  readonly table: keyof Tables;
  readonly id: string;
}

/** A thin event with what fetching it adds. */
export interface ThinEvent {
  readonly id: string;
  readonly object: 'v2.core.event';
  readonly type: string;
  readonly created: string;
  readonly livemode: false;
  readonly context: string | null;
  readonly reason: {
    readonly type: 'request';
    readonly request: { readonly id: string; readonly idempotency_key: string };
  } | null;
  readonly related_object: { readonly id: string; readonly type: string; readonly url: string };
  readonly data: Readonly<Record<string, string>>;
}

/** A balance transaction that an automatic payout has carried to the bank. */
export interface PaidOutRow {
  readonly id: string;
  readonly payout: string;
}

/** An invoice without what is drawn from its lines. */
export type InvoiceRow = Stripe.Invoice;
/** On the wire a decimal is a text; the SDK makes an object of it. */
export type InvoiceItemRow = Omit<Stripe.InvoiceItem, 'quantity_decimal'> & {
  readonly quantity_decimal: string;
};

/** Every kind of row; each has an id that is unique among all. */
export interface Tables {
  accounts: ConnectedAccount;
  balance_transactions: Stripe.BalanceTransaction;
  behaviours: MethodBehaviour;
  charges: Stripe.Charge;
  customers: Stripe.Customer;
  /** Waiting ones; what became of the others is in `delivered`. */
  deliveries: DeliveryRow;
  delivered: DeliveryRow;
  disputes: Stripe.Dispute;
  due: DueRow;
  endpoints: EndpointRow;
  events: Stripe.Event;
  idempotency: IdempotencyRow;
  invoice_items: InvoiceItemRow;
  invoice_payments: Stripe.InvoicePayment;
  invoices: InvoiceRow;
  mandates: Stripe.Mandate;
  /** By `out_` and the id of the balance transaction. */
  paid_out: PaidOutRow;
  meta: { readonly id: string; readonly value: number | string };
  payment_intents: Stripe.PaymentIntent;
  payment_methods: Stripe.PaymentMethod;
  payouts: Stripe.Payout;
  refunds: Stripe.Refund;
  requests: RequestRow;
  reversals: Stripe.TransferReversal;
  setup_intents: Stripe.SetupIntent;
  thin_events: ThinEvent;
  topups: Stripe.Topup;
  transfers: Stripe.Transfer;
}

export type TableName = keyof Tables;

export const tableNames: readonly TableName[] = [
  'accounts',
  'balance_transactions',
  'behaviours',
  'charges',
  'customers',
  'deliveries',
  'delivered',
  'disputes',
  'due',
  'endpoints',
  'events',
  'idempotency',
  'invoice_items',
  'invoice_payments',
  'invoices',
  'mandates',
  'meta',
  'paid_out',
  'payment_intents',
  'payment_methods',
  'payouts',
  'refunds',
  'requests',
  'reversals',
  'setup_intents',
  'thin_events',
  'topups',
  'transfers',
];

/** Rows that only serve the double itself: not effects that a test would count. */
const internal: ReadonlySet<TableName> = new Set([
  'behaviours',
  'deliveries',
  'delivered',
  'due',
  'events',
  'idempotency',
  'meta',
  'paid_out',
  'requests',
  'thin_events',
]);

/** Whether a row of this table is something that Stripe's user would see happen. */
export function isEffect(table: TableName): boolean {
  return !internal.has(table);
}
