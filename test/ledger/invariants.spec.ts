import {
  agencyShareCorrected,
  chargeAccrued,
  chargeReversed,
  feeShareCorrected,
  ledgerInvariants,
  runInvariants,
  settlementApproved,
} from '#ledger';
import { type Corruption, describeCorruptions } from './corruptions.js';
import { book, checkpointAll, journal, openLedger, type OpenLedger, valueOf } from './open-ledger.js';

/**
 * Books of a month: three charges of 1000 with fees of 20, one of them taken back; the other two approved
 * (A = 2000, F = 40, X = 2040), then 500 corrected, and one charge of 700 after the checkpoint. And a yen book.
 */
async function openMonth(): Promise<OpenLedger> {
  const ledger = await openLedger();
  const { buyerId } = ledger;
  const accrued = (amountMinor: bigint) => chargeAccrued({ payee: 'AGENCY', buyerId, amountMinor });
  const fee = (amountMinor: bigint) => chargeAccrued({ payee: 'OPERATOR', buyerId, amountMinor });
  const charges = [1n, 2n, 3n].map((n) => journal(ledger, accrued(1000n), { idempotencyKey: `charge:${n}` }));
  const fees = [1n, 2n, 3n].map((n) => journal(ledger, fee(20n), { idempotencyKey: `charge:${n}:fee` }));
  const [taken, takenFee] = [charges[0], fees[0]];
  if (!taken || !takenFee) throw new Error('no charge to take back');
  const shares = { buyerId, agencyMinor: 2000n, feeMinor: 40n, creditAppliedMinor: 0n };
  const split = { heldMinor: 500n, payableMinor: 0n, clawbackDueMinor: 0n };
  valueOf(
    await book(
      ledger,
      ...charges,
      ...fees,
      journal(ledger, chargeReversed(taken.postings), { reverses: taken.id, idempotencyKey: 'reversal' }),
      journal(ledger, chargeReversed(takenFee.postings), {
        reverses: takenFee.id,
        idempotencyKey: 'reversal:fee',
      }),
      journal(ledger, settlementApproved(shares), { kind: 'SETTLEMENT_APPROVED', idempotencyKey: 'approve' }),
      journal(ledger, agencyShareCorrected({ buyerId, split }), { idempotencyKey: 'correction' }),
      journal(ledger, feeShareCorrected({ buyerId, amountMinor: 10n }), { idempotencyKey: 'correction:fee' }),
      journal(ledger, accrued(7n), { bookId: ledger.otherAgencyId, currency: 'JPY', idempotencyKey: 'yen' }),
    ),
  );
  await checkpointAll(ledger);
  valueOf(await book(ledger, journal(ledger, accrued(700n), { idempotencyKey: 'late' })));
  return ledger;
}

const journalOf = (key: string) => `(select id from journals where idempotency_key = '${key}')`;
const accountOf = (kind: string, currency = 'USD') =>
  `(select id from accounts where kind = '${kind}' and currency = '${currency}')`;
const postingsOf = (key: string) => `journal_id = ${journalOf(key)}`;

