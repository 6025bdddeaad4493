import { refuseMethod, saveRecharge } from './billing-profile.store.js';
import type { BuyerScope } from './buyer-scope.store.js';
import type { Collection } from './collection.js';
import { changeCollection, endParts } from './collection.store.js';
import { afterFailure } from './dunning.js';
import { markFailed } from './invoice-progress.store.js';
import { changeInvoice, linesOf, lockInvoice } from './invoice.store.js';

/** Who fills up balances by themselves. */
export const rechargerId = 'system:auto-recharge';

/** How a collection under way ended, no money having come. */
export interface EndWithoutMoney {
  readonly state: 'FAILED' | 'CANCELED';
  readonly code: string;
  readonly declineCode: string | null;
}

/** Frees what the collection was about, and plans what comes next of its invoice, or of the buyer's balance. */
export async function endWithoutMoney(
  scope: BuyerScope,
  collection: Collection,
  { state, code, declineCode }: EndWithoutMoney,
): Promise<Collection> {
  const { tx, now } = scope;
  const change = { state, failureCode: code, declineCode, finishedAt: now, nextLookAt: null };
  const ended = await changeCollection(tx, collection, change);
  await endParts(tx, collection.id);
  if (collection.invoiceId === null) await endTopUp(scope, collection, code);
  else await replan(scope, { collection, invoiceId: collection.invoiceId, code });
  return ended;
}

async function replan(
  scope: BuyerScope,
  {
    collection,
    invoiceId,
    code,
  }: { readonly collection: Collection; readonly invoiceId: string; readonly code: string },
): Promise<void> {
  const { tx, now, profile } = scope;
  const invoice = await lockInvoice(tx, invoiceId);
  const onPage = collection.method === 'HOSTED_INVOICE' || invoice.payOnPage;
  const { refusesMethod, ...after } = afterFailure({ code, failures: invoice.failures, onPage, now });
  await changeInvoice(tx, invoice, { ...after, lastFailureCode: code });
  if (refusesMethod) await refuseMethod(tx, profile.buyerId, code);
  await markFailed(scope, await linesOf(tx, invoiceId), code);
}

/** A person who fills up the balance sees that it failed; by itself it is tried again like an invoice, but never on a page. */
async function endTopUp(
  { tx, now, profile }: BuyerScope,
  { requestedBy }: Collection,
  code: string,
): Promise<void> {
  const failures = profile.rechargeFailures;
  const after = afterFailure({ code, failures, onPage: false, now });
  if (after.refusesMethod) await refuseMethod(tx, profile.buyerId, code);
  if (requestedBy !== rechargerId) return;
  const nextAt = after.payOnPage ? null : after.nextTryAt;
  await saveRecharge(tx, profile.buyerId, { failures: after.failures, code, nextAt });
}
