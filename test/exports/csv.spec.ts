import { trialBalances } from '#ledger';
import type { TestApp } from '../support/app.js';
import { type Line, Marketplace, type Settlement } from '../support/marketplace.js';
import { readCsv } from './csv-reader.js';
import {
  evilExternalId,
  evilNames,
  evilReference,
  startExportApp,
  take,
  twoMonths,
} from './three-currencies.js';

let app: TestApp;
let settled: readonly Settlement[];

beforeAll(async () => {
  app = await startExportApp();
  settled = await twoMonths(app);
}, 120_000);
afterAll(async () => {
  await app.verifyInvariants();
  await app.stop();
});

type Row = Readonly<Record<string, string>>;

async function statement(key: string, { id }: Pick<Settlement, 'id'>): Promise<readonly Row[]> {
  return readCsv(await take(app, key, `settlements/${id}/lines.csv`));
}

/** Exact, whatever the number of digits: all amounts of a statement have the same. */
function sum(rows: readonly Row[]): bigint {
  return rows.reduce((total, { amount = '' }) => total + BigInt(amount.replace('.', '')), 0n);
}

function unitsOf({ amount }: { readonly amount: string }): bigint {
  return BigInt(amount.replace('.', ''));
}

describe('a statement', () => {
  it('adds up to its total, and to each share, in every currency', async () => {
    expect(settled.map(({ total }) => total.currency).toSorted()).toEqual(['JPY', 'KWD', 'USD']);
    for (const settlement of settled) {
      const rows = await statement(app.keys.agency, settlement);
      expect(sum(rows)).toBe(unitsOf(settlement.total));
      const shareOf = (payee: string) => sum(rows.filter((row) => row['payee'] === payee));
      expect(shareOf('AGENCY')).toBe(unitsOf(settlement.agencyTotal));
      expect(shareOf('OPERATOR')).toBe(unitsOf(settlement.feeTotal));
    }
  });

  it('says line by line what GraphQL says, in its order', async () => {
    const market = new Marketplace(app, 'reading');
    for (const settlement of settled) {
      const lines: readonly Line[] = await market.lines(settlement.id);
      const rows = await statement(app.keys.buyer, settlement);
      expect(rows.map(shownOf)).toEqual(
        lines.map((line) => ({
          line_id: line.id,
          component: line.component,
          amount: line.amount.amount,
          currency: line.amount.currency,
          lead_id: line.lead?.id,
          explanation: line.explanation.text,
          corrects_line_id: line.reverses?.id ?? '',
          late_period_start: line.latePeriodStart ?? '',
        })),
      );
    }
  });

  function shownOf(row: Row): Row {
    const {
      line_id,
      component,
      amount,
      currency,
      lead_id,
      explanation,
      corrects_line_id,
      late_period_start,
    } = row;
    return {
      line_id,
      component,
      amount,
      currency,
      lead_id,
      explanation,
      corrects_line_id,
      late_period_start,
    } as Row;
  }

  it('is the same for agency, buyer and operator, and has no personal data', async () => {
    for (const { id } of settled) {
      const address = `settlements/${id}/lines.csv`;
      const text = await take(app, app.keys.agency, address);
      expect(await take(app, app.keys.buyer, address)).toBe(text);
      expect(await take(app, app.keys.auditor, address)).toBe(text);
      expect(text).not.toMatch(/example\.com|@operator/);
    }
  });

  it('keeps names from being formulas, and negative amounts numbers', async () => {
    const rows = (await Promise.all(settled.map((each) => statement(app.keys.buyer, each)))).flat();
    const evil = rows.filter((row) => row['lead_external_id']?.includes(evilExternalId));
    expect(evil.length).toBeGreaterThan(3);
    for (const row of evil) expect(row['lead_external_id']).toMatch(/^'-2\+3 /);
    const deals = rows.filter((row) => row['deal_reference']?.includes(evilReference));
    expect(deals.length).toBeGreaterThan(2);
    for (const row of deals) expect(row['deal_reference']).toMatch(/^'\+1-800 "deal", no\. 7 /);
    const corrections = rows.filter((row) => row['corrects_line_id'] !== '');
    expect(corrections.some((row) => row['amount']?.startsWith('-'))).toBe(true);
    for (const row of rows) expect(row['amount']).toMatch(/^-?\d+(\.\d+)?$/);
  });

  it('that gathers is called not approved, and a voided one has no lines', async () => {
    const { settlements } = await app.ask<{ settlements: { nodes: { id: string; status: string }[] } }>(
      app.keys.preparer,
      '{ settlements(status: OPEN) { nodes { id status } } }',
    );
    const [open] = settlements.nodes;
    if (!open) throw new Error('no settlement is open');
    const response = await fetch(`${app.url}/exports/settlements/${open.id}/lines.csv`, {
      headers: { authorization: `Bearer ${app.keys.preparer}` },
    });
    expect(response.headers.get('content-disposition')).toMatch(
      /^attachment; filename="statement-.*-not-approved\.csv"$/,
    );
    expect(readCsv(await response.text()).length).toBeGreaterThan(0);
    const payload = await new Marketplace(app, 'voiding').done<{ settlement: { status: string } }>(
      'preparer',
      'voidSettlement',
      { settlementId: open.id, note: 'a try' },
      'settlement { status } replayed',
    );
    expect(payload.settlement.status).toBe('VOIDED');
    expect(await statement(app.keys.preparer, open)).toEqual([]);
  });
});

describe('the journal', () => {
  async function journal(query = ''): Promise<readonly Row[]> {
    return readCsv(await take(app, app.keys.auditor, `journal.csv${query}`));
  }

  it('has every posting of every currency, and comes to the trial balance', async () => {
    const rows = await journal();
    for (const { currency, kinds } of await trialBalances(app.database)) {
      const own = rows.filter((row) => row['currency'] === currency);
      for (const { kind, debitsMinor, creditsMinor } of kinds) {
        expect(sum(own.filter((row) => row['debit_account'] === kind))).toBe(debitsMinor);
        expect(sum(own.filter((row) => row['credit_account'] === kind))).toBe(creditsMinor);
      }
    }
    const [row] = await app.database.query<{ count: string }>('select count(*) as count from postings');
    expect(rows).toHaveLength(Number(row?.count));
  });

  it('tells of each posting where it stands, with inert names', async () => {
    const { agency, buyer } = app.organizations;
    const rows = await journal('?currency=KWD');
    const reversal = rows.find((row) => row['reverses'] !== '' && row['buyer'] !== '');
    expect(reversal).toEqual({
      journal_id: expect.stringMatching(/^jrn_/) as string,
      recorded_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      effective_at: expect.stringMatching(/Z$/) as string,
      book: `'${evilNames.agency}`,
      book_id: agency.id,
      kind: expect.any(String) as string,
      source: expect.stringMatching(/^charge:chg_/) as string,
      debit_account: expect.any(String) as string,
      credit_account: expect.any(String) as string,
      buyer: `'${evilNames.buyer}`,
      buyer_id: buyer.id,
      amount: expect.stringMatching(/^\d+\.\d{3}$/) as string,
      currency: 'KWD',
      actor: expect.stringMatching(/^(key_|user_|system:)/) as string,
      reverses: expect.stringMatching(/^jrn_/) as string,
    });
    const all = new Map(rows.map((row) => [row['journal_id'], row]));
    expect(all.get(reversal?.['reverses'])).toMatchObject({ amount: reversal?.['amount'] });
  });

  it('takes days of when things happened: from is the first, to the first no longer wanted', async () => {
    const rows = await journal();
    const days = [...new Set(rows.map((row) => row['effective_at']?.slice(0, 10) ?? ''))].toSorted();
    const [first = '', last = ''] = [days[0], days.at(-1)];
    expect(first < last).toBe(true);
    const [before, after] = [await journal(`?to=${last}`), await journal(`?from=${last}`)];
    expect([...before, ...after]).toEqual(rows);
    expect(before.every((row) => (row['effective_at'] ?? '') < last)).toBe(true);
    expect(await journal(`?from=${first}&to=${last}`)).toEqual(before);
  });
});
