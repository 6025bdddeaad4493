import type { CurrencyCode } from '#money';
import type { SettlementRef } from '#settlements';
import type { Part } from './collection.js';
import { gapsOf } from './parts.js';

/** UNCOLLECTIBLE: nothing is left to collect, but some of it was written off. */
export const invoiceStates = ['OPEN', 'PAID', 'UNCOLLECTIBLE'] as const;
export type InvoiceState = (typeof invoiceStates)[number];

/** What a buyer is asked to pay: one or more settlements, of one agency or several. */
export interface Invoice {
  readonly id: string;
  readonly number: string;
  readonly buyerId: string;
  readonly currency: CurrencyCode;
  /** What is to be paid, after the buyer's credit, in minor units. */
  readonly amountMinor: bigint;
  readonly state: InvoiceState;
  readonly dueAt: Date;
  /** Null: no try is planned. */
  readonly nextTryAt: Date | null;
  /** Tries so far. */
  readonly tries: number;
  /** Failures in a row with the same method. */
  readonly failures: number;
  readonly payOnPage: boolean;
  readonly lastFailureCode: string | null;
  readonly issuedAt: Date;
  readonly paidAt: Date | null;
}

/** A settlement on its invoice, with what pays it. Minor units. */
export interface InvoiceLine extends SettlementRef {
  readonly number: string;
  /** due − credit. */
  readonly amountMinor: bigint;
  readonly dueMinor: bigint;
  readonly creditMinor: bigint;
  readonly writtenOffMinor: bigint;
  /** Parts of collections that succeeded. */
  readonly paid: readonly Part[];
  /** Parts of collections under way. */
  readonly underWay: readonly Part[];
}

export function sumOf(parts: readonly { readonly amountMinor: bigint }[]): bigint {
  return parts.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
}

export function paidOf(line: Pick<InvoiceLine, 'paid'>): bigint {
  return sumOf(line.paid);
}

/** What neither was paid nor written off. */
export function openOf(line: InvoiceLine): bigint {
  return line.amountMinor - line.writtenOffMinor - paidOf(line);
}

/** The cents of an invoice that nothing pays and no collection under way is about, in the order of its lines. */
export function freePartsOf(lines: readonly InvoiceLine[]): readonly Part[] {
  return lines.flatMap((line) =>
    gapsOf(line, [...line.paid, ...line.underWay], line.amountMinor - line.writtenOffMinor),
  );
}

/** What an invoice with these lines is. */
export function stateOf(lines: readonly InvoiceLine[]): InvoiceState {
  if (lines.some((line) => openOf(line) > 0n)) return 'OPEN';
  return lines.some(({ writtenOffMinor }) => writtenOffMinor > 0n) ? 'UNCOLLECTIBLE' : 'PAID';
}

/** Fit to be read out on the telephone: the day of issue and the end of the id. */
export function invoiceNumber(issuedAt: Date, id: string): string {
  const day = issuedAt.toISOString().slice(0, 10).replaceAll('-', '');
  return `INV-${day}-${id.slice(-8).toUpperCase()}`;
}
