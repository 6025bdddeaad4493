import { startTestApp, type TestApp, type TestKey } from '../support/app.js';
import {
  Marketplace,
  type Settlement,
  settlementFields,
  type Terms,
  type UserError,
} from '../support/marketplace.js';

let app: TestApp;
let market: Marketplace;

// Leads of 10.00; above 25.00 in 24 hours two people approve.
beforeEach(async () => {
  app = await startTestApp({ environment: { LEADGER_TWO_APPROVERS_ABOVE: '25.00' } });
  market = new Marketplace(app);
});
afterEach(async () => {
  await app.verifyInvariants();
  await app.stop();
});

const usd = (amount: string) => ({ amount, currency: 'USD' });
const flat: Terms = {
  baseRate: usd('10.00'),
  commissionBasis: 'NONE',
  commissionRatePpm: 0,
  commissionTrigger: 'QUALIFIED',
};

interface Acted {
  readonly settlement: Settlement | null;
  readonly replayed: boolean;
  readonly userErrors: readonly UserError[];
}

async function act(key: TestKey, name: string, input: Record<string, unknown>): Promise<Acted> {
  return await market.act<{ settlement: Settlement }>(
    key,
    name,
    input,
    `settlement { ${settlementFields} } replayed`,
  );
}

const approve = async (key: TestKey, settlementId: string, more: object = {}) =>
  await act(key, 'approveSettlement', { settlementId, ...more });
const codes = ({ userErrors }: Acted) => userErrors.map(({ code }) => code);

/** Statements in review, one in each zone; each with as many leads as it says. */
async function inReview(...counts: readonly number[]): Promise<Settlement[]> {
  const period = await market.beginNextMonth();
  const zones = ['America/New_York', 'America/Toronto', 'America/Detroit'];
  for (const [index, count] of counts.entries()) {
    const { vertical } = await market.contract({ ...flat, timeZone: zones[index] ?? 'UTC' });
    await market.submit(vertical, count);
  }
  await market.endPeriod(period);
  const prepared = await market.prepare(period);
  const submitted: Settlement[] = [];
  for (const { id } of prepared) {
    const { settlement } = await act('preparer', 'submitSettlement', { settlementId: id });
    if (settlement) submitted.push(settlement);
  }
  return submitted.toSorted((a, b) => a.total.amount.localeCompare(b.total.amount));
}

async function needed(key: TestKey, id: string): Promise<number> {
  const { settlement } = await app.ask<{ settlement: { approvalsNeeded: number } }>(
    app.keys[key],
    'query ($id: ID!) { settlement(id: $id) { approvalsNeeded } }',
    { id },
  );
  return settlement.approvalsNeeded;
}

it('shows who approved and how many it takes, until two people have', async () => {
  const [statement] = await inReview(3);
  const id = statement?.id ?? '';
  expect(statement).toMatchObject({
    total: usd('30.00'),
    approvalsNeeded: 2,
    approvals: [],
    status: 'IN_REVIEW',
  });
  const version = statement?.version;

  const first = await approve('approver', id, { expectedVersion: version, idempotencyKey: 'first' });
  const at = app.now();
  const given = { by: app.users.approver.id, at: expect.any(String) as string };
  expect(first).toMatchObject({ replayed: false, userErrors: [] });
  expect(first.settlement).toMatchObject({
    status: 'IN_REVIEW',
    version,
    approvedBy: null,
    approvals: [given],
  });
  const again = await approve('approver', id, { expectedVersion: version, idempotencyKey: 'first' });
  expect(again).toEqual({ ...first, replayed: true });

  expect(codes(await approve('approver', id))).toEqual(['ALREADY_APPROVED']);
  expect(codes(await approve('preparer', id))).toEqual(['SELF_APPROVAL']);
  expect(codes(await approve('controller', id, { expectedVersion: 2 }))).toEqual(['STALE_VERSION']);
  const second = await approve('controller', id, { expectedVersion: version });
  const other = { by: app.users.controller.id, at: expect.any(String) as string };
  expect(second.settlement).toMatchObject({
    status: 'APPROVED',
    approvedBy: app.users.controller.id,
    approvalsNeeded: 2,
    approvals: [given, other],
  });
  expect(Date.parse(second.settlement?.approvals[0]?.at ?? '')).toBeLessThanOrEqual(at.getTime());
  expect(codes(await approve('controller', id))).toEqual(['ILLEGAL_TRANSITION']);
});

