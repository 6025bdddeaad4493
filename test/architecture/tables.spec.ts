import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { placementViolations, tableFacts, type Placement } from './table-rules.js';

// One book per agency and one for the operator's own: book_id is the agency's id in the ledger. What an organization
// of any kind does (audit, idempotency) is keyed by that organization.
const placements: Readonly<Record<string, Placement>> = {
  accounts: { keyed: 'book_id' },
  audit_entries: { keyed: 'organization_id' },
  charges: { keyed: 'agency_id' },
  contract_versions: { keyed: 'agency_id' },
  contracts: { keyed: 'agency_id' },
  deals: { keyed: 'agency_id' },
  deliveries: { keyed: 'agency_id' },
  idempotency_keys: { keyed: 'organization_id' },
  journals: { keyed: 'book_id' },
  leads: { keyed: 'agency_id' },
  ledger_checkpoint_balances: { keyed: 'book_id' },
  ledger_checkpoints: { keyed: 'book_id' },
  outcome_events: { keyed: 'agency_id' },
  postings: { keyed: 'book_id' },
  returns: { keyed: 'agency_id' },
  settlement_events: { keyed: 'agency_id' },
  settlements: { keyed: 'agency_id' },

  api_keys: { reference: 'looked up on every request, a few for each organization' },
  organizations: { reference: 'hundreds, and everything refers to them' },
  users: { reference: 'thousands, looked up by e-mail across organizations' },

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
