import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { SettlementState } from './settlement.js';

/** One change of a settlement's state; the database refuses to change or delete it. */
@Entity('settlement_events')
export class SettlementEventRow {
  @PrimaryColumn({ name: 'agency_id', type: 'uuid', primaryKeyConstraintName: 'settlement_events_pkey' })
  agencyId: string;

  @PrimaryColumn({ name: 'settlement_id', type: 'uuid', primaryKeyConstraintName: 'settlement_events_pkey' })
  settlementId: string;

  /** The version that the change led to. */
  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'settlement_events_pkey' })
  version: number;

  @Column({ name: 'from_state', type: 'text', nullable: true })
  fromState: SettlementState | null;

  @Column({ name: 'to_state', type: 'text' })
  toState: SettlementState;

  @Column({ type: 'text' })
  actor: string;

  @Column({ type: 'text', nullable: true })
  note: string | null;

  @Column({ name: 'occurred_at', type: 'timestamptz' })
  occurredAt: Date;
}