it('rejecting discards the approvals given', async () => {
  const [statement] = await inReview(3);
  const id = statement?.id ?? '';
  await approve('approver', id);
  const rejected = await act('controller', 'rejectSettlement', { settlementId: id, note: 'not yet' });
  expect(rejected.settlement).toMatchObject({ status: 'OPEN', approvals: [], approvalsNeeded: 2 });
  await market.prepare({ start: statement?.periodStart, end: statement?.periodEnd } as never);
  const again = await act('preparer', 'submitSettlement', { settlementId: id });
  expect(again.settlement).toMatchObject({ status: 'IN_REVIEW', approvals: [] });
  expect((await approve('controller', id)).settlement).toMatchObject({ status: 'IN_REVIEW' });
  expect((await approve('approver', id)).settlement).toMatchObject({ status: 'APPROVED' });
});

it('splitting does not help; a day later one person is enough again', async () => {
  const [one, two, three] = await inReview(1, 2, 2);
  const ids = [one?.id ?? '', two?.id ?? '', three?.id ?? ''] as const;
  expect([one, two, three].map((each) => each?.approvalsNeeded)).toEqual([1, 1, 1]);
  expect((await approve('approver', ids[1])).settlement).toMatchObject({
    status: 'APPROVED',
    approvalsNeeded: 1,
  });
  // 20.00 are approved by one person: 10.00 more would be above 25.00, whoever approves.
  expect(await needed('controller', ids[0])).toBe(2);
  expect(await needed('agency', ids[0])).toBe(2);
  // What other statements of the agency came to is not for a buyer to know.
  expect(await needed('buyer', ids[0])).toBe(1);
  expect((await approve('controller', ids[0])).settlement).toMatchObject({
    status: 'IN_REVIEW',
    approvalsNeeded: 2,
  });
  await app.advanceClock(new Date(app.now().getTime() + 24 * 3_600_000));
  expect(await needed('controller', ids[2])).toBe(1);
  expect(await needed('controller', ids[0])).toBe(2);
  expect((await approve('approver', ids[2])).settlement).toMatchObject({ status: 'APPROVED' });
  expect((await approve('approver', ids[0])).settlement).toMatchObject({
    status: 'APPROVED',
    approvalsNeeded: 2,
  });
});

interface LimitSet {
  readonly user: { readonly id: string; readonly approvalLimits: readonly object[] } | null;
}

async function setLimit(key: TestKey, input: object) {
  const selection = 'user { id approvalLimits { amount currency } } replayed';
  return await market.act<LimitSet>(key, 'setApprovalLimit', { ...input }, selection);
}

