import { newId, type Transaction } from '#database';
import { money } from '#money';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse } from '#outcome';
import type { FinanceRequestHandler } from '#payments';
import { made, openPayments, type PaymentsTest, usd } from './open-payments.js';

let payments: PaymentsTest;
/** What the act comes to at the moment, and how often it was done. */
let state: { amountMinor: bigint; done: { by: string; requestedBy: string }[]; refuses: boolean };

beforeEach(async () => {
  payments = await openPayments();
  state = { amountMinor: 50_00n, done: [], refuses: false };
  const handler: FinanceRequestHandler = {
    kind: 'WRITE_OFF',
    measure: async () =>
      state.amountMinor === 0n
        ? refuse('NOTHING_TO_COLLECT')
        : done({ bookId: payments.agencyId, ...money(state.amountMinor, usd) }),
    execute: async (_tx: Transaction, request, approver) => {
      state.done.push({ by: approver.id, requestedBy: request.requestedBy });
      return state.refuses ? refuse('NOT_ON_HOLD') : done(null);
    },
  };
  payments.registry.add({ operations: [], objects: [], unfinished: [], financeRequests: [handler] });
});

afterEach(async () => {
  await payments.verify();
  await payments.stop();
});

async function request(actor: Actor = payments.people.preparer): Promise<string> {
  const input = {
    kind: 'WRITE_OFF',
    payload: { invoice: 'inv_1' },
    reason: 'Insolvent',
    idempotencyKey: newId(),
  } as const;
  return made(await payments.requestFinance.execute(actor, input)).id;
}

async function approve(actor: Actor, requestId: string, idempotencyKey = newId()): Promise<string> {
  return codeOf(await payments.decideFinance.approve(actor, { requestId, idempotencyKey }));
}

async function deny(actor: Actor, requestId: string, note = 'No'): Promise<string> {
  return codeOf(await payments.decideFinance.deny(actor, { requestId, note, idempotencyKey: newId() }));
}

function codeOf(outcome: Outcome<unknown>): string {
  return outcome.ok ? 'OK' : (outcome.refusals[0]?.code ?? '');
}

async function stateOf(id: string): Promise<string | undefined> {
  return (await payments.queries.financeRequestsByIds([id]))[0]?.state;
}

describe('a finance request', () => {
  it('is done by another person, once', async () => {
    const { preparer, approver } = payments.people;
    const id = await request();
    const twenty = await Promise.all(Array.from({ length: 20 }, () => approve(approver, id, 'one-key')));
    expect(new Set(twenty)).toEqual(new Set(['OK']));
    expect(state.done).toEqual([{ by: approver.id, requestedBy: preparer.id }]);
    expect(await stateOf(id)).toBe('DONE');
    expect(await approve(payments.people.otherApprover, id)).toBe('REQUEST_DECIDED');
    expect(await deny(approver, id)).toBe('REQUEST_DECIDED');
  });

  it('is not approved by who requested it, nor by who is no approver', async () => {
    const { preparer, approver } = payments.people;
    const own = await request(approver);
    expect(await approve(approver, own)).toBe('SELF_APPROVAL');
    expect(await approve(preparer, own)).toBe('NOT_PERMITTED');
    expect(await approve({ ...approver, userId: null, id: 'key:1' }, own)).toBe('NOT_PERMITTED');
    expect(await approve({ ...payments.people.otherApprover, mode: 'test' }, own)).toBe('NOT_PERMITTED');
    expect(state.done).toEqual([]);
    expect(await stateOf(own)).toBe('REQUESTED');
  });

  it('of a large sum takes two who approve, beside who requested', async () => {
    state.amountMinor = 10_000_01n;
    const { approver, otherApprover } = payments.people;
    const id = await request();
    expect(await approve(approver, id)).toBe('OK');
    expect(await stateOf(id)).toBe('REQUESTED');
    expect(await approve(approver, id)).toBe('ALREADY_APPROVED');
    expect(state.done).toEqual([]);
    expect(await approve(otherApprover, id)).toBe('OK');
    expect(state.done).toHaveLength(1);
  });

  it('that comes to something else by now is not what was asked for', async () => {
    const id = await request();
    state.amountMinor = 51_00n;
    expect(await approve(payments.people.approver, id)).toBe('STALE_VERSION');
    state.amountMinor = 0n;
    expect(await approve(payments.people.approver, id)).toBe('NOTHING_TO_COLLECT');
    expect(await stateOf(id)).toBe('REQUESTED');
  });

  it('that cannot be done leaves no approval behind', async () => {
    const id = await request();
    state.refuses = true;
    expect(await approve(payments.people.approver, id)).toBe('NOT_ON_HOLD');
    state.refuses = false;
    expect(await approve(payments.people.approver, id)).toBe('OK');
  });

  it('is denied by an approver, and withdrawn by who requested it', async () => {
    const { preparer, approver, otherApprover } = payments.people;
    const denied = await request(approver);
    expect(await deny(preparer, denied)).toBe('NOT_PERMITTED');
    expect(await deny(otherApprover, denied, ' ')).toBe('REQUIRED');
    expect(await deny(otherApprover, denied)).toBe('OK');
    expect(await stateOf(denied)).toBe('DENIED');
    const withdrawn = await request(preparer);
    expect(await deny(preparer, withdrawn)).toBe('OK');
    expect(await stateOf(withdrawn)).toBe('WITHDRAWN');
    expect(state.done).toEqual([]);
  });

  it('of another kind of organization, or of nobody, is refused', async () => {
    const input = { kind: 'WRITE_OFF', payload: {}, reason: 'x', idempotencyKey: newId() } as const;
    const buyer = { ...payments.people.preparer, kind: 'BUYER' } as const;
    expect(codeOf(await payments.requestFinance.execute(buyer, input))).toBe('NOT_PERMITTED');
    const key = { ...payments.people.preparer, userId: null, id: 'key:1' };
    expect(codeOf(await payments.requestFinance.execute(key, input))).toBe('NOT_PERMITTED');
    expect(await approve(payments.people.approver, newId())).toBe('NOT_FOUND');
  });
});
