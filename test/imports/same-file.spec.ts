/** The same file sent again, under the same contract, under another one, and under one that is nobody's. */
import { startTestApp, type TestApp } from '../support/app.js';
import { Marketplace } from '../support/marketplace.js';
import { fileOf, header, Importing, newPeople, terms } from './importing.js';

let app: TestApp;
let it_: Importing;
let market: Marketplace;
let vertical: string;
let first: string;
let second: string;

beforeAll(async () => {
  app = await startTestApp();
  it_ = new Importing(app);
  market = new Marketplace(app);
}, 60_000);
beforeEach(async () => {
  ({ vertical, contractId: first } = await market.contract(terms));
  second = await secondContract();
});
afterEach(async () => await it_.stop());
afterAll(async () => {
  await app.verifyInvariants();
  await app.stop();
});

/** Another one of the same sides, about the same. */
const secondContract = async (): Promise<string> => {
  const { agency, buyer } = app.organizations;
  const input = {
    agencyId: agency.id,
    buyerId: buyer.id,
    vertical,
    terms: { timeZone: 'America/New_York', ...terms, baseRate: { amount: '7.00', currency: 'USD' } },
  };
  const made = 'contract { id } replayed';
  const { contract } = await market.done<{ contract: { id: string } }>(
    'agency',
    'proposeContract',
    input,
    made,
  );
  await market.done('buyer', 'acceptContract', { contractId: contract.id, version: 1 }, made);
  return contract.id;
};
const contractsOfLeads = async (): Promise<readonly unknown[]> =>
  await app.database.query('select distinct asked_contract_id from leads where vertical = $1', [vertical]);

it('takes the contract that is named last, while nothing is taken', async () => {
  const file = fileOf(newPeople(2));
  const sent = await it_.upload(file, { vertical, contractId: first });
  const again = await it_.upload(file, { vertical, contractId: second });
  expect(again).toMatchObject({
    status: 200,
    replayed: true,
    import: { id: sent.import?.id, contractId: second, status: 'READY' },
  });
  // One that names none keeps what is there.
  expect(await it_.upload(file, { vertical, start: 'true' })).toMatchObject({
    status: 200,
    import: { contractId: second },
  });
  it_.work();
  expect((await it_.ended(sent.import?.id ?? '')).counts).toMatchObject({ taken: 2 });
  expect(await contractsOfLeads()).toHaveLength(1);
});

it('a check under another contract is done anew', async () => {
  const file = fileOf([...newPeople(1), 'nobody,A,B']);
  it_.work();
  const id = await it_.uploaded(file, { vertical, contractId: first, dryRun: 'true' });
  expect(await it_.ended(id)).toMatchObject({ status: 'CHECKED', rowsDone: 2 });
  expect(await it_.upload(file, { vertical, contractId: second })).toMatchObject({
    import: {
      id,
      contractId: second,
      status: 'READY',
      rowsDone: 0,
      endedAt: null,
      counts: { taken: 0, refused: 0 },
    },
  });
  expect(await it_.failedRows(id)).toEqual([]);
  await it_.upload(file, { vertical, dryRun: 'true' });
  expect(await it_.ended(id)).toMatchObject({ status: 'CHECKED', rowsDone: 2, counts: { refused: 1 } });
});

it('is refused under another contract once it runs, and when it is over', async () => {
  const file = fileOf(newPeople(2));
  const id = await it_.uploaded(file, { vertical, contractId: first, start: 'true' });
  const refusedWith = async (contractId: string): Promise<string> => {
    const answer = await it_.upload(file, { vertical, contractId, start: 'true' });
    expect(answer).toMatchObject({
      status: 409,
      replayed: false,
      import: { id, contractId: first },
      userErrors: [{ code: 'ILLEGAL_TRANSITION', field: ['contractId'] }],
    });
    return answer.userErrors[0]?.message ?? '';
  };
  const message = await refusedWith(second);
  expect(message).toContain(id);
  expect(message).toContain(first);
  it_.work();
  expect((await it_.ended(id)).counts).toMatchObject({ taken: 2 });
  await refusedWith(second);
  expect(await it_.upload(file, { vertical, contractId: first })).toMatchObject({
    status: 200,
    replayed: true,
  });
  expect(await it_.upload(file, { vertical })).toMatchObject({ status: 200, replayed: true });
  expect(await it_.leadCount(vertical)).toBe(2);
});

it('of two at once under two contracts one is started, and the other is told so', async () => {
  const file = fileOf(newPeople(2));
  const answers = await Promise.all(
    [first, second].map(
      async (contractId) => await it_.upload(file, { vertical, contractId, start: 'true' }),
    ),
  );
  const started = answers.filter(({ status }) => status < 300);
  expect([started.length, answers.filter(({ status }) => status === 409).length]).toEqual([1, 1]);
  const id = started[0]?.import?.id ?? '';
  const rows = await app.database.query('select 1 from lead_imports where vertical = $1', [vertical]);
  expect(rows).toHaveLength(1);
  const shown = await fetch(`${app.url}/v1/imports/${id}`, {
    headers: { authorization: `Bearer ${app.keys.agency}` },
  });
  expect(await shown.json()).toMatchObject({ import: { contractId: started[0]?.import?.contractId } });
});

