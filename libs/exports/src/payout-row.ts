import { type CurrencyCode, formatAmount } from '#money';
import { amount, type Column, text } from './csv.js';
import type { ShowId } from './shown-id.js';

/** A payout with the parts of its amount and where it went. Amounts in minor units. */
export interface PayoutRow {
  readonly id: string;
  readonly number: string;
  readonly agencyId: string;
  readonly agency: string;
  readonly currency: CurrencyCode;
  readonly amountMinor: bigint;
  readonly releasedMinor: bigint;
  readonly nettedMinor: bigint;
  readonly carriedMinor: bigint;
  readonly reversedMinor: bigint;
  readonly state: string;
  readonly attempt: number;
  readonly failureCode: string | null;
  readonly transferId: string | null;
  readonly requestedAt: Date;
  readonly finishedAt: Date | null;
  readonly bankPayoutState: string | null;
  readonly bankPayoutArrivesAt: Date | null;
  /** The numbers of the statements that it pays. */
  readonly statements: readonly string[];
}

/** The columns of payouts. Only grow at the end: people's spreadsheets count them. */
export function payoutColumns(showId: ShowId): readonly Column<PayoutRow>[] {
  const money = (header: string, minorOf: (row: PayoutRow) => bigint): Column<PayoutRow> =>
    amount(header, (row) => formatAmount(minorOf(row), row.currency));
  const at = (header: string, instantOf: (row: PayoutRow) => Date | null): Column<PayoutRow> =>
    text(header, (row) => instantOf(row)?.toISOString() ?? null);
  return [
    text('payout_id', ({ id }) => showId('payout', id)),
    text('number', ({ number }) => number),
    at('requested_at', ({ requestedAt }) => requestedAt),
    text('agency_id', ({ agencyId }) => showId('organization', agencyId)),
    text('agency', ({ agency }) => agency),
    text('state', ({ state }) => state),
    money('amount', ({ amountMinor }) => amountMinor),
    text('currency', ({ currency }) => currency),
    money('released', ({ releasedMinor }) => releasedMinor),
    money('netted', ({ nettedMinor }) => nettedMinor),
    money('carried', ({ carriedMinor }) => carriedMinor),
    money('reversed', ({ reversedMinor }) => reversedMinor),
    text('attempt', ({ attempt }) => String(attempt)),
    text('failure', ({ failureCode }) => failureCode),
    at('finished_at', ({ finishedAt }) => finishedAt),
    text('transfer_id', ({ transferId }) => transferId),
    text('bank_payout_state', ({ bankPayoutState }) => bankPayoutState),
    at('bank_payout_arrives_at', ({ bankPayoutArrivesAt }) => bankPayoutArrivesAt),
    text('statements', ({ statements }) => statements.join(' ')),
  ];
}
