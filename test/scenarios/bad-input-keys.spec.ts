/** Every mutation that takes an idempotency key: one effect however often and however many at once, and no other act under the same key. */
import type { Pool } from 'pg';
import { newId } from '#database';
import { fieldNamed, inParallel, isKeyed, valuesUnder } from '../access/tenancy-schema.js';
import { fingerprints, startWideApp } from '../access/tenancy-world.js';
import type { TestApp } from '../support/app.js';
import { Acts, type Answer, type Call } from './bad-input-acts.js';
import { faultOf, Judge, refusedAt } from './bad-input-judge.js';

let app: TestApp;
let acts: Acts;
let keyed: string[];

beforeAll(async () => {
  app = await startWideApp();
  acts = await Acts.begin(app);
  keyed = acts.mutations.filter(isKeyed).map(({ name }) => name);
}, 60_000);
afterAll(async () => {
  await app.verifyInvariants();
  await app.stop();
});

async function rowCounts(): Promise<Readonly<Record<string, number>>> {
  const tables = await app.database.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
  );
  const counts = tables.map(({ name }) => `select '${name}' as name, count(*)::int as count from ${name}`);
  const rows = await app.database.query<{ name: string; count: number }>(counts.join(' union all '));
  return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
}

/** What the act adds to each table. */
async function effectOf(act: () => Promise<unknown>): Promise<string> {
  const before = await rowCounts();
  await act();
  const after = await rowCounts();
  return JSON.stringify(
    Object.entries(after)
      .filter(([name, count]) => count !== before[name])
      .map(([name, count]) => [name, count - (before[name] ?? 0)]),
  );
}

const replayedOf = ({ data }: Answer): unknown[] => valuesUnder(data, new Set(['replayed']));
const made = ({ data }: Answer): string => JSON.stringify(valuesUnder(data, new Set(['id'])));

const inputOf = ({ args }: Call): Readonly<Record<string, unknown>> =>
  args['input'] as Record<string, unknown>;
const withInput = (call: Call, more: object): Call => ({
  ...call,
  args: { input: { ...inputOf(call), ...more } },
});

/** Another body that is as valid in itself: the first of these that the input has. */
function otherBody(call: Call): Call {
  const input = inputOf(call);
  const changes: Readonly<Record<string, unknown>> = {
    note: 'another note',
    reason: call.field.name === 'requestReturn' ? 'FRAUD' : 'another reason',
    name: 'another name',
    vertical: 'another vertical',
    version: 2,
    outcome: { stage: { stage: 'QUALIFIED' } },
    overlapHours: 3,
    country: 'DE',
    limit: { amount: '4000.00', currency: 'USD' },
    terms: { ...(input['terms'] as object | undefined), timeZone: 'Europe/Berlin' },
    keyId: input['keyId'] === undefined ? undefined : 'key_00000000000000000000000000',
    operationId: input['operationId'] === undefined ? undefined : 'opn_00000000000000000000000000',
    requestId: input['requestId'] === undefined ? undefined : 'frq_00000000000000000000000000',
    invoiceId: input['invoiceId'] === undefined ? undefined : 'inv_00000000000000000000000000',
    collectionId: input['collectionId'] === undefined ? undefined : 'col_00000000000000000000000000',
    amount: input['amount'] === undefined ? undefined : { amount: '4.00', currency: 'USD' },
    buyerId: 'org_00000000000000000000000000',
    description: 'another description',
    eventType: 'deal.refunded',
    destinationId: input['destinationId'] === undefined ? undefined : 'dst_00000000000000000000000000',
    endpointId: 'whe_00000000000000000000000000',
    deliveryId: 'whd_00000000000000000000000000',
    leadId: 'lead_00000000000000000000000000',
    entries: [{ who: { email: 'another@people.example' } }],
    who: [{ email: 'another@people.example' }],
    person: { reachedBy: { email: 'another@people.example' } },
    importId: input['importId'] === undefined ? undefined : 'imp_00000000000000000000000000',
    offerId: 'off_00000000000000000000000000',
    contractId: aboutContracts.includes(call.field.name)
      ? 'ctr_00000000000000000000000000'
      : input['contractId'],
    expectedVersion: 77,
    periodEnd: '2020-02-02',
  };
  const [name] = Object.keys(changes).filter(
    (each) => (input[each] !== undefined && changes[each] !== input[each]) || each === 'expectedVersion',
  );
  const chosen =
    call.field.name === 'prepareSettlements'
      ? 'periodEnd'
      : call.field.name === 'revokeApiKey'
        ? 'keyId'
        : (name ?? '');
  return withInput(call, { [chosen]: changes[chosen] });
}

/** They are told of a contract and nothing else. */
const aboutContracts = [
  ...['pauseBuying', 'resumeBuying'],
  ...['removePingAddress', 'rotatePingSecret', 'sendSamplePing'],
];

