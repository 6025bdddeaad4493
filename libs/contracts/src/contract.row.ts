import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { ContractState } from './contract.js';

@Entity('contracts')
@Index('contracts_id', ['id'])
@Index('contracts_buyer', ['buyerId', 'id'])
@Index('contracts_active', ['agencyId', 'vertical'], { where: "state = 'ACTIVE'" })
export class ContractRow {
  @PrimaryColumn({ name: 'agency_id', type: 'uuid', primaryKeyConstraintName: 'contracts_pkey' })
  agencyId: string;

  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'contracts_pkey' })
  id: string;

  @Column({ name: 'buyer_id', type: 'uuid' })
  buyerId: string;

  @Column({ type: 'text' })
  vertical: string;

  @Column({ type: 'text' })
  state: ContractState;

  @Column({ name: 'row_version', type: 'integer', default: 1 })
  rowVersion: number;

  @Column({ name: 'latest_version', type: 'integer' })
  latestVersion: number;

  @Column({ name: 'in_force_version', type: 'integer', nullable: true })
  inForceVersion: number | null;

  @Column({ name: 'paused_by_organization_id', type: 'uuid', nullable: true })
  pausedByOrganizationId: string | null;

  @Column({ name: 'credit_blocked_at', type: 'timestamptz', nullable: true })
  creditBlockedAt: Date | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'changed_at', type: 'timestamptz' })
  changedAt: Date;
}
