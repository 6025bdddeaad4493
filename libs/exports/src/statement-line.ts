import type { Charge } from '#charges';
import { formatAmount } from '#money';
import { amount, type Column, text } from './csv.js';
import type { ShowId } from './shown-id.js';

/** A line of a statement with what it rests on in words. No data of the person behind the lead. */
export interface StatementLine {
  readonly charge: Charge;
  /** The agency's own name of the lead. */
  readonly leadExternalId: string;
  /** The buyer's own name of the deal; null where there is none. */
  readonly dealReference: string | null;
  /** Why it is owed. */
  readonly explanation: string;
}

/** The columns of a statement. Only grow at the end: people's spreadsheets count them. */
export function statementColumns(showId: ShowId): readonly Column<StatementLine>[] {
  const shown = (kind: string, uuid: string | null): string | null =>
    uuid === null ? null : showId(kind, uuid);
  return [
    text('line_id', ({ charge }) => showId('charge', charge.id)),
    text('effective_at', ({ charge }) => charge.effectiveAt.toISOString()),
    text('component', ({ charge }) => charge.component),
    text('payee', ({ charge }) => charge.payee),
    amount('amount', ({ charge }) => formatAmount(charge.amountMinor, charge.currency)),
    text('currency', ({ charge }) => charge.currency),
    text('lead_external_id', ({ leadExternalId }) => leadExternalId),
    text('lead_id', ({ charge }) => showId('lead', charge.leadId)),
    text('deal_reference', ({ dealReference }) => dealReference),
    text('deal_id', ({ charge }) => shown('deal', charge.dealId)),
    text('contract_id', ({ charge }) => showId('contract', charge.contractId)),
    text('contract_version', ({ charge }) => String(charge.contractVersion)),
    text('explanation', ({ explanation }) => explanation),
    text('corrects_line_id', ({ charge }) => shown('charge', charge.reverses)),
    text('late_period_start', ({ charge }) => charge.latePeriodStart),
  ];
}
