import { UnitOfWork } from '#database';
import { eventTables } from '#events';
import { done } from '#outcome';
import { Injectable } from '@nestjs/common';

/** As events keep instants. */
const iso = (column: string): string =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

// Each delivery once: whoever comes second finds it marked. A lead that is lost or disqualified needs no call any more.
const tellSql = `
  with due as materialized (
    select agency_id, id from deliveries
    where contact_due_at <= $1 and contact_overdue_at is null and first_contact_at is null and state = 'ACCEPTED'
      and stage in ('NEW', 'ATTEMPTED', 'UNREACHABLE')
    order by contact_due_at limit $2 for update skip locked
  ), overdue as (
    update deliveries d set contact_overdue_at = $1 from due
    where d.agency_id = due.agency_id and d.id = due.id
    returning d.agency_id, d.id as delivery_id, d.lead_id, d.buyer_id, d.contract_id, d.contract_version, d.test,
      d.delivered_at, d.contact_due_at
  ), rerouted as (
    insert into deliveries_to_reroute (agency_id, delivery_id, queued_at)
    select o.agency_id, o.delivery_id, $1 from overdue o
    join contract_versions v on v.agency_id = o.agency_id and v.contract_id = o.contract_id
      and v.version = o.contract_version
    where v.contact_sla_reroute
  ), ${eventTables({
    type: 'delivery.contact_overdue',
    source: 'overdue',
    occurredAt: '$1::timestamptz',
    test: 'test',
    payload: {
      leadId: 'lead_id',
      deliveryId: 'delivery_id',
      agencyId: 'agency_id',
      buyerId: 'buyer_id',
      contractId: 'contract_id',
      deliveredAt: iso('delivered_at'),
      dueAt: iso('contact_due_at'),
    },
  })}
  select delivery_id from overdue`;

/** Finds leads whose time to the first contact has run out, tells both sides, and queues those that are to go to another buyer. */
@Injectable()
export class TellOverdueContacts {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** At most so many that were due at `now`; how many. Each is told once. */
  async execute(now: Date, limit: number): Promise<number> {
    const outcome = await this.unitOfWork.run(async (tx) =>
      done((await tx.query(tellSql, [now, limit])).length),
    );
    return outcome.ok ? outcome.value : 0;
  }
}
