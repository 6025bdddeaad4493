import type { Transaction } from '#database';
import { lockAndBalance, takeFromAgency } from '#ledger';
import { allocate, type CurrencyCode } from '#money';
import { invariant } from '#outcome';
import { type DisputeSnapshot, type FundsMovement, type ObjectHandler, recordFunds } from '#payments';
import { Injectable } from '@nestjs/common';
import { balanceOfBuyer, book, type BuyerScope, openBuyer, providerNews } from './buyer-scope.store.js';
import type { Collection } from './collection.js';
import { findCollection, partsOf } from './collection.store.js';
import { refreshCredit } from './credit-check.store.js';
import { type Contestable, type Dispute, type DisputePart, spreadDispute, spreadReturn } from './dispute.js';
import {
  changeDispute,
  contestedOf,
  contestedOfSettlements,
  disputeParts,
  noteDispute,
  saveParts,
} from './dispute.store.js';
import { failureCodeOf } from './failure.js';
import {
  disputeLostJournals,
  disputeOpenedJournals,
  disputeRegainedJournals,
  disputeWonJournals,
  type LossInBook,
  type MovementBooked,
  type RegainInBook,
} from './journals.js';
import { nextLook } from './looks.js';
import { bookArrival, bookDeparture } from './money-in.store.js';
import { agencyShareOf, byAgency, bySettlement } from './parts.js';
import { sharesOf } from './settlement-shares.store.js';

/** A dispute as it is while news of it are applied. */
interface Case {
  readonly scope: BuyerScope;
  readonly collection: Collection;
  readonly dispute: Dispute;
  readonly parts: readonly DisputePart[];
}

/** What the provider tells of disputes: every movement is booked once, and then what was decided. */
@Injectable()
export class DisputeNews {
  get objects(): readonly ObjectHandler[] {
    return [{ kind: 'dispute', apply: async (tx, snapshot, now) => await this.apply(tx, snapshot, now) }];
  }

  private async apply(tx: Transaction, snapshot: DisputeSnapshot, now: Date): Promise<void> {
    const found = await findCollection(tx, { chargeId: snapshot.chargeId });
    if (!found) {
      // It may be of a payment whose own news are still to come: those have it looked at again, whatever is said here.
      const dispute = await noteDispute(tx, snapshot, null);
      const nextLookAt = snapshot.isOver ? null : nextLook(snapshot.openedAt, now);
      await changeDispute(tx, dispute, { nextLookAt });
      return;
    }
    const scope = await openBuyer(tx, { buyerId: found.buyerId, actor: providerNews, now });
    const collection = await findCollection(tx, { id: found.id });
    invariant(collection, 'a collection has vanished');
    const dispute = await noteDispute(tx, snapshot, { collectionId: found.id, buyerId: found.buyerId });
    const parts = await disputeParts(tx, [dispute.id]);
    // Before the payment itself is booked there is nothing to take from.
    const isBooked = collection.fundsId !== null;
    const after = isBooked
      ? await this.applyMovements({ scope, collection, dispute, parts }, snapshot)
      : { scope, collection, dispute, parts };
    await this.conclude(after, snapshot);
  }

  private async applyMovements(before: Case, snapshot: DisputeSnapshot): Promise<Case> {
    let known = before;
    for (const funds of snapshot.movements) {
      if (known.dispute.movementIds.includes(funds.id)) continue;
      const { tx, now } = known.scope;
      await recordFunds(tx, funds, now);
      known =
        known.dispute.nature === 'RETURN'
          ? await applyReturn(known, funds)
          : await applyMovement(known, funds);
      const movementIds = [...known.dispute.movementIds, funds.id];
      known = { ...known, dispute: await changeDispute(tx, known.dispute, { movementIds }) };
    }
    return known;
  }

  private async conclude(known: Case, snapshot: DisputeSnapshot): Promise<void> {
    const { tx, now } = known.scope;
    const dispute = snapshot.state === 'LOST' ? await bookLoss(known) : known.dispute;
    const isWaiting =
      !snapshot.isOver ||
      (snapshot.state === 'WON' && isWithdrawn(await disputeParts(tx, [dispute.id]), dispute));
    // Old news of a dispute that is decided do not open it again; an inquiry that was closed may become a dispute.
    const isOld = isDecided(dispute) && !isDecided(snapshot);
    const openedAgain = isOld ? dispute.closedAt : null;
    await changeDispute(tx, dispute, {
      state: isOld ? dispute.state : snapshot.state,
      closedAt: snapshot.isOver ? (dispute.closedAt ?? now) : openedAgain,
      nextLookAt: isWaiting || known.collection.fundsId === null ? nextLook(dispute.openedAt, now) : null,
    });
  }
}

function isDecided({ state }: Pick<Dispute, 'state'>): boolean {
  return state === 'WON' || state === 'LOST';
}

