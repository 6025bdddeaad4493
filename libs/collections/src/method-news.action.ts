import type { Transaction } from '#database';
import {
  keyExpired,
  type MethodSnapshot,
  type ObjectHandler,
  type OperationHandler,
  type SetupSnapshot,
} from '#payments';
import { invariant } from '#outcome';
import { Injectable } from '@nestjs/common';
import { methodToCharge } from './billing-profile.js';
import {
  buyerOfProviderBuyer,
  buyersOfMethod,
  endSetup,
  refreshMethod,
  removeMethod,
  saveBuyerRefusal,
  saveMethod,
  saveProviderBuyer,
} from './billing-profile.store.js';
import { type BuyerScope, openBuyer, providerNews, reread } from './buyer-scope.store.js';
import { markFailed } from './invoice-progress.store.js';
import { changeInvoice, linesOf, lockInvoice, waitingInvoices } from './invoice.store.js';
import { tryWaiting } from './money-in.store.js';

/** What the provider tells of buyers and of how they can pay. */
@Injectable()
export class MethodNews {
  get operations(): readonly OperationHandler[] {
    return [
      {
        kinds: ['BUYER_CREATE'],
        succeeded: async (tx, { subject }, object, now) => {
          invariant(object.object === 'buyer', 'a buyer was made and is none');
          const scope = await openBuyer(tx, { buyerId: buyerIdOf(subject), actor: providerNews, now });
          await saveProviderBuyer(tx, scope.profile.buyerId, object.id);
          await tryWaiting(scope);
        },
        refused: async (tx, { subject }, { code }, now) => {
          const scope = await openBuyer(tx, { buyerId: buyerIdOf(subject), actor: providerNews, now });
          const { buyerId } = scope.profile;
          // It never arrived there, which says nothing about the buyer: it is asked for again, under a new key.
          const isLost = code === keyExpired;
          await saveBuyerRefusal(tx, buyerId, isLost ? null : code);
          if (isLost) await tryWaiting(scope);
          else await failWaiting(scope);
        },
      },
    ];
  }

  get objects(): readonly ObjectHandler[] {
    return [
      { kind: 'setup', apply: async (tx, setup, now) => await applySetup(tx, setup, now) },
      { kind: 'method', apply: async (tx, method, now) => await applyMethod(tx, method, now) },
    ];
  }
}

function buyerIdOf(subject: string): string {
  const [kind, id] = subject.split(':');
  invariant(kind === 'buyer' && id, 'an operation is about no buyer');
  return id;
}

/** What waits for a buyer that the provider will not have cannot be collected there. */
async function failWaiting(scope: BuyerScope): Promise<void> {
  const { tx, profile } = scope;
  for (const { id } of await waitingInvoices(tx, profile.buyerId)) {
    const invoice = await lockInvoice(tx, id);
    await changeInvoice(tx, invoice, { nextTryAt: null, lastFailureCode: 'buyer_refused' });
    await markFailed(scope, await linesOf(tx, id), 'buyer_refused');
  }
}

async function applySetup(tx: Transaction, setup: SetupSnapshot, now: Date): Promise<void> {
  const buyerId = setup.providerBuyerId && (await buyerOfProviderBuyer(tx, setup.providerBuyerId));
  if (!buyerId) return;
  const scope = await openBuyer(tx, { buyerId, actor: providerNews, now });
  const { profile } = scope;
  const isOwn = profile.providerSetupId === setup.id;
  if (isOwn && setup.state !== 'OPEN') await endSetup(tx, buyerId);
  const { method } = setup;
  if (setup.state !== 'SUCCEEDED' || method === null || !isAttached(method, setup.providerBuyerId)) return;
  // An older setup than the last one that was begun takes nothing away from a method that works.
  if (!isOwn && methodToCharge(profile) !== null) return;
  await adopt(scope, method);
}

function isAttached(method: MethodSnapshot, providerBuyerId: string | null): boolean {
  return method.usable && method.providerBuyerId === providerBuyerId;
}

/** The buyer has a method that can be charged: whatever waits for one is tried at once. */
async function adopt(scope: BuyerScope, method: MethodSnapshot): Promise<void> {
  const { tx, now, profile } = scope;
  const { buyerId } = profile;
  if (profile.endedMethodId === method.id) return;
  if (profile.method?.id === method.id) {
    await refreshMethod(tx, buyerId, method, now);
    return;
  }
  await saveMethod(tx, buyerId, method, now);
  for (const { id } of await waitingInvoices(tx, buyerId)) {
    const invoice = await lockInvoice(tx, id);
    await changeInvoice(tx, invoice, { nextTryAt: now, failures: 0, payOnPage: false });
  }
}

async function applyMethod(tx: Transaction, method: MethodSnapshot, now: Date): Promise<void> {
  for (const buyerId of await buyersOfMethod(tx, method.id)) {
    const scope = await openBuyer(tx, { buyerId, actor: providerNews, now });
    const { profile } = scope;
    if (profile.method?.id !== method.id) continue;
    const isGone = method.providerBuyerId === null || method.providerBuyerId !== profile.providerBuyerId;
    if (isGone) await removeMethod(tx, buyerId, method.id, now);
    else await refreshMethod(tx, buyerId, method, now);
    const { profile: after } = await reread(scope);
    // A card that was renewed may work again.
    if (methodToCharge(after) !== null && methodToCharge(profile) === null) await tryWaiting(scope);
  }
}
