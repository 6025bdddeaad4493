/** Books that no rule of the business made: every kind of account, journals of many postings, days in any order. */
import { text as wholeOf } from 'node:stream/consumers';
import fc from 'fast-check';
import { asLocalDate } from '#calendar';
import { exportsOf, idsShownBy } from '#exports';
import {
  type AccountKind,
  accountKinds,
  bookAccount,
  buyerAccount,
  type NewJournal,
  trialBalances,
} from '#ledger';
import { asCurrency } from '#money';
import { systemActor } from '#organizations';
import { encodeId, idPrefixes } from '../../apps/process/src/public-ids.js';
import { book, journal, noon, type OpenLedger, openLedger, valueOf } from '../ledger/open-ledger.js';
import { readCsv } from './csv-reader.js';
import { findHledger, hledger } from './hledger-program.js';
import { readHledger } from './hledger-reader.js';

const program = findHledger();
const everything = { currency: null, from: null, to: null };
const showId = idsShownBy(idPrefixes, encodeId);
const actor = systemActor('test');

let ledger: OpenLedger;
beforeAll(async () => {
  ledger = await openLedger();
  const journals = fc.sample(anyJournal(), { numRuns: 120, seed: 20_261_001 });
  valueOf(await book(ledger, ...journals));
}, 60_000);
afterAll(async () => await ledger.close());

function anyJournal(): fc.Arbitrary<NewJournal> {
  const kinds = Object.keys(accountKinds) as AccountKind[];
  const account = fc
    .constantFrom(...kinds)
    .map((kind) =>
      accountKinds[kind].per === 'BUYER' ? buyerAccount(kind, ledger.buyerId) : bookAccount(kind),
    );
  const posting = fc
    .record({ debit: account, credit: account, amountMinor: fc.bigInt(1n, 10n ** 15n) })
    .filter(({ debit, credit }) => debit.kind !== credit.kind);
  return fc
    .record({
      bookId: fc.constantFrom(ledger.agencyId, ledger.otherAgencyId, ledger.operatorId),
      currency: fc.constantFrom('USD', 'JPY', 'KWD'),
      kind: fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !text.includes('\0')),
      effectiveAt: fc.integer({ min: 0, max: 400 * 86_400_000 }).map((ms) => new Date(noon.getTime() - ms)),
      postings: fc.array(posting, { minLength: 1, maxLength: 9 }),
    })
    .map(({ postings, ...more }) => journal(ledger, postings, more));
}

async function textOf(format: 'journalCsv' | 'journalHledger'): Promise<string> {
  const { pieces } = valueOf(exportsOf(ledger.database)[format](actor, everything, showId));
  return await wholeOf(pieces);
}

it('goes out whole: debits and credits of each kind are those of the trial balance', async () => {
  const booked = (await trialBalances(ledger.database)).flatMap(({ currency, kinds }) =>
    kinds.map(({ kind, debitsMinor, creditsMinor }) => `${currency} ${kind} ${debitsMinor - creditsMinor}`),
  );
  expect(booked.length).toBe(3 * Object.keys(accountKinds).length);
  const file = readHledger(await textOf('journalHledger'));
  const sums = new Map<string, bigint>();
  for (const [account, held] of file.balances) {
    for (const [currency, units] of held) {
      const key = `${currency} ${account.split(':')[1]}`;
      sums.set(key, (sums.get(key) ?? 0n) + units);
    }
  }
  expect([...sums].map(([key, units]) => `${key} ${units}`).toSorted()).toEqual(booked.toSorted());
  expect(file.transactions).toHaveLength(121);
});

it('is accepted by hledger', async () => {
  const text = await textOf('journalHledger');
  if (program !== undefined) hledger(program, text, 'check', '--strict', 'ordereddates', 'payees');
  expect(text.split('\n').filter((line) => line.startsWith('account '))).toEqual([
    ...new Set(text.split('\n').filter((line) => line.startsWith('account '))),
  ]);
});

it('has each posting once as a row', async () => {
  const rows = readCsv(await textOf('journalCsv'));
  const [row] = await ledger.database.query<{ count: string; usd: string }>(
    `select count(*) as count, sum(amount_minor) filter (where currency = 'USD') as usd from postings`,
  );
  expect(rows).toHaveLength(Number(row?.count));
  const usd = rows.filter(({ currency }) => currency === asCurrency('USD'));
  expect(usd.reduce((sum, { amount = '' }) => sum + BigInt(amount.replace('.', '')), 0n)).toBe(
    BigInt(row?.usd ?? 0),
  );
});

it('shows one instant, whatever is booked while it is read', async () => {
  const { pieces } = valueOf(exportsOf(ledger.database).journalHledger(actor, everything, showId));
  const head = (await pieces.next()).value ?? '';
  // After the head, before the balances are asked for.
  const late = journal(
    ledger,
    [{ debit: bookAccount('bank'), credit: bookAccount('stripe'), amountMinor: 77n }],
    { effectiveAt: new Date(noon.getTime() + 1) },
  );
  valueOf(await book(ledger, late));
  const text = head + (await wholeOf(pieces));
  expect(readHledger(text).transactions).toHaveLength(121);
  expect(text).not.toContain(encodeId('jrn', late.id));
  expect(await textOf('journalHledger')).toContain(encodeId('jrn', late.id));
});

it('a day begins at midnight in UTC, and ends before the next', async () => {
  const at = (instant: string): NewJournal =>
    journal(ledger, [{ debit: bookAccount('bank'), credit: bookAccount('stripe'), amountMinor: 1n }], {
      effectiveAt: new Date(instant),
    });
  const days = [
    at('1999-05-31T23:59:59.999Z'),
    at('1999-06-01T00:00:00.000Z'),
    at('1999-06-01T23:59:59.999Z'),
    at('1999-06-02T00:00:00.000Z'),
  ];
  valueOf(await book(ledger, ...days));
  const filter = { currency: null, from: asLocalDate('1999-06-01'), to: asLocalDate('1999-06-02') };
  const { pieces } = valueOf(exportsOf(ledger.database).journalCsv(actor, filter, showId));
  const ids = readCsv(await wholeOf(pieces)).map((row) => row['journal_id']);
  expect(ids).toEqual(days.slice(1, 3).map(({ id }) => encodeId('jrn', id)));
});
