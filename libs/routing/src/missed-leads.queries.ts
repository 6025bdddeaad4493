import { Database, keyset, type KeysetPage } from '#database';
import type { Actor } from '#organizations';
import { Injectable } from '@nestjs/common';
import { type ExplainedEntry, explainDecision } from './explain-decision.js';
import { type DecisionView, RouteQueries } from './route.queries.js';

/** A lead that was considered for a contract and did not go to its buyer; nothing else of the lead is told. */
export interface MissedLead {
  readonly leadId: string;
  readonly decidedAt: Date;
  readonly entry: ExplainedEntry;
}

/** So many leads of the vertical are looked through for a page at most. */
export const mostMissedLooked = 2_000;
const lookedAtOnce = 200;

interface Looked {
  readonly leadId: string;
  readonly buyerId: string;
}

/** Why leads did not come to a buyer. */
@Injectable()
export class MissedLeadQueries {
  constructor(
    private readonly database: Database,
    private readonly routes: RouteQueries,
  ) {}

  /**
   * Leads that passed a contract by, newest first (backwards: in reverse order), and one row more: by the last decision on each. None for a contract that is not
   * the actor's to see. What is told is the contract's own part, whoever asks.
   */
  async page(actor: Actor, contractId: string, page: KeysetPage): Promise<MissedLead[]> {
    const { limit, backwards } = page;
    const missed: MissedLead[] = [];
    let rest = page;
    for (let looked = 0; looked < mostMissedLooked && missed.length <= limit; looked += lookedAtOnce) {
      const found = await this.decided(actor, contractId, rest);
      missed.push(...(await this.explained(contractId, found)));
      const last = found.at(-1);
      if (!last || found.length < lookedAtOnce) break;
      rest = { limit, backwards, ...(backwards ? { before: [last.leadId] } : { after: [last.leadId] }) };
    }
    return missed.slice(0, limit + 1);
  }

  private async explained(contractId: string, found: readonly Looked[]): Promise<MissedLead[]> {
    if (found.length === 0) return [];
    const views = await this.routes.decisions(found.map(({ leadId }) => leadId));
    const byLead = new Map<string, DecisionView[]>();
    for (const view of views) {
      const own = byLead.get(view.decision.leadId);
      if (own) own.push(view);
      else byLead.set(view.decision.leadId, [view]);
    }
    return found.flatMap(({ leadId, buyerId }) =>
      missedBy(byLead.get(leadId) ?? [], { contractId, buyerId }),
    );
  }

  /** Leads of the vertical that took a route and are not the buyer's. */
  private async decided(actor: Actor, contractId: string, page: KeysetPage): Promise<Looked[]> {
    const { condition, orderBy, key } = keyset(page, {
      column: 'l.id',
      newestFirst: true,
      placeholder: '$4',
    });
    const { kind, organizationId, mode } = actor;
    const isAll = kind === 'OPERATOR' || kind === 'SYSTEM';
    const side = kind === 'AGENCY' ? 'c.agency_id = $1' : 'c.buyer_id = $1';
    return await this.database.query(
      `select l.id as "leadId", c.buyer_id as "buyerId"
       from contracts c join leads l on l.agency_id = c.agency_id and l.vertical = c.vertical
       where c.id = $2 and ${isAll ? '$1::uuid is not null' : side} and l.test = $3
         and ${condition}
         and exists (select from routing_decisions d where d.agency_id = l.agency_id and d.lead_id = l.id)
         and not exists (
           select from deliveries v where v.agency_id = l.agency_id and v.lead_id = l.id and v.buyer_id = c.buyer_id
             and v.state in ('PENDING', 'ACCEPTED', 'RETURNED') and v.rerouted_at is null)
       order by ${orderBy} limit ${lookedAtOnce}`,
      [organizationId, contractId, mode === 'test', key],
    );
  }
}

/** What the last decision says that considered the contract: a lead that another claims is decided on for that one alone. */
function missedBy(
  views: readonly DecisionView[],
  { contractId, buyerId }: { readonly contractId: string; readonly buyerId: string },
): MissedLead[] {
  for (const view of views.toReversed()) {
    const told = explainDecision(view, { kind: 'BUYER', buyerId });
    const entry = told?.entries.findLast((each) => each.contractId === contractId);
    if (!told || !entry) continue;
    const { leadId, at: decidedAt } = told;
    if (entry.outcome === 'SOLD') return [];
    if (entry.outcome !== 'OFFERED') return [{ leadId, decidedAt, entry }];
    // It may still be claimed, or nobody has claimed it in time.
    if (view === views.at(-1))
      return view.decision.result === 'OFFERED' ? [] : [{ leadId, decidedAt, entry }];
    const reason = 'It was offered, and another buyer was faster.';
    return [{ leadId, decidedAt, entry: { ...entry, outcome: 'SELL_LIMIT_REACHED', reason } }];
  }
  return [];
}
