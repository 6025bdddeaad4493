import { asLocalDate, type Period, periodEndsAt } from '#calendar';
import { gather } from '#charges';
import { UnitOfWork } from '#database';
import { inputHashSql, postingText } from '#ledger';
import { asCurrency } from '#money';
import { done } from '#outcome';
import type { INestApplicationContext } from '@nestjs/common';
import type pg from 'pg';
import { valueOf } from '../marketplace.js';

/** All statements are of this month. */
export const period: Period = { start: asLocalDate('2025-02-01'), end: asLocalDate('2025-03-01') };
export const timeZone = 'America/New_York';
export const periodEnd = periodEndsAt(period, timeZone);

/** One contract in the period, and so one statement. */
export interface PlannedStatement {
  readonly agencyId: string;
  readonly buyerId: string;
  readonly contractId: string;
  /** With a platform fee each charge has a second one beside it. */
  readonly hasFee: boolean;
}

/** Every fourth lead is qualified: four leads make five charges, or ten with a fee. */
const chargesPerFourLeads = { plain: 5, fee: 10 } as const;

const journalHash = inputHashSql({
  kind: 'c.kind',
  source: `'charge:' || c.id`,
  currency: `'USD'`,
  effectiveAt: 'c.effective_at',
  reverses: 'null::uuid',
  lines: postingText({
    debitKind: `'unbilled'`,
    debitParty: 'c.buyer_id',
    creditKind: 'c.earned_kind',
    creditParty: 'null::uuid',
    amountMinor: 'c.amount_minor',
  }),
});

// Rows of all statements lie among each other in the order of their time, as they would if they had come in one by one.
const steps: readonly string[] = [
  `create temporary table made_leads as
   select lead.*, date_trunc('milliseconds', $2::timestamptz + lead.at * interval '24 days') as delivered_at,
     case when lead.n % 4 = 0 then date_trunc('milliseconds', $2::timestamptz + lead.at * interval '24 days'
       + interval '2 days') end as qualified_at
   from (
     select p.*, n, n::float8 / p.leads as at from json_to_recordset($1) as p (agency_id uuid, buyer_id uuid,
       contract_id uuid, statement_id uuid, leads int, has_fee boolean) cross join generate_series(1, p.leads) n) lead`,
  `create temporary table placed_leads as
   select *, uuidv7(delivered_at - now()) as lead_id, uuidv7(delivered_at - now()) as delivery_id from made_leads
   order by delivered_at`,
  `insert into leads (agency_id, id, external_id, test, input_hash, vertical, state, attributes, submitted_by, received_at)
   select agency_id, lead_id, statement_id || '-' || n, false, sha256(uuid_send(lead_id)), 'solar', 'SOLD',
     '[]', 'system:bench', delivered_at
   from placed_leads order by delivered_at`,
  `insert into deliveries (agency_id, id, lead_id, buyer_id, contract_id, contract_version, test, state, stage,
     qualified_at, delivered_at)
   select agency_id, delivery_id, lead_id, buyer_id, contract_id, 1, false, 'ACCEPTED',
     case when qualified_at is null then 'NEW' else 'QUALIFIED' end, qualified_at, delivered_at
   from placed_leads order by delivered_at`,
  `insert into outcome_events (agency_id, id, delivery_id, kind, provenance, occurred_at, recorded_at, actor)
   select agency_id, uuidv7(qualified_at - now()), delivery_id, 'QUALIFIED', 'API', qualified_at, qualified_at,
     'system:bench'
   from placed_leads where qualified_at is not null order by qualified_at`,
  `create temporary table made_charges as
   select l.agency_id, uuidv7(fact.effective_at - now()) as id, l.statement_id, l.delivery_id, l.lead_id, l.buyer_id,
     l.contract_id, fact.part, lower(fact.part) as kind, share.payee, share.earned_kind,
     coalesce(share.component, fact.component) as component, share.amount_minor, share.input_minor,
     coalesce(share.rate_ppm, fact.rate_ppm) as rate_ppm, share.suffix, fact.effective_at
   from placed_leads l
   cross join lateral (values
     ('BASE', 'BASE', 1000, 1000, null::int, l.delivered_at),
     ('COMMISSION', 'COMMISSION_PER_LEAD', 200, 1000, 200000, l.qualified_at))
     as fact (part, component, amount, input, rate_ppm, effective_at)
   cross join lateral (values
     ('AGENCY', 'accrued', null, fact.amount, fact.input, null::int, ''),
     ('OPERATOR', 'fee_deferred', 'PLATFORM_FEE', fact.amount * 3 / 100, fact.amount, 30000, ':fee'))
     as share (payee, earned_kind, component, amount_minor, input_minor, rate_ppm, suffix)
   where fact.effective_at is not null and (share.payee = 'AGENCY' or l.has_fee)
   order by fact.effective_at`,
  `insert into journals (book_id, id, kind, source, idempotency_key, input_hash, effective_at, recorded_at, actor)
   select c.agency_id, c.id, c.kind, 'charge:' || c.id,
     'delivery:' || c.delivery_id || ':' || c.kind || case c.part when 'BASE' then '' else ':1' end || c.suffix,
     ${journalHash}, c.effective_at, c.effective_at, 'system:bench'
   from made_charges c order by c.effective_at`,
  `insert into postings (book_id, journal_id, ordinal, debit_account_id, credit_account_id, amount_minor, currency)
   select c.agency_id, c.id, 1, u.id, e.id, c.amount_minor, 'USD' from made_charges c
   join accounts u on u.book_id = c.agency_id and u.kind = 'unbilled' and u.party_id = c.buyer_id and u.currency = 'USD'
   join accounts e on e.book_id = c.agency_id and e.kind = c.earned_kind and e.currency = 'USD'
   order by c.effective_at`,
  `insert into charges (agency_id, id, settlement_id, delivery_id, lead_id, contract_id, contract_version, source_id,
     part, payee, component, revision, amount_minor, currency, input_minor, rate_ppm, effective_at, recorded_at)
   select agency_id, id, statement_id, delivery_id, lead_id, contract_id, 1, delivery_id, part, payee, component, 1,
     amount_minor, 'USD', input_minor, rate_ppm, effective_at, effective_at
   from made_charges order by effective_at`,
];