/** In the books above. What changes a posting before the checkpoint also parts it from the checkpoint: I1. */
const corruptions: readonly Corruption[] = [
  {
    name: 'a changed amount',
    caughtBy: ['I2'],
    sql: [`update postings set amount_minor = 7000 where ${postingsOf('late')}`],
  },
  {
    name: 'a changed amount before the checkpoint',
    caughtBy: ['I1', 'I2'],
    sql: [`update postings set amount_minor = 1001 where ${postingsOf('charge:2')}`],
  },
  {
    name: 'a doubled posting',
    caughtBy: ['I2'],
    sql: [
      `insert into postings select book_id, journal_id, 2, debit_account_id, credit_account_id, amount_minor, currency
       from postings where ${postingsOf('late')}`,
    ],
  },
  {
    name: 'a posting with a number missing before it',
    caughtBy: ['I2'],
    sql: [`update postings set ordinal = 2 where ${postingsOf('late')}`],
  },
  {
    name: 'a deleted posting of several',
    caughtBy: ['I1', 'I2'],
    sql: [`delete from postings where ${postingsOf('approve')} and ordinal = 2`],
  },
  {
    name: 'a journal without postings',
    caughtBy: ['I2'],
    sql: [`delete from postings where ${postingsOf('late')}`],
  },
  {
    name: 'a deleted journal',
    caughtBy: ['I2'],
    sql: [`delete from journals where idempotency_key = 'late'`],
  },
  {
    name: 'a journal and its postings deleted after the checkpoint counted them',
    caughtBy: ['I1'],
    sql: [
      `delete from postings where ${postingsOf('charge:3')}`,
      `delete from journals where idempotency_key = 'charge:3'`,
    ],
  },
  {
    name: 'a reversal one cent short',
    caughtBy: ['I1', 'I2', 'I4'],
    sql: [`update postings set amount_minor = 999 where ${postingsOf('reversal')}`],
  },
  {
    name: 'a reversal of another journal than it mirrors',
    caughtBy: ['I2', 'I4'],
    sql: [`update journals set reverses = ${journalOf('charge:2:fee')} where idempotency_key = 'reversal'`],
  },
  {
    name: 'a journal reversed twice',
    caughtBy: ['I2', 'I4'],
    sql: [
      'drop index journals_reversed_once',
      `update journals set reverses = ${journalOf('charge:1')} where idempotency_key = 'late'`,
      `update postings p set debit_account_id = credit_account_id, credit_account_id = debit_account_id,
         amount_minor = 1000 where ${postingsOf('late')}`,
    ],
  },
  {
    name: 'a posting moved to another account',
    caughtBy: ['I2'],
    sql: [`update postings set credit_account_id = ${accountOf('held')} where ${postingsOf('late')}`],
  },
  {
    name: 'a posting turned round',
    caughtBy: ['I2'],
    sql: [
      `update postings set debit_account_id = credit_account_id, credit_account_id = debit_account_id
       where ${postingsOf('late')}`,
    ],
  },
  {
    name: 'a posting in another currency than its accounts',
    caughtBy: ['I1', 'I2'],
    sql: [`update postings set currency = 'EUR' where ${postingsOf('late')}`],
  },
  {
    name: 'one side of a posting in an account of another currency',
    caughtBy: ['I1', 'I2'],
    sql: [
      `insert into accounts (book_id, id, kind, currency) select book_id, gen_random_uuid(), 'held', 'EUR' from accounts
       where kind = 'held'`,
      `update postings set credit_account_id = ${accountOf('held', 'EUR')} where ${postingsOf('late')}`,
    ],
  },
  {
    name: 'an account made to be of another currency',
    caughtBy: ['I1'],
    sql: [`update accounts set currency = 'EUR' where kind = 'fee_revenue'`],
  },
  {
    name: 'an account made to be of another kind',
    caughtBy: ['I2'],
    sql: [`update accounts set kind = 'goodwill' where kind = 'fee_revenue'`],
  },
  {
    name: 'an account given to another buyer',
    caughtBy: ['I2'],
    sql: [
      `insert into organizations (id, kind, name, created_at) values (gen_random_uuid(), 'BUYER', 'Thief', now())`,
      `update accounts set party_id = (select id from organizations where name = 'Thief') where kind = 'buyer_credit'`,
    ],
  },
  {
    name: 'a deleted account',
    caughtBy: ['I1', 'I2'],
    sql: [`delete from accounts where kind = 'held'`],
  },
  {
    name: "a posting in another book's account",
    caughtBy: ['I1', 'I2'],
    sql: [
      `update postings set credit_account_id = ${accountOf('accrued', 'JPY')} where ${postingsOf('late')}`,
    ],
  },
  {
    name: 'a posting in another book than its journal',
    caughtBy: ['I1', 'I2'],
    sql: [
      `update postings set book_id = (select id from organizations where name = 'More ads') where ${postingsOf('late')}`,
    ],
  },
  {
    name: "an account in a buyer's book",
    caughtBy: ['I2'],
    sql: [
      `insert into accounts (book_id, id, kind, currency)
       select id, gen_random_uuid(), 'payable', 'USD' from organizations where kind = 'BUYER'`,
    ],
  },
  {
    name: 'an account in the book of nobody',
    caughtBy: ['I2'],
    sql: [
      `insert into accounts (book_id, id, kind, currency) values (gen_random_uuid(), gen_random_uuid(), 'payable', 'USD')`,
    ],
  },
  {
    name: "an agency as the buyer of an account's",
    caughtBy: ['I2'],
    sql: [
      `insert into accounts (book_id, id, kind, currency, party_id)
       select id, gen_random_uuid(), 'unbilled', 'USD', id from organizations where name = 'Ads'`,
    ],
  },
  {
    name: 'a journal moved to another day',
    caughtBy: ['I2'],
    sql: [
      `update journals set effective_at = effective_at + interval '1 day' where idempotency_key = 'late'`,
    ],
  },
  {
    name: 'a journal said to come from something else',
    caughtBy: ['I2'],
    sql: [`update journals set source = 'charge:other' where idempotency_key = 'late'`],
  },
  {
    name: 'a tampered checkpoint',
    caughtBy: ['I1', 'I3'],
    sql: [`update ledger_checkpoint_balances set credits_minor = 0 where account_id = ${accountOf('held')}`],
  },
  {
    name: 'a checkpoint tampered with on both sides of a pair',
    caughtBy: ['I1'],
    sql: [
      `update ledger_checkpoint_balances set credits_minor = credits_minor + 5 where account_id = ${accountOf('held')}`,
      `update ledger_checkpoint_balances set debits_minor = debits_minor + 5 where account_id = ${accountOf('accrued')}`,
    ],
  },
  {
    name: 'a checkpoint without one of its accounts',
    caughtBy: ['I1'],
    sql: [`delete from ledger_checkpoint_balances where account_id = ${accountOf('fee_revenue')}`],
  },
  {
    name: 'a checkpoint that claims to have passed what it did not count',
    caughtBy: ['I1'],
    sql: [
      `update ledger_checkpoints set through_xid = (select ((max(xid)::text)::bigint + 1)::text::xid8 from postings)`,
    ],
  },
  {
    name: 'a negative payable',
    caughtBy: ['I3'],
    sql: [
      // Well booked, hash and all: only the balance tells.
      `insert into accounts (book_id, id, kind, currency) select book_id, gen_random_uuid(), 'payable', 'USD' from accounts
       where kind = 'held'`,
      `insert into accounts (book_id, id, kind, currency) select book_id, gen_random_uuid(), 'in_transit', 'USD'
       from accounts where kind = 'held'`,
      `insert into journals select book_id, gen_random_uuid(), 'TRANSFER', 'transfer:1', 'transfer:1',
         sha256('["TRANSFER","transfer:1","USD","2026-05-04T12:00:00.000Z",null,[["payable",null,"in_transit",null,"1"]]]'),
         null, '2026-05-04T12:00:00Z', now(), 'thief' from accounts where kind = 'payable'`,
      `insert into postings (book_id, journal_id, ordinal, debit_account_id, credit_account_id, amount_minor, currency)
       select book_id, ${journalOf('transfer:1')}, 1, id, ${accountOf('in_transit')}, 1, 'USD'
       from accounts where kind = 'payable'`,
    ],
  },
];

