import type { OrganizationKind } from '#organizations';
import type { Outcome } from '#outcome';
import {
  type ContractStanding,
  checkExpectedVersion,
  contractStates,
  contractTransitions,
  decideAnswer,
  decideManaging,
  decideNewVersion,
} from './contract.js';

const agency = { kind: 'AGENCY', organizationId: 'agency' } as const;
const buyer = { kind: 'BUYER', organizationId: 'buyer' } as const;
const operator = { kind: 'OPERATOR', organizationId: 'operator' } as const;
const strangers: { kind: OrganizationKind; organizationId: string }[] = [
  { kind: 'AGENCY', organizationId: 'another' },
  { kind: 'BUYER', organizationId: 'another' },
  // An organization is on its own side only.
  { kind: 'BUYER', organizationId: 'agency' },
];

function standing(over: Partial<ContractStanding> = {}): ContractStanding {
  return {
    agencyId: 'agency',
    buyerId: 'buyer',
    state: 'PROPOSED',
    rowVersion: 1,
    latestVersion: 1,
    pausedByOrganizationId: null,
    pending: { version: 1, proposedByOrganizationId: 'agency' },
    ...over,
  };
}

function codeOf(outcome: Outcome<unknown>): string {
  return outcome.ok ? 'done' : outcome.refusals.map((one) => one.code).join();
}

describe('answering a proposal', () => {
  it('makes the contract active, or a draft again', () => {
    const accept = { act: 'accept', version: 1 } as const;
    expect(decideAnswer(buyer, standing(), accept)).toEqual({ ok: true, value: 'ACTIVE' });
    expect(decideAnswer(buyer, standing(), { ...accept, act: 'decline' })).toEqual({
      ok: true,
      value: 'DRAFT',
    });
  });

  it('is for the other side', () => {
    for (const act of ['accept', 'decline'] as const) {
      expect(codeOf(decideAnswer(agency, standing(), { act, version: 1 }))).toBe('OWN_PROPOSAL');
      for (const stranger of [...strangers, operator]) {
        expect(codeOf(decideAnswer(stranger, standing(), { act, version: 1 }))).toBe('NOT_FOUND');
      }
    }
  });

  it('is for the version that waits', () => {
    const second = standing({
      state: 'ACTIVE',
      latestVersion: 2,
      pending: { version: 2, proposedByOrganizationId: 'buyer' },
    });
    const answer = (version: number) => codeOf(decideAnswer(agency, second, { act: 'accept', version }));
    expect([0, 1, 2, 3].map(answer)).toEqual(['NOT_FOUND', 'ILLEGAL_TRANSITION', 'done', 'NOT_FOUND']);
    const answered = standing({ state: 'ACTIVE', pending: null });
    expect(codeOf(decideAnswer(buyer, answered, { act: 'accept', version: 1 }))).toBe('ILLEGAL_TRANSITION');
  });

  it('leaves a pause in place', () => {
    const paused = standing({ state: 'PAUSED' });
    expect(decideAnswer(buyer, paused, { act: 'accept', version: 1 })).toEqual({ ok: true, value: 'PAUSED' });
  });
});

describe('proposing a new version', () => {
  it.each([
    ['DRAFT', 'PROPOSED'],
    ['ACTIVE', 'ACTIVE'],
    ['PAUSED', 'PAUSED'],
  ] as const)('is possible from %s by either side', (state, next) => {
    for (const actor of [agency, buyer]) {
      expect(decideNewVersion(actor, standing({ state, latestVersion: 3, pending: null }))).toEqual({
        ok: true,
        value: { state: next, version: 4 },
      });
    }
  });

  it('waits for the answer to the one before', () => {
    expect(codeOf(decideNewVersion(agency, standing()))).toBe('VERSION_PENDING');
    expect(codeOf(decideNewVersion(buyer, standing({ state: 'ACTIVE' })))).toBe('VERSION_PENDING');
  });

  it('is not for strangers or for ended contracts', () => {
    for (const stranger of [...strangers, operator]) {
      expect(codeOf(decideNewVersion(stranger, standing()))).toBe('NOT_FOUND');
    }
    for (const state of ['EXPIRED', 'TERMINATED'] as const) {
      expect(codeOf(decideNewVersion(agency, standing({ state, pending: null })))).toBe('ILLEGAL_TRANSITION');
    }
  });
});

describe('pausing, resuming and terminating', () => {
  const acts = ['pause', 'resume', 'terminate'] as const;

  it('follow the table, for either side and the operator, and name what is allowed', () => {
    for (const actor of [agency, buyer, operator]) {
      for (const state of contractStates) {
        for (const act of acts) {
          const pausedByOrganizationId = state === 'PAUSED' ? actor.organizationId : null;
          const outcome = decideManaging(
            actor,
            standing({ state, pending: null, pausedByOrganizationId }),
            act,
          );
          const next = contractTransitions[state][act];
          if (next) expect(outcome).toEqual({ ok: true, value: next });
          else {
            expect(outcome).toMatchObject({
              refusals: [
                { code: 'ILLEGAL_TRANSITION', data: { allowed: Object.keys(contractTransitions[state]) } },
              ],
            });
          }
        }
      }
    }
  });

  it('leave a pause to whoever made it and to the operator', () => {
    const paused = standing({ state: 'PAUSED', pending: null, pausedByOrganizationId: 'buyer' });
    expect(codeOf(decideManaging(agency, paused, 'resume'))).toBe('NOT_PERMITTED');
    expect(codeOf(decideManaging(buyer, paused, 'resume'))).toBe('done');
    expect(codeOf(decideManaging(operator, paused, 'resume'))).toBe('done');
    expect(codeOf(decideManaging(agency, paused, 'terminate'))).toBe('done');
  });

  it('are not for strangers', () => {
    for (const stranger of strangers) {
      expect(codeOf(decideManaging(stranger, standing({ state: 'ACTIVE' }), 'pause'))).toBe('NOT_FOUND');
    }
  });
});

describe('the transition table', () => {
  it('has no way out of an ended contract', () => {
    expect(contractTransitions.TERMINATED).toEqual({});
    expect(contractTransitions.EXPIRED).toEqual({});
  });
});

describe('checkExpectedVersion', () => {
  it('lets the caller through who read the present version, or named none', () => {
    for (const expected of [4, null, undefined]) {
      expect(codeOf(checkExpectedVersion({ rowVersion: 4 }, expected))).toBe('done');
    }
  });

  it('tells the others the present version', () => {
    expect(checkExpectedVersion({ rowVersion: 4 }, 3)).toMatchObject({
      refusals: [{ code: 'STALE_VERSION', data: { currentVersion: 4 } }],
    });
  });
});
