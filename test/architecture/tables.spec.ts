import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { placementViolations, tableFacts, type Placement } from './table-rules.js';

// One book per agency and one for the operator's own: book_id is the agency's id in the ledger. What an organization
// of any kind does (audit, idempotency) is keyed by that organization.
const placements: Readonly<Record<string, Placement>> = {
  accounts: { keyed: 'book_id' },
  approvals: { keyed: 'book_id' },
  audit_entries: { keyed: 'organization_id' },
  buying_rules: { keyed: 'agency_id' },
  cap_counters: { keyed: 'agency_id' },
  deliveries_to_reroute: { keyed: 'agency_id' },
  leads_to_route: { keyed: 'agency_id' },
  bids: { keyed: 'agency_id' },
  lead_offer_contracts: { keyed: 'agency_id' },
  lead_offers: { keyed: 'agency_id' },
  ping_addresses: { keyed: 'agency_id' },
  ping_claims: { keyed: 'agency_id' },
  ping_secrets: { keyed: 'agency_id' },
  pings: { keyed: 'agency_id' },
  route_contracts: { keyed: 'agency_id' },
  route_standings: { keyed: 'agency_id' },
  route_versions: { keyed: 'agency_id' },
  routes: { keyed: 'agency_id' },
  routing_desks: { keyed: 'agency_id' },
  routing_batches: { keyed: 'agency_id' },
  routing_decisions: { keyed: 'agency_id' },
  bank_payouts: { keyed: 'agency_id' },
  charges: { keyed: 'agency_id' },
  clawback_orders: { keyed: 'agency_id' },
  collection_parts: { keyed: 'agency_id' },
  contract_versions: { keyed: 'agency_id' },
  consent_proofs: { keyed: 'agency_id' },
  contract_destinations: { keyed: 'agency_id' },
  contracts: { keyed: 'agency_id' },
  deals: { keyed: 'agency_id' },
  deliveries: { keyed: 'agency_id' },
  idempotency_keys: { keyed: 'organization_id' },
  dispute_parts: { keyed: 'agency_id' },
  events: { keyed: 'organization_id' },
  finance_requests: { keyed: 'book_id' },
  holds: { keyed: 'agency_id' },
  invoice_settlements: { keyed: 'agency_id' },
  journals: { keyed: 'book_id' },
  import_mappings: { keyed: 'agency_id' },
  leads: { keyed: 'agency_id' },
  legal_holds: { keyed: 'agency_id' },
  ledger_checkpoint_balances: { keyed: 'book_id' },
  ledger_checkpoints: { keyed: 'book_id' },
  outcome_events: { keyed: 'agency_id' },
  payment_accounts: { keyed: 'agency_id' },
  payout_settlements: { keyed: 'agency_id' },
  payout_dues: { keyed: 'agency_id' },
  payouts: { keyed: 'agency_id' },
  // A person is one across agencies, so what finds a person is spread by its own hash.
  person_hashes: { keyed: 'hash' },
  postings: { keyed: 'book_id' },
  returns: { keyed: 'agency_id' },
  settlement_events: { keyed: 'agency_id' },
  settlements: { keyed: 'agency_id' },
  suppressions: { keyed: 'hash' },
  transfer_reversals: { keyed: 'agency_id' },

  approval_limits: { reference: 'a few for each approver, read together with the user' },
  destinations: { reference: 'a few for each buyer, read with every batch of leads' },
  credit_rooms: {
    reference: 'one for each currency of a buyer that has a limit, read with every batch of leads',
  },
  event_clock: { reference: 'one row, read with every event that is written' },
  api_keys: { reference: 'looked up on every request, a few for each organization' },
  lead_schemas: { reference: 'a few for each vertical, kept by every process' },
  organizations: { reference: 'hundreds, and everything refers to them' },
  users: { reference: 'thousands, looked up by e-mail across organizations' },
  wrapped_keys: { reference: 'two for each organization, kept by every process' },
  verticals: { reference: 'hundreds, and every lead is compared with one' },

  delivery_attempts: { local: 'the log of a queue, kept for thirty days' },
  destination_secrets: { local: 'two for each destination, read with the queue' },
  destination_versions: { local: 'what destinations said before, read with the log' },
  handovers: { local: 'a queue' },
  import_batches: { local: 'the report of a queue, kept for thirty days' },
  import_chunks: { local: 'files of a queue, gone when they are worked off' },
  import_failed_rows: { local: 'the report of a queue, kept for thirty days' },
  lead_imports: { local: 'a queue' },
  account_freezes: { local: 'what does not match at the one payment provider' },
  balance_transactions: { local: 'the mirror of one balance at one payment provider' },
  billing_profiles: { local: 'one row for each buyer, read by the worker' },
  collections: { local: 'a few for each buyer and month; what they pay is keyed by agency' },
  disputes: { local: 'few; what they concern is keyed by agency' },
  invoices: { local: 'a few for each buyer and month; what they ask for is keyed by agency' },
  payment_control: { local: 'one row' },
  reconciliations: { local: 'one row for each comparison with the payment provider' },
  refunds: { local: 'few, of collections' },
  stripe_events: { local: 'the inbox of one payment provider' },
  stripe_operations: { local: 'a queue' },
  webhook_attempts: { local: 'the log of a queue, kept for thirty days' },
  webhook_deliveries: { local: 'a queue' },
  webhook_endpoints: { local: 'at most twenty for each organization, read with the queue' },
  webhook_secrets: { local: 'two for each endpoint' },

  migrations: { local: 'what ran, once for the whole installation' },
  sandbox_clock: { local: 'one row, and none in production' },
};

