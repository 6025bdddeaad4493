import { advanceSettlements, type SettlementState, settlementTransitions } from '#settlements';
import type { BuyerScope } from './buyer-scope.store.js';
import { type Invoice, type InvoiceLine, openOf, paidOf, stateOf } from './invoice.js';
import { changeInvoice, linesOf, lockInvoice, type InvoiceChange } from './invoice.store.js';

/** States in which money of a settlement can be missing again; the others follow when their transfer has ended. */
const collectedStates: readonly SettlementState[] = ['COLLECTED', 'HOLDING', 'PAID', 'TRANSFER_FAILED'];
export const reopenedFrom: readonly SettlementState[] = collectedStates.filter((state) =>
  settlementTransitions[state].includes('COLLECTION_FAILED'),
);

/** Settlements of which nothing is left to collect, because it was all paid. */
function isCollected(line: InvoiceLine): boolean {
  return line.writtenOffMinor === 0n && paidOf(line) === line.amountMinor;
}

async function move(
  { tx, actor, now }: BuyerScope,
  lines: readonly InvoiceLine[],
  step: {
    readonly from: readonly SettlementState[];
    readonly to: SettlementState;
    readonly note: string | null;
  },
): Promise<void> {
  const moves = lines.map(({ agencyId, id }) => ({ agencyId, id, ...step }));
  await advanceSettlements(tx, { actor, at: now, moves });
}

/** A collection begins: what failed before is being collected again. */
export async function markCollecting(
  scope: BuyerScope,
  lines: readonly InvoiceLine[],
  attempt: number,
): Promise<void> {
  const open = lines.filter((line) => openOf(line) > 0n);
  await move(scope, open, { from: ['COLLECTION_FAILED'], to: 'COLLECTING', note: `attempt ${attempt}` });
}

/** What is not paid in full is not coming by itself. `code` says why. */
export async function markFailed(
  scope: BuyerScope,
  lines: readonly InvoiceLine[],
  code: string,
): Promise<void> {
  const open = lines.filter((line) => openOf(line) > 0n);
  await move(scope, open, { from: ['COLLECTING'], to: 'COLLECTION_FAILED', note: code });
}

/** Money that had come in is missing again. */
export async function markReopened(
  scope: BuyerScope,
  lines: readonly InvoiceLine[],
  code: string,
): Promise<void> {
  const open = lines.filter((line) => openOf(line) > 0n);
  await move(scope, open, { from: ['COLLECTING', ...reopenedFrom], to: 'COLLECTION_FAILED', note: code });
}

/**
 * Brings an invoice up to what pays it: settlements that are paid in full are collected, and an invoice of which
 * nothing is left is closed. Of what is left the next try is due at once.
 */
export async function settleInvoice(
  scope: BuyerScope,
  invoiceId: string,
  change: InvoiceChange = {},
): Promise<{ readonly invoice: Invoice; readonly lines: readonly InvoiceLine[] }> {
  const { tx, now } = scope;
  const invoice = await lockInvoice(tx, invoiceId);
  const lines = await linesOf(tx, invoiceId);
  await move(scope, lines.filter(isCollected), {
    from: ['COLLECTING', 'COLLECTION_FAILED'],
    to: 'COLLECTED',
    note: null,
  });
  const state = stateOf(lines);
  const isUnderWay = lines.some(({ underWay }) => underWay.length > 0);
  const closed = { nextTryAt: null, failures: 0, payOnPage: false, lastFailureCode: null };
  const changed = await changeInvoice(tx, invoice, {
    nextTryAt: isUnderWay ? null : now,
    ...change,
    ...(state === 'OPEN' ? { paidAt: null } : closed),
    ...(state === 'PAID' && { paidAt: invoice.paidAt ?? now }),
    state,
  });
  return { invoice: changed, lines };
}
