import type { Schedule } from '#calendar';
import { asCurrency, money } from '#money';
import type { Contract, ContractState, ContractVersion, ContractVersionState } from './contract.js';
import type { ClawbackMethod, CommissionBasis, CommissionTrigger, ContractTerms } from './terms.js';

/** Columns of `contracts c` as raw SQL returns them. */
export const contractColumns = `c.agency_id, c.id, c.buyer_id, c.vertical, c.state, c.row_version, c.latest_version,
  c.in_force_version, c.paused_by_organization_id, c.credit_blocked_at, c.created_at, c.changed_at`;

export interface ContractRecord {
  readonly agency_id: string;
  readonly id: string;
  readonly buyer_id: string;
  readonly vertical: string;
  readonly state: ContractState;
  readonly row_version: number;
  readonly latest_version: number;
  readonly in_force_version: number | null;
  readonly paused_by_organization_id: string | null;
  readonly credit_blocked_at: Date | null;
  readonly created_at: Date;
  readonly changed_at: Date;
}

/** Columns of `contract_versions v` that hold the terms. */
export const termsColumns = `v.base_rate_minor, v.currency, v.commission_basis, v.commission_rate_ppm,
  v.commission_trigger, v.time_zone, v.settlement_schedule, v.return_window_days, v.attribution_window_days,
  v.hold_days, v.clawback_window_days, v.clawback_method, v.outcome_sla_days, v.contact_sla_seconds, v.contact_sla_reroute,
  v.platform_fee_rate_ppm, v.consent_required, v.dedupe_window_days`;

export interface TermsRecord {
  /** int8 comes as text. */
  readonly base_rate_minor: string;
  readonly currency: string;
  readonly commission_basis: CommissionBasis;
  readonly commission_rate_ppm: number;
  readonly commission_trigger: CommissionTrigger;
  readonly time_zone: string;
  readonly settlement_schedule: Schedule;
  readonly return_window_days: number;
  readonly attribution_window_days: number;
  readonly hold_days: number;
  readonly clawback_window_days: number;
  readonly clawback_method: ClawbackMethod;
  readonly outcome_sla_days: number;
  readonly contact_sla_seconds: number | null;
  readonly contact_sla_reroute: boolean;
  readonly platform_fee_rate_ppm: number;
  readonly consent_required: boolean;
  readonly dedupe_window_days: number | null;
}

/** All columns of `contract_versions v`. */
export const versionColumns = `v.agency_id, v.contract_id, v.version, v.state, ${termsColumns},
  v.proposed_by_organization_id, v.proposed_by, v.proposed_at, v.answered_by, v.answered_at, v.effective_from,
  v.effective_to`;

export interface VersionRecord extends TermsRecord {
  readonly agency_id: string;
  readonly contract_id: string;
  readonly version: number;
  readonly state: ContractVersionState;
  readonly proposed_by_organization_id: string;
  readonly proposed_by: string;
  readonly proposed_at: Date;
  readonly answered_by: string | null;
  readonly answered_at: Date | null;
  readonly effective_from: Date | null;
  readonly effective_to: Date | null;
}

export function contractOf(record: ContractRecord): Contract {
  return {
    agencyId: record.agency_id,
    id: record.id,
    buyerId: record.buyer_id,
    vertical: record.vertical,
    state: record.state,
    rowVersion: record.row_version,
    latestVersion: record.latest_version,
    inForceVersion: record.in_force_version,
    pausedByOrganizationId: record.paused_by_organization_id,
    creditBlockedAt: record.credit_blocked_at,
    createdAt: record.created_at,
    changedAt: record.changed_at,
  };
}

export function termsOf(record: TermsRecord): ContractTerms {
  return {
    baseRate: money(BigInt(record.base_rate_minor), asCurrency(record.currency)),
    commissionBasis: record.commission_basis,
    commissionRatePpm: record.commission_rate_ppm,
    commissionTrigger: record.commission_trigger,
    timeZone: record.time_zone,
    settlementSchedule: record.settlement_schedule,
    returnWindowDays: record.return_window_days,
    attributionWindowDays: record.attribution_window_days,
    holdDays: record.hold_days,
    clawbackWindowDays: record.clawback_window_days,
    clawbackMethod: record.clawback_method,
    outcomeSlaDays: record.outcome_sla_days,
    contactSlaSeconds: record.contact_sla_seconds,
    contactSlaReroute: record.contact_sla_reroute,
    platformFeeRatePpm: record.platform_fee_rate_ppm,
    consentRequired: record.consent_required,
    dedupeWindowDays: record.dedupe_window_days,
  };
}

export function versionOf(record: VersionRecord): ContractVersion {
  return {
    agencyId: record.agency_id,
    contractId: record.contract_id,
    version: record.version,
    state: record.state,
    terms: termsOf(record),
    proposedByOrganizationId: record.proposed_by_organization_id,
    proposedBy: record.proposed_by,
    proposedAt: record.proposed_at,
    answeredBy: record.answered_by,
    answeredAt: record.answered_at,
    effectiveFrom: record.effective_from,
    effectiveTo: record.effective_to,
  };
}
