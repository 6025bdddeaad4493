import { type AccountKind, accountKinds, trialBalances } from '#ledger';
import { asCurrency, currencyOf } from '#money';
import type { TestApp } from '../support/app.js';
import { findHledger, hledger } from './hledger-program.js';
import { type HledgerFile, readHledger } from './hledger-reader.js';
import { startExportApp, take, twoMonths } from './three-currencies.js';

const program = findHledger();
let app: TestApp;

beforeAll(async () => {
  app = await startExportApp();
  await twoMonths(app);
}, 120_000);
afterAll(async () => {
  await app.verifyInvariants();
  await app.stop();
});

async function journal(query = ''): Promise<string> {
  return await take(app, app.keys.auditor, `journal.hledger${query}`);
}

/** Debits minus credits of each kind of account in the ledger, by `KIND CURRENCY`, without those that come to nothing. */
async function booked(): Promise<Record<string, bigint>> {
  const balances = await trialBalances(app.database);
  return Object.fromEntries(
    balances.flatMap(({ currency, kinds }) =>
      kinds
        .map(
          ({ kind, debitsMinor, creditsMinor }) =>
            [`${kind} ${currency}`, debitsMinor - creditsMinor] as const,
        )
        .filter(([, minor]) => minor !== 0n),
    ),
  );
}

/** The same of an export, by the second part of each account's name. */
function exported({ balances }: HledgerFile): Record<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const [account, held] of balances) {
    const kind = account.split(':')[1] ?? '';
    for (const [currency, units] of held)
      sums.set(`${kind} ${currency}`, (sums.get(`${kind} ${currency}`) ?? 0n) + units);
  }
  return Object.fromEntries([...sums].filter(([, units]) => units !== 0n));
}

/** The same by `hledger balance`, as it prints it. */
function computed(text: string): Record<string, bigint> {
  if (program === undefined) return {};
  const csv = hledger(
    program,
    text,
    'balance',
    '--depth',
    '2',
    '--no-total',
    '--layout',
    'bare',
    '-O',
    'csv',
  );
  const rows = csv
    .trim()
    .split('\n')
    .slice(1)
    .map((row) => row.slice(1, -1).split('","'));
  const sums = rows.map(([account = '', currency = '', amount = '']) => {
    const { isoExponent } = currencyOf(asCurrency(currency));
    const [whole = '', fraction = ''] = amount.split('.');
    return [
      `${account.split(':')[1]} ${currency}`,
      BigInt(whole + fraction.padEnd(isoExponent, '0')),
    ] as const;
  });
  return Object.fromEntries(sums.filter(([, units]) => units !== 0n));
}

it('comes to what the ledger comes to, in every currency and kind of account', async () => {
  const ledger = await booked();
  const currencies = new Set(Object.keys(ledger).map((key) => key.split(' ')[1]));
  expect([...currencies].sort()).toEqual(['JPY', 'KWD', 'USD']);
  expect(Object.keys(ledger).length).toBeGreaterThan(9);
  const text = await journal();
  expect(exported(readHledger(text))).toEqual(ledger);
  if (program !== undefined) expect(computed(text)).toEqual(ledger);
});

it('is accepted by hledger with every name declared, dates in order and each balance asserted', async () => {
  const text = await journal();
  const file = readHledger(text);
  const [row] = await app.database.query<{ journals: string; postings: string; sides: string }>(
    `select (select count(*) from journals) as journals, (select 2 * count(*) from postings) as postings,
       (select count(*) from (select book_id, debit_account_id from postings union
          select book_id, credit_account_id from postings) touched) as sides`,
  );
  // The balance check is a transaction too, of one posting for each account that was ever posted to.
  expect(file.transactions).toHaveLength(Number(row?.journals) + 1);
  expect(file.assertions).toBe(Number(row?.sides));
  expect(file.end).toBe(`; End of export: ${row?.journals} transactions, ${row?.postings} postings.`);
  if (program === undefined) return;
  hledger(program, text, 'check', '--strict', 'ordereddates', 'payees');
  const files = hledger(program, text, 'stats');
  expect(files).toContain(`Transactions             : ${Number(row?.journals) + 1}`);
});