const keyNotFirst: Readonly<Record<string, string>> = {
  leads_external_id_key:
    'with agency_id in front, checks of foreign keys walked this index through a whole agency',
};

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(() => database.drop());

async function withTables(...statements: readonly string[]): Promise<readonly string[]> {
  const connection = new pg.Client({ connectionString: database.url });
  await connection.connect();
  try {
    for (const statement of statements) await connection.query(statement);
    return placementViolations(await tableFacts(database.url), {
      ...placements,
      badly_made: { keyed: 'agency_id' },
    });
  } finally {
    await connection.query('drop table if exists badly_made');
    await connection.end();
  }
}

describe('tables', () => {
  it('are each keyed by agency, or small enough to be everywhere, or local for a reason', async () => {
    expect(placementViolations(await tableFacts(database.url), placements, keyNotFirst)).toEqual([]);
  });

  it.each([
    [
      'that nobody placed',
      `create table badly_made_too (id uuid primary key)`,
      'badly_made_too is not placed',
    ],
    ['without a primary key', `create table badly_made (agency_id uuid)`, 'has no primary key'],
    [
      'with another key',
      `create table badly_made (id uuid primary key, agency_id uuid)`,
      'agency_id does not lead',
    ],
    [
      'with a unique index across agencies',
      `create table badly_made (agency_id uuid, name text unique, primary key (agency_id, name))`,
      'agency_id does not lead badly_made_name_key',
    ],
    [
      'with an excepted index that lacks the key altogether',
      `create table badly_made (agency_id uuid, id uuid unique, primary key (agency_id, id))`,
      'agency_id does not lead badly_made_id_key',
    ],
    [
      'with a reference that could cross agencies',
      `create table badly_made (agency_id uuid, id uuid, other_id uuid, primary key (agency_id, id),
         foreign key (other_id, id) references leads (agency_id, id))`,
      'does not carry agency_id',
    ],
    [
      'with a reference to a local table',
      `create table badly_made (agency_id uuid, id int references migrations (id), primary key (agency_id, id))`,
      'points at a table that is on one machine',
    ],
  ])('%s are refused', async (_, statement, expected) => {
    const found = await withTables('drop table if exists badly_made, badly_made_too', statement);
    expect(found.join('\n')).toContain(expected);
  });
});
