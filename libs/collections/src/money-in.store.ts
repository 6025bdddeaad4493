import { invariant } from '#outcome';
import { type FundsMovement, recordFunds } from '#payments';
import { balanceOfBuyer, book, type BuyerScope } from './buyer-scope.store.js';
import { type Collection, isLive, type Part } from './collection.js';
import { changeCollection, partsOf, replaceParts } from './collection.store.js';
import { refreshCredit } from './credit-check.store.js';
import { afterFailure } from './dunning.js';
import { freePartsOf } from './invoice.js';
import { markReopened, settleInvoice } from './invoice-progress.store.js';
import { changeInvoice, linesOf, lockInvoice, waitingInvoices } from './invoice.store.js';
import { arrivalJournals, returnJournals } from './journals.js';
import { refuseMethod, saveRecharge } from './billing-profile.store.js';
import { byAgency, firstOf } from './parts.js';

/** Money of a payment, and under which of its ids it is booked. */
export interface Arrival {
  readonly funds: FundsMovement;
  readonly chargeId: string;
  /** It had gone back before. */
  readonly again?: boolean;
}

/**
 * A payment's money is there: it is booked, pays what the collection was about, or whatever of its invoice is still
 * open, and the rest is the buyer's balance. So money never lies about that belongs to nobody, however late it comes.
 */
export async function bookArrival(
  scope: BuyerScope,
  collection: Collection,
  { funds, chargeId, again = false }: Arrival,
): Promise<Collection> {
  const { tx, now, operatorId, profile } = scope;
  const { currency, buyerId } = collection;
  if (funds.currency !== currency) {
    // Our books keep the two apart: what the provider has converted is shown as a difference, for people to decide.
    return await changeCollection(tx, collection, { failureCode: 'converted_currency', nextLookAt: null });
  }
  await recordFunds(tx, funds, now);
  const gross = funds.amountMinor;
  invariant(gross >= 0n, 'a payment brought less than nothing');
  const { taken, beyond, leftMinor } = firstOf(await payableParts(scope, collection), gross);
  await replaceParts(tx, collection.id, {
    live: [...(await paidParts(scope, collection)), ...taken],
    dead: isLive(collection) ? beyond : [],
  });
  const balance = await balanceOfBuyer(scope, currency);
  await book(
    scope,
    arrivalJournals({
      ...{ buyerId, operatorId, funds, balance },
      kind: collection.invoiceId === null ? 'balance_filled' : 'collected',
      key: again ? `charge:${chargeId}:reinstated:${funds.id}` : `charge:${chargeId}`,
      byAgency: byAgency(taken),
      balanceMinor: leftMinor,
    }),
  );
  const changed = await changeCollection(tx, collection, {
    state: 'SUCCEEDED',
    providerChargeId: chargeId,
    failureCode: null,
    declineCode: null,
    feeMinor: (collection.feeMinor ?? 0n) + funds.feeMinor,
    receivedMinor: collection.receivedMinor + gross,
    creditedMinor: collection.creditedMinor + leftMinor,
    fundsId: collection.fundsId ?? funds.id,
    succeededAt: collection.succeededAt ?? funds.createdAt,
    availableAt: collection.availableAt ?? funds.availableAt,
    finishedAt: now,
    nextLookAt: null,
  });
  if (collection.invoiceId !== null) {
    await settleInvoice(scope, collection.invoiceId, { failures: 0, lastFailureCode: null });
  }
  if (leftMinor > 0n) await tryWaiting(scope);
  if (collection.invoiceId === null && profile.recharge !== null) {
    await saveRecharge(tx, buyerId, { failures: 0, code: null, nextAt: null });
  }
  await refreshCredit(scope);
  return changed;
}

