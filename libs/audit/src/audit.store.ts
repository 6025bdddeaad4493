import { hashOf, newId, type Transaction } from '#database';

/** What the trail keeps of who acted; an `Actor` of libs/organizations is one (that library writes entries itself). */
export interface AuditedActor {
  readonly id: string;
  readonly organizationId: string;
  readonly requestId: string | null;
}

export interface AuditedAct {
  /** Whose trail the entry belongs to; the actor's own organization when it is not named. */
  readonly organizationId?: string;
  /** What was done, such as `api-key.revoke`. */
  readonly action: string;
  /** What it was done to, as `type:id`. */
  readonly subject: string;
  /** The object before and after; only hashes are kept, so personal data may be in it. Omit what did not exist. */
  readonly before?: unknown;
  readonly after?: unknown;
  readonly at: Date;
}

/** Adds one entry in the act's own transaction: an act that commits has its entry, and one that does not has none. */
export async function recordAudit(tx: Transaction, actor: AuditedActor, act: AuditedAct): Promise<void> {
  await tx.query(
    `insert into audit_entries (organization_id, id, actor, action, subject, before_hash, after_hash, request_id,
       recorded_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      act.organizationId ?? actor.organizationId,
      newId(),
      actor.id,
      act.action,
      act.subject,
      act.before === undefined ? null : hashOf(act.before),
      act.after === undefined ? null : hashOf(act.after),
      actor.requestId,
      act.at,
    ],
  );
}
