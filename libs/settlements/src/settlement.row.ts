import { minorColumn } from '#database';
import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';
import type { SettlementState } from './settlement.js';

@Entity('settlements')
@Unique('settlements_number_key', ['agencyId', 'number'])
@Unique('settlements_period_key', [
  'agencyId',
  'buyerId',
  'currency',
  'schedule',
  'timeZone',
  'periodStart',
  'revision',
])
@Index('settlements_one_live', ['agencyId', 'rootId'], { unique: true, where: "state <> 'VOIDED'" })
@Index('settlements_buyer', ['buyerId', 'id'])
@Index('settlements_period', ['periodStart', 'periodEnd', 'schedule'])
export class SettlementRow {
  @PrimaryColumn({ name: 'agency_id', type: 'uuid', primaryKeyConstraintName: 'settlements_pkey' })
  agencyId: string;

  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'settlements_pkey' })
  id: string;

  @Column({ name: 'root_id', type: 'uuid' })
  rootId: string;

  @Column({ type: 'integer' })
  revision: number;

  @Column({ type: 'text' })
  number: string;

  @Column({ name: 'buyer_id', type: 'uuid' })
  buyerId: string;

  @Column({ type: 'char', length: 3 })
  currency: string;

  @Column({ type: 'text' })
  schedule: string;

  @Column({ name: 'time_zone', type: 'text' })
  timeZone: string;

  @Column({ name: 'period_start', type: 'date' })
  periodStart: string;

  @Column({ name: 'period_end', type: 'date' })
  periodEnd: string;

  @Column({ type: 'text' })
  state: SettlementState;

  @Column({ type: 'integer', default: 1 })
  version: number;

  @Column({ name: 'line_count', type: 'integer', nullable: true })
  lineCount: number | null;

  @Column({ name: 'agency_minor', type: 'bigint', nullable: true, transformer: minorColumn })
  agencyMinor: bigint | null;

  @Column({ name: 'fee_minor', type: 'bigint', nullable: true, transformer: minorColumn })
  feeMinor: bigint | null;

  @Column({ name: 'corrected_agency_minor', type: 'bigint', nullable: true, transformer: minorColumn })
  correctedAgencyMinor: bigint | null;

  @Column({ name: 'corrected_fee_minor', type: 'bigint', nullable: true, transformer: minorColumn })
  correctedFeeMinor: bigint | null;

  @Column({ name: 'content_hash', type: 'text', nullable: true })
  contentHash: string | null;

  @Column({ name: 'opened_at', type: 'timestamptz' })
  openedAt: Date;

  @Column({ name: 'prepared_by', type: 'text', nullable: true })
  preparedBy: string | null;

  @Column({ name: 'prepared_at', type: 'timestamptz', nullable: true })
  preparedAt: Date | null;

  @Column({ name: 'submitted_by', type: 'text', nullable: true })
  submittedBy: string | null;

  @Column({ name: 'submitted_at', type: 'timestamptz', nullable: true })
  submittedAt: Date | null;

  @Column({ name: 'approved_by', type: 'text', nullable: true })
  approvedBy: string | null;

  @Column({ name: 'approved_at', type: 'timestamptz', nullable: true })
  approvedAt: Date | null;

  @Column({ name: 'approval_journal_id', type: 'uuid', nullable: true })
  approvalJournalId: string | null;
}
