import { Injectable } from '@nestjs/common';
import { Database, type Transaction, UnitOfWork } from '#database';
import { systemActor } from '#organizations';
import { done, invariant } from '#outcome';
import { DecisionStore, RouteQueries, type SaleLost } from '#routing';
import { AcceptanceStore, type UndeliveredDelivery } from './acceptance.store.js';
import type { DeliveryState } from './delivery.js';
import type { LeadState } from './lead.js';
import { buyersOf } from './given-to.js';
import type { LeadPast } from './pending.js';
import { contractsWith } from './person-standing.js';
import { ReleasedLeads } from './released-leads.action.js';

interface QueuedLead {
  readonly agencyId: string;
  readonly leadId: string;
}

const actor = systemActor('route-again');
const maxRounds = 6;
/** Who is in another state goes nowhere any more. */
const routable: readonly LeadState[] = ['ACCEPTED', 'UNSOLD', 'SOLD'];

/** Leads that their buyer did not take: they are offered to the next one, or are unsold. */
@Injectable()
export class RouteAgain {
  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
    private readonly acceptance: AcceptanceStore,
    private readonly decisions: DecisionStore,
    private readonly routes: RouteQueries,
    private readonly released: ReleasedLeads,
  ) {}

  /**
   * In the transaction in which deliveries end without a sale: what the sales took of caps is given back, and the leads wait to be
   * routed again. Nothing was charged for them.
   */
  async queue(tx: Transaction, undelivered: readonly UndeliveredDelivery[], now: Date): Promise<void> {
    const lost: readonly SaleLost[] = undelivered.filter(({ test }) => !test);
    await this.decisions.giveBack(tx, lost);
    // One that named its contract goes nowhere else: its agency chose.
    await tx.query(
      `insert into leads_to_route (agency_id, lead_id, queued_at)
       select distinct l.agency_id, l.id, $3::timestamptz from unnest($1::uuid[], $2::uuid[]) as u (agency_id, lead_id)
       join leads l on l.agency_id = u.agency_id and l.id = u.lead_id
       where l.asked_contract_id is null and exists (
         select from routes r where r.agency_id = l.agency_id and r.vertical = l.vertical collate "C" and r.is_default)
       on conflict do nothing`,
      [undelivered.map(({ agencyId }) => agencyId), undelivered.map(({ leadId }) => leadId), now],
    );
    await this.acceptance.free(tx, undelivered);
  }

  /** Routes at most so many that wait; gives how many. Any number may do so beside each other. */
  async execute(now: Date, limit: number): Promise<number> {
    const queued = await this.database.query<QueuedLead>(
      `select agency_id as "agencyId", lead_id as "leadId" from leads_to_route order by queued_at limit $1`,
      [limit],
    );
    const errors: unknown[] = [];
    // One that cannot be routed must not keep the others from it.
    for (const each of queued) await this.routeOne(each, now).catch((error: unknown) => errors.push(error));
    if (errors.length > 0) throw errors[0];
    return queued.length;
  }

  /** Routes one that waits, unless somebody else has. */
  async routeOne(queued: QueuedLead, now: Date): Promise<void> {
    for (let round = 0; ; round += 1) {
      invariant(round < maxRounds, 'contracts or settlements change faster than a lead can be routed again');
      const past = await this.pastOf(queued);
      const release = await this.released.prepare(
        actor,
        { agencyId: queued.agencyId, id: queued.leadId },
        now,
        past,
      );
      const outcome = await this.unitOfWork.run(async (tx) => {
        // Whoever deletes it routes the lead.
        const taken = await tx.query(
          'delete from leads_to_route where agency_id = $1 and lead_id = $2 returning 1',
          [queued.agencyId, queued.leadId],
        );
        if (taken.length === 0 || !release) return done(null);
        const [lead] = await tx.query<{ state: LeadState }>(
          'select state from leads where agency_id = $1 and id = $2 for update',
          [queued.agencyId, queued.leadId],
        );
        // Meanwhile its person was erased, or the other buyer of a shared lead gave it back.
        if (!lead || !routable.includes(lead.state)) return done(null);
        return await this.released.take(tx, release, []);
      });
      // Without a reason: something moved meanwhile, and nothing was done.
      if (outcome.ok) return;
      invariant(outcome.refusals.length === 0, 'a lead that was taken before is refused');
    }
  }

  /** What became of a lead so far. */
  async pastOf({ agencyId, leadId }: QueuedLead): Promise<LeadPast> {
    const rows = await this.database.query<{
      buyer_id: string;
      state: DeliveryState | null;
      rerouted: boolean;
      received_at: Date;
    }>(
      `select d.buyer_id, d.state, d.rerouted_at is not null as rerouted, l.received_at from leads l
       left join deliveries d on d.agency_id = l.agency_id and d.lead_id = l.id
       where l.agency_id = $1 and l.id = $2`,
      [agencyId, leadId],
    );
    const [first] = rows;
    invariant(first, 'a lead that is to be routed is gone');
    const [decided] = await this.routes.decisions([leadId]);
    // One that was offered and never sold has no deliveries.
    const given = rows.flatMap(({ state, ...row }) => (state === null ? [] : [{ ...row, state }]));
    const { soldTo, failedBuyers } = buyersOf(given);
    return {
      receivedAt: first.received_at,
      failedBuyers,
      soldTo: [...soldTo],
      duplicateFor: contractsWith(decided, 'DUPLICATE_FOR_BUYER'),
      suppressedFor: contractsWith(decided, 'SUPPRESSED'),
    };
  }
}
