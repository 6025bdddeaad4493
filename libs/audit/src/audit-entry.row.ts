import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One act in the audit trail; the database refuses to change or delete it. */
@Entity('audit_entries')
@Index('audit_entries_subject', ['subject', 'id'])
export class AuditEntryRow {
  @PrimaryColumn({ name: 'organization_id', type: 'uuid', primaryKeyConstraintName: 'audit_entries_pkey' })
  organizationId: string;

  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'audit_entries_pkey' })
  id: string;

  @Column({ type: 'text' })
  actor: string;

  @Column({ type: 'text' })
  action: string;

  @Column({ type: 'text' })
  subject: string;

  @Column({ name: 'before_hash', type: 'bytea', nullable: true })
  beforeHash: Buffer | null;

  @Column({ name: 'after_hash', type: 'bytea', nullable: true })
  afterHash: Buffer | null;

  @Column({ name: 'request_id', type: 'text', nullable: true })
  requestId: string | null;

  @Column({ name: 'recorded_at', type: 'timestamptz' })
  recordedAt: Date;
}
