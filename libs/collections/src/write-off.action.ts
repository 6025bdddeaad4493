import { recordAudit } from '#audit';
import type { Transaction } from '#database';
import { lockAndBalance, receivableWrittenOff } from '#ledger';
import type { Actor } from '#organizations';
import { done, invariant, type Outcome, refuse } from '#outcome';
import type { FinanceRequestHandler, FinanceRequestMeasure, FinanceRequestPayload } from '#payments';
import { advanceSettlements, type SettlementRef } from '#settlements';
import { Injectable } from '@nestjs/common';
import { book, type BuyerScope, openBuyer } from './buyer-scope.store.js';
import { refreshCredit } from './credit-check.store.js';
import { contestedOfSettlements } from './dispute.store.js';
import { type Invoice, type InvoiceLine, openOf, paidOf } from './invoice.js';
import { settleInvoice } from './invoice-progress.store.js';
import { addWriteOff, buyerOfInvoice, invoiceOfSettlement, linesOf, lockInvoice } from './invoice.store.js';
import { journalsOf } from './journals.js';
import { agencyShareOf } from './parts.js';
import { watcherActor } from './request-actor.js';
import {
  correctedAgencyMinor,
  sharesOf,
  statementExists,
  type StatementShares,
} from './settlement-shares.store.js';

const field = ['input', 'settlementId'];

/** What is given up of a settlement, under its locks. */
interface ToWriteOff {
  readonly scope: BuyerScope;
  readonly invoice: Invoice;
  readonly line: InvoiceLine;
  readonly openMinor: bigint;
}

/** A buyer will not pay: two people give up what is open of a settlement. */
@Injectable()
export class WriteOff {
  get handler(): FinanceRequestHandler {
    return {
      kind: 'WRITE_OFF',
      measure: async (tx, payload, now) => await this.measure(tx, payload, now),
      execute: async (tx, { id, payload }, approver, now) => {
        const found = await find(tx, refOf(payload), { actor: approver, now });
        if (!found.ok) return found;
        await writeOff(found.value, id);
        return done(null);
      },
    };
  }

  private async measure(
    tx: Transaction,
    payload: FinanceRequestPayload,
    now: Date,
  ): Promise<Outcome<FinanceRequestMeasure>> {
    const found = await find(tx, refOf(payload), { now });
    if (!found.ok) return found;
    const { invoice, line, openMinor } = found.value;
    return done({ bookId: line.agencyId, amountMinor: openMinor, currency: invoice.currency });
  }
}

/** The payload of a request to write off what is open of a settlement. */
export function writeOffPayload({ agencyId, id }: SettlementRef): FinanceRequestPayload {
  return { agencyId, settlementId: id };
}

function refOf({ agencyId, settlementId: id }: FinanceRequestPayload): SettlementRef {
  invariant(typeof agencyId === 'string' && typeof id === 'string', 'a write-off names no settlement');
  return { agencyId, id };
}

/** Refuses NOT_FOUND, ILLEGAL_TRANSITION for one that was never billed, NOTHING_TO_COLLECT and COLLECTION_UNDER_WAY. */
async function find(
  tx: Transaction,
  ref: SettlementRef,
  { actor, now }: { readonly actor?: Actor; readonly now: Date },
): Promise<Outcome<ToWriteOff>> {
  if (!(await statementExists(tx, ref))) return refuse('NOT_FOUND', { field });
  const billed = await invoiceOfSettlement(tx, ref);
  if (!billed) {
    const message = 'Only what a buyer was asked to pay can be written off.';
    return refuse('ILLEGAL_TRANSITION', { field, message, data: { allowed: [] } });
  }
  const buyerId = await buyerOfInvoice(tx, billed.invoiceId);
  invariant(buyerId !== undefined, 'a line is of no invoice');
  const scope = await openBuyer(tx, { buyerId, actor: actor ?? watcherActor, now });
  const invoice = await lockInvoice(tx, billed.invoiceId);
  const line = (await linesOf(tx, invoice.id)).find(({ id }) => id === ref.id);
  invariant(line, 'a settlement is not on its invoice');
  const openMinor = openOf(line);
  if (openMinor === 0n) return refuse('NOTHING_TO_COLLECT', { field });
  if (line.underWay.length > 0) return refuse('COLLECTION_UNDER_WAY', { field });
  return done({ scope, invoice, line, openMinor });
}

async function writeOff({ scope, invoice, line, openMinor }: ToWriteOff, requestId: string): Promise<void> {
  const { tx, now, actor, profile } = scope;
  const { agencyId, id } = line;
  const { buyerId } = profile;
  const { currency } = invoice;
  const moved = await advanceSettlements(tx, {
    ...{ actor, at: now },
    moves: [{ agencyId, id, from: ['COLLECTING', 'COLLECTION_FAILED'], to: 'WRITTEN_OFF', note: null }],
  });
  invariant(moved.length === 1, 'what is written off was collected');
  const heldMinor = await heldShare(scope, { line, openMinor, currency });
  const journal = {
    ...{ bookId: agencyId, kind: 'written_off', source: `settlement:${id}`, currency, at: now },
    key: `settlement:${id}:written-off:${requestId}`,
    postings: receivableWrittenOff({ buyerId, amountMinor: openMinor, heldMinor }),
  };
  await book(scope, journalsOf([journal]));
  await addWriteOff(tx, line, { amountMinor: openMinor, agencyMinor: heldMinor });
  await settleInvoice(scope, invoice.id, { nextTryAt: invoice.nextTryAt });
  await refreshCredit(scope);
  await recordAudit(tx, actor, {
    ...{ action: 'settlement.write-off', subject: `settlement:${id}`, at: now },
    ...{ before: line, after: { openMinor, heldMinor, requestId } },
  });
}

/**
 * The agency's share of what is given up, as far as it is still held: what corrections, disputes and earlier write-offs
 * took of this statement is gone, and what is held for others is theirs.
 */
async function heldShare(
  { tx }: BuyerScope,
  {
    line,
    openMinor,
    currency,
  }: { readonly line: InvoiceLine; readonly openMinor: bigint; readonly currency: Invoice['currency'] },
): Promise<bigint> {
  const statement = (await sharesOf(tx, [line])).get(line.id);
  invariant(statement, 'a statement has vanished');
  const fromMinor = paidOf(line) + line.writtenOffMinor;
  const share = agencyShareOf(statement, { fromMinor, toMinor: fromMinor + openMinor });
  const left = await leftOf(tx, statement);
  const [held] = await lockAndBalance(tx, line.agencyId, ['held'], currency);
  const bounds = [share, left, held?.balanceMinor ?? 0n];
  const least = bounds.reduce((least, bound) => (bound < least ? bound : least));
  return least > 0n ? least : 0n;
}

async function leftOf(tx: Transaction, statement: StatementShares): Promise<bigint> {
  const corrected = await correctedAgencyMinor(tx, statement);
  const contested = (await contestedOfSettlements(tx, [statement])).get(statement.id);
  const billed = await invoiceOfSettlement(tx, statement);
  const share = statement.agencyMinor - statement.correctedAgencyMinor;
  return share - corrected - (contested?.lostAgencyMinor ?? 0n) - (billed?.writtenOffAgencyMinor ?? 0n);
}