function isWithdrawn(parts: readonly DisputePart[], dispute: Dispute): boolean {
  return dispute.balanceState === 'OPEN' || parts.some(({ state }) => state === 'OPEN');
}

/** A bank debit that came back: nobody contests anything, so it is simply owed again. */
async function applyReturn(known: Case, funds: FundsMovement): Promise<Case> {
  const { scope, collection, dispute } = known;
  const { providerChargeId: chargeId } = dispute;
  // The payment itself tells of it too.
  if (collection.returnedFundsId === funds.id) return known;
  const code = failureCodeOf({ code: 'debit_returned', declineCode: dispute.reason });
  const changed =
    funds.amountMinor < 0n
      ? await bookDeparture(scope, collection, { funds, chargeId, amountMinor: -funds.amountMinor, code })
      : await bookArrival(scope, collection, { funds, chargeId, again: true });
  return { ...known, collection: changed };
}

async function applyMovement(known: Case, funds: FundsMovement): Promise<Case> {
  if (funds.amountMinor < 0n) return await withdraw(known, funds);
  const { parts, dispute } = known;
  const isLost = dispute.balanceState === 'LOST' || parts.some(({ state }) => state === 'LOST');
  return isLost ? await regain(known, funds) : await giveBack(known, funds);
}

async function bookingOf(
  { scope, collection, dispute }: Case,
  {
    funds,
    kind,
    share,
  }: { readonly funds: FundsMovement; readonly kind: string; readonly share: Contestable },
): Promise<MovementBooked> {
  return {
    buyerId: collection.buyerId,
    operatorId: scope.operatorId,
    funds,
    kind,
    key: `dispute:${dispute.providerDisputeId}:${kind}:${funds.id}`,
    byAgency: byAgency(share.parts.map((part) => ({ ...part, fromMinor: 0n }))),
    balanceMinor: share.balanceMinor,
    balance: await balanceOfBuyer(scope, funds.currency),
  };
}

async function withdraw(known: Case, funds: FundsMovement): Promise<Case> {
  const { scope, collection, dispute } = known;
  const { tx } = scope;
  const live = bySettlement((await partsOf(tx, [collection.id])).filter((part) => part.live));
  const contested = await contestedOf(tx, collection.id);
  const share = spreadDispute(-funds.amountMinor, {
    parts: live.flatMap((part) => {
      const left = part.amountMinor - (contested.bySettlement.get(part.id) ?? 0n);
      return left > 0n ? [{ ...part, amountMinor: left }] : [];
    }),
    balanceMinor: atLeastZero(collection.creditedMinor - contested.balanceMinor),
  });
  const statements = await sharesOf(tx, share.parts);
  const before = await contestedOfSettlements(tx, share.parts);
  const parts = share.parts.map((part): DisputePart => {
    const statement = statements.get(part.id);
    invariant(statement, 'a disputed statement is missing');
    const fromMinor = before.get(part.id)?.amountMinor ?? 0n;
    const agencyMinor = agencyShareOf(statement, { fromMinor, toMinor: fromMinor + part.amountMinor });
    const earlier = known.parts.find(({ id }) => id === part.id);
    return {
      ...part,
      amountMinor: part.amountMinor + (earlier?.amountMinor ?? 0n),
      returnedMinor: earlier?.returnedMinor ?? 0n,
      agencyMinor: agencyMinor + (earlier?.agencyMinor ?? 0n),
      state: 'OPEN',
    };
  });
  await saveParts(tx, dispute.id, parts);
  await book(scope, disputeOpenedJournals(await bookingOf(known, { funds, kind: 'dispute_opened', share })));
  const changed = await changeDispute(tx, dispute, {
    balanceMinor: dispute.balanceMinor + share.balanceMinor,
    balanceState: dispute.balanceMinor + share.balanceMinor > 0n ? 'OPEN' : null,
  });
  const others = known.parts.filter(({ id }) => !parts.some((part) => part.id === id));
  return { ...known, dispute: changed, parts: [...others, ...parts] };
}

/** What of a dispute is withdrawn at present. */
function withdrawnOf({ parts, dispute }: Case): Contestable {
  return {
    parts: parts.flatMap(({ agencyId, id, amountMinor, returnedMinor }) =>
      amountMinor > returnedMinor ? [{ agencyId, id, amountMinor: amountMinor - returnedMinor }] : [],
    ),
    balanceMinor: dispute.balanceMinor - dispute.balanceReturnedMinor,
  };
}

/** The case after a part of what was withdrawn came back. */
async function returned(known: Case, share: Contestable): Promise<Case> {
  const { scope, dispute } = known;
  const parts = known.parts.map((part): DisputePart => {
    const back = share.parts.find(({ id }) => id === part.id)?.amountMinor ?? 0n;
    const returnedMinor = part.returnedMinor + back;
    return { ...part, returnedMinor, state: returnedMinor === part.amountMinor ? 'WON' : part.state };
  });
  await saveParts(scope.tx, dispute.id, parts);
  const balanceReturnedMinor = dispute.balanceReturnedMinor + share.balanceMinor;
  const isWon = dispute.balanceMinor > 0n && balanceReturnedMinor === dispute.balanceMinor;
  const changed = await changeDispute(scope.tx, dispute, {
    balanceReturnedMinor,
    balanceState: isWon ? 'WON' : dispute.balanceState,
  });
  return { ...known, dispute: changed, parts };
}

