import { setCreditBlocks } from '#contracts';
import { UnitOfWork } from '#database';
import { done } from '#outcome';
import { startTestApp, type TestApp } from '../support/app.js';
import { Marketplace, type Terms, type UserError } from '../support/marketplace.js';

let app: TestApp;
let market: Marketplace;
let unitOfWork: UnitOfWork;

const terms: Terms = {
  baseRate: { amount: '10.00', currency: 'USD' },
  commissionBasis: 'NONE',
  commissionRatePpm: 0,
  commissionTrigger: 'QUALIFIED',
};

beforeAll(async () => {
  app = await startTestApp();
  market = new Marketplace(app);
  unitOfWork = new UnitOfWork(app.database.dataSource);
});
afterEach(async () => {
  await setBlocked(false);
  await app.verifyInvariants();
});
afterAll(async () => await app.stop());

/** As payments do it when the balance is used up, or filled again. */
async function setBlocked(blocked: boolean): Promise<void> {
  const blocks = { buyerId: app.organizations.buyer.uuid, blocked, at: app.now() };
  await unitOfWork.run(async (tx) => done(await setCreditBlocks(tx, blocks)));
}

interface Submitted {
  readonly lead: { readonly id: string; readonly test: boolean } | null;
  readonly replayed: boolean;
  readonly userErrors: readonly UserError[];
}

// A person of its own for each name: one who was had before would be a duplicate.
const leadOf = (input: { readonly externalId: string; readonly [more: string]: unknown }) => ({
  contact: { email: `${input.externalId.replaceAll(' ', '-')}@example.com` },
  ...input,
});

async function submit(input: { externalId: string; vertical: string; contractId?: string; test?: boolean }) {
  const selection = 'lead { id test } replayed';
  return await market.act<Submitted>('agency', 'submitLead', leadOf(input), selection, false);
}

const codesOf = ({ userErrors }: Pick<Submitted, 'userErrors'>) =>
  userErrors.map(({ code, field }) => [code, field?.join('.')]);

async function counts(): Promise<unknown> {
  return await app.database.query(
    `select (select count(*) from leads) as leads, (select count(*) from charges) as charges,
       (select count(*) from journals) as journals`,
  );
}

describe('a live lead for a buyer whose balance is used up', () => {
  it('is refused at once, also under a contract that intake knows, and taken at once when it is filled', async () => {
    const { vertical, contractId } = await market.contract(terms);
    const byName = { vertical, contractId };
    // Known from now on, by name and by vertical.
    expect(codesOf(await submit({ externalId: 'a', vertical }))).toEqual([]);
    expect(codesOf(await submit({ externalId: 'b', ...byName }))).toEqual([]);
    await setBlocked(true);
    const before = await counts();
    const refused = await submit({ externalId: 'c', vertical });
    expect(refused).toMatchObject({
      lead: null,
      userErrors: [
        {
          code: 'INSUFFICIENT_BALANCE',
          field: ['input', 'vertical'],
          message: 'The buyer takes no leads at present: its balance is used up. Try later.',
        },
      ],
    });
    expect(codesOf(await submit({ externalId: 'c', ...byName }))).toEqual([
      ['INSUFFICIENT_BALANCE', 'input.contractId'],
    ]);
    expect(await counts()).toEqual(before);
    await setBlocked(false);
    // Nothing was kept of the refused one, so it comes again under its name.
    expect(await submit({ externalId: 'c', vertical })).toMatchObject({ replayed: false, userErrors: [] });
    expect(await submit({ externalId: 'd', ...byName })).toMatchObject({ userErrors: [] });
  });

  it('is answered as before when it had been taken before', async () => {
    const { vertical } = await market.contract(terms);
    const first = await submit({ externalId: 'earlier', vertical });
    await setBlocked(true);
    const again = await submit({ externalId: 'earlier', vertical });
    expect(again).toMatchObject({ lead: { id: first.lead?.id }, replayed: true, userErrors: [] });
  });

  it('says first what is wrong with the lead itself', async () => {
    const { contractId } = await market.contract(terms);
    await setBlocked(true);
    const misplaced = await submit({ externalId: 'misplaced', vertical: 'other', contractId });
    expect(codesOf(misplaced)).toEqual([['INVALID_VALUE', 'input.vertical']]);
  });

  it('does not hold up test leads, or the others of its request', async () => {
    const { vertical } = await market.contract(terms);
    await submit({ externalId: 'known', vertical });
    await setBlocked(true);
    const leads = [
      leadOf({ externalId: 'live', vertical }),
      leadOf({ externalId: 'test', vertical, test: true }),
      leadOf({ externalId: 'known', vertical }),
      leadOf({ externalId: 'nowhere', vertical: 'nothing' }),
    ];
    const { results } = await market.act<{ results: Submitted[] }>(
      'agency',
      'submitLeads',
      { leads },
      'results { lead { test } replayed userErrors { code field } }',
      false,
    );
    expect(results.map((result) => [result.lead?.test, result.replayed, ...codesOf(result)])).toEqual([
      [undefined, false, ['INSUFFICIENT_BALANCE', 'input.leads.0.vertical']],
      [true, false],
      [false, true],
      [undefined, false, ['NO_MATCHING_CONTRACT', 'input.leads.3.vertical']],
    ]);
    expect(await submit({ externalId: 'another', vertical, test: true })).toMatchObject({
      lead: { test: true },
    });
  });

  it('is taken or refused, never lost, when the block comes in the middle', async () => {
    const { vertical } = await market.contract(terms);
    await submit({ externalId: 'before', vertical });
    const race = async (name: string) =>
      await Promise.all(
        Array.from({ length: 40 }, async (_, index) => submit({ externalId: `${name} ${index}`, vertical })),
      );
    const [during] = await Promise.all([race('during'), setBlocked(true)]);
    const after = await race('after');
    for (const answer of during) {
      const isTaken = answer.lead !== null && answer.userErrors.length === 0;
      expect(isTaken || codesOf(answer)[0]?.[0] === 'INSUFFICIENT_BALANCE').toBe(true);
    }
    expect(after.filter(({ lead }) => lead !== null)).toEqual([]);
    expect(new Set(after.flatMap(codesOf).map(([code]) => code))).toEqual(new Set(['INSUFFICIENT_BALANCE']));
  });
});

it('a contract shows both sides that it takes no live leads, once both wanted it', async () => {
  const { contractId } = await market.contract(terms);
  const query = 'query ($id: ID!) { contract(id: $id) { creditBlocked version } }';
  const { contract: open } = await app.ask<{ contract: object }>(app.keys.buyer, query, { id: contractId });
  expect(open).toMatchObject({ creditBlocked: false });
  await setBlocked(true);
  for (const key of ['agency', 'buyer', 'admin'] as const) {
    const { contract } = await app.ask<{ contract: object }>(app.keys[key], query, { id: contractId });
    expect(contract).toEqual({ ...open, creditBlocked: true });
  }
  const stranger = await market.done<{ contract: { creditBlocked: boolean } }>(
    'otherAgency',
    'proposeContract',
    {
      agencyId: app.organizations.otherAgency.id,
      buyerId: app.organizations.buyer.id,
      vertical: 'solar',
      terms: { timeZone: 'UTC', ...terms },
    },
    'contract { creditBlocked } replayed',
  );
  expect(stranger.contract).toEqual({ creditBlocked: false });
});
