import type { Schedule } from '#calendar';
import { minorColumn } from '#database';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { ContractVersionState } from './contract.js';
import type { ClawbackMethod, CommissionBasis, CommissionTrigger } from './terms.js';

@Entity('contract_versions')
@Index('contract_versions_one_in_force', ['agencyId', 'contractId'], {
  unique: true,
  where: "state = 'IN_FORCE'",
})
@Index('contract_versions_one_proposed', ['agencyId', 'contractId'], {
  unique: true,
  where: "state = 'PROPOSED'",
})
export class ContractVersionRow {
  @PrimaryColumn({ name: 'agency_id', type: 'uuid', primaryKeyConstraintName: 'contract_versions_pkey' })
  agencyId: string;

  @PrimaryColumn({ name: 'contract_id', type: 'uuid', primaryKeyConstraintName: 'contract_versions_pkey' })
  contractId: string;

  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'contract_versions_pkey' })
  version: number;

  @Column({ type: 'text' })
  state: ContractVersionState;

  @Column({ name: 'base_rate_minor', type: 'bigint', transformer: minorColumn })
  baseRateMinor: bigint;

  @Column({ type: 'char', length: 3 })
  currency: string;

  @Column({ name: 'commission_basis', type: 'text' })
  commissionBasis: CommissionBasis;

  @Column({ name: 'commission_rate_ppm', type: 'integer' })
  commissionRatePpm: number;

  @Column({ name: 'commission_trigger', type: 'text' })
  commissionTrigger: CommissionTrigger;

  @Column({ name: 'time_zone', type: 'text' })
  timeZone: string;

  @Column({ name: 'settlement_schedule', type: 'text' })
  settlementSchedule: Schedule;

  @Column({ name: 'return_window_days', type: 'integer' })
  returnWindowDays: number;

  @Column({ name: 'attribution_window_days', type: 'integer' })
  attributionWindowDays: number;

  @Column({ name: 'hold_days', type: 'integer' })
  holdDays: number;

  @Column({ name: 'clawback_window_days', type: 'integer' })
  clawbackWindowDays: number;

  @Column({ name: 'clawback_method', type: 'text' })
  clawbackMethod: ClawbackMethod;

  @Column({ name: 'outcome_sla_days', type: 'integer' })
  outcomeSlaDays: number;

  @Column({ name: 'contact_sla_seconds', type: 'integer', nullable: true })
  contactSlaSeconds: number | null;

  @Column({ name: 'contact_sla_reroute', type: 'boolean' })
  contactSlaReroute: boolean;

  @Column({ name: 'platform_fee_rate_ppm', type: 'integer' })
  platformFeeRatePpm: number;

  @Column({ name: 'consent_required', type: 'boolean' })
  consentRequired: boolean;

  @Column({ name: 'dedupe_window_days', type: 'integer', nullable: true })
  dedupeWindowDays: number | null;

  @Column({ name: 'proposed_by_organization_id', type: 'uuid' })
  proposedByOrganizationId: string;

  @Column({ name: 'proposed_by', type: 'text' })
  proposedBy: string;

  @Column({ name: 'proposed_at', type: 'timestamptz' })
  proposedAt: Date;

  @Column({ name: 'answered_by', type: 'text', nullable: true })
  answeredBy: string | null;

  @Column({ name: 'answered_at', type: 'timestamptz', nullable: true })
  answeredAt: Date | null;

  @Column({ name: 'effective_from', type: 'timestamptz', nullable: true })
  effectiveFrom: Date | null;

  @Column({ name: 'effective_to', type: 'timestamptz', nullable: true })
  effectiveTo: Date | null;
}