async function giveBack(known: Case, funds: FundsMovement): Promise<Case> {
  const share = spreadReturn(funds.amountMinor, withdrawnOf(known));
  await book(known.scope, disputeWonJournals(await bookingOf(known, { funds, kind: 'dispute_won', share })));
  return await returned(known, share);
}

/** It was booked as lost, and comes back all the same. */
async function regain(known: Case, funds: FundsMovement): Promise<Case> {
  const { scope, parts } = known;
  const share = spreadReturn(funds.amountMinor, withdrawnOf(known));
  const regains: RegainInBook[] = [];
  for (const [bookId, amountMinor] of byAgency(share.parts.map((part) => ({ ...part, fromMinor: 0n })))) {
    const ofAgency = share.parts
      .filter(({ agencyId }) => agencyId === bookId)
      .reduce((sum, { id, amountMinor: back }) => {
        const part = parts.find((each) => each.id === id);
        return sum + (part ? portion(back, part) : 0n);
      }, 0n);
    const owed = await balanceIn(scope, { bookId, kind: 'clawback_due', currency: funds.currency });
    const owedMinor = ofAgency < owed ? ofAgency : owed;
    regains.push({
      bookId,
      owedMinor,
      payableMinor: ofAgency - owedMinor,
      operatorMinor: amountMinor - ofAgency,
    });
  }
  const booking = await bookingOf(known, { funds, kind: 'dispute_regained', share });
  await book(scope, disputeRegainedJournals(booking, regains));
  await refreshCredit(scope);
  return await returned(known, share);
}

/** The agency's share of an amount of a part. */
function portion(amountMinor: bigint, part: DisputePart): bigint {
  const weights = [part.agencyMinor, part.amountMinor - part.agencyMinor];
  return allocate(amountMinor, weights, ['agency', 'operator'])[0] ?? 0n;
}

async function balanceIn(
  { tx }: BuyerScope,
  of: {
    readonly bookId: string;
    readonly kind: 'held' | 'payable' | 'clawback_due';
    readonly currency: CurrencyCode;
  },
): Promise<bigint> {
  const [found] = await lockAndBalance(tx, of.bookId, [of.kind], of.currency);
  return found?.balanceMinor ?? 0n;
}

/** Lost: agencies give their shares back, the operator bears its own, and what was in the balance is owed. */
async function bookLoss(known: Case): Promise<Dispute> {
  const { scope, collection, dispute, parts } = known;
  const { tx, now, operatorId } = scope;
  const open = parts.filter(({ state }) => state === 'OPEN');
  const isBalanceOpen = dispute.balanceState === 'OPEN';
  if (open.length === 0 && !isBalanceOpen) return dispute;
  const losses: LossInBook[] = [];
  const lost: DisputePart[] = [];
  for (const bookId of [...new Set(open.map(({ agencyId }) => agencyId))].sort()) {
    const own = open.filter(({ agencyId }) => agencyId === bookId);
    const whole = own.reduce((sum, part) => sum + part.amountMinor - part.returnedMinor, 0n);
    const settled = own.map((part): DisputePart => ({
      ...part,
      agencyMinor: portion(part.amountMinor - part.returnedMinor, part),
      state: 'LOST',
    }));
    const ofAgency = settled.reduce((sum, part) => sum + part.agencyMinor, 0n);
    const balances = await lockAndBalance(tx, bookId, ['held', 'payable'], dispute.currency);
    const of = (kind: string): bigint => balances.find((each) => each.kind === kind)?.balanceMinor ?? 0n;
    const { split } = takeFromAgency({ heldMinor: of('held'), payableMinor: of('payable') }, ofAgency);
    losses.push({ bookId, split, operatorMinor: whole - ofAgency });
    lost.push(...settled);
  }
  const { buyerId } = collection;
  await book(
    scope,
    disputeLostJournals({
      ...{ buyerId, operatorId, losses, currency: dispute.currency, at: now, disputeId: dispute.id },
      key: `dispute:${dispute.providerDisputeId}:lost`,
      balanceMinor: isBalanceOpen ? dispute.balanceMinor - dispute.balanceReturnedMinor : 0n,
      balance: await balanceOfBuyer(scope, dispute.currency),
    }),
  );
  await saveParts(tx, dispute.id, lost);
  await refreshCredit(scope);
  return isBalanceOpen ? await changeDispute(tx, dispute, { balanceState: 'LOST' }) : dispute;
}

function atLeastZero(amount: bigint): bigint {
  return amount > 0n ? amount : 0n;
}
