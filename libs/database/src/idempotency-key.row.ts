import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One used idempotency key of an organization. Coordinator-local: pruned after thirty days. */
@Entity('idempotency_keys')
export class IdempotencyKeyRow {
  @PrimaryColumn({ name: 'organization_id', type: 'uuid', primaryKeyConstraintName: 'idempotency_keys_pkey' })
  organizationId: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'idempotency_keys_pkey' })
  key: string;

  @Column({ type: 'text' })
  operation: string;

  @Column({ name: 'input_hash', type: 'bytea' })
  inputHash: Buffer;

  @Column({ type: 'jsonb', nullable: true })
  result: unknown;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