/** They are told nothing but a key: there is no other body. */
const bodiless = ['reconcilePayments', 'refreshPaymentAccount', 'resumePayments'];

it('all take one, but those that have a key of their own or none to move', () => {
  const without = acts.mutations.map(({ name }) => name).filter((name) => !keyed.includes(name));
  expect(without.sort()).toEqual(['advanceSandboxClock', 'pingLead', 'submitLead', 'submitLeads']);
});

it('one effect of twenty at once; then replayed; and IDEMPOTENCY_KEY_REUSED for another body', async () => {
  const faults: unknown[] = [];
  for (const name of keyed) {
    const [single, call] = [await acts.fresh(name), await acts.fresh(name)];
    const once = await effectOf(async () => {
      const { refusals, errors } = await acts.send(single);
      if (refusals.length + errors.length > 0) faults.push({ name, refusals, errors });
    });
    let answers: Answer[] = [];
    // It answers with every statement of a day: what hangs on each was asked for above.
    const depth = name === 'prepareSettlements' ? 1 : 2;
    const twenty = await effectOf(async () => {
      answers = await Promise.all(Array.from({ length: 20 }, async () => await acts.send(call, depth)));
    });
    const before = await fingerprints(app);
    const other = bodiless.includes(name) ? call : otherBody(call);
    const [again, reused] = [await acts.send(call, depth), await acts.send(other, depth)];
    const after = await fingerprints(app);
    const seen = {
      name,
      refused: answers
        .filter((answer) => answer.refusals.length + answer.errors.length > 0)
        .map(({ complaints }) => complaints)[0],
      first: answers.filter((answer) => replayedOf(answer).includes(false)).length,
      different: new Set([...answers, again].map(made)).size,
      again: replayedOf(again),
      effect: twenty === once || name === 'prepareSettlements' ? 'one' : `${twenty}, of one ${once}`,
      reused: reused.refusals.map(({ code, field }) => `${code} ${field?.join('.')}`),
      changed: [...after].filter(([tenant, hash]) => before.get(tenant) !== hash).length,
    };
    const expected = {
      name,
      refused: undefined,
      first: 1,
      different: 1,
      again: [true],
      effect: 'one',
      reused: bodiless.includes(name) ? [] : ['IDEMPOTENCY_KEY_REUSED input.idempotencyKey'],
      changed: 0,
    };
    if (JSON.stringify(seen) !== JSON.stringify(expected)) faults.push(seen);
  }
  expect(faults).toEqual([]);
}, 300_000);

it('one answer of many reads never queues up for the connections that others need', async () => {
  const call = await acts.fresh('prepareSettlements');
  // TypeORM does not show the pool of its driver.
  const { master: pool } = app.database.dataSource.driver as unknown as { readonly master: Pool };
  let mostWaiting = 0;
  let taken = 0;
  const look = (): void => {
    mostWaiting = Math.max(mostWaiting, pool.waitingCount);
    taken += 1;
  };
  pool.on('acquire', look);
  expect((await acts.send(call)).errors).toEqual([]);
  pool.off('acquire', look);
  expect(taken).toBeGreaterThan(20);
  // Three ask at once, and the pool counts who it is about to serve as waiting.
  expect(mostWaiting).toBeLessThan(3);
});

it('a lead, by its own name, has one effect of twenty at once, alone and in lists', async () => {
  for (const name of ['submitLead', 'submitLeads']) {
    const [single, call] = [await acts.fresh(name), await acts.fresh(name)];
    const once = await effectOf(() => acts.send(single));
    let answers: Answer[] = [];
    expect(
      await effectOf(async () => {
        answers = await Promise.all(Array.from({ length: 20 }, async () => await acts.send(call)));
      }),
    ).toBe(once);
    expect(answers.filter((answer) => replayedOf(answer).includes(false))).toHaveLength(1);
    expect(new Set(answers.map(made)).size).toBe(1);
  }
});

it('a key of one act is not one of another, nor one of another organization', async () => {
  const idempotencyKey = newId();
  const [propose, more] = [await acts.fresh('proposeContract'), await acts.fresh('createApiKey')];
  expect((await acts.send(withInput(propose, { idempotencyKey }))).refusals).toEqual([]);
  expect((await acts.send(withInput(more, { idempotencyKey }))).refusals).toMatchObject([
    { code: 'IDEMPOTENCY_KEY_REUSED' },
  ]);
  const theirs = { ...withInput(more, { idempotencyKey }), as: 'otherAgency' } as const;
  expect((await acts.send(theirs)).refusals).toEqual([]);
});

it('a refused act leaves its key free', async () => {
  const call = withInput(await acts.fresh('pauseContract'), { expectedVersion: 77 });
  expect((await acts.send(call)).refusals).toMatchObject([{ code: 'STALE_VERSION' }]);
  expect(replayedOf(await acts.send(withInput(call, { expectedVersion: 2 })))).toEqual([false]);
});

