import { inputHashSql, postingText } from '#ledger';
import { unguarded } from '../guards.js';

const journalHash = inputHashSql({
  kind: `'base'`,
  source: `'charge:' || charge_id`,
  currency: 'terms.currency',
  effectiveAt: 'received_at',
  reverses: 'null::uuid',
  lines: postingText({
    debitKind: `'unbilled'`,
    debitParty: 'terms.buyer_id',
    creditKind: `'accrued'`,
    creditParty: 'null::uuid',
    amountMinor: 'terms.base_rate_minor',
  }),
});

/**
 * The reference of intake: the product's transaction for one lead, written the way one would write it by hand for the
 * fewest round trips, as one function. Same tables, constraints, triggers and rows, same hashes; what the product does
 * in its process (normalizing, hashing the submission and the person, pricing a bare base rate, finding the period) is done here in
 * SQL, and what it checks but no lead of the bench breaks (lengths, formats) is left out. It knows monthly periods and
 * no platform fee, which is what the contracts of the bench have.
 */
export const referenceSql = `
create schema bench;

create function bench.submit_lead(key_id text, secret text, external_name text, lead_vertical text, contact_text text,
  attributes_text text, source_text text, consent_text text, lead_score int) returns uuid language plpgsql as $reference$
declare
  caller record;
  route record;
  terms record;
  books record;
  received_at constant timestamptz := date_trunc('milliseconds', clock_timestamp());
  submission_hash constant bytea := sha256(convert_to(concat_ws('|', external_name, lead_vertical, contact_text,
    attributes_text, source_text, consent_text, lead_score), 'UTF8'));
  earlier_hash bytea;
  had integer;
  lead_id uuid := uuidv7();
  delivery_id constant uuid := uuidv7();
  charge_id constant uuid := uuidv7();
  statement_id uuid;
  decided_in uuid;
  month_start date;
begin
  select k.id, k.organization_id, k.secret_hash into caller
  from api_keys k join organizations o on o.id = k.organization_id left join users u on u.id = k.user_id
  where k.public_id = key_id and k.mode = 'live' and o.kind = 'AGENCY' and k.roles && '{OWNER,ADMIN,MEMBER,API_CLIENT}'
    and k.revoked_at is null and (k.expires_at is null or k.expires_at > received_at) and u.disabled_at is null;
  if not found or caller.secret_hash <> sha256(convert_to(secret, 'UTF8')) then
    raise exception 'unauthenticated';
  end if;

  -- Any of the route's buyers, and then only its own caps are looked at: the product considers all of them.
  select r.id as route_id, r.latest_version, array(select x.contract_id from route_contracts x
      where x.agency_id = r.agency_id and x.route_id = r.id order by x.contract_id) as contracts into strict route
  from routes r where r.agency_id = caller.organization_id and r.vertical = lead_vertical and r.is_default;

  select c.id as contract_id, c.buyer_id, v.version, v.base_rate_minor, v.currency, v.settlement_schedule,
    v.time_zone into strict terms
  from contracts c join contract_versions v
    on v.agency_id = c.agency_id and v.contract_id = c.id and v.version = c.in_force_version
  where c.agency_id = caller.organization_id and c.id = route.contracts[1 + (hashtext(external_name) & 2147483647) % cardinality(route.contracts)]
    and c.state = 'ACTIVE' and v.settlement_schedule = 'MONTHLY' and v.platform_fee_rate_ppm = 0;

  select u.id as unbilled, a.id as accrued into strict books from accounts u, accounts a
  where u.book_id = caller.organization_id and u.kind = 'unbilled' and u.currency = terms.currency
    and u.party_id = terms.buyer_id
    and a.book_id = caller.organization_id and a.kind = 'accrued' and a.currency = terms.currency
    and a.party_id is null;

  -- In an order that all share, so that nobody waits in a circle.
  insert into person_hashes (hash, vertical, ordinal, agency_id, lead_id, accepted_at)
  select hash, lead_vertical, 0, caller.organization_id, lead_id, received_at
  from (select substr(sha256(convert_to(contact_text::jsonb ->> way, 'UTF8')), 1, 16) as hash
    from unnest('{phone,email}'::text[]) as way) each
  order by hash
  on conflict on constraint person_hashes_pkey do nothing;
  get diagnostics had = row_count;
  if had < 2 then
    raise exception 'duplicate';
  end if;
  perform from suppressions s
  where s.hash in (substr(sha256(convert_to(contact_text::jsonb ->> 'phone', 'UTF8')), 1, 16),
    substr(sha256(convert_to(contact_text::jsonb ->> 'email', 'UTF8')), 1, 16),
    substr(sha256(convert_to(split_part(contact_text::jsonb ->> 'email', '@', 2), 'UTF8')), 1, 16));
  if found then
    raise exception 'suppressed';
  end if;

  -- As long as what is sealed, and not sealed: PostgreSQL has no such cipher.
  insert into leads (agency_id, id, external_id, test, input_hash, vertical, state, data_key, person, attributes, source,
    score, submitted_by, received_at)
  values (caller.organization_id, lead_id, external_name, false, submission_hash, lead_vertical, 'SOLD',
    sha256(uuid_send(lead_id)) || substr(sha256(uuid_send(lead_id)), 1, 30),
    convert_to(contact_text || repeat(' ', 30), 'UTF8'), attributes_text::jsonb, source_text::jsonb, lead_score,
    'key:' || caller.id, received_at)
  on conflict on constraint leads_external_id_key do nothing;
  if not found then
    select l.id, l.input_hash into lead_id, earlier_hash from leads l
    where l.agency_id = caller.organization_id and l.external_id = external_name and not l.test;
    if earlier_hash <> submission_hash then
      raise exception 'external id reused';
    end if;
    return lead_id;
  end if;

  insert into consent_proofs (agency_id, lead_id, sealed, text_hash, recorded_at)
  values (caller.organization_id, lead_id, convert_to(consent_text || repeat(' ', 30), 'UTF8'),
    sha256(convert_to(consent_text::jsonb ->> 'text', 'UTF8')), received_at);

  update cap_counters set leads = leads + 1, amount_minor = amount_minor + terms.base_rate_minor
  where agency_id = caller.organization_id and contract_id = terms.contract_id and ends_at > received_at
    and leads < 10000000 and amount_minor < 10000000000;
  get diagnostics had = row_count;
  if had < 2 then
    raise exception 'a cap is reached';
  end if;
  -- What a batch rested on is one row for many leads, as it is in the product.
  select b.id into decided_in from routing_batches b where b.agency_id = caller.organization_id limit 1;
  if not found then
    decided_in := charge_id;
    insert into routing_batches (agency_id, id, routed_at, routes, state)
    values (caller.organization_id, decided_in, received_at,
      jsonb_build_array(jsonb_build_array(route.route_id, route.latest_version)), '{}');
  end if;
  insert into routing_decisions (agency_id, lead_id, number, batch_id, position, result, sales, trail)
  values (caller.organization_id, lead_id, 1, decided_in, 0, 'SOLD', jsonb_build_array(jsonb_build_object('contractId',
    terms.contract_id, 'buyerId', terms.buyer_id, 'amountMinor', terms.base_rate_minor::text)), array[repeat('L0', 50)]);

  month_start := date_trunc('month', received_at at time zone terms.time_zone)::date;
  select s.root_id into statement_id from settlements s
  where s.agency_id = caller.organization_id and s.buyer_id = terms.buyer_id and s.currency = terms.currency
    and s.schedule = terms.settlement_schedule and s.time_zone = terms.time_zone and s.period_start = month_start
    and s.state = 'OPEN' for key share;
  if not found then
    raise exception 'no settlement is open';
  end if;

  insert into deliveries (agency_id, id, lead_id, buyer_id, contract_id, contract_version, test, state, stage,
    delivered_at)
  values (caller.organization_id, delivery_id, lead_id, terms.buyer_id, terms.contract_id, terms.version, false,
    'ACCEPTED', 'NEW', received_at);

  insert into journals (book_id, id, kind, source, idempotency_key, input_hash, effective_at, recorded_at, actor)
  values (caller.organization_id, charge_id, 'base', 'charge:' || charge_id, 'delivery:' || delivery_id || ':base',
    ${journalHash}, received_at, received_at, 'key:' || caller.id);

  insert into postings (book_id, journal_id, ordinal, debit_account_id, credit_account_id, amount_minor, currency)
  values (caller.organization_id, charge_id, 1, books.unbilled, books.accrued, terms.base_rate_minor, terms.currency);

  insert into charges (agency_id, id, settlement_id, delivery_id, lead_id, contract_id, contract_version, source_id,
    part, payee, component, revision, amount_minor, currency, input_minor, effective_at, recorded_at)
  values (caller.organization_id, charge_id, statement_id, delivery_id, lead_id, terms.contract_id, terms.version,
    delivery_id, 'BASE', 'AGENCY', 'BASE', 1, terms.base_rate_minor, terms.currency, terms.base_rate_minor,
    received_at, received_at);

  -- The operator's own events and messages come with an endpoint, and nobody has one here.
  insert into events (organization_id, id, counterparty_id, type, subject_id, test, payload, occurred_at)
  values (caller.organization_id,
    (event_prefix() || '0064' || right(replace(delivery_id::text, '-', ''), 16))::uuid, terms.buyer_id, 'lead.delivered',
    delivery_id, false, jsonb_build_object('leadId', lead_id, 'contractId', terms.contract_id, 'contractVersion',
      terms.version, 'price', terms.base_rate_minor || ' ' || terms.currency), received_at);

  return lead_id;
end $reference$;

-- What the bare Apollo server inserts into: no rule, no index but the key.
create table bench.bare_leads (id uuid primary key, external_id text not null, lead jsonb not null,
  received_at timestamptz not null);

-- What PostGraphile makes its mutation of. Alone in its schema, so that it makes nothing else.
create schema bench_bare;
create table bench_bare.leads (id uuid primary key default gen_random_uuid(), external_id text not null,
  lead jsonb not null, received_at timestamptz not null default now());
`;

const written = [
  'routing_decisions',
  'routing_batches',
  'leads',
  'consent_proofs',
  'person_hashes',
  'events',
  'deliveries',
  'deals',
  'outcome_events',
  'returns',
  'charges',
  'journals',
  'postings',
];

/**
 * Empties what legs write, so that each begins with the same data; settlements stay open, and accounts stay. cascade:
 * tables that point at them are empty here, and need not be known.
 */
export const freshDataSql = unguarded(
  written,
  `truncate bench.bare_leads, bench_bare.leads, ${written.join(', ')} cascade;
  -- What the product knows of its desks was decided in batches that are gone.
  update routing_desks set token = gen_random_uuid()`,
);

/**
 * Keeps autovacuum from what is emptied. It looks at a table when that has grown by half, which at its real size takes
 * hours; here each would seem new to it in every leg, and all of them at once would take two of its thirty seconds.
 */
export const quietSql = ['bench.bare_leads', ...written]
  .map((table) => `alter table ${table} set (autovacuum_enabled = off)`)
  .join(';\n');
