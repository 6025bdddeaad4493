import type { Transaction } from '#database';
import { Injectable } from '@nestjs/common';
import type { Delivery } from '#leads';
import type { Actor } from '#organizations';
import { invariant } from '#outcome';
import { type Return, type ReturnReason, type ReturnState, returnStatesBefore } from './return.js';
import { visibleTo } from '#organizations';

/** A row of `returns` as the driver hands it over. */
export interface ReturnRecord {
  readonly agency_id: string;
  readonly id: string;
  readonly delivery_id: string;
  readonly lead_id: string;
  readonly buyer_id: string;
  readonly state: ReturnState;
  readonly reason: ReturnReason;
  readonly note: string | null;
  readonly requested_by: string;
  readonly requested_at: Date;
  readonly decide_by: Date;
  readonly decided_by: string | null;
  readonly decided_at: Date | null;
  readonly decision_note: string | null;
}

/** The columns of a return, for a select over `returns` under the alias `r`. */
export const returnColumns = `r.agency_id, r.id, r.delivery_id, r.lead_id, r.buyer_id, r.state, r.reason, r.note,
  r.requested_by, r.requested_at, r.decide_by, r.decided_by, r.decided_at, r.decision_note`;

/** Row to domain type. */
export function returnOf(row: ReturnRecord): Return {
  return {
    agencyId: row.agency_id,
    id: row.id,
    deliveryId: row.delivery_id,
    leadId: row.lead_id,
    buyerId: row.buyer_id,
    state: row.state,
    reason: row.reason,
    note: row.note,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at,
    decideBy: row.decide_by,
    decidedBy: row.decided_by,
    decidedAt: row.decided_at,
    decisionNote: row.decision_note,
  };
}

/** How a return was decided. */
export interface Decided {
  readonly state: 'APPROVED' | 'AUTO_APPROVED' | 'DENIED';
  readonly decidedBy: string;
  readonly decidedAt: Date;
  readonly decisionNote: string | null;
}

export interface ReturnKey {
  readonly agencyId: string;
  readonly id: string;
}

/**
 * Writes `returns`. A decision locks the return before its delivery, everywhere: two decisions wait for each other at the return,
 * and a report holds the delivery only.
 */
@Injectable()
export class ReturnStore {
  async findOfDelivery(tx: Transaction, delivery: Delivery): Promise<Return | undefined> {
    const [row] = await tx.query<ReturnRecord>(
      `select ${returnColumns} from returns r where r.agency_id = $1 and r.delivery_id = $2`,
      [delivery.agencyId, delivery.id],
    );
    return row && returnOf(row);
  }

  async insert(tx: Transaction, wanted: Return): Promise<void> {
    await tx.query(
      `insert into returns (agency_id, id, delivery_id, lead_id, buyer_id, state, reason, note, requested_by,
         requested_at, decide_by)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        wanted.agencyId,
        wanted.id,
        wanted.deliveryId,
        wanted.leadId,
        wanted.buyerId,
        wanted.state,
        wanted.reason,
        wanted.note,
        wanted.requestedBy,
        wanted.requestedAt,
        wanted.decideBy,
      ],
    );
  }

  /** The return when the actor sees it, locked until the transaction ends. A test key gets those of test leads only. */
  async lockVisible(tx: Transaction, actor: Actor, id: string): Promise<Return | undefined> {
    const [row] = await tx.query<ReturnRecord>(
      `select ${returnColumns} from returns r where ${visibleTo(actor, 'r')} and r.id = $2
         and ($3 or exists (
           select 1 from deliveries v where v.agency_id = r.agency_id and v.id = r.delivery_id and v.test))
       for update of r`,
      [actor.organizationId, id, actor.mode === 'live'],
    );
    return row && returnOf(row);
  }

  /** Undecided returns whose time is over, the longest overdue first; not locked. */
  async overdue(tx: Transaction, now: Date, limit: number): Promise<ReturnKey[]> {
    const rows = await tx.query<{ agency_id: string; id: string }>(
      `select agency_id, id from returns where state in ('REQUESTED', 'UNDER_REVIEW') and decide_by <= $1
       order by decide_by limit $2`,
      [now, limit],
    );
    return rows.map((row) => ({ agencyId: row.agency_id, id: row.id }));
  }

  /** Locks one of them; undefined when it was decided meanwhile or somebody is deciding it now. */
  async lockOverdue(tx: Transaction, key: ReturnKey, now: Date): Promise<Return | undefined> {
    const [row] = await tx.query<ReturnRecord>(
      `select ${returnColumns} from returns r
       where r.agency_id = $1 and r.id = $2 and r.state = any($3) and r.decide_by <= $4
       for update skip locked`,
      [key.agencyId, key.id, returnStatesBefore('AUTO_APPROVED'), now],
    );
    return row && returnOf(row);
  }

  /** Writes the decision down; tells whether it is about a test lead. */
  async decide(tx: Transaction, found: Return, decided: Decided): Promise<{ readonly test: boolean }> {
    const [row] = await tx.query<{ test: boolean }>(
      `update returns r set state = $4, decided_by = $5, decided_at = $6, decision_note = $7
       where agency_id = $1 and id = $2 and state = any($3)
       returning (select test from deliveries d where d.agency_id = r.agency_id and d.id = r.delivery_id) as test`,
      [
        found.agencyId,
        found.id,
        returnStatesBefore(decided.state),
        decided.state,
        decided.decidedBy,
        decided.decidedAt,
        decided.decisionNote,
      ],
    );
    invariant(row, 'a return changed while it was locked');
    return row;
  }
}
