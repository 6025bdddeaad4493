export { type AuditedAct, type AuditedActor, recordAudit } from './audit.store.js';
