/** What must hold after processes were killed at random, of each lead, each cap and the books. */
import { createDataSource, Database } from '#database';
import { runInvariants } from '#ledger';
import type pg from 'pg';
import { decodeId as decode } from '../../apps/api/src/graphql/ids.js';
import { allInvariants } from '../../apps/process/src/all-invariants.js';
import { rows as rowClasses } from '../../apps/process/src/rows.js';
import type { Arrivals } from '../bench/delivery/receiver-process.js';
import { type Acknowledged, cap, type KillsContracts } from './random-kills-market.js';

interface LeadFound {
  readonly leadId: string;
  readonly externalId: string;
  readonly state: string;
  /** Of its deliveries those that a buyer took. */
  readonly taken: readonly string[];
  /** Those of them that were sent to somebody. */
  readonly sent: readonly string[];
  readonly bases: number;
  readonly commissions: number;
}

const leadsSql = `
  select l.id as "leadId", l.external_id as "externalId", l.state,
    coalesce(array_agg(d.id) filter (where d.state = 'ACCEPTED'), '{}') as taken,
    coalesce(array_agg(d.id) filter (where d.state = 'ACCEPTED' and h.id is not null), '{}') as sent,
    (select count(*)::int from charges c where c.agency_id = l.agency_id and c.lead_id = l.id
       and c.component = 'BASE') as bases,
    (select count(*)::int from charges c where c.agency_id = l.agency_id and c.lead_id = l.id
       and c.component = 'COMMISSION_PER_LEAD') as commissions
  from leads l left join deliveries d on d.agency_id = l.agency_id and d.lead_id = l.id
  left join handovers h on h.id = d.id
  group by l.agency_id, l.id`;

const decodeId = (prefix: 'ctr' | 'dlv' | 'lead', id: string): string => decode(prefix, id) ?? '';

export async function wrongAfterKills(
  { connection, databaseUrl }: { readonly connection: pg.Client; readonly databaseUrl: string },
  seen: {
    readonly acknowledged: readonly Acknowledged[];
    readonly reported: ReadonlySet<string>;
    readonly arrivals: Arrivals;
    readonly contracts: KillsContracts;
  },
): Promise<{ readonly unheard: number; readonly broken: readonly string[] }> {
  const { acknowledged, reported, arrivals, contracts } = seen;
  const { rows: leads } = await connection.query<LeadFound>(leadsSql);
  const known = new Map(leads.map((lead) => [lead.externalId, lead]));
  const received = new Set(
    arrivals.arrivals.filter(({ answer }) => answer === 'accepted').map(({ messageId }) => messageId),
  );
  const reportedIds = new Set([...reported].map((id) => decodeId('lead', id)));
  const broken: string[] = [];
  for (const { externalId, leadId } of acknowledged) {
    const lead = known.get(externalId);
    if (lead?.leadId !== decodeId('lead', leadId))
      broken.push(`${externalId} was acknowledged and is not there`);
  }
  if (leads.length !== acknowledged.length)
    broken.push(`${acknowledged.length} leads were acknowledged, and ${leads.length} are there`);
  const arrived = new Set([...received].map((messageId) => decodeId('dlv', messageId)));
  for (const lead of leads) broken.push(...wrongOf(lead, arrived, reportedIds));
  if (arrivals.forged > 0)
    broken.push(`${arrivals.forged} requests to buyers were not signed as they must be`);
  broken.push(...(await wrongCap(connection, contracts)), ...(await brokenRules(databaseUrl)));
  const taken = new Set(leads.flatMap((lead) => lead.taken));
  const unheard = [...arrived].filter((id) => !taken.has(id)).length;
  return { unheard, broken };
}

/** One who fetches its leads is there in the end, so every lead is sold: once, to who received it, and charged once. */
function wrongOf(
  { leadId, externalId, state, taken, sent, bases, commissions }: LeadFound,
  /** Deliveries that their buyers have. */
  arrived: ReadonlySet<string>,
  reported: ReadonlySet<string>,
): string[] {
  const wrong: string[] = [];
  if (state !== 'SOLD') wrong.push(`${externalId} is ${state}`);
  if (taken.length !== 1) wrong.push(`${externalId} was sold ${taken.length} times`);
  if (bases !== 1) wrong.push(`${externalId} was charged ${bases} times`);
  if (commissions !== (reported.has(leadId) ? 1 : 0))
    wrong.push(
      `${externalId} brought ${commissions} commissions, and was reported ${reported.has(leadId) ? 'once' : 'never'}`,
    );
  for (const id of sent)
    if (!arrived.has(id)) wrong.push(`${externalId} is sold to a buyer that has not received it`);
  return wrong;
}

async function wrongCap(connection: pg.Client, { capped }: KillsContracts): Promise<string[]> {
  const { rows } = await connection.query<{ taken: number; counted: number }>(
    `select (select count(*)::int from deliveries where contract_id = $1 and state = 'ACCEPTED') as taken,
       (select coalesce(max(leads), 0)::int from cap_counters where contract_id = $1) as counted`,
    [decodeId('ctr', capped)],
  );
  const { taken = 0, counted = 0 } = rows[0] ?? {};
  return taken <= cap && counted === taken
    ? []
    : [`a cap of ${cap} leads has ${taken}, and ${counted} are counted`];
}

async function brokenRules(databaseUrl: string): Promise<string[]> {
  const dataSource = await createDataSource({ url: databaseUrl, rows: rowClasses }).initialize();
  try {
    const results = await runInvariants(new Database(dataSource), allInvariants);
    return results
      .filter(({ holds }) => !holds)
      .map(
        ({ name, title, violations, examples }) => `${name} ${title}: ${violations} × ${examples[0] ?? ''}`,
      );
  } finally {
    await dataSource.destroy();
  }
}
