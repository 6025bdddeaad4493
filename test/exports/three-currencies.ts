import type { Period } from '#calendar';
import { startTestApp, type TestApp, type TestKey } from '../support/app.js';
import { Marketplace, type Settlement, settlementFields, type Terms } from '../support/marketplace.js';

/** Names that a spreadsheet would run, that hledger would take apart, and that break a line. */
export const evilNames = {
  agency: '=HYPERLINK("https://evil.example";"Ads: cheap") | net',
  buyer: '@SUM(1+1)*cmd|\' /C calc\'!A0\r\n  ; "Roofs",  ünd Söhne (7)',
} as const;
export const evilReference = '+1-800 "deal", no. 7';
export const evilExternalId = '-2+3';

/** One contract in each currency: two digits, none, three. */
const contracts: readonly Terms[] = [
  {
    baseRate: { amount: '10.00', currency: 'USD' },
    commissionBasis: 'PER_DEAL',
    commissionRatePpm: 200_000,
    commissionTrigger: 'CONVERTED',
    platformFeeRatePpm: 50_000,
  },
  {
    baseRate: { amount: '1013', currency: 'JPY' },
    commissionBasis: 'PER_LEAD',
    commissionRatePpm: 150_000,
    commissionTrigger: 'QUALIFIED',
    platformFeeRatePpm: 33_333,
  },
  {
    baseRate: { amount: '3.125', currency: 'KWD' },
    commissionBasis: 'PER_DEAL',
    commissionRatePpm: 75_001,
    commissionTrigger: 'CONVERTED',
    platformFeeRatePpm: 1,
  },
];
const dealAmounts: Readonly<Record<string, readonly string[]>> = {
  USD: ['2000.00', '0.07', '1234.56'],
  JPY: ['100000', '7', '1'],
  KWD: ['999.999', '0.001', '12.345'],
};

export async function startExportApp(environment: Readonly<Record<string, string>> = {}): Promise<TestApp> {
  const app = await startTestApp({
    environment: { LEADGER_LIMIT_COST_PER_SECOND: '1000000', ...environment },
  });
  for (const [name, text] of Object.entries(evilNames)) {
    const { uuid } = app.organizations[name as keyof typeof evilNames];
    await app.database.query('update organizations set name = $2 where id = $1', [uuid, text]);
  }
  return app;
}

/** The same numbers each time, and nobody's idea of a nice example. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * sides);
  };
}

/**
 * Two months in three currencies through the public API: sales, stages, returns, restated and refunded deals, the
 * first month approved and corrected afterwards. Gives back the approved statements.
 */
export async function twoMonths(app: TestApp): Promise<readonly Settlement[]> {
  const market = new Marketplace(app);
  const roll = dice(7);
  const period = market.currentPeriod();
  const deals: { readonly id: string; readonly currency: string }[] = [];
  const leads: string[] = [];
  const verticals: string[] = [];
  for (const terms of contracts) {
    const { vertical } = await market.contract({ ...terms, returnWindowDays: 60 });
    const { currency } = terms.baseRate;
    verticals.push(vertical);
    for (const leadId of await market.submit(vertical, 9)) {
      const what = roll(4);
      if (what === 0) leads.push(leadId);
      else if (what === 1) await market.reportStage(leadId, 'QUALIFIED');
      else deals.push({ id: await market.reportWon(leadId, amountIn(currency, roll(3))), currency });
    }
    await submitEvil(market, vertical, amountIn(currency, 0));
  }
  for (const leadId of leads.splice(0, 2)) await market.returnLead(leadId);
  for (const code of ['USD', 'JPY', 'KWD']) {
    const [deal] = deals.splice(
      deals.findIndex(({ currency }) => currency === code),
      1,
    );
    await refund(market, deal?.id ?? '');
  }
  await correct(market, deals.splice(0, 2), roll);
  await market.endPeriod(period);
  const settled = await settleAll(market, period);
  for (const leadId of leads.splice(0, 1)) await market.returnLead(leadId);
  await correct(market, deals.splice(0, 5), roll);
  for (const vertical of verticals) await market.submit(vertical, 2);
  return settled;
}

function amountIn(currency: string, index: number): { amount: string; currency: string } {
  return { amount: dealAmounts[currency]?.[index] ?? '1', currency };
}

async function refund(market: Marketplace, dealId: string): Promise<void> {
  await market.done('buyer', 'cancelDeal', { dealId, kind: 'REFUNDED', reason: 'no sale' }, 'replayed');
}

async function correct(
  market: Marketplace,
  deals: readonly { readonly id: string; readonly currency: string }[],
  roll: (sides: number) => number,
): Promise<void> {
  for (const { id: dealId, currency } of deals) {
    if (roll(2) === 0) {
      await refund(market, dealId);
    } else {
      const amount = {
        amount: currency === 'JPY' ? '4321' : currency === 'KWD' ? '1.999' : '17.03',
        currency,
      };
      await market.done('buyer', 'restateDeal', { dealId, amount, reason: 'counted again' }, 'replayed');
    }
  }
}

/** A lead and a deal whose names begin like formulas. */
async function submitEvil(
  market: Marketplace,
  vertical: string,
  amount: { readonly amount: string; readonly currency: string },
): Promise<void> {
  const { lead } = await market.done<{ lead: { id: string } }>(
    'agency',
    'submitLead',
    {
      externalId: `${evilExternalId} ${vertical}`,
      vertical,
      contact: { email: 'secret.person@example.com' },
    },
    'lead { id } replayed',
    false,
  );
  const outcome = { won: { amount, dealReference: `${evilReference} ${vertical}` } };
  await market.done('buyer', 'reportOutcome', { leadId: lead.id, outcome }, 'replayed');
}

async function settleAll(market: Marketplace, period: Period): Promise<readonly Settlement[]> {
  const approved: Settlement[] = [];
  for (const { id: settlementId, version: expectedVersion } of await market.prepare(period)) {
    const act = async (key: TestKey, name: string, version: number): Promise<Settlement> => {
      const input = { settlementId, expectedVersion: version };
      const selection = `settlement { ${settlementFields} } replayed`;
      return (await market.done<{ settlement: Settlement }>(key, name, input, selection)).settlement;
    };
    const { version } = await act('preparer', 'submitSettlement', expectedVersion);
    approved.push(await act('approver', 'approveSettlement', version));
  }
  return approved;
}

/** Asks for a file with a key. */
export async function ask(app: TestApp, key: string | null, address: string): Promise<Response> {
  const headers = key === null ? undefined : { authorization: `Bearer ${key}` };
  return await fetch(`${app.url}/exports/${address}`, headers ? { headers } : {});
}

/** The text of a file that must be given. */
export async function take(app: TestApp, key: string, address: string): Promise<string> {
  const response = await ask(app, key, address);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status} ${text}`);
  return text;
}
