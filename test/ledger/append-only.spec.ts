import { chargeAccrued } from '#ledger';
import pg from 'pg';
import { book, journal, openLedger, type OpenLedger } from './open-ledger.js';

let ledger: OpenLedger;
let superuser: pg.Client;

beforeAll(async () => {
  ledger = await openLedger();
  const postings = chargeAccrued({ payee: 'AGENCY', buyerId: ledger.buyerId, amountMinor: 1000n });
  await book(ledger, journal(ledger, postings));
  superuser = new pg.Client({ connectionString: ledger.url });
  await superuser.connect();
  // An owner who is no superuser, as in production.
  await superuser.query(`
    create role ${ownerOf(ledger)} nologin;
    grant usage, create on schema public to ${ownerOf(ledger)};
    grant all on all tables in schema public to ${ownerOf(ledger)};`);
});

afterAll(async () => {
  await superuser.query(`reset role; drop owned by ${ownerOf(ledger)}; drop role ${ownerOf(ledger)}`);
  await superuser.end();
  await ledger.close();
});

// Roles are of the whole server, which other suites share.
function ownerOf({ agencyId }: OpenLedger): string {
  return `owner_${agencyId.replaceAll('-', '')}`;
}

const changes = [
  'update accounts set kind = kind',
  'update journals set source = source',
  'update postings set amount_minor = amount_minor',
  'delete from postings',
  'delete from journals',
  'delete from accounts',
  'truncate postings',
  'truncate postings, journals cascade',
  'truncate accounts cascade',
];

describe.each(['a superuser', 'the owner', 'a superuser who plays a replica'])('%s', (who) => {
  it.each(changes)('cannot %s', async (change) => {
    await superuser.query('begin');
    try {
      if (who === 'the owner') {
        for (const table of ['accounts', 'journals', 'postings']) {
          await superuser.query(`alter table ${table} owner to ${ownerOf(ledger)}`);
        }
        await superuser.query(`set local role ${ownerOf(ledger)}`);
      }
      if (who === 'a superuser who plays a replica') {
        await superuser.query('set local session_replication_role = replica');
      }
      await expect(superuser.query(change)).rejects.toThrow('is append-only');
    } finally {
      await superuser.query('rollback');
    }
  });
});

it('an upsert cannot change a row either', async () => {
  await expect(
    superuser.query(
      `insert into journals select * from journals
       on conflict on constraint journals_pkey do update set source = 'other'`,
    ),
  ).rejects.toThrow('is append-only');
});