describeCorruptions('planted corruptions', { corruptions, invariants: ledgerInvariants, open: openMonth });

describe('running invariants', () => {
  it('says of each rule that it holds', async () => {
    const ledger = await openMonth();
    try {
      const results = await runInvariants(ledger.database, ledgerInvariants);
      expect(
        results.map(({ name, holds, violations, examples }) => [name, holds, violations, examples]),
      ).toEqual(['I1', 'I2', 'I3', 'I4'].map((name) => [name, true, 0, []]));
    } finally {
      await ledger.close();
    }
  });

  it('counts all violations and shows twenty, in order, all from one snapshot that cannot be written to', async () => {
    const ledger = await openLedger();
    const list = [
      {
        name: 'T1',
        title: 'No hundred',
        sql: `select lpad(n::text, 3, '0') as violation from generate_series(100, 1, -1) n`,
      },
      {
        name: 'T2',
        title: 'No lock',
        sql: 'select singleton::text as violation from sandbox_clock for update',
      },
    ];
    try {
      const [result] = await runInvariants(ledger.database, list.slice(0, 1));
      expect(result).toMatchObject({ holds: false, violations: 100 });
      expect(result?.examples.slice(0, 2)).toEqual(['001', '002']);
      expect(result?.examples).toHaveLength(20);
      await expect(runInvariants(ledger.database, list.slice(1))).rejects.toThrow('read-only transaction');
    } finally {
      await ledger.close();
    }
  });
});