describe('the limit of a person', () => {
  it('is set by an administrator, and another approver steps in', async () => {
    const [one, two] = await inReview(1, 2);
    const userId = app.users.approver.id;
    const set = await setLimit('admin', { userId, limit: usd('15.00') });
    expect(set).toMatchObject({ userErrors: [], user: { id: userId, approvalLimits: [usd('15.00')] } });
    const refused = await approve('approver', two?.id ?? '');
    expect(refused.userErrors).toMatchObject([
      {
        code: 'APPROVAL_LIMIT',
        message: expect.stringContaining('$15.00 that you may approve within 24 hours. Another') as string,
        field: ['input', 'settlementId'],
      },
    ]);
    expect((await approve('approver', one?.id ?? '')).settlement).toMatchObject({ status: 'APPROVED' });
    expect((await approve('controller', two?.id ?? '')).settlement).toMatchObject({ status: 'IN_REVIEW' });
    expect(codes(await approve('approver', two?.id ?? ''))).toEqual(['APPROVAL_LIMIT']);
    const removed = await setLimit('admin', { userId, limit: null });
    expect(removed.user?.approvalLimits).toEqual([]);
    expect((await approve('approver', two?.id ?? '')).settlement).toMatchObject({ status: 'APPROVED' });
    const audited = await app.database.query<{ actor: string; action: string }>(
      `select actor, action from audit_entries where subject = 'user:${app.users.approver.uuid}'
         and action <> 'user.create'`,
    );
    const entry = { actor: `user:${app.users.admin.uuid}`, action: 'user.approval-limit' };
    expect(audited).toEqual([entry, entry]);
  });

  it('in several currencies, once per key', async () => {
    const userId = app.users.controller.id;
    const euros = { amount: '7.50', currency: 'EUR' };
    await setLimit('admin', { userId, limit: usd('15.00') });
    const input = { userId, limit: euros, idempotencyKey: 'once' };
    expect((await setLimit('admin', input)).user?.approvalLimits).toEqual([euros, usd('15.00')]);
    expect(await setLimit('admin', input)).toMatchObject({ replayed: true, user: { id: userId } });
    expect((await setLimit('admin', { ...input, limit: usd('1.00') })).userErrors).toMatchObject([
      { code: 'IDEMPOTENCY_KEY_REUSED' },
    ]);
  });

  it.each([
    ['one’s own', () => app.users.admin.id, usd('1.00'), 'NOT_PERMITTED', ['input', 'userId']],
    [
      'of who approves nothing',
      () => app.users.preparer.id,
      usd('1.00'),
      'INVALID_VALUE',
      ['input', 'userId'],
    ],
    ['of nobody', () => 'user_00000000000000000000000000', usd('1.00'), 'NOT_FOUND', ['input', 'userId']],
    ['of nothing', () => app.users.approver.id, usd('0.00'), 'INVALID_AMOUNT', ['input', 'limit', 'amount']],
    [
      'in parts of a cent',
      () => app.users.approver.id,
      usd('1.001'),
      'INVALID_AMOUNT',
      ['input', 'limit', 'amount'],
    ],
  ])('is not set: %s', async (_what, userId, limit, code, field) => {
    expect((await setLimit('admin', { userId: userId(), limit })).userErrors).toMatchObject([
      { code, field },
    ]);
  });

  it('is shown to administrators and to oneself', async () => {
    const limit = usd('15.00');
    await setLimit('admin', { userId: app.users.approver.id, limit });
    const { people } = await app.ask<{
      people: { count: number; nodes: { name: string; approvalLimits: object[] }[] };
    }>(
      app.keys.admin,
      '{ people { count nodes { name email roles approvalLimits { amount currency } organization { name } } } }',
    );
    expect(people.count).toBe(5);
    expect(people.nodes.map(({ name }) => name)).toEqual([
      'preparer',
      'approver',
      'controller',
      'admin',
      'auditor',
    ]);
    expect(people.nodes.map(({ approvalLimits }) => approvalLimits)).toEqual([[], [limit], [], [], []]);
    const own = '{ viewer { user { approvalLimits { amount currency } } } }';
    expect(await app.ask(app.keys.approver, own)).toEqual({ viewer: { user: { approvalLimits: [limit] } } });
    const other = await app.ask(
      app.keys.auditor,
      'query ($id: ID!) { node(id: $id) { ... on User { approvalLimits { amount } } } }',
      { id: app.users.approver.id },
    );
    expect(other).toEqual({ node: { approvalLimits: null } });
    for (const key of ['agency', 'approver'] as const) {
      const { errors } = await app.gql(app.keys[key], '{ people { count } }');
      expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    }
  });
});