/**
 * Fills open statements with so many charges in all, in equal shares, as a month of leads would have; the rules of the
 * books hold afterwards. `charges` is a multiple of ten times the number of statements.
 */
export async function generateMonth(
  product: INestApplicationContext,
  connection: pg.Client,
  { statements, charges, openedAt }: Month,
): Promise<void> {
  const perStatement = charges / statements.length;
  const plan = [];
  for (const { agencyId, buyerId, contractId, hasFee } of statements) {
    const series = { agencyId, buyerId, currency: asCurrency('USD'), schedule: 'MONTHLY', timeZone } as const;
    const { rootId } = valueOf(
      await product
        .get(UnitOfWork, { strict: false })
        .run(async (tx) => done(await gather(tx, series, period, openedAt))),
    );
    const leads = (perStatement / chargesPerFourLeads[hasFee ? 'fee' : 'plain']) * 4;
    plan.push({
      agency_id: agencyId,
      buyer_id: buyerId,
      contract_id: contractId,
      statement_id: rootId,
      leads,
      has_fee: hasFee,
    });
  }
  // Foreign keys are not checked row by row here, and a crash may lose it all: neither is measured.
  await connection.query(
    `set session_replication_role = replica; set synchronous_commit = off; set work_mem = '256MB'`,
  );
  for (const [index, step] of steps.entries()) {
    await connection.query(step, index === 0 ? [JSON.stringify(plan), openedAt] : []);
  }
  await connection.query('drop table made_leads, placed_leads, made_charges; reset all');
  await connection.query('vacuum (analyze)');
  await connection.query('checkpoint');
}

export interface Month {
  readonly statements: readonly PlannedStatement[];
  readonly charges: number;
  /** An instant on the first day of the period. */
  readonly openedAt: Date;
}