it('may be sent again when every row was refused', async () => {
  const person = newPeople(1);
  await market.done('buyer', 'pauseContract', { contractId: first }, 'contract { id }');
  it_.work();
  const id = await it_.uploaded(fileOf(person), { vertical, contractId: first, start: 'true' });
  expect((await it_.ended(id)).counts).toMatchObject({ taken: 0, refused: 1 });
  const again = await it_.upload(fileOf(person), { vertical, contractId: second, start: 'true' });
  expect(again).toMatchObject({ status: 201, replayed: false, import: { contractId: second } });
  expect(again.import?.id).not.toBe(id);
  expect((await it_.ended(again.import?.id ?? '')).counts).toMatchObject({ taken: 1, refused: 0 });
});

it("a contract that is none, or nobody's, is refused", async () => {
  const ofOthers = `ctr_${'0'.repeat(25)}1`;
  for (const [contractId, code] of [
    ['nonsense', 'INVALID_VALUE'],
    ['lead_x', 'INVALID_VALUE'],
    [ofOthers, 'NOT_FOUND'],
  ] as const) {
    const answer = await it_.upload(fileOf(newPeople(1)), { vertical, contractId, start: 'true' });
    expect(answer).toMatchObject({
      status: 422,
      import: null,
      userErrors: [{ code, field: ['contractId'] }],
    });
  }
  const foreign = await it_.upload(
    fileOf(newPeople(1)),
    { vertical, contractId: first },
    { key: 'otherAgency' },
  );
  expect(foreign).toMatchObject({ status: 422, userErrors: [{ code: 'NOT_FOUND', field: ['contractId'] }] });
  const left = await app.database.query('select 1 from lead_imports where vertical = $1', [vertical]);
  expect(left).toEqual([]);
});

it('what failed midway says what was taken, and what is to be sent', async () => {
  const [one = '', two = '', three = ''] = newPeople(3);
  it_.work();
  const broken = [one, two, 'x,"open', 'y,"b"', three];
  const id = await it_.uploaded(fileOf(broken), { vertical, contractId: first, start: 'true' });
  const { failure } = await it_.until(id, ({ status }) => status === 'FAILED');
  expect(failure).toMatchObject({
    reason: 'QUOTES_NOT_CLOSED',
    line: 4,
    message: expect.stringMatching(/Rows 2 to 3 .*send only .*from line 4 on/) as string,
  });
  const rest = await it_.uploaded(fileOf([three]), { vertical, contractId: first, start: 'true' });
  expect((await it_.ended(rest)).counts).toMatchObject({ taken: 1, duplicates: 0 });
  // With names of their own all rows may be sent.
  const named = (rows: readonly string[]): string =>
    fileOf(
      rows.map((row, k) => `${row},own-${vertical}-${k}`),
      `${header},Lead ID`,
    );
  const [four = '', five = ''] = newPeople(2);
  const bad = await it_.uploaded(
    named([four, 'x,"open', five]).replace(/,"open,own.*\n/, ',"open\ny,"b"\n'),
    {
      vertical,
      contractId: first,
      start: 'true',
    },
  );
  expect((await it_.until(bad, ({ status }) => status === 'FAILED')).failure).toMatchObject({
    message: expect.stringMatching(/or all of it/) as string,
  });
});

it('refused rows go on under the contract that they had, unless another one is named', async () => {
  it_.work();
  const [late = '', later = ''] = newPeople(2).map((row) => row.split(',')[0] ?? '');
  const file = fileOf([...newPeople(1), 'nobody,A,B']);
  const id = await it_.uploaded(file, { vertical, contractId: second, start: 'true' });
  expect((await it_.ended(id)).counts).toMatchObject({ taken: 1, refused: 1 });
  const { text } = await it_.failedCsv(id);
  expect(text).toContain(`,leadger_row,leadger_reasons,leadger_contract ${second}\r\nnobody,A,B,3,`);
  // Refused once more, and then taken.
  const again = await it_.ended(
    await it_.uploaded(text.replace('nobody', 'no one'), { vertical, start: 'true' }),
  );
  expect(again).toMatchObject({ contractId: second, mappingSource: 'GUESSED', counts: { refused: 1 } });
  const next = (await it_.failedCsv(again.id)).text;
  expect(next.split('leadger_contract')).toHaveLength(2);
  const done = await it_.ended(await it_.uploaded(next.replace('no one', late), { vertical, start: 'true' }));
  expect(done).toMatchObject({ contractId: second, counts: { taken: 1 } });
  const other = await it_.upload(next.replace('no one', later), { vertical, contractId: first });
  expect(other.import).toMatchObject({ contractId: first });
  const wrong = await it_.upload(next.replace(second, 'ctr_x'), { vertical });
  expect(wrong).toMatchObject({
    status: 422,
    userErrors: [{ code: 'INVALID_VALUE', field: ['contractId'] }],
  });
});