/** The cents that its money can pay: its own while they are still its own, else whatever of its invoice is open. */
async function payableParts({ tx }: BuyerScope, collection: Collection): Promise<readonly Part[]> {
  if (collection.invoiceId === null) return [];
  if (isLive(collection)) return (await partsOf(tx, [collection.id])).filter(({ live }) => live);
  await lockInvoice(tx, collection.invoiceId);
  return freePartsOf(await linesOf(tx, collection.invoiceId));
}

/** Those that earlier money of the same collection pays already. */
async function paidParts({ tx }: BuyerScope, collection: Collection): Promise<readonly Part[]> {
  if (isLive(collection)) return [];
  return (await partsOf(tx, [collection.id])).filter(({ live }) => live);
}

/** There is something to pay with now. */
export async function tryWaiting({ tx, now, profile }: BuyerScope): Promise<void> {
  for (const invoice of await waitingInvoices(tx, profile.buyerId)) {
    await changeInvoice(tx, await lockInvoice(tx, invoice.id), { nextTryAt: now });
  }
}

/** Money that goes back. `amountMinor`: of what had come in, above zero. */
export interface Departure {
  readonly funds: FundsMovement;
  readonly chargeId: string;
  readonly amountMinor: bigint;
  /** Why, as a code with words. */
  readonly code: string;
}

/**
 * A payment's money goes back to the bank days after it came: first out of what the buyer's balance got of it, then
 * off the statements that it paid, the last first. Those are owed again, and dunned.
 */
export async function bookDeparture(
  scope: BuyerScope,
  collection: Collection,
  { funds, chargeId, amountMinor, code }: Departure,
): Promise<Collection> {
  const { tx, now, operatorId } = scope;
  const { currency, buyerId, invoiceId } = collection;
  invariant(funds.currency === currency, 'a payment went back in another currency than it came in');
  await recordFunds(tx, funds, now);
  const live = (await partsOf(tx, [collection.id])).filter((part) => part.live);
  const ofBalance = amountMinor < collection.creditedMinor ? amountMinor : collection.creditedMinor;
  const paid = live.reduce((sum, part) => sum + part.amountMinor, 0n);
  const ofParts = amountMinor - ofBalance;
  invariant(ofParts <= paid, 'more of a payment went back than had come in');
  const { taken: kept, beyond: lost } = firstOf(live, paid - ofParts);
  await replaceParts(tx, collection.id, { live: kept, dead: lost });
  await book(
    scope,
    returnJournals({
      ...{ buyerId, operatorId, funds, kind: 'collection_returned' },
      key: `charge:${chargeId}:returned:${funds.id}`,
      byAgency: byAgency(lost),
      balanceMinor: ofBalance,
      balance: await balanceOfBuyer(scope, currency),
    }),
  );
  const left = collection.receivedMinor - amountMinor;
  const changed = await changeCollection(tx, collection, {
    state: left > 0n ? 'SUCCEEDED' : 'RETURNED',
    receivedMinor: left,
    creditedMinor: collection.creditedMinor - ofBalance,
    returnedFundsId: collection.returnedFundsId ?? funds.id,
    failureCode: code,
    finishedAt: now,
  });
  if (invoiceId !== null && lost.length > 0) await reopen(scope, { collection, invoiceId, code });
  await refreshCredit(scope);
  return changed;
}

async function reopen(
  scope: BuyerScope,
  {
    collection,
    invoiceId,
    code,
  }: { readonly collection: Collection; readonly invoiceId: string; readonly code: string },
): Promise<void> {
  const { tx, now, profile } = scope;
  const before = await lockInvoice(tx, invoiceId);
  const onPage = collection.method === 'HOSTED_INVOICE';
  const { refusesMethod, ...after } = afterFailure({
    code,
    failures: before.failures,
    onPage: onPage || before.payOnPage,
    now,
  });
  const { lines } = await settleInvoice(scope, invoiceId, { ...after, lastFailureCode: code });
  await markReopened(scope, lines, code);
  if (refusesMethod && !onPage) await refuseMethod(tx, profile.buyerId, code);
}