it('is refused by hledger, and by our reader, when an amount in it was changed', async () => {
  const text = await journal();
  // Both sides of one posting: the transaction still balances, the books do not.
  const forged = text.replace(/ {2}(\d+)\.00 USD\n(.*) {2}-\1\.00 USD\n/, '  $1.01 USD\n$2  -$1.01 USD\n');
  expect(forged).not.toBe(text);
  expect(() => readHledger(forged)).toThrow('a balance that is not as asserted');
  if (program !== undefined) expect(() => hledger(program, forged, 'check')).toThrow('assertion');
});

it('names accounts by kind, book and buyer below the five roots, whatever people call themselves', async () => {
  const { balances, transactions } = readHledger(await journal());
  const { agency, buyer } = app.organizations;
  const ads = `HYPERLINK https //evil.example Ads cheap net ${agency.id}`;
  const roofs = `SUM 1+1 cmd ' /C calc' A0 Roofs , ünd Söhne 7 ${buyer.id}`;
  expect([...balances.keys()].toSorted()).toEqual([
    `assets:receivable:${ads}:${roofs}`,
    `assets:unbilled:${ads}:${roofs}`,
    `liabilities:accrued:${ads}`,
    `liabilities:buyer_credit:${ads}:${roofs}`,
    `liabilities:fee_deferred:${ads}`,
    `liabilities:held:${ads}`,
    `revenues:fee_revenue:${ads}`,
  ]);
  const reversal = transactions.find(({ tags }) => tags['reverses']);
  expect(reversal?.tags).toEqual({
    id: expect.stringMatching(/^jrn_/) as string,
    kind: expect.any(String) as string,
    source: expect.stringMatching(/^charge:chg_/) as string,
    effective: expect.stringMatching(/Z$/) as string,
    recorded: expect.stringMatching(/Z$/) as string,
    actor: expect.stringMatching(/^(key|user|system)[_:]/) as string,
    reverses: expect.stringMatching(/^jrn_/) as string,
  });
});

it('takes a currency and days, and asserts balances only from the beginning on', async () => {
  const whole = readHledger(await journal());
  const yen = readHledger(await journal('?currency=JPY'));
  const ledger = await booked();
  expect(exported(yen)).toEqual(
    Object.fromEntries(Object.entries(ledger).filter(([key]) => key.endsWith('JPY'))),
  );
  const days = [...new Set(whole.transactions.map(({ date }) => date))].toSorted();
  const [first = '', second = ''] = [days[0], days[days.length - 1]];
  expect(first < second).toBe(true);
  const before = readHledger(await journal(`?to=${second}`));
  const after = readHledger(await journal(`?from=${second}`));
  expect(before.assertions).toBeGreaterThan(0);
  expect(after.assertions).toBe(0);
  expect(before.transactions.every(({ date }) => date < second)).toBe(true);
  expect(after.transactions.every(({ date }) => date >= second)).toBe(true);
  expect(before.transactions.length - 1 + after.transactions.length).toBe(whole.transactions.length - 1);
  if (program === undefined) return;
  // Two files that meet are the whole, assertions included.
  const [text, more] = [await journal(`?to=${second}`), await journal(`?from=${second}`)];
  hledger(program, `${text}\n${more}`, 'check', '--strict', 'ordereddates', 'payees');
  expect(computed(`${text}\n${more}`)).toEqual(ledger);
});

it('of empty books is a file that hledger accepts', async () => {
  const text = await journal('?from=1999-01-01&to=1999-01-02');
  expect(readHledger(text)).toMatchObject({
    transactions: [],
    end: '; End of export: 0 transactions, 0 postings.',
  });
  if (program !== undefined) hledger(program, text, 'check', '--strict');
});

it('has a place for every kind of account', async () => {
  const text = await journal();
  const kinds = [...text.matchAll(/^account (\w+):(\w+) {2}; type:([ACLRX])$/gm)];
  expect(kinds.map(([, , kind]) => kind).toSorted()).toEqual(Object.keys(accountKinds).toSorted());
  for (const [, root, kind, type] of kinds) {
    // Debit on the left of a balance sheet or a cost, credit on the right or an income.
    const { normal } = accountKinds[kind as AccountKind];
    expect({ kind, normal }).toEqual({
      kind,
      normal: root === 'assets' || root === 'expenses' ? 'DEBIT' : 'CREDIT',
    });
    expect({ assets: 'AC', liabilities: 'L', revenues: 'R', expenses: 'X' }[root ?? '']).toContain(type);
  }
});
