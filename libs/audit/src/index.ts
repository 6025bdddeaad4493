import { AuditEntryRow } from './audit-entry.row.js';

/** The TypeORM class of this library's table, for the data source. */
export const auditRows = [AuditEntryRow] as const;

export { type AuditedAct, type AuditedActor, recordAudit } from './audit.store.js';
