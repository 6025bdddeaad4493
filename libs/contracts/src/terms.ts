import type { Schedule } from '#calendar';
import type { Money } from '#money';

/** What a commission is a share of: nothing, the base rate (once per lead), or the amount of each deal. */
export type CommissionBasis = 'NONE' | 'PER_LEAD' | 'PER_DEAL';
/** What makes a commission owed: the buyer calls the lead qualified, or a deal is won. */
export type CommissionTrigger = 'QUALIFIED' | 'CONVERTED';

/**
 * How money already paid to the agency is taken back when a refund, a return or a dispute takes its ground away: netted
 * from its next payout, or by reversing the transfer at once.
 */
export type ClawbackMethod = 'NETTING' | 'TRANSFER_REVERSAL';

/** The terms of one contract version, valid as a whole. Days are whole days of 24 hours, rates parts per million. */
export interface ContractTerms {
  /** Owed for every delivered lead. */
  readonly baseRate: Money;
  /** PER_LEAD: a share of the base rate; PER_DEAL: a share of the deal's amount. */
  readonly commissionBasis: CommissionBasis;
  readonly commissionRatePpm: number;
  readonly commissionTrigger: CommissionTrigger;
  /** IANA name; periods begin and end at midnight there. */
  readonly timeZone: string;
  readonly settlementSchedule: Schedule;
  readonly returnWindowDays: number;
  readonly attributionWindowDays: number;
  readonly holdDays: number;
  readonly clawbackWindowDays: number;
  readonly clawbackMethod: ClawbackMethod;
  readonly outcomeSlaDays: number;
  /** From when the buyer takes a lead to when it must have reached the person; null: no time is set. */
  readonly contactSlaSeconds: number | null;
  /** After that time without a contact the lead is taken from the buyer, who owes nothing for it, and routed again. */
  readonly contactSlaReroute: boolean;
  /** The operator's fee, on top of what the agency earns. */
  readonly platformFeeRatePpm: number;
  /** A lead without the text that the person agreed to, and when, is not delivered. */
  readonly consentRequired: boolean;
  /** For so many days a person whom the buyer had is not delivered again; 0: always. Null: as the vertical says, whoever had them. */
  readonly dedupeWindowDays: number | null;
}

/** What is taken where a proposal says nothing. */
export const termDefaults = {
  settlementSchedule: 'MONTHLY',
  returnWindowDays: 7,
  attributionWindowDays: 90,
  holdDays: 14,
  clawbackWindowDays: 90,
  clawbackMethod: 'NETTING',
  outcomeSlaDays: 30,
  contactSlaSeconds: null,
  contactSlaReroute: false,
  platformFeeRatePpm: 0,
  consentRequired: false,
  dedupeWindowDays: null,
} as const;
