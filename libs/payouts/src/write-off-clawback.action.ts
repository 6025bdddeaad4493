import type { Transaction } from '#database';
import { clawbackWrittenOff, lockAndBalance } from '#ledger';
import { asCurrency, type CurrencyCode, formatMoney, parseAmount, parseCurrency } from '#money';
import type { FinanceRequestHandler, FinanceRequestPayload } from '#payments';
import { done, type Outcome, refuse } from '#outcome';
import { book } from './booking.store.js';
import { lookAtPayouts } from './payout-dues.store.js';
import { lockedKinds } from './release-holds.action.js';

/** What is asked for: the agency need not give back so much of what it owes. Minor units, above zero. */
export interface ClawbackWriteOff {
  readonly agencyId: string;
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
}

/** Reads what a person asks to write off. Refuses INVALID_CURRENCY and INVALID_AMOUNT by their fields. */
export function readClawbackWriteOff(input: {
  readonly agencyId: string;
  readonly amount: { readonly amount: string; readonly currency: string };
}): Outcome<ClawbackWriteOff> {
  const currency = parseCurrency(input.amount.currency);
  if (currency === undefined) {
    return refuse('INVALID_CURRENCY', { field: ['input', 'amount', 'currency'] });
  }
  const amountMinor = parseAmount(input.amount.amount, currency);
  if (amountMinor === undefined || amountMinor <= 0n) {
    return refuse('INVALID_AMOUNT', { field: ['input', 'amount', 'amount'] });
  }
  return done({ agencyId: input.agencyId, amountMinor, currency });
}

export function clawbackWriteOffOf({
  agencyId,
  amountMinor,
  currency,
}: ClawbackWriteOff): FinanceRequestPayload {
  return { agencyId, amountMinor: amountMinor.toString(), currency };
}

/** Gives up what an agency owes; the operator bears it. Refuses AMOUNT_TOO_HIGH for more than is owed. */
export const writeOffClawback: FinanceRequestHandler = {
  kind: 'CLAWBACK_WRITE_OFF',
  measure: async (tx, payload) => {
    const wanted = wantedOf(payload);
    const owed = await checkOwed(tx, wanted);
    if (!owed.ok) return owed;
    const { agencyId: bookId, amountMinor, currency } = wanted;
    return done({ bookId, amountMinor, currency });
  },
  execute: async (tx, { id, payload }, _approver, now) => {
    const wanted = wantedOf(payload);
    // Locks what it counts, so that a payout cannot net it meanwhile.
    const owed = await checkOwed(tx, wanted);
    if (!owed.ok) return owed;
    const { agencyId: bookId, amountMinor, currency } = wanted;
    const written = {
      ...{ bookId, currency, kind: 'clawback_written_off', source: `finance_request:${id}`, at: now },
      key: `clawback:${id}:written-off`,
      postings: clawbackWrittenOff(amountMinor),
    };
    await book(tx, [written], now);
    // More may be sent now than was thought.
    await lookAtPayouts(tx, [{ bookId, currency }], { since: now, at: now });
    return done(null);
  },
};

async function checkOwed(
  tx: Transaction,
  { agencyId, amountMinor, currency }: ClawbackWriteOff,
): Promise<Outcome<null>> {
  const balances = await lockAndBalance(tx, agencyId, lockedKinds, currency);
  const owedMinor = balances.find(({ kind }) => kind === 'clawback_due')?.balanceMinor ?? 0n;
  if (amountMinor <= owedMinor) return done(null);
  const message = `The agency owes ${formatMoney({ amountMinor: owedMinor, currency })}.`;
  return refuse('AMOUNT_TOO_HIGH', { field: ['input', 'amount'], message });
}

function wantedOf(payload: FinanceRequestPayload): ClawbackWriteOff {
  const { agencyId = '', amountMinor = '0', currency = '' } = payload;
  return {
    agencyId: agencyId ?? '',
    amountMinor: BigInt(amountMinor ?? '0'),
    currency: asCurrency(currency ?? ''),
  };
}
