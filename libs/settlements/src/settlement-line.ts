import type { ChargeComponent } from '#contracts';
import { type CurrencyCode, formatMoney, money } from '#money';

/** Lines of one component and one amount, as a statement sums them up; or the rest of a component. Minor units. */
export interface LineGroup {
  readonly component: ChargeComponent;
  readonly currency: CurrencyCode;
  /** What each of the lines is; null for the lines of many different amounts that are left. */
  readonly unitMinor: bigint | null;
  readonly count: number;
  readonly amountMinor: bigint;
}

/** "80 × $10.00", "1 × −$400.00", "57 lines of different amounts". */
export function explainGroup({ unitMinor, count, currency }: LineGroup): string {
  if (unitMinor === null) return `${count} lines of different amounts`;
  return `${count} × ${formatMoney(money(unitMinor, currency)).replace(/^-/, '−')}`;
}