it('a key that is none is refused by its path, everywhere', async () => {
  const judge = await Judge.of(acts);
  const bad = [
    '',
    'k'.repeat(201),
    'zq7 zq7',
    'zq7\0',
    'zq7🙂',
    'zq7\ud800',
    'zq7\n',
    'zq7\u00a0',
    '\u202ezq7',
    'zq7'.repeat(10_000),
  ];
  const places = acts.places('String').filter(({ name }) => name === 'idempotencyKey');
  expect(places).toHaveLength(keyed.length);
  expect(
    await judge.faults(places, bad, (answer, { path }) =>
      refusedAt(answer, path, ['INVALID_VALUE', 'REQUIRED'], 'zq7'),
    ),
  ).toEqual([]);
});

it('a version that was not read is stale, everywhere, and names the present one alone', async () => {
  const judge = await Judge.of(acts);
  const places = acts.places('Int').filter(({ name }) => name === 'expectedVersion');
  expect(places.length).toBeGreaterThan(8);
  expect(
    await judge.faults(places, [77, 0, -1], (answer, { path }) => refusedAt(answer, path, ['STALE_VERSION'])),
  ).toEqual([]);
});

describe('an approval', () => {
  const approve = async (settlementId: string, more: object, as: Call['as'] = 'approver') =>
    await acts.send({
      field: fieldNamed(app, 'approveSettlement'),
      args: { input: { settlementId, idempotencyKey: newId(), ...more } },
      as,
    });
  const codes = ({ refusals }: Answer) => refusals.map(({ code }) => code);

  it('happens once, by another person, of what was read', async () => {
    const settlementId = await acts.submitted();
    const before = await fingerprints(app);
    expect(codes(await approve(settlementId, { expectedVersion: 2 }))).toEqual(['STALE_VERSION']);
    expect(codes(await approve(settlementId, { expectedVersion: 3 }, 'preparer'))).not.toEqual([]);
    expect(await fingerprints(app)).toEqual(before);
    expect(codes(await approve(settlementId, { expectedVersion: 3 }))).toEqual([]);
    const approved = await fingerprints(app);
    for (const more of [{}, { expectedVersion: 3 }, { expectedVersion: 4 }])
      expect(codes(await approve(settlementId, more))).toEqual([
        expect.stringMatching(/ILLEGAL_TRANSITION|STALE_VERSION/),
      ]);
    expect(await fingerprints(app)).toEqual(approved);
  });

  it('of something that was rejected since is refused', async () => {
    const settlementId = await acts.submitted();
    const reject = fieldNamed(app, 'rejectSettlement');
    const input = { settlementId, note: 'not so', idempotencyKey: newId() };
    expect(codes(await acts.send({ field: reject, as: 'approver', args: { input } }))).toEqual([]);
    const before = await fingerprints(app);
    const late = await approve(settlementId, { expectedVersion: 3 });
    expect(codes(late)).toEqual([expect.stringMatching(/ILLEGAL_TRANSITION|STALE_VERSION/)]);
    expect(faultOf(late)).toBeUndefined();
    expect(await fingerprints(app)).toEqual(before);
  });
});

describe('a deal', () => {
  it('of a lead that was never bought, or under a name that has another amount, changes nothing', async () => {
    const bought = await acts.fresh('reportOutcome');
    const outcome = { won: { amount: { amount: '1.00', currency: 'USD' }, dealReference: 'again' } };
    const before = await fingerprints(app);
    const strange = await acts.send({ ...withInput(bought, { outcome }), as: 'otherBuyer' });
    expect(strange.refusals).toMatchObject([{ field: ['input', 'leadId'] }]);
    expect(await fingerprints(app)).toEqual(before);
    expect((await acts.send(withInput(bought, { outcome }))).refusals).toEqual([]);
    const after = await fingerprints(app);
    const other = { won: { ...outcome.won, amount: { amount: '2.00', currency: 'USD' } } };
    const changed = await acts.send(withInput(bought, { outcome: other, idempotencyKey: newId() }));
    expect(changed.refusals).toMatchObject([{ code: 'DEAL_REFERENCE_REUSED' }]);
    expect(await fingerprints(app)).toEqual(after);
  });

  it('is taken back at most once by twenty who are told to', async () => {
    const call = await acts.fresh('cancelDeal');
    const answers = await inParallel(
      Array.from({ length: 20 }),
      async () => await acts.send(withInput(call, { idempotencyKey: newId() })),
      20,
    );
    expect(answers.filter(({ refusals }) => refusals.length === 0)).toHaveLength(1);
    expect(new Set(answers.flatMap(({ refusals }) => refusals.map(({ code }) => code)))).toEqual(
      new Set(['DEAL_NOT_LIVE']),
    );
  });
});
