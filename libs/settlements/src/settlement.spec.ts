import type { Actor, Role } from '#organizations';
import { systemActor } from '#organizations';
import {
  decideAct,
  type SettlementAct,
  settlementActs,
  type SettlementState,
  settlementStates,
  settlementTransitions,
  sharesToApprove,
  unapprovedStates,
} from './settlement.js';

function person(id: string, ...roles: Role[]): Actor {
  return {
    id: `user:${id}`,
    kind: 'OPERATOR',
    organizationId: 'operator',
    userId: id,
    keyId: null,
    roles,
    scopes: null,
    mode: 'live',
    requestId: null,
  };
}

const approver = person('approver', 'FINANCE_APPROVER');
const standing = {
  state: 'IN_REVIEW',
  version: 3,
  preparedBy: 'user:preparer',
  submittedBy: 'user:submitter',
} as const;

function decided(
  actor: Actor,
  act: SettlementAct,
  expectedVersion: number | null = 3,
  state: SettlementState = 'IN_REVIEW',
) {
  const outcome = decideAct(actor, act, { ...standing, state }, expectedVersion);
  return outcome.ok ? outcome.value : outcome.refusals[0]?.code;
}

describe('the table of transitions', () => {
  it('leads to known states only, and every state but OPEN can be reached', () => {
    const reached = new Set(Object.values(settlementTransitions).flat());
    expect(
      [...reached, 'OPEN'].every((state) => (settlementStates as readonly string[]).includes(state)),
    ).toBe(true);
    expect(settlementStates.filter((state) => !reached.has(state))).toEqual([]);
  });

  it.each(
    settlementStates.flatMap((state) =>
      Object.entries(settlementActs).map(([act, to]) => [state, act, to] as const),
    ),
  )('decides for %s, %s (to %s) as it says', (state, act, to) => {
    const allowed = settlementTransitions[state].includes(to);
    expect(decided(approver, act as SettlementAct, 3, state)).toBe(allowed ? to : 'ILLEGAL_TRANSITION');
  });

  it('never edits what is approved', () => {
    const editable = new Set<SettlementState>(unapprovedStates);
    const approved = settlementStates.filter((state) => !editable.has(state));
    expect(
      approved.flatMap((state) => settlementTransitions[state]).filter((to) => editable.has(to)),
    ).toEqual([]);
    expect(settlementTransitions.APPROVED).toEqual(['COLLECTING']);
  });

  it('lets collected money go missing until it is under way, and after it arrived', () => {
    const states: readonly SettlementState[] = ['COLLECTED', 'HOLDING', 'PAID'];
    for (const state of states) expect(settlementTransitions[state]).toContain('COLLECTION_FAILED');
    expect(settlementTransitions.TRANSFERRING).toEqual(['PAID', 'TRANSFER_FAILED']);
  });
});

describe('who may act', () => {
  it.each([
    ['another approver', approver, 'APPROVED'],
    ['who prepared it', person('preparer', 'FINANCE_APPROVER'), 'SELF_APPROVAL'],
    ['who submitted it', person('submitter', 'FINANCE_APPROVER'), 'SELF_APPROVAL'],
    ['a preparer', person('other', 'FINANCE_PREPARER'), 'NOT_PERMITTED'],
    ['an owner of the operator', person('owner', 'OWNER'), 'NOT_PERMITTED'],
    ['the system', systemActor('settlement-run'), 'NOT_PERMITTED'],
    ['a key of nobody', { ...approver, id: 'key:1', userId: null }, 'NOT_PERMITTED'],
    ['an agency', { ...approver, kind: 'AGENCY' as const }, 'NOT_PERMITTED'],
    ['a test key', { ...approver, mode: 'test' as const }, 'NOT_PERMITTED'],
  ])('%s approves: %s', (_who, actor, expected) => {
    expect(decided(actor, 'approve')).toBe(expected);
  });

  it('a wrong version is said before what is wrong with the person', () => {
    expect(decided(person('preparer'), 'approve', 2)).toBe('STALE_VERSION');
    expect(decided(approver, 'approve', null)).toBe('APPROVED');
  });

  it('a preparer may submit and void, not reject', () => {
    const preparer = person('preparer', 'FINANCE_PREPARER');
    expect(decided(preparer, 'submit', 3, 'DRAFT')).toBe('IN_REVIEW');
    expect(decided(preparer, 'void')).toBe('VOIDED');
    expect(decided(preparer, 'reject')).toBe('NOT_PERMITTED');
  });
});

it('what corrects earlier statements is not approved again', () => {
  // 1,000.00 + 50.00 of fees, of which −400.00 and −20.00 are booked already: 1,400.00 and 70.00 are not.
  const totals = {
    lineCount: 3,
    agencyMinor: 100_000n,
    feeMinor: 5_000n,
    correctedAgencyMinor: -40_000n,
    correctedFeeMinor: -2_000n,
  };
  expect(sharesToApprove(totals)).toEqual({ agencyMinor: 140_000n, feeMinor: 7_000n, creditMinor: 42_000n });
});
